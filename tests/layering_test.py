#!/usr/bin/env python3
"""Hold the #include lines of src/ and include/ against the order of the modules.

Goal: a module includes only modules above it; the public surface needs nothing but the standard library; Arrow stays
in src/source; no drawer for odds and ends; no module with more nouns than a reader can hold. The order below and the
AFTER lists of src/*/CMakeLists.txt are checked against each other, so neither can drift. The second half breaks each
rule in a tree of its own and sees it found.
"""

import re
import sys
import tempfile
import unittest
from pathlib import Path

MODULES = ("model resource encoding file chunk histogram section index block store merge ingest text calendar relabel openmetrics family distribution mapping source sql input job backfill record importing audit survey publish").split()
ARROW_MODULES = {"source", "sql"}
STEMS_MAX = 12
DRAWERS = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
ARROW = re.compile(r"(arrow|parquet)/")
AFTER = re.compile(r"promfill_module\(\s*(\w+)(?:\s+AFTER\s+([\w\s]*?))?(?:\s+LINK\s[^)]*)?\)")


class Findings:
    def __init__(self):
        self.problems = []
        self.files = 0
        self.includes = 0
        self.modules = 0


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in {".h", ".cc"}) if folder.is_dir() else []


def includes(path, found):
    """(line, quoted, name) of each include of a file."""
    text = path.read_text(encoding="utf-8")
    found.files += 1
    for match in INCLUDE.finditer(text):
        found.includes += 1
        yield text.count("\n", 0, match.start(2)) + 1, match[1] == '"', match[2]


def check_module(root, folder, found):
    module = folder.name
    if module not in MODULES:
        found.problems.append(f"src/{module}: not a module of the list in {Path(__file__).name}")
        return
    found.modules += 1
    allowed = set(MODULES[: MODULES.index(module) + 1])
    stated = stated_dependencies(root, folder, found)
    for path in sources(folder):
        where = path.relative_to(root)
        for line, _, name in includes(path, found):
            target = name.split("/")[0]
            if target in MODULES and "/" in name:
                if target not in allowed:
                    found.problems.append(f"{where}:{line}: {module} includes {name}, but {target} is below it")
                elif target != module and stated is not None and target not in stated:
                    build_file = f"src/{module}/CMakeLists.txt"
                    found.problems.append(f"{where}:{line}: includes {name}, but {build_file} has no AFTER {target}")
            elif ARROW.match(name) and module not in ARROW_MODULES:
                found.problems.append(f"{where}:{line}: {name}: Arrow is for src/source alone")
    # Tests of public headers, and what tests share, are no nouns of the module.
    stems = {p.stem for p in sources(folder) if not p.stem.endswith(("_test", "_fixture"))}
    if len(stems) > STEMS_MAX:
        found.problems.append(f"src/{module}: {len(stems)} stems, at most {STEMS_MAX}; a noun is missing")


def stated_dependencies(root, folder, found):
    """The AFTER list of a module's build file, or None where it has none yet."""
    build_file = folder / "CMakeLists.txt"
    if not build_file.is_file():
        return None
    match = AFTER.search(build_file.read_text(encoding="utf-8"))
    if not match or match[1] != folder.name:
        found.problems.append(f"{build_file.relative_to(root)}: no promfill_module({folder.name} …)")
        return None
    stated = set((match[2] or "").split())
    above = set(MODULES[: MODULES.index(folder.name)])
    for name in sorted(stated - above):
        found.problems.append(f"{build_file.relative_to(root)}: AFTER {name}, which is not above {folder.name}")
    return stated


def check_public(root, found):
    """Public headers: the standard library as <name>, each other as "promfill/name.h"."""
    for path in sources(root / "include"):
        for line, quoted, name in includes(path, found):
            if not (name.startswith("promfill/") if quoted else re.fullmatch(r"[a-z_0-9]+", name)):
                found.problems.append(f"{path.relative_to(root)}:{line}: a public header includes {name}")


def check_names(root, found):
    for top in ("src", "include", "cli"):
        for path in sorted((root / top).rglob("*")):
            drawer = DRAWERS & set(re.split(r"[_.\-]", path.name.lower()))
            if drawer:
                found.problems.append(f"{path.relative_to(root)}: nothing is called {'/'.join(sorted(drawer))} here")


def check(root):
    found = Findings()
    for folder in sorted(p for p in (root / "src").iterdir() if p.is_dir()):
        check_module(root, folder, found)
    check_public(root, found)
    check_names(root, found)
    return found


class BreaksAreFound(unittest.TestCase):
    """Each test breaks one rule in an otherwise clean tree."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("include/promfill/time.h", "#include <cstdint>\n")
        self.write("src/model/CMakeLists.txt", "promfill_module(model)\n")
        self.write("src/model/labels.cc", '#include "promfill/time.h"\n')
        self.write("src/chunk/CMakeLists.txt", "promfill_module(chunk AFTER model\n  LINK fmt::fmt)\n")
        self.write("src/chunk/xor_chunk.cc", '#include "chunk/xor_chunk.h"\n#include "model/column.h"\n')

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_found(self, *parts):
        problems = check(self.root).problems
        self.assertEqual(len(problems), 1, problems)
        for part in parts:
            self.assertIn(part, problems[0])

    def test_clean_tree_has_no_findings(self):
        found = check(self.root)
        self.assertEqual(found.problems, [])
        self.assertEqual((found.modules, found.files, found.includes), (2, 3, 4))

    def test_upward_arrow(self):
        self.write("src/model/column.h", '#pragma once\n#  include "chunk/xor_chunk.h"\n')
        self.assert_found("src/model/column.h:2", "chunk is below it")

    def test_include_that_the_build_file_does_not_state(self):
        self.write("src/chunk/cut_rule.cc", '#include "file/file_system.h"\n')
        self.assert_found("src/chunk/cut_rule.cc:1", "no AFTER file")

    def test_build_file_that_states_a_lower_module(self):
        self.write("src/model/CMakeLists.txt", "promfill_module(model AFTER chunk)\n")
        self.assert_found("AFTER chunk", "not above model")

    def test_public_header_with_a_private_one(self):
        self.write("include/promfill/labels.h", '#include "model/column.h"\n')
        self.assert_found("include/promfill/labels.h:1", "model/column.h")

    def test_public_header_with_a_library(self):
        self.write("include/promfill/labels.h", "#include <fmt/core.h>\n")
        self.assert_found("fmt/core.h")

    def test_arrow_outside_source(self):
        self.write("src/chunk/scan.cc", "#include <parquet/arrow/reader.h>\n")
        self.assert_found("src/chunk/scan.cc:1", "src/source alone")

    def test_arrow_in_source_is_fine(self):
        self.write("src/source/parquet.cc", "#include <arrow/api.h>\n")
        self.assertEqual(check(self.root).problems, [])

    def test_drawers(self):
        for name in ("src/chunk/chunk_helper.h", "src/model/util.cc", "include/promfill/common.h"):
            with self.subTest(name):
                self.write(name, "")
                self.assert_found(name)
                (self.root / name).unlink()

    def test_thirteenth_stem(self):
        for i in range(11):
            self.write(f"src/chunk/noun{i}.h", "")
            self.write(f"src/chunk/noun{i}_test.cc", "")
            self.write(f"src/chunk/public{i}_test.cc", "")
        self.assertEqual(check(self.root).problems, [])
        self.write("src/chunk/noun11.cc", "")
        self.assert_found("src/chunk", "13 stems")

    def test_unknown_module(self):
        self.write("src/storage/x.cc", "")
        self.assert_found("src/storage", "not a module")


def main():
    root = Path(__file__).resolve().parent.parent
    found = check(root)
    for problem in found.problems:
        print(problem)
    print(f"layering: {found.includes} includes of {found.files} files in {found.modules} modules, "
          f"{len(found.problems)} problems")
    if not found.modules or not found.includes:
        sys.exit("layering: nothing was read; is this the repository?")
    tests = unittest.TestLoader().loadTestsFromTestCase(BreaksAreFound)
    sound = unittest.TextTestRunner(verbosity=0).run(tests).wasSuccessful()
    sys.exit(0 if sound and not found.problems else 1)


if __name__ == "__main__":
    main()
