"""fuzz_target(): one LLVMFuzzerTestOneInput, two uses."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")
load("//tools/bazel:rondo.bzl", "rondo_cc_library")

def fuzz_target(name, srcs = None, deps = [], corpus = [], **kwargs):
    """Declares a fuzz target.

    <name>         a test that replays the stored corpus, with any compiler
    <name>_fuzzer  the libFuzzer binary (--config=fuzz; clang only)

    Args:
      name: ends in _fuzz.
      srcs: [name + ".cc"], unless given.
      deps: what it feeds.
      corpus: the stored inputs, a list of files.
      **kwargs: as for cc_library.
    """
    rondo_cc_library(
        name = name + "_lib",
        testonly = True,
        srcs = srcs or [name + ".cc"],
        alwayslink = True,
        deps = deps,
        **kwargs
    )
    cc_test(
        name = name,
        size = "small",
        args = ["$(rootpath %s)" % f for f in corpus],
        data = corpus,
        deps = [":" + name + "_lib", "//tools/bazel:fuzz_replay_main"],
    )
    cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":" + name + "_lib"],
    )
