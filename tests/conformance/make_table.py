#!/usr/bin/env python3
"""Which of CPython's asyncio tests rondo has: cpython_tests.tsv.

    make_table.py              writes the table, and the counts in README.md
    make_table.py --check      says what that would change, and what is wrong
    make_table.py --decide open "TLS" 'test_ssl*.py *'

cpython_list.tsv names every test in Lib/test/test_asyncio of CPython 3.11 to
3.13, and in Lib/test/test_selectors.py. One that is not ported has a decision
there, and why: `--decide` writes them, for all tests that a pattern fits
("FILE CLASS.TEST").

    covered         which test shows the same: "Suite.Name" of any in tests/,
                    or "oracle NAME"; behind ": ", what is to be said of it
    not applicable  what C++ or rondo has not, or cannot get wrong
    open            the part of the library that it is about

What is ported is found in the sources: TEST(Class, test_name) in a *_test.cc
here, with CPython's names. A comment above it that begins with "Adapted:" says
in what it differs. Writing the table takes a decision back that was overtaken.
"""
import collections
import fnmatch
import pathlib
import re
import sys

LIST = "cpython_list.tsv"
TABLE = "cpython_tests.tsv"
README = "README.md"
LIST_HEAD = "file\tclass\ttest\tdecision\twhy"
TABLE_HEAD = "file\tclass\ttest\tstatus\twhere or why"
BEGIN = "<!-- made by make_table.py -->\n"
END = "<!-- end -->\n"
DECISIONS = ("covered", "not applicable", "open")
STATUSES = ("ported", "adapted", *DECISIONS)

# The classes that inherit the tests of a mixin: the port is of one of them, or
# of all.
MIXINS = {
    "_QueueJoinTestMixin": (
        "QueueJoinTests", "LifoQueueJoinTests", "PriorityQueueJoinTests"),
    "_QueueShutdownTestMixin": (
        "QueueShutdownTests", "LifoQueueShutdownTests",
        "PriorityQueueShutdownTests"),
}

Row = collections.namedtuple("Row", "file suite test decision why")
Port = collections.namedtuple("Port", "place note")  # note: None if not adapted

_TEST = re.compile(
    r"((?:^//[^\n]*\n)*)^TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\)", re.M)


def read_list(directory):
    lines = (directory / LIST).read_text().splitlines()
    return [Row(*line.split("\t")) for line in lines[1:]]


def list_text(rows):
    return "".join(line + "\n" for line in [LIST_HEAD, *map("\t".join, rows)])


def tests_in(path):
    """Yields (suite, test, comment above it)."""
    for comment, suite, test in _TEST.findall(path.read_text()):
        yield suite, test, " ".join(
            line[2:].strip() for line in comment.splitlines())


def find_ports(directory):
    """{(class, test): [Port, ...]}, of each *_test.cc."""
    ports = collections.defaultdict(list)
    for path in sorted(directory.glob("*_test.cc")):
        for suite, test, comment in tests_in(path):
            note = None
            if comment.startswith("Adapted:"):
                note = comment[len("Adapted:"):].strip()
            ports[suite, test].append(Port(path.stem, note))
    return ports


def ports_of(row, ports):
    found = []
    for suite in (row.suite, *MIXINS.get(row.suite, ())):
        found += ports.get((suite, row.test), [])
    return found


def table_row(row, ports):
    """(status, where or why)."""
    found = ports_of(row, ports)
    if not found:
        return row.decision, row.why
    places = ", ".join(sorted({port.place for port in found}))
    notes = [port.note for port in found if port.note is not None]
    if notes:
        return "adapted", places + ": " + notes[0]
    return "ported", places


def table_text(rows, ports):
    lines = [TABLE_HEAD]
    for row in rows:
        lines.append("\t".join((*row[:3], *table_row(row, ports))))
    return "".join(line + "\n" for line in lines)


def counts_text(rows, ports):
    counts = collections.defaultdict(collections.Counter)
    for row in rows:
        for key in (row.file, "all"):
            counts[key][table_row(row, ports)[0]] += 1
            counts[key]["tests"] += 1
    columns = ("tests", *STATUSES)
    lines = ["| file | " + " | ".join(columns) + " |",
             "|---|" + "---:|" * len(columns)]
    for key in sorted(counts, key=lambda key: (key == "all", key)):
        lines.append("| " + " | ".join(
            [key, *(str(counts[key][c] or "") for c in columns)]) + " |")
    return "".join(line + "\n" for line in lines)


def readme_text(directory, rows, ports):
    text = (directory / README).read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + counts_text(rows, ports) + END + after


def wrong_reference(directory, why):
    """What is wrong with the reason of a covered test; None if nothing."""
    what = why.partition(":")[0]
    scenario = re.fullmatch(r"oracle (\w+)", what)
    if scenario:
        trace = f"traces/asyncio/{scenario[1]}.jsonl"
        there = (directory.parents[1] / trace).exists()
    else:
        there = any(what == f"{suite}.{test}"
                    for path in directory.parent.glob("*/*_test.cc")
                    for suite, test, _ in tests_in(path))
    return None if there else f"there is no test {what}"


def wrong_row(directory, row, ports):
    if ports_of(row, ports):
        return None
    if not row.decision:
        return ("neither ported nor decided: write a test of that name, or "
                f"the reason into {LIST} (make_table.py --decide)")
    if row.decision not in DECISIONS:
        return f"{row.decision} is none of " + ", ".join(DECISIONS)
    if not row.why:
        return f"{row.decision}: it does not say why"
    if row.decision == "covered":
        return wrong_reference(directory, row.why)
    return None


def problems(directory, rows, ports):
    """What keeps the table from being made."""
    seen = set()
    for row in rows:
        if row[1:3] in seen:
            yield f"{row.suite}.{row.test} is listed twice"
        seen.add(row[1:3])
        wrong = wrong_row(directory, row, ports)
        if wrong is not None:
            yield f"{row.file} {row.suite}.{row.test}: {wrong}"
    for mixin, suites in MIXINS.items():
        seen |= {(suite, test) for suite in suites
                 for listed, test in list(seen) if listed == mixin}
    for (suite, test), found in ports.items():
        if test.startswith("test_") and (suite, test) not in seen:
            yield (f"{found[0].place}: CPython has no {suite}.{test} "
                   f"({LIST} has all that there are)")


def made(directory, rows, ports):
    """{path: text} of all that is generated."""
    rows = [row._replace(decision="", why="") if ports_of(row, ports) else row
            for row in rows]
    return {directory / LIST: list_text(rows),
            directory / TABLE: table_text(rows, ports),
            directory / README: readme_text(directory, rows, ports)}


def decide(rows, decision, why, pattern):
    """The rows, those that the pattern fits with this decision."""
    fits = [fnmatch.fnmatchcase(f"{row.file} {row.suite}.{row.test}", pattern)
            for row in rows]
    if not any(fits):
        raise SystemExit(f"no test fits {pattern}")
    return [row._replace(decision=decision, why=why) if fit else row
            for row, fit in zip(rows, fits)]


def main(arguments, directory):
    rows = read_list(directory)
    check = arguments == ["--check"]
    if arguments[:1] == ["--decide"] and len(arguments) == 4:
        rows = decide(rows, *arguments[1:])
    elif arguments and not check:
        print(__doc__, file=sys.stderr)
        return 2
    ports = find_ports(directory)
    found = list(problems(directory, rows, ports))
    for path, text in made(directory, rows, ports).items():
        if not path.exists() or path.read_text() != text:
            if check:
                found.append(f"{path.name} is stale: run make_table.py")
            else:
                path.write_text(text)
    for line in found:
        print(line, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], pathlib.Path(__file__).resolve().parent))
