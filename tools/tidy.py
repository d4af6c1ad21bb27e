#!/usr/bin/env python3
"""Checks what neither the compilers nor clang-format check.

    tools/tidy.py [ROOT]

Prints `file:line: rule: what to do` for each finding, and exits 1 if there is
one. `tools/tidy.py --list` shows the rules. A line that has to break one says
so, on itself or in a comment just above, with the reason:

    // tidy: allow(<rule>) The reason.
"""
import ast
import os
import pathlib
import re
import sys
import textwrap

import tidy_closures
import tidy_cpp

LINE_LIMIT = 80
FILE_LIMIT = 500
FUNCTION_LIMIT = 70

RULES = {
    "line-length": f"no line is longer than {LINE_LIMIT} columns",
    "file-length": f"no file but BUILD.bazel is longer than {FILE_LIMIT} lines",
    "function-length": f"no function is longer than {FUNCTION_LIMIT} lines",
    "layer": "runtime <- replay <- simnet <- tools, tests; \"rondo/...\" only",
    "guard": "a header is guarded by RONDO_<PATH>_H_",
    "catch-all": "catch (...) ends with throw",
    "closure-await": "what owns its captures is named before it is awaited",
    "title": "a document has one title, on its first line",
    "unfinished": "nothing is left for later",
    "dead-file": "every .h and .cc is in a BUILD.bazel",
    "example": "a shown program is one that is compiled and run",
    "allow": "an allowance names a rule, gives a reason, and is needed",
    **{rule: row[3] for rule, row in tidy_cpp.BANNED.items()},
}

_ALLOW = re.compile(r"tidy: allow\(([\w-]+)\)\s*([^\n]*)")
_UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


class Source:
    """One file: `path` is relative to the root, with slashes."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(errors="replace")
        self.lines = self.text.splitlines()
        self.kind = self._kind()
        self.code = tidy_cpp.blank(self.text) if self.kind == "c++" else ""
        self.layer = path.split("/")[0]

    def _kind(self):
        name = self.path.rsplit("/", 1)[-1]
        first = self.lines[0] if self.lines else ""
        if name.endswith((".h", ".cc")):
            return "c++"
        if name.endswith(".py") or re.match(r"#!.*python", first):
            return "python"
        if name.endswith(".md"):
            return "markdown"
        if name.endswith((".bzl", ".bazel", ".BUILD", ".sh")):
            return "other"
        if name.startswith("WORKSPACE") or re.match(r"#!.*sh\b", first):
            return "other"
        return None


class Tree:
    """The files of a source tree, without what tools have put there."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.paths = sorted(self._walk())
        self.known = set(self.paths)
        self.sources = [Source(self.root, p) for p in self.paths]
        self.sources = [s for s in self.sources if s.kind]

    def _walk(self):
        for directory, names, files in os.walk(self.root):
            at = pathlib.Path(directory)
            names[:] = [
                n
                for n in names
                if n not in (".git", "third_party", "__pycache__")
                and not n.startswith("bazel-")
            ]
            for name in files:
                if self._is_text(at / name):
                    yield (at / name).relative_to(self.root).as_posix()

    @staticmethod
    def _is_text(path):
        if path.suffix in (".jsonl", ".json", ".tsv", ".pyc", ".gz", ".png"):
            return False
        return path.is_file() and not path.is_symlink()


def check_lengths(source):
    if source.kind == "markdown":
        return
    for number, line in enumerate(source.lines, 1):
        unbreakable = "://" in line or tidy_cpp.INCLUDE.match(line)
        if len(line) > LINE_LIMIT and not unbreakable:
            yield number, "line-length", f"{len(line)} columns: break the line"
    # A directory has one BUILD file, however many targets it lists.
    listing = source.path.endswith("BUILD.bazel")
    if len(source.lines) > FILE_LIMIT and not listing:
        yield 1, "file-length", (
            f"{len(source.lines)} lines: these are two concepts, split them"
        )
    finders = {"c++": tidy_cpp.functions, "python": python_functions}
    find = finders.get(source.kind, lambda _: ())
    for start, end in find(source):
        if end - start + 1 > FUNCTION_LIMIT:
            yield start, "function-length", (
                f"{end - start + 1} lines: give its parts names"
            )


def python_functions(source):
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno


def check_unfinished(source):
    for number, line in enumerate(source.lines, 1):
        if _UNFINISHED.search(line):
            yield number, "unfinished", "do it now, or say it in an issue"


def fences(source):
    """(line, language, body) of each fenced block, lines counted from 1."""
    opened = None
    for number, line in enumerate(source.lines, 1):
        match = re.match(r"\s*```+\s*([\w+]*)", line)
        if not match:
            continue
        if opened is None:
            opened = (number, match.group(1))
        else:
            yield *opened, source.lines[opened[0] : number - 1]
            opened = None


def check_title(source):
    if source.kind != "markdown":
        return
    code = set()
    for number, _, body in fences(source):
        code.update(range(number, number + len(body) + 2))
    titles = [
        number
        for number, line in enumerate(source.lines, 1)
        if line.startswith("# ") and number not in code
    ]
    if titles[:1] != [1]:
        yield 1, "title", "begin the document with its title, `# ...`"
    for number in titles[1:]:
        yield number, "title", "a document has one title: make this `## ...`"


def shown_part(text):
    """What is between `// [begin]` and `// [end]`, or all of it."""
    match = re.search(
        r"^[ \t]*// \[begin\]\n(.*?)^[ \t]*// \[end\]$", text, re.S | re.M
    )
    return textwrap.dedent(match.group(1) if match else text).strip("\n")


def check_examples(source, tree):
    if source.kind != "markdown":
        return
    for number, language, body in fences(source):
        above = source.lines[number - 2] if number > 1 else ""
        match = re.fullmatch(r"\s*<!--\s*(\S+\.(?:cc|h))\s*-->\s*", above)
        if match and match.group(1) not in tree.known:
            yield number - 1, "example", f"there is no {match.group(1)}"
        elif match:
            path = match.group(1)
            text = blankless((tree.root / path).read_text())
            if shown_part(text) != blankless("\n".join(body)).strip("\n"):
                yield number, "example", f"differs from {path}: copy it here"
        elif language == "cpp" and source.path == "README.md":
            yield number, "example", (
                "write `<!-- tests/examples/x.cc -->` above it, and the same"
                " text there"
            )


def blankless(text):
    return re.sub(r"[ \t]+$", "", text, flags=re.M)


class Allowances:
    """The exceptions a file makes, and whether each was needed."""

    def __init__(self, source):
        self.at = {}  # (line, rule) -> the allowance's own line
        self.used = set()
        self.bad = []
        for number, line in enumerate(source.lines, 1):
            match = _ALLOW.search(line)
            if not match:
                continue
            rule, reason = match.groups()
            if rule not in RULES:
                self.bad.append((number, f"there is no rule {rule}"))
            elif not reason.rstrip("->*/ "):
                self.bad.append((number, "say why"))
            for covered in range(number, self._end(source, number) + 1):
                self.at[covered, rule] = number

    @staticmethod
    def _end(source, number):
        """The last line covered: the first one below that is no comment."""
        if not re.match(r"\s*(//|#|<!--)", source.lines[number - 1]):
            return number
        while number < len(source.lines) and re.match(
            r"\s*(//|# )", source.lines[number]
        ):
            number += 1
        return number + 1

    def cover(self, number, rule):
        if (number, rule) not in self.at:
            return False
        self.used.add((self.at[number, rule], rule))
        return True

    def findings(self):
        yield from ((number, "allow", why) for number, why in self.bad)
        wrong = {number for number, _ in self.bad}
        for number, rule in sorted({(n, r) for (_, r), n in self.at.items()}):
            if (number, rule) not in self.used and number not in wrong:
                yield number, "allow", f"nothing here breaks {rule}: delete it"


def check(root):
    """Every finding in the tree at `root`: (path, line, rule, message)."""
    tree = Tree(root)
    for source in tree.sources:
        found = [
            *check_lengths(source),
            *tidy_cpp.check_layers(source, tree),
            *tidy_cpp.check_guard(source),
            *tidy_cpp.check_banned(source),
            *tidy_closures.check_closures(source),
            *tidy_cpp.check_dead_file(source, tree),
            *check_unfinished(source),
            *check_title(source),
            *check_examples(source, tree),
        ]
        allowances = Allowances(source)
        found = [f for f in found if not allowances.cover(f[0], f[1])]
        for number, rule, message in sorted([*found, *allowances.findings()]):
            yield source.path, number, rule, message


def main(arguments):
    if arguments in (["--help"], ["-h"]):
        print(__doc__.strip())
        return 0
    if arguments == ["--list"]:
        for rule, meaning in RULES.items():
            print(f"{rule:17} {meaning}")
        return 0
    if len(arguments) > 1 or (arguments and arguments[0].startswith("-")):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = pathlib.Path(__file__).resolve().parent.parent
    count = 0
    for path, number, rule, message in check(*arguments or [root]):
        print(f"{path}:{number}: {rule}: {message}")
        count += 1
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
