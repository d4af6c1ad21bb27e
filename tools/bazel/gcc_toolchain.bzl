"""gcc_toolchain_config(): g++ as Debian installs it, for other_build()."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
)

_TOOLS = [
    "ar",
    "cpp",
    "gcc",
    "gcov",
    "ld",
    "nm",
    "objdump",
    "strip",
]

def _flags(name, action, flags, enabled = True):
    return feature(
        name = name,
        enabled = enabled,
        flag_sets = [flag_set(
            actions = [action],
            flag_groups = [flag_group(flags = flags)],
        )],
    )

def _config_impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        abi_libc_version = "local",
        abi_version = "local",
        compiler = "gcc",
        cxx_builtin_include_directories = [
            "/usr/include",
            "/usr/lib/gcc",
            "/usr/local/include",
        ],
        features = [
            _flags("default_compile_flags", ACTION_NAMES.cpp_compile, [
                "-std=c++20",
                "-fno-canonical-system-headers",
            ]),
            _flags("default_link_flags", ACTION_NAMES.cpp_link_executable, [
                "-lstdc++",
                "-lm",
            ]),
            # Of --compilation_mode=opt, and of dbg.
            _flags("opt", ACTION_NAMES.cpp_compile, ["-O2"], enabled = False),
            _flags("dbg", ACTION_NAMES.cpp_compile, ["-g"], enabled = False),
        ],
        host_system_name = "local",
        target_cpu = "local",
        target_libc = "local",
        target_system_name = "local",
        tool_paths = [
            tool_path(name = tool, path = "/usr/bin/" + tool)
            for tool in _TOOLS
        ],
        toolchain_identifier = "gcc",
    )

gcc_toolchain_config = rule(
    implementation = _config_impl,
    provides = [CcToolchainConfigInfo],
)
