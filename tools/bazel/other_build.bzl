"""other_build(): a program compiled once more, otherwise, in the same build."""

# Bazel 4 to 6 look for a C++ toolchain where --crosstool_top says, Bazel 7
# among --extra_toolchains; neither minds the other's option.
_GCC = {
    "//command_line_option:crosstool_top": "//tools/bazel:gcc_suite",
    "//command_line_option:extra_toolchains": ["//tools/bazel:gcc_toolchain"],
}
_MODE = "//command_line_option:compilation_mode"

# Nothing may follow the mode's -O.
_NO_OPTIONS = {
    "//command_line_option:copt": [],
    "//command_line_option:cxxopt": [],
}

def _other_build_impl(settings, attr):
    toolchain = _GCC if attr.compiler == "gcc" else settings
    options = {option: toolchain[option] for option in _GCC}
    options[_MODE] = attr.compilation_mode
    options.update(_NO_OPTIONS)
    return options

_transition = transition(
    implementation = _other_build_impl,
    inputs = _GCC.keys(),
    outputs = _GCC.keys() + _NO_OPTIONS.keys() + [_MODE],
)

def _link_impl(ctx):
    # An attribute with a transition is a list, even of one.
    program = ctx.attr.program[0][DefaultInfo]
    link = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        output = link,
        target_file = program.files_to_run.executable,
        is_executable = True,
    )

    # Not the program's runfiles: among them it is itself, by a name that its
    # first build has as well.
    return [DefaultInfo(executable = link)]

other_build = rule(
    doc = "`program` and all below it, compiled in this mode by this compiler.",
    implementation = _link_impl,
    attrs = {
        "compilation_mode": attr.string(
            doc = "fastbuild is -O0, dbg is -O0 -g, opt is -O2.",
            mandatory = True,
            values = ["fastbuild", "dbg", "opt"],
        ),
        "compiler": attr.string(
            doc = "gcc, or that of the rest of the build.",
            values = ["", "gcc"],
        ),
        "program": attr.label(
            cfg = _transition,
            executable = True,
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists" +
                      "/function_transition_allowlist",
        ),
    },
    executable = True,
)
