#!/usr/bin/env python3
"""Counts the tests of one `bazel test`, each GoogleTest case by itself.

    tools/count_tests.py FILE

FILE is what --build_event_json_file wrote. The skipped and the failed tests
are named, and the last line is `N passed, N failed`. A test program that did
not build, or died outside its cases, counts as one failure; so does a build
that got nowhere.
"""
import json
import pathlib
import sys
import urllib.parse
import xml.etree.ElementTree


def read_events(path):
    for line in pathlib.Path(path).read_text().splitlines():
        yield json.loads(line)


def cases(xml_path):
    """(name, passed) of each case that ran, in a test.xml; None: skipped."""
    root = xml.etree.ElementTree.parse(xml_path).getroot()
    for case in root.iter("testcase"):
        ran = case.get("status", "run") == "run"
        if ran and case.get("result") != "suppressed":
            names = [case.get("classname"), case.get("name")]
            bad = case.find("failure") is not None
            bad = bad or case.find("error") is not None
            skipped = not bad and case.get("result") == "skipped"
            yield ".".join(n for n in names if n), None if skipped else not bad


def results_of(result):
    """(name, passed) of what one run, or one shard, of a test reported."""
    found = []
    for output in result.get("testActionOutput", []):
        if output["name"] == "test.xml":
            path = urllib.parse.urlparse(output["uri"]).path
            try:
                found = list(cases(urllib.parse.unquote(path)))
            except (OSError, xml.etree.ElementTree.ParseError):
                found = []  # It died while it wrote.
    passed = result.get("status") == "PASSED"
    if not passed and all(ok is not False for _, ok in found):
        reason = result.get("status", "FAILED").lower()
        found.append((f"(the program: {reason})", False))
    return found


def count(events):
    """How many passed, and the names of those that failed, and were skipped."""
    expected, latest, finished = set(), {}, False
    for event in events:
        key = event.get("id", {})
        if "targetConfigured" in key and "testSize" in event.get(
            "configured", {}
        ):
            expected.add(key["targetConfigured"]["label"])
        if event.get("aborted", {}).get("reason") == "SKIPPED":
            # Not for this configuration.
            expected.discard(key.get("targetCompleted", {}).get("label"))
        if "testResult" in key:
            at = key["testResult"]
            # Only the last attempt of a flaky test counts.
            where = (at["label"], at.get("run", 1), at.get("shard", 0))
            latest[where] = results_of(event["testResult"])
        if "buildFinished" in key:
            finished = event["finished"].get("exitCode", {}).get("code", 0) == 0
    passed, failed, skipped = 0, [], []
    for (label, _, _), results in sorted(latest.items()):
        passed += sum(ok is True for _, ok in results)
        failed += [f"{label} {name}" for name, ok in results if ok is False]
        skipped += [f"{label} {name}" for name, ok in results if ok is None]
    for label in sorted(expected - {label for label, _, _ in latest}):
        failed.append(f"{label} (not run: it did not build)")
    if not finished and not failed:
        failed.append("(the build)")
    return passed, failed, skipped


def main(arguments):
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print(__doc__.strip())
        return 0 if arguments == ["--help"] else 2
    try:
        passed, failed, skipped = count(read_events(arguments[0]))
    except (OSError, ValueError) as error:
        passed, failed, skipped = 0, [f"(no results: {error})"], []
    for name in skipped:
        print(f"SKIPPED {name}")
    for name in failed:
        print(f"FAILED {name}")
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
