#!/usr/bin/env python3
"""What `promfill dump` writes, `promfill import` reads back: the golden blocks that Prometheus wrote become text in each
format and blocks again, of the same bytes; and promtool's own dump of them does, as far as it holds what they hold.

dump_test.py PROMFILL PROMTOOL GOLDEN_DIRECTORY
"""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import unittest

PROMFILL, PROMTOOL, GOLDEN = sys.argv[1:4]
del sys.argv[1:4]
WHATEVER_COMES = ["--allow-implausible-times", "--limit", "label_name_bytes=16777215"]
BEYOND_ALL_IMPORTS = {"single_sample", "wrapping_interval"}  # times next to the ends of 64 bits


def run(command, stdin=None):
    return subprocess.run(list(map(str, command)), input=stdin, capture_output=True, check=False)


def promfill(*arguments, stdin=None):
    done = run([PROMFILL, *arguments], stdin)
    assert done.returncode == 0, (arguments, done.stderr.decode(errors="replace"))
    return done.stdout, done.stderr.decode(errors="replace")


def golden_cases():
    """Folder and block duration of the cases of floats that the ingest engine writes."""
    for command in sorted(pathlib.Path(GOLDEN).glob("*/command")):
        flags = shlex.split(command.read_text().splitlines()[-1])[1:]
        blocks = sorted((p.parent for p in command.parent.glob("expected/*/meta.json")), key=lambda p: int(p.name))
        known = {"--block-duration"}
        if not blocks or command.parent.name in BEYOND_ALL_IMPORTS or any(flag.startswith("--") and flag not in known for flag in flags):
            continue
        if any("Histogram" in (block / "meta.json").read_text() for block in blocks):
            continue
        yield command.parent.name, blocks, flags[flags.index("--block-duration") + 1] if flags else "2h"


def as_database(blocks, directory):
    """The blocks under names that promtool takes for a server's."""
    os.makedirs(os.path.join(directory, "wal"))
    for number, block in enumerate(blocks):
        ulid = f"01B0{number:022}"
        shutil.copytree(block, os.path.join(directory, ulid))
        meta = pathlib.Path(directory, ulid, "meta.json")
        meta.write_text(re.sub('"0{26}"', f'"{ulid}"', meta.read_text()))
    return directory


def files(block):
    return {str(p.relative_to(block)): p.read_bytes() for p in pathlib.Path(block).rglob("*")
            if p.is_file() and p.name != "meta.json"}


def blocks_of(out):
    found = [p.parent for p in pathlib.Path(out).glob("*/meta.json")]
    return [files(block) for block in sorted(found, key=lambda p: json.loads((p / "meta.json").read_text())["minTime"])]


class Dumps(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)
        self.outs = 0

    def imported(self, text, kind, duration, *flags):
        self.outs += 1
        out = os.path.join(self.work.name, str(self.outs))
        promfill("import", "-", "--format", kind, "--out", out, "--block-duration", duration, "--quiet",
                 *WHATEVER_COMES, *flags, stdin=text)
        return blocks_of(out)

    def test_json_lines_are_the_blocks(self):
        cases = list(golden_cases())
        self.assertGreater(len(cases), 18)
        for name, blocks, duration in cases:
            with self.subTest(name):
                text = b"".join(promfill("dump", block, "--format", "jsonl")[0] for block in blocks)
                self.assertTrue(text)
                self.assertEqual(self.imported(text, "dump-jsonl", duration), [files(block) for block in blocks])

    def test_csv_and_openmetrics_are_the_blocks_but_for_payloads_of_nan(self):
        exact = {"csv": 0, "openmetrics": 0}
        for name, blocks, duration in golden_cases():
            for kind in exact:
                texts = [run([PROMFILL, "dump", block, "--format", kind]) for block in blocks]
                said = b"".join(text.stderr for text in texts).decode(errors="replace")
                if kind == "openmetrics" and any(text.returncode for text in texts):
                    self.assertRegex(said, "no metric name|not UTF-8|NUL byte")
                    continue
                with self.subTest(name, format=kind):
                    self.assertTrue(all(text.returncode == 0 for text in texts), said)
                    end = b"# EOF\n"
                    text = b"".join(text.stdout.removesuffix(end if kind == "openmetrics" else b"") for text in texts)
                    again = self.imported(text + end, "openmetrics", duration) if kind == "openmetrics" else self.imported(text, "dump-csv", duration)
                    if "plain NaN" in said:
                        self.assertEqual(len(again), len(blocks))
                        continue
                    self.assertEqual(again, [files(block) for block in blocks])
                    exact[kind] += 1
        self.assertGreater(exact["csv"], 15)
        self.assertGreater(exact["openmetrics"], 12)

    def test_a_dump_of_a_dump_is_the_dump(self):
        text = "".join(
            json.dumps({"labels": labels, "t": t, "v": v}, separators=(",", ":"), ensure_ascii=False) + "\n"
            for labels in ({"__name__": "a", "x": "1,\"\\\n\r\t\0}é"}, {"no": "name"}, {"__name__": "ü.m", "l b": "}"})
            for t, v in ((-5, 1.5), (0, "stale"), (1, "NaN"), (2, "0x7ff8000000000abc"), (3, "0xfff0000000000001"), (4, "-Inf"), (5, 5e-324)))
        self.outs += 1
        out = os.path.join(self.work.name, "out")
        promfill("import", "-", "--format", "dump-jsonl", "--out", out, "--quiet", stdin=text.encode())
        lines = promfill("dump", out, "--format", "jsonl")[0].decode().splitlines()
        self.assertEqual(sorted(map(json.dumps, map(json.loads, lines))), sorted(map(json.dumps, map(json.loads, text.splitlines()))))

    def test_names_the_place_of_a_bad_line(self):
        good = b'{"labels":{"__name__":"a"},"t":1,"v":1}\n'
        for kind, text, place in (("dump-jsonl", good + b'{"labels":{"__name__":"a"},"t":1}\n', "2:33: "),
                                  ("dump-csv", b"series,timestamp_ms,value\na,1,x\n", "2:5: ")):
            done = run([PROMFILL, "import", "-", "--format", kind, "--out", os.path.join(self.work.name, "bad")], text)
            self.assertEqual(done.returncode, 1)
            self.assertIn(place, done.stderr.decode())

    def test_promtools_dump_is_the_block(self):
        compared = 0
        for name, blocks, duration in golden_cases():
            database = as_database(blocks, os.path.join(self.work.name, "db-" + name))
            done = run([PROMTOOL, "tsdb", "dump", f"--sandbox-dir-root={self.work.name}", database])
            plain = done.returncode == 0 and b"NaN" not in done.stdout  # which has one form for all NaN
            if not plain:
                continue
            with self.subTest(name):
                self.assertEqual(self.imported(done.stdout, "promtool-dump", duration), [files(block) for block in blocks])
                compared += 1
        self.assertGreater(compared, 15)

    def test_promtools_dump_of_native_histograms_is_refused_since_it_is_not_all_of_them(self):
        for name in ("histogram_buckets", "custom_bounds"):
            blocks = sorted(path.parent for path in pathlib.Path(GOLDEN, name, "expected").glob("*/meta.json"))
            metas = [json.loads((block / "meta.json").read_text()) for block in blocks]
            database = as_database(blocks, os.path.join(self.work.name, "db-" + name))
            done = run([PROMTOOL, "tsdb", "dump", f"--sandbox-dir-root={self.work.name}", database])
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"{count:", done.stdout)
            self.assertNotIn(b"schema:", done.stdout)
            self.assertLess(len(done.stdout.splitlines()), sum(meta["stats"]["numSamples"] for meta in metas))
            out = os.path.join(self.work.name, "refused")
            read = run([PROMFILL, "import", "-", "--format", "promtool-dump", "--out", out], done.stdout)
            self.assertEqual(read.returncode, 1)
            self.assertIn("doesn't hold all of a native histogram", read.stderr.decode())
            self.assertFalse(blocks_of(out))


if __name__ == "__main__":
    unittest.main()
