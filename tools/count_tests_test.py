#!/usr/bin/env python3
"""Tests of count_tests.py, over what Bazel and GoogleTest write."""
import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import count_tests  # noqa: E402

GOOD = '<testcase name="A" classname="T" status="run" result="completed"/>'
BAD = (
    '<testcase name="B" classname="T" status="run" result="completed">'
    '<failure message="x"/></testcase>'
)
DISABLED = '<testcase name="C" classname="T" status="notrun"/>'
FILTERED = '<testcase name="D" classname="T" status="run" result="suppressed"/>'
SKIPPED = (
    '<testcase name="E" classname="T" status="run" result="skipped">'
    '<skipped message="no gdb"/></testcase>'
)
SHELL = '<testcase name="tools/x" status="run" time="1"/>'


class CountTestsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = pathlib.Path(directory.name)
        self.files = 0

    def configured(self, label):
        return {
            "id": {"targetConfigured": {"label": label}},
            "configured": {"testSize": "SMALL"},
        }

    def result(self, label, status, xml, **key):
        self.files += 1
        path = self.directory / f"a b{self.files}.xml"
        path.write_text(xml)
        output = {"name": "test.xml", "uri": path.as_uri()}
        return {
            "id": {"testResult": {"label": label, **key}},
            "testResult": {"status": status, "testActionOutput": [output]},
        }

    def finished(self, code):
        exit_code = {"code": code} if code else {}
        return {
            "id": {"buildFinished": {}},
            "finished": {"exitCode": exit_code},
        }

    def suite(self, *cases):
        suite = f"<testsuite>{''.join(cases)}</testsuite>"
        return f"<testsuites>{suite}</testsuites>"

    def test_counts_cases_that_ran(self):
        events = [
            self.result("//a", "PASSED", self.suite(GOOD, DISABLED, FILTERED)),
            self.result("//b", "PASSED", self.suite(SHELL)),
            self.finished(0),
        ]
        self.assertEqual(count_tests.count(events)[:2], (2, []))

    def test_names_failures(self):
        events = [
            self.result("//a", "FAILED", self.suite(GOOD, BAD)),
            self.finished(3),
        ]
        self.assertEqual(count_tests.count(events)[:2], (1, ["//a T.B"]))

    def test_what_was_skipped_has_not_passed(self):
        events = [
            self.result("//a", "PASSED", self.suite(GOOD, SKIPPED)),
            self.finished(0),
        ]
        self.assertEqual(count_tests.count(events), (1, [], ["//a T.E"]))
        events = [
            self.result("//a", "FAILED", self.suite(SKIPPED)),
            self.finished(3),
        ]
        crash = "//a (the program: failed)"
        self.assertEqual(count_tests.count(events), (0, [crash], ["//a T.E"]))

    def test_counts_a_crash_once(self):
        crash = ["//a (the program: timeout)"]
        for xml in (self.suite(GOOD), "", "<testsuites>"):
            events = [self.result("//a", "TIMEOUT", xml), self.finished(3)]
            passed = 1 if "testcase" in xml else 0
            self.assertEqual(count_tests.count(events)[:2], (passed, crash))

    def test_adds_shards_and_takes_the_last_attempt(self):
        events = [
            self.result("//a", "PASSED", self.suite(GOOD), shard=1),
            self.result("//a", "FAILED", self.suite(BAD), shard=2, attempt=1),
            self.result("//a", "PASSED", self.suite(GOOD), shard=2, attempt=2),
            self.finished(0),
        ]
        self.assertEqual(count_tests.count(events)[:2], (2, []))

    def test_what_did_not_build_failed(self):
        events = [
            self.configured("//a"),
            self.configured("//b"),
            self.result("//a", "PASSED", self.suite(GOOD)),
            self.finished(1),
        ]
        failed = ["//b (not run: it did not build)"]
        self.assertEqual(count_tests.count(events)[:2], (1, failed))

    def test_what_is_not_for_this_configuration_did_not_fail(self):
        events = [
            self.configured("//a"),
            self.configured("//b"),
            {
                "id": {"targetCompleted": {"label": "//b"}},
                "aborted": {"reason": "SKIPPED"},
            },
            self.result("//a", "PASSED", self.suite(GOOD)),
            self.finished(0),
        ]
        self.assertEqual(count_tests.count(events)[:2], (1, []))

    def test_a_build_that_got_nowhere_failed(self):
        for events in ([], [self.finished(1)]):
            counted = count_tests.count(events)[:2]
            self.assertEqual(counted, (0, ["(the build)"]))


if __name__ == "__main__":
    unittest.main()
