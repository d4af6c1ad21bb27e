#!/usr/bin/env python3
"""Plants violations to see each rule of tidy.py fire, then checks this tree."""
import pathlib
import sys
import tempfile
import unittest

# Bazel runs a link to this file: tidy.py and the tree are where it points.
TOOLS = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(TOOLS))
import tidy  # noqa: E402
import tidy_cpp  # noqa: E402

BUILD = """\
rondo_cc_library(
    name = "x",
    srcs = ["x.cc"],
    hdrs = ["x.h"],
)

rondo_cc_test(name = "x_test")
"""

HEADER = """\
// What x is.
#ifndef RONDO_RUNTIME_X_H_
#define RONDO_RUNTIME_X_H_

#include <string>

namespace rondo {
{}
}  // namespace rondo

#endif  // RONDO_RUNTIME_X_H_
"""

LATER = "TO" + "DO"


def allow(rule, reason="It has to."):
    return f"// tidy: {'allow'}({rule}) {reason}"


def header(body="int X();"):
    return HEADER.replace("{}", body)


def function(lines, head="void F() {"):
    return "\n".join([head, *["  G();"] * (lines - 2), "}"]) + "\n"


class TidyTest(unittest.TestCase):
    def findings(self, files):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for path, text in {"BUILD.bazel": "", **files}.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            return [f"{p}:{n}:{r}" for p, n, r, _ in tidy.check(root)]

    def code(self, body, path="runtime/x.cc"):
        """The findings in one source file, without its name."""
        build = {path.rpartition("/")[0] + "/BUILD.bazel": BUILD}
        found = self.findings({**build, path: body})
        return [f.removeprefix(path + ":") for f in found]

    def fires(self, rule, body, path="runtime/x.cc", line=1):
        self.assertEqual(self.code(body, path), [f"{line}:{rule}"], body)

    def passes(self, body, path="runtime/x.cc"):
        self.assertEqual(self.code(body, path), [], body)


class WordsTest(TidyTest):
    def test_clock(self):
        self.fires("clock", "auto t = std::chrono::steady_clock::now();\n")
        self.fires("clock", "using C = std::chrono::system_clock;\n")
        self.fires("clock", "\nclock_gettime(CLOCK_REALTIME, &t);\n", line=2)
        self.fires("clock", "std::time(nullptr);\n", path="tests/x.cc")
        self.passes("clock->Now(); loop.time();\n")
        files = {
            "runtime/BUILD.bazel": '"system_clock.cc"',
            "runtime/system_clock.cc": "std::chrono::steady_clock::now();\n",
        }
        self.assertEqual(self.findings(files), [])

    def test_random(self):
        self.fires("random", "std::random_device device;\n")
        self.fires("random", "std::uniform_int_distribution<> d(1, 6);\n")
        self.fires("random", "std::mt19937_64 g;\n", path="tests/x.cc")
        self.fires("random", "int x = rand();\n")
        self.fires("random", "absl::BitGen g;\n")
        self.fires("random", "int x = std::rand();\n")
        self.passes("SeededRandom random(7); operand(); r.rand();\n")

    def test_sanitizer_header(self):
        header = "#include <sanitizer/asan_interface.h>\n"
        self.fires("sanitizer-header", header)
        self.passes("// <sanitizer/asan_interface.h>\n#include <string>\n")

    def test_sleep(self):
        self.fires("sleep", "std::this_thread::sleep_for(1s);\n")
        self.fires("sleep", "usleep(5);\n")
        self.fires("sleep", "::sleep(5);\n")
        self.passes("co_await Sleep(1s); host->sleep(1); sim::sleep(1);\n")

    def test_thread(self):
        self.fires("thread", "std::thread t(F);\n")
        self.fires("thread", "auto f = std::async(F);\n")
        self.passes("std::thread::id id = std::this_thread::get_id();\n")
        self.passes("std::thread t(F);\n", path="tests/x.cc")

    def test_hash_order(self):
        self.fires("hash-order", "std::unordered_map<int, int> m;\n")
        self.fires("hash-order", "absl::flat_hash_set<int> s;\n")
        self.passes("std::unordered_set<int> s;\n", path="tests/x.cc")
        self.passes("std::map<int, int*> m;\n")

    def test_pointer_order(self):
        self.fires("pointer-order", "std::map<const Task*, int> m;\n")
        self.fires("pointer-order", "std::set<Task*> s;\n")
        self.fires("pointer-order", "absl::btree_set<Task *> s;\n")
        self.passes("std::vector<Task*> v; std::map<int, Task*> m;\n")

    def test_float_time(self):
        self.fires("float-time", "double seconds = 1;\n")
        self.fires("float-time", "void F(double timeout);\n")
        self.fires("float-time", "std::chrono::duration<double> d;\n")
        self.passes("double ratio; double seconds(int n);\n")

    def test_structured_await(self):
        self.fires("structured-await", "auto [a, b] = co_await F();\n")
        self.fires("structured-await", "const auto& [a] = co_await F();\n")
        self.passes("auto [a, b] = F();\n")

    def test_comments_and_strings_are_not_code(self):
        self.passes("// rand() and std::thread\n/* sleep_for */\n")
        self.passes('Log("rand() sleep_for"); F(R"(std::thread t)");\n')
        self.passes("F(1'000'000, 'a', '\"'); G(\"\\\"rand()\");\n")

    def test_catch_all(self):
        swallow = "try { F(); }\ncatch (...) { G({1}); }\n"
        self.fires("catch-all", swallow, line=2)
        self.passes("try { F(); } catch (...) { G(); throw; }\n")
        within = "{ try { G(); } catch (const A&) { throw; } }\n"
        self.fires("catch-all", "try { F(); } catch (...) " + within)
        keep = "{ p.set(std::current_exception()); }\n"
        self.fires("catch-all", "try { F(); } catch (...) " + keep)
        self.passes("try { F(); } catch (const std::exception&) {}\n")


class ClosureTest(TidyTest):
    """Statements of a coroutine whose parameters own, or do not."""

    HEAD = (
        "Coro<> F(std::string held, std::shared_ptr<int> p, int n,\n"
        "         std::span<char> b, std::string* q) {\n"
    )

    def test_closure_await(self):
        for statement in (
            "co_await G([held] { return held; });",
            "auto x = co_await G(1, [p]() mutable -> int { return *p; }, 2);",
            "co_await G([h = std::move(held)] { H(h); co_await I(); });",
            "co_return co_await G([s = std::to_string(n)] {});",
            "if (co_await G([held] {})) { H(); }",
            "while (n > 0 && co_await G([p] {})) H();",
            "for (int i : co_await G([held] {})) H(i);",
            "G([held] {}, co_await H());",
            "auto m = std::make_shared<int>(1); co_await G([n, m] {});",
            "co_await G(O{.a = 1}, [n, held](int x) { if (x) { H(); } });",
            "auto f = [&]() -> Coro<> { co_await G([held] {}); };",
        ):
            self.fires("closure-await", self.HEAD + statement + "\n}\n", line=3)

    def test_what_is_no_hazard(self):
        for statement in (
            "auto f = [held] {}; co_await G(std::move(f));",
            "co_await G([n, b, q] {});",
            "co_await G([&held, this] {});",
            "co_await G([&] {});",
            "co_await G([i = 0]() mutable { ++i; });",
            'co_await G([v = std::string_view("x")] {});',
            "G([held] { co_await H(); });",
            "CreateTask([held]() -> Coro<> { co_await H(held); });",
            "co_await H(); G([held] {});",
            "G([held] {}); co_await H();",
            "if (co_await H()) G([held] {});",
            "if (n) G([held] {}); else co_await H();",
            "if (n) { co_await H(); } G([held] {});",
            "while (co_await H()) { G([held] {}); }",
            "auto made = H(); co_await G([made] {});",
            "a[held] = co_await H(x[held](3));",
            "auto [held, c] = G();",
        ):
            self.passes(self.HEAD + statement + "\n}\n")


class ShapeTest(TidyTest):
    def test_line_length(self):
        self.fires("line-length", "x" * 81 + "\n")
        self.passes("x" * 80 + "\n")
        self.passes("// https://example.org/" + "x" * 80 + "\n")
        self.passes("// " + "é" * 77 + "\n")
        self.assertEqual(
            self.findings({"tools/go": "#!/bin/bash\n" + "x" * 81}),
            ["tools/go:2:line-length"],
        )

    def test_file_length(self):
        self.fires("file-length", "int x;\n" * 501)
        self.passes("int x;\n" * 500)

    def test_function_length(self):
        self.fires("function-length", "\n" + function(71), line=2)
        self.passes(function(70))
        for head in (
            "X::X(int a) : a_{a}, b_{2} {",
            "template <typename T> auto X::F() const noexcept -> T {",
            "TEST(X, Y) {",
            "namespace a { class [[nodiscard]] X final : public Y { void F() {",
        ):
            self.fires("function-length", function(71, head))
        self.passes(function(90, "namespace {"))
        self.passes(function(90, "template <class T>\nclass X : Y<int()> {"))
        self.passes(function(90, "enum class X {"))
        self.passes(function(90, "constexpr int kTable[] = {"))
        python = "def f():\n" + "  g()\n" * 70
        self.assertEqual(
            self.findings({"tools/x.py": python}),
            ["tools/x.py:1:function-length"],
        )

    def test_guard(self):
        path = "runtime/x.h"
        self.passes(header(), path)
        wrong = header().replace("RUNTIME_X_H_", "X_H_")
        self.fires("guard", wrong, path, line=2)
        self.fires("guard", "#pragma once\nint X();\n", path)
        comment = header().replace("#endif  // RONDO_RUNTIME_X_H_", "#endif")
        self.fires("guard", comment, path, line=11)

    def test_unfinished(self):
        self.fires("unfinished", f"// {LATER}: the rest.\n")
        found = self.findings({"README.md": f"# A\n\n{LATER}\n"})
        self.assertEqual(found, ["README.md:3:unfinished"])


class TreeTest(TidyTest):
    def test_layer(self):
        for path, include, ok in (
            ("runtime/x.cc", '"rondo/runtime/y.h"', True),
            ("runtime/x.cc", '"rondo/replay/y.h"', False),
            ("replay/x.cc", '"rondo/runtime/y.h"', True),
            ("replay/x.cc", '"rondo/simnet/y.h"', False),
            ("simnet/x.cc", '"rondo/replay/y.h"', True),
            ("simnet/x.cc", '"rondo/tests/y.h"', False),
            ("tools/x.cc", '"rondo/simnet/y.h"', True),
            ("tools/x.cc", '"rondo/tests/y.h"', False),
            ("tests/x.cc", '"rondo/tools/y.h"', True),
            ("tests/a/x.cc", '"rondo/tests/y.h"', True),
            ("runtime/x.cc", '"rondo/runtime/absent.h"', False),
            ("runtime/x.cc", "<rondo/runtime/y.h>", False),
            ("runtime/x.cc", '"runtime/y.h"', False),
            ("runtime/x.cc", '"y.h"', False),
            ("runtime/x.cc", "<string>", True),
            ("runtime/x.cc", '"absl/strings/str_cat.h"', True),
        ):
            files = {}
            for layer in tidy_cpp.LAYERS:
                guard = f"RONDO_{layer.upper()}_Y_H_"
                files[f"{layer}/BUILD.bazel"] = '["x.cc", "y.h", "a/x.cc"]'
                files[f"{layer}/y.h"] = (
                    f"#ifndef {guard}\n#define {guard}\n#endif  // {guard}\n"
                )
            files[path] = f"#include {include}\n"
            expected = [] if ok else [f"{path}:1:layer"]
            self.assertEqual(self.findings(files), expected, (path, include))

    def test_dead_file(self):
        files = {"runtime/BUILD.bazel": BUILD, "runtime/y.cc": "\n"}
        dead = ["runtime/y.cc:1:dead-file"]
        self.assertEqual(self.findings(files), dead)
        self.assertEqual(self.findings({"BUILD.bazel": "", **files}), dead)
        self.assertEqual(self.code("", "runtime/x_test.cc"), [])
        files["runtime/BUILD.bazel"] = 'glob(["*.cc"])'
        self.assertEqual(self.findings(files), [])
        below = {"runtime/BUILD.bazel": '"a/y.cc"', "runtime/a/y.cc": "\n"}
        self.assertEqual(self.findings(below), [])
        below["runtime/a/BUILD.bazel"] = ""
        self.assertEqual(self.findings(below), ["runtime/a/y.cc:1:dead-file"])

    def test_title(self):
        for text, lines in (
            ("# A\n\n## B\n```\n# not a title\n```\n", []),
            ("A\n", [1]),
            ("# A\n# B\n", [2]),
            ("", [1]),
        ):
            self.assertEqual(
                self.findings({"traces/README.md": text}),
                [f"traces/README.md:{n}:title" for n in lines],
            )

    def test_example(self):
        shown = "int main() {\n  F();\n}\n"
        source = f"#include <string>\n// [begin]\n{shown}// [end]\n"
        mark = "<!-- tests/examples/x.cc -->\n"
        for compiled, mark, block, lines in (
            (source, mark, shown, []),
            (shown, mark, shown, []),
            ("  // [begin]\n  F();\n  // [end]\n", mark, "F();\n", []),
            (source, mark, shown.replace("F", "G"), [4]),
            (source, "<!-- tests/examples/y.cc -->\n", shown, [3]),
            (source, "\n", shown, [4]),
        ):
            files = {
                "tests/examples/BUILD.bazel": BUILD,
                "tests/examples/x.cc": compiled,
                "README.md": f"# A\n\n{mark}```cpp\n{block}```\n",
            }
            self.assertEqual(
                self.findings(files), [f"README.md:{n}:example" for n in lines]
            )

    def test_allow(self):
        rand = "int x = rand();\n"
        self.passes(f"int x = rand();  {allow('random')}\n")
        self.passes(f"{allow('random')}\n{rand}")
        self.passes(f"{allow('random')}\n// And more.\n{rand}")
        reasonless = allow("random", "")
        self.fires("allow", f"{reasonless}\n{rand}")
        self.fires("allow", allow("manners") + "\n")
        self.fires("allow", allow("random") + "\nint x;\n")
        found = self.code(f"{allow('sleep')}\n{rand}")
        self.assertEqual(found, ["1:allow", "2:random"])

    def test_generated_and_hidden_files_are_left_alone(self):
        files = {"bazel-bin/x.cc": "rand();\n", "third_party/src/x.cc": "\n"}
        self.assertEqual(self.findings(files), [])

    def test_every_rule_is_tested(self):
        text = pathlib.Path(__file__).read_text()
        for rule in tidy.RULES:
            self.assertIn(f"def test_{rule.replace('-', '_')}(", text)

    def test_this_tree_is_tidy(self):
        lines = [
            f"{path}:{number}: {rule}: {message}"
            for path, number, rule, message in tidy.check(TOOLS.parent)
        ]
        self.assertEqual(lines, [], "\n" + "\n".join(lines))


if __name__ == "__main__":
    unittest.main()
