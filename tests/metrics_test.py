#!/usr/bin/env python3
"""tools/metrics finds the functions that are there, with their true lengths, and nothing else."""

import importlib.machinery
import importlib.util
import sys
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parent.parent / "tools" / "metrics"


def load():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("metrics", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("metrics", loader))
    sys.modules["metrics"] = module
    loader.exec_module(module)
    return module


METRICS = load()


class Functions(unittest.TestCase):
    def assert_functions(self, source, *expected):
        code, _ = METRICS.blank_out(source)
        self.assertEqual([(f.name, f.line, f.lines) for f in METRICS.functions(Path("x.cc"), code)], list(expected))

    def test_free_functions_and_tests(self):
        self.assert_functions("namespace p {\nint f(int a) {\n  return a;\n}\n}\nTEST(A, B) {\n}\n",
                              ("f", 2, 3), ("TEST", 6, 2))

    def test_members_start_after_their_access_label(self):
        self.assert_functions("class A {\n public:\n  int f() const noexcept { return 1; }\n};\n", ("f", 3, 1))

    def test_constructor_with_braced_initialisers(self):
        self.assert_functions("A::A(int a)\n    : a_{a},\n      b_(1) {\n  x();\n}\n", ("A::A", 1, 5))
        self.assert_functions("A::A(int a) : a_{a} {\n}\n", ("A::A", 1, 2))

    def test_operators(self):
        self.assert_functions("bool operator==(const A& a, const A& b) { return true; }\n", ("operator==", 1, 1))
        self.assert_functions("auto operator<=>(const A& a, const A& b) { return 0; }\n", ("operator<=>", 1, 1))
        self.assert_functions("A& A::operator=(A&& a) {\n}\n", ("A::operator=", 1, 2))

    def test_lambdas_and_blocks_belong_to_their_function(self):
        self.assert_functions("auto f() -> std::vector<int> {\n  auto g = [](int i) {\n    if (i) { h(); }\n  };\n}\n",
                              ("f", 1, 5))

    def test_tables_types_and_declarations_are_no_functions(self):
        self.assert_functions("static const S rows[] = {\n  {f(1), 1'000'000, '\"', \"}}\"},\n};\n")
        self.assert_functions("enum class E : int { a };\n")
        self.assert_functions("struct alignas(8) C {\n  void m();\n  int v_ = g(1);\n  V w_{1};\n};\n")

    def test_comments_literals_and_macros_do_not_count_as_code(self):
        self.assert_functions("// void f() {\n/* { */\n#define M(x) \\\n  do { x; } while (0)\n"
                              "int f() {\n  s = R\"({)\"; t = \"{\";\n}\n", ("f", 5, 3))

    def test_comment_lines(self):
        self.assertEqual(METRICS.blank_out("// a\nint b;  // c\n/* d\ne */\n\"// f\"\n")[1], 4)


if __name__ == "__main__":
    unittest.main(verbosity=0)
