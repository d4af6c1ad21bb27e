#!/usr/bin/env python3
"""Plants faults to see make_table.py find them, then checks this table."""
import contextlib
import io
import pathlib
import sys
import tempfile
import unittest

# Bazel runs a link to this file: the script and the tests are where it points.
HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE))
import make_table  # noqa: E402

SOURCE = """\
TEST(LockTests, test_one) {}

// Adapted: a lock is
// no lamp.
TEST(LockTests,
     test_two) {}

// Not Adapted: at all.
TEST(OurOwn, Name) {}
"""

ROWS = [
    "test_locks.py\tLockTests\ttest_one\t\t",
    "test_locks.py\tLockTests\ttest_two\t\t",
    "test_locks.py\tLockTests\ttest_repr\tnot applicable\tno repr",
    "test_ssl.py\tTestSSL\ttest_three\topen\tTLS",
    "test_x.py\tTestX\ttest_four\tcovered\tOurOwn.Name: it does",
]


class MakeTableTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.dir = pathlib.Path(temporary.name) / "tests" / "conformance"
        self.dir.mkdir(parents=True)
        (self.dir / "README.md").write_text(
            "# Title\n" + make_table.BEGIN + make_table.END + "more\n")
        self.source(SOURCE)
        self.list(ROWS)

    def source(self, text):
        (self.dir / "locks_test.cc").write_text(text)

    def list(self, rows):
        (self.dir / "cpython_list.tsv").write_text(
            "".join(row + "\n" for row in [make_table.LIST_HEAD, *rows]))

    def run_script(self, *arguments):
        """The exit code and what it says."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            code = make_table.main(list(arguments), self.dir)
        return code, said.getvalue()

    def assertSays(self, text, rows=None):
        if rows is not None:
            self.list(rows)
        code, said = self.run_script("--check")
        self.assertEqual(code, 1)
        self.assertIn(text, said)

    def table(self):
        text = (self.dir / "cpython_tests.tsv").read_text()
        return [line.split("\t")[2:] for line in text.splitlines()[1:]]

    def test_the_sources_say_what_is_ported_and_what_is_adapted(self):
        self.assertEqual(self.run_script(), (0, ""))
        self.assertEqual(self.table(), [
            ["test_one", "ported", "locks_test"],
            ["test_two", "adapted", "locks_test: a lock is no lamp."],
            ["test_repr", "not applicable", "no repr"],
            ["test_three", "open", "TLS"],
            ["test_four", "covered", "OurOwn.Name: it does"]])

    def test_the_readme_has_the_counts(self):
        self.run_script()
        text = (self.dir / "README.md").read_text()
        self.assertIn("| test_locks.py | 3 | 1 | 1 |  | 1 |  |\n", text)
        self.assertIn("| all | 5 | 1 | 1 | 1 | 1 | 1 |\n", text)
        self.assertTrue(text.startswith("# Title\n"))
        self.assertTrue(text.endswith("more\n"))

    def test_what_is_made_passes_the_check_until_a_source_changes(self):
        self.run_script()
        self.assertEqual(self.run_script("--check"), (0, ""))
        self.source(SOURCE + "TEST(TestSSL, test_three) {}\n")
        self.assertSays("cpython_tests.tsv is stale")
        self.assertSays("README.md is stale")

    def test_a_port_takes_the_decision_back(self):
        self.source(SOURCE + "TEST(TestSSL, test_three) {}\n")
        self.assertSays("cpython_list.tsv is stale")
        self.assertEqual(self.run_script(), (0, ""))
        self.assertIn("TestSSL\ttest_three\t\t\n",
                      (self.dir / "cpython_list.tsv").read_text())

    def test_a_class_stands_for_its_mixin(self):
        self.list([*ROWS, "test_queues.py\t_QueueJoinTestMixin\ttest_join\t\t"])
        self.source(SOURCE + "TEST(LifoQueueJoinTests, test_join) {}\n")
        self.assertEqual(self.run_script(), (0, ""))
        self.assertEqual(self.table()[-1],
                         ["test_join", "ported", "locks_test"])

    def test_a_name_that_cpython_does_not_have(self):
        self.source(SOURCE + "TEST(LockTests, test_thre) {}\n")
        self.assertSays("locks_test: CPython has no LockTests.test_thre")

    def test_a_test_that_nobody_has_thought_of(self):
        self.assertSays("TestY.test_y: neither ported nor decided",
                        [*ROWS, "test_y.py\tTestY\ttest_y\t\t"])

    def test_decisions_that_say_nothing(self):
        for end, says in {"later\tx": "later is none of covered, not appl",
                          "open\t": "open: it does not say why",
                          "covered\tA.B": "there is no test A.B",
                          "covered\toracle x": "no test oracle x"}.items():
            self.assertSays(says, [*ROWS, "test_y.py\tTestY\ttest_y\t" + end])

    def test_a_test_that_is_listed_twice(self):
        self.assertSays("LockTests.test_one is listed twice", [*ROWS, ROWS[0]])

    def test_decide_writes_a_reason_for_all_that_fit(self):
        self.list([*ROWS, "test_y.py\tTestY\ttest_a\t\t",
                   "test_y.py\tTestY\ttest_b\t\t"])
        arguments = ("--decide", "open", "pipes", "test_y.py TestY.*")
        self.assertEqual(self.run_script(*arguments), (0, ""))
        self.assertEqual(self.table()[-2:], [["test_a", "open", "pipes"],
                                             ["test_b", "open", "pipes"]])
        with self.assertRaises(SystemExit):
            self.run_script("--decide", "open", "pipes", "test_z.py *")

    def test_this_table(self):
        rows = make_table.read_list(HERE)
        print(make_table.counts_text(rows, make_table.find_ports(HERE)))
        self.assertEqual(make_table.main(["--check"], HERE), 0)


if __name__ == "__main__":
    unittest.main()
