"""What tidy.py checks in C++: banned words, layers, guards, lengths."""
import fnmatch
import re

# A directory may include itself and those named beside it.
LAYERS = {
    "runtime": [],
    "replay": ["runtime"],
    "simnet": ["runtime", "replay"],
    "tools": ["runtime", "replay", "simnet"],
    "tests": ["runtime", "replay", "simnet", "tools"],
}
LIBRARY = ("runtime/", "replay/", "simnet/")
EVERYWHERE = ("",)

# A call of a function of the C library: no member, no other namespace's.
_C = r"(?<![\w.:])(?<!->)(?:std::|::)?"

# rule: (pattern in code, where it applies, where it is allowed, what to do).
BANNED = {
    "clock": (
        r"\b(system|steady|high_resolution)_clock\b"
        rf"|{_C}(clock_gettime|gettimeofday|clock_nanosleep)\s*\("
        r"|\bstd::time\s*\(",
        EVERYWHERE,
        (
            "runtime/system_clock.cc",
            "tests/runtime/system_clock_test.cc",
            "tests/benchmarks/",
        ),
        "ask the Clock (real time: SystemClock)",
    ),
    "random": (
        r"\brandom_device\b|\bstd::\w+_distribution\b|\bmt19937|\bBitGen\b"
        rf"|{_C}(s?rand|getrandom|getentropy|arc4random)\s*\(",
        EVERYWHERE,
        ("runtime/system_random.cc",),
        "take numbers from Random: Next, Below, Unit",
    ),
    "sanitizer-header": (
        r"#\s*include\s*<sanitizer/",
        EVERYWHERE,
        (),
        "declare what you need, as runtime/poison.h: clang does not find the"
        " header without a package of its own",
    ),
    "sleep": (
        rf"\bsleep_(for|until)\b|{_C}(sleep|usleep|nanosleep)\s*\(",
        EVERYWHERE,
        (),
        "co_await Sleep(...)",
    ),
    "thread": (
        r"\bstd::(jthread|async)\b|\bstd::thread\b(?!::)|\bpthread_create\b",
        LIBRARY + ("tools/",),
        ("runtime/thread_pool_executor.h", "runtime/thread_pool_executor.cc"),
        "leave threads to the Executor",
    ),
    "hash-order": (
        r"\bunordered_(multi)?(map|set)\b|\b(flat|node)_hash_(map|set)\b",
        LIBRARY,
        (),
        "use std::map, absl::btree_map or a vector: the order of a hash"
        " differs between runs and would reach the trace",
    ),
    "pointer-order": (
        r"\b(btree_)?(multi)?(map|set)<[^<>,;()]*\*\s*[,>]"
        r"|\bstd::less<[^<>;()]*\*>",
        LIBRARY,
        (),
        "order by identity, not by address",
    ),
    "float-time": (
        r"\b(double|float)\s+\w*(seconds?|secs|delay|timeout|duration"
        r"|deadline|latency)\w*\b(?!\s*\()|\bduration<\s*(double|float)\b",
        EVERYWHERE,
        (),
        "time is Nanoseconds (std::chrono::nanoseconds)",
    ),
    "structured-await": (
        r"\bauto\s*&{0,2}\s*\[[\w\s,]+\]\s*=\s*co_await\b",
        EVERYWHERE,
        (),
        "name the awaited value first: g++ miscompiles this",
    ),
}

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
_NOT_CODE = re.compile(
    r"//[^\n]*|/\*.*?\*/"
    r'|R"([^()\\\s]{0,16})\(.*?\)\1"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.S,
)

# What a brace opens, when it is not a function: see functions().
_SCOPE, _OTHER = 0, -1


def blank(text):
    """C++ with its comments and literals turned into spaces."""

    def spaces(match):
        kept = re.sub(r"[^\n]", " ", match.group())
        return '""' + kept[2:] if match.group()[-1] == '"' else kept

    return _NOT_CODE.sub(spaces, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(source):
    """First and last lines of the functions at namespace or class scope."""
    code = re.sub(
        r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
        lambda m: re.sub(r"[^\n]", " ", m.group()),
        source.code,
    )
    # Of each open brace: what it opened (the first line of a function,
    # _SCOPE or _OTHER), and where the text before it began.
    opened, header = [], 0
    for match in re.finditer(r"[{};]|\b(?:public|private|protected):", code):
        if match.group() == "{":
            what = _OTHER
            if all(outer == _SCOPE for outer, _ in opened):
                text = code[header : match.start()]
                indent = len(text) - len(text.lstrip())
                if is_scope(text):
                    what = _SCOPE
                elif is_function(text):
                    what = line_of(code, header + indent)
            opened.append((what, header))
        elif match.group() == "}" and opened:
            what, before = opened.pop()
            if re.compile(r"\s*[,{]").match(code, match.end()):
                header = before  # A member's initializer, not yet the body.
                continue
            if what > 0:
                yield what, line_of(code, match.start())
        header = match.end()


def without_template(header):
    return re.sub(r"^\s*template\s*<[^{}]*?>\s*(?=\w)", "", header).strip()


def is_scope(header):
    """Whether a brace after `header` opens a namespace or a class."""
    header = without_template(header)
    return bool(
        re.match(r"(inline\s+)?namespace\b|(class|struct|union)\b", header)
        or re.search(r"\b(class|struct|union)\b[^()=]*$", header)
        or re.match(r'extern\s*""', header)
    )


def is_function(header):
    """Whether a brace after `header` opens a function's body."""
    header = without_template(header)
    if is_scope(header) or re.match(r"enum\b", header):
        return False
    return "(" in header and header[-1] not in "=,("


def check_layers(source, tree):
    if source.kind != "c++":
        return
    for number, line in enumerate(source.lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        top, _, rest = name.partition("/")
        if top != "rondo":
            if top in LAYERS or (quote == '"' and not rest):
                yield number, "layer", f'include "rondo/<directory>/{name}"'
            continue
        if quote == "<":
            yield number, "layer", f'include "{name}", in quotes'
        if rest not in tree.known:
            yield number, "layer", f"there is no {rest}"
            continue
        other = rest.split("/")[0]
        allowed = LAYERS.get(source.layer, LAYERS["tests"])
        if other != source.layer and other not in allowed:
            yield number, "layer", (
                f"{source.layer} may use"
                f" {' and '.join(allowed) or 'no other directory'},"
                f" not {other}"
            )


def check_guard(source):
    if not source.path.endswith(".h"):
        return
    name = "RONDO_" + re.sub(r"[^A-Za-z0-9]", "_", source.path).upper() + "_"
    directives = [
        (number, line)
        for number, line in enumerate(source.lines, 1)
        if line.startswith("#")
    ]
    wanted = (f"#ifndef {name}", f"#define {name}", f"#endif  // {name}")
    found = directives[:2] + directives[2:][-1:]
    for at, want in enumerate(wanted):
        number, line = found[at] if at < len(found) else (1, "")
        if line != want:
            yield number, "guard", f"write `{want}`"
            return


def check_banned(source):
    if source.kind != "c++":
        return
    for rule, (pattern, where, allowed, message) in BANNED.items():
        if source.path.startswith(where) and not (
            allowed and source.path.startswith(allowed)
        ):
            for match in re.finditer(pattern, source.code):
                number = line_of(source.code, match.start())
                what = " ".join(match.group().rstrip("( ").split())
                yield number, rule, f"`{what}`: {message}"
    for match in re.finditer(r"\bcatch\s*\(\s*\.\.\.\s*\)\s*", source.code):
        body = block_at(source.code, match.end())
        if not re.search(r"\b(throw|rethrow_exception\b[^;]*);\s*}$", body):
            number = line_of(source.code, match.start())
            yield number, "catch-all", (
                "this swallows a cancellation: end with `throw;`, or catch"
                " `const std::exception&`"
            )


def block_at(code, start):
    """The text of the block whose brace is at `start`."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return code[start : match.end()]
    return code[start:]


def package_of(path, tree):
    """The BUILD.bazel that `path` belongs to, or None."""
    while "/" in path:
        path = path.rpartition("/")[0]
        if path + "/BUILD.bazel" in tree.known:
            return path + "/BUILD.bazel"
    return "BUILD.bazel" if "BUILD.bazel" in tree.known else None


def check_dead_file(source, tree):
    if source.kind != "c++":
        return
    build = package_of(source.path, tree)
    if build is None:
        yield 1, "dead-file", "there is no BUILD.bazel to name it"
        return
    name = source.path[len(build) - len("BUILD.bazel") :]
    if not names((tree.root / build).read_text(), name):
        yield 1, "dead-file", f"name it in {build}, or delete it"


def names(build, name):
    """Whether a BUILD file has `name`, in words, as a pattern, or as a test.

    rondo_cc_test and fuzz_target compile <name>.cc when told nothing else.
    """
    words = set(re.findall(r'"([^"\n]+)"', build))
    if name in words:
        return True
    if name.endswith(".cc") and f'name = "{name[:-3]}"' in build:
        return True
    return any("*" in w and fnmatch.fnmatch(name, w) for w in words)
