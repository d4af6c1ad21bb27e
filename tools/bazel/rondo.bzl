"""The project's C++ rules: rondo_cc_library, rondo_cc_binary, rondo_cc_test.

They are Bazel's own rules, with what every target here has in common: headers
are included by their full name ("rondo/runtime/task.h"), warnings are errors,
a test has GoogleTest's main, and no target depends on a layer above its own.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

# A directory may depend on itself and on those named beside it.
_LAYERS = {
    "runtime": [],
    "replay": ["runtime"],
    "simnet": ["runtime", "replay"],
    "tools": ["runtime", "replay", "simnet"],
    "tests": ["runtime", "replay", "simnet", "tools"],
}

_COPTS = ["-Wall", "-Wextra", "-Werror"]

_GTEST_MAIN = "@googletest//:gtest_main"

def _check_layers(name, deps):
    layer = native.package_name().split("/")[0]
    if layer not in _LAYERS or type(deps) != type([]):
        return  # Of a select() the rule knows nothing; tidy.py reads includes.
    for dep in deps:
        if not dep.startswith("//"):
            continue
        other = dep[2:].split(":")[0].split("/")[0]
        if other != layer and other not in _LAYERS[layer]:
            fail("//%s:%s: %s may depend on %s, not on %s" % (
                native.package_name(),
                name,
                layer,
                " and ".join(_LAYERS[layer]) or "no other directory",
                dep,
            ))

def _default_visibility():
    """The library is for everyone; tests and tools are for one another."""
    layer = native.package_name().split("/")[0]
    if layer in ["tests", "tools"]:
        return ["//tests:__subpackages__", "//tools:__subpackages__"]
    return ["//visibility:public"]

def _testonly():
    """Whether what this package declares is for tests only."""
    return native.package_name().split("/")[0] == "tests"

def rondo_cc_library(
        name,
        deps = [],
        copts = [],
        testonly = False,
        visibility = None,
        **kwargs):
    """A cc_library whose x.h is included as "rondo/<package>/x.h".

    Everything below tests/ is testonly.
    """
    _check_layers(name, deps)
    cc_library(
        name = name,
        copts = _COPTS + copts,
        include_prefix = "rondo/" + native.package_name(),
        linkstatic = True,
        testonly = testonly or _testonly(),
        visibility = visibility or _default_visibility(),
        deps = deps,
        **kwargs
    )

def rondo_cc_binary(name, deps = [], copts = [], **kwargs):
    """A cc_binary."""
    _check_layers(name, deps)
    cc_binary(
        name = name,
        copts = _COPTS + copts,
        testonly = _testonly(),
        deps = deps,
        **kwargs
    )

def rondo_cc_test(
        name,
        srcs = None,
        deps = [],
        copts = [],
        size = "small",
        main = _GTEST_MAIN,
        **kwargs):
    """A cc_test of <name>.cc, with GoogleTest and its main.

    Args:
      name: ends in _test.
      srcs: [name + ".cc"], unless given.
      deps: what it tests; GoogleTest need not be named.
      copts: more options for the compiler.
      size: as for cc_test; a second or two is "small".
      main: the label that supplies main(), None if srcs have one.
      **kwargs: as for cc_test.
    """
    _check_layers(name, deps)
    cc_test(
        name = name,
        srcs = srcs or [name + ".cc"],
        copts = _COPTS + copts,
        size = size,
        deps = deps + ([main] if main else []),
        **kwargs
    )
