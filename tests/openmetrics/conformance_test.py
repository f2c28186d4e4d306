#!/usr/bin/env python3
"""Texts of OpenMetrics, good and bad, with the verdict that each must get, and Prometheus 3.14's beside it.

conformance_test.py PROMFILL PROMTOOL

conformance/verdicts.tsv has a line for each file of conformance/: its verdict (good; tolerated, where OpenMetrics 1.0 forbids
what Prometheus's parser doesn't look at; bad), what is found (how many samples, or line:column of the error; `file`: the file as a
whole), and what it is about.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

PROMFILL, PROMTOOL = sys.argv[1:3]
del sys.argv[1:3]
FOLDER = pathlib.Path(__file__).resolve().parent / "conformance"


def cases():
    for line in (FOLDER / "verdicts.tsv").read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def create(command, path, out):
    done = subprocess.run([*command, "create-blocks-from", "openmetrics", path, out], capture_output=True, check=False)
    samples = sum(json.loads(meta.read_text())["stats"]["numSamples"] for meta in pathlib.Path(out).glob("*/meta.json"))
    return done.returncode, samples, done.stderr.decode(errors="replace")


class Conformance(unittest.TestCase):
    def test_every_file_has_a_verdict(self):
        names = [name for name, _, _, _ in cases()]
        self.assertEqual(sorted(names), sorted(path.stem for path in FOLDER.glob("*.om")))
        self.assertGreater(len(names), 140)

    def test_verdicts(self):
        for name, verdict, found, _ in cases():
            with self.subTest(name), tempfile.TemporaryDirectory() as work:
                code, samples, error = create([PROMFILL], FOLDER / f"{name}.om", work + "/ours")
                if verdict == "bad":
                    self.assertEqual((code, samples), (1, 0))
                    self.assertIn(f"{name}.om:" + ("" if found == "file" else f"{found}: "), error)
                else:
                    self.assertEqual((code, samples), (0, int(found)), error)
                    self.assertFalse(re.search("error", error))

    def test_verdicts_are_prometheuss(self):
        for name, verdict, _, _ in cases():
            with self.subTest(name), tempfile.TemporaryDirectory() as work:
                code, _, error = create([PROMTOOL, "tsdb"], FOLDER / f"{name}.om", work + "/theirs")
                self.assertEqual(code, 1 if verdict == "bad" else 0, error)


if __name__ == "__main__":
    unittest.main()
