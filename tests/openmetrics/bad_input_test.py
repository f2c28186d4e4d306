#!/usr/bin/env python3
"""What can be wrong with exposition texts ends in one error with its place, and leaves nothing; and what stands in one
text is found again, whatever way it comes: compressed, through a pipe, in blocks, or as a dump read back.

bad_input_test.py PROMFILL
"""
import bz2
import gzip
import json
import lzma
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest

PROMFILL = sys.argv.pop(1)
BLOCK_BYTES = 1 << 20  # of text that threads take at once
LINE_BYTES_MAX = 16 << 20


def run(*arguments, **options):
    done = subprocess.run([PROMFILL, *map(str, arguments)], capture_output=True, check=False, **options)
    return done.returncode, done.stdout, done.stderr.decode(errors="replace")


def blocks(out):
    found = {}
    for name in sorted(os.listdir(out)):
        path = os.path.join(out, name)
        if not os.path.exists(os.path.join(path, "meta.json")):
            continue
        with open(os.path.join(path, "meta.json")) as file:
            key = json.load(file)["minTime"]
        for inner in ("index", "chunks/000001"):
            with open(os.path.join(path, inner), "rb") as file:
                found[key, inner] = file.read()
    return found


class Texts(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory()
        self.addCleanup(self.work.cleanup)

    def path(self, name, content=None):
        path = os.path.join(self.work.name, name)
        if content is not None:
            with open(path, "wb") as file:
                file.write(content if isinstance(content, bytes) else content.encode())
        return path

    def refused(self, content, *words, flags=(), name="x.om"):
        out = self.path("refused")
        code, _, error = run("import", self.path(name, content), "--out", out, *flags)
        self.assertEqual(code, 1, error)
        for word in words:
            self.assertIn(word, error)
        self.assertFalse(os.path.exists(out) and blocks(out))

    def imported(self, name, *arguments, **options):
        out = self.path(name)
        code, _, error = run("import", *arguments, "--out", out, "--quiet", "--resume", "never", **options)
        self.assertEqual(code, 0, error)
        return blocks(out)

    def large(self, lines=60_000):
        rnd = random.Random(5)
        text = "".join(f'm{{i="{i % 50}",le="{i % 3}"}} {rnd.random()!r} {1_700_000_000 + i // 50}.{i % 1000:03}\n' for i in range(lines))
        return text

    def test_names_the_line_behind_many_blocks(self):
        text = self.large()
        self.assertGreater(len(text), 2 * BLOCK_BYTES)
        self.refused(text + "a 1\n# EOF\n", "x.om:60001:4: ", flags=("--threads", "2"))
        self.refused(text, "x.om:60001:1: ", "# EOF")
        self.refused(text + "# EOF\n" + text, "x.om:60001:1: ", "behind # EOF")

    def test_names_limits_and_damage(self):
        self.refused('a{b="' + "x" * (1 << 20) + 'y"} 1 1\n# EOF\n', "x.om:1:1: ", "label_value_bytes")
        self.refused(b"a 1 1\0\n# EOF\n", "x.om:1:5: ")
        self.refused(b'a{b="\xff\xfe"} 1 1\n# EOF\n', "x.om:1:5: ", "UTF-8")
        self.refused("a 1 1700000000000\n# EOF\n", "x.om:1:5: ", "year ahead", "seconds")
        self.refused("", "empty")
        self.refused(gzip.compress(b"a 1 1\n# EOF\n")[:-9], "ends before", name="x.om.gz")

    def test_takes_lines_of_16_mib_and_no_longer_ones(self):
        first = "a 1 1700000000\n" * 3
        for length in (LINE_BYTES_MAX - 1, LINE_BYTES_MAX):
            text = first + "# HELP a ".ljust(length, "x") + "\nb 1 1700000000\n# EOF\n"
            self.assertEqual(len(self.imported(f"line{length}", self.path("x.om", text))), 2)
        self.refused(first + "# HELP a ".ljust(LINE_BYTES_MAX + 1, "x") + "\n# EOF\n", "x.om:4:1: ", "longer than 16 MiB")
        self.refused(self.large() + "a" * (40 << 20), "x.om:60001:1: ", "longer than 16 MiB", flags=("--threads", "2"))

    def test_refuses_texts_that_grow_without_measure_in_little_memory(self):
        line = b"a 1 1700000000\n"
        for pack, name in ((bz2.compress, "x.om.bz2"), (lzma.compress, "x.om.xz")):
            packed = pack(line * ((80 << 20) // len(line)) + b"# EOF\n")
            self.assertLess(len(packed) * 2000, 80 << 20)
            self.refused(packed, "2000 times", name=name)
        packed = self.path("y.om.gz", gzip.compress(b"# HELP a " + b"x" * (200 << 20), 1))
        command = [PROMFILL, "import", packed, "--out", self.path("o"), "--memory-limit", "64MiB"]
        # Through a small process: what a child takes before it becomes promfill counts, too.
        script = "import os, resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
        done = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
        code, peak_kib = map(int, done.stdout.split())
        self.assertEqual(code, 1)
        self.assertIn("longer than 16 MiB", done.stderr)
        self.assertLess(peak_kib, (64 + 64) << 10)

    def test_refuses_a_file_that_shrinks_while_it_is_read(self):
        text = self.large(200_000)
        for name, content in (("x.om", text + "# EOF\n"), ("x.prom", re.sub(r"\.(\d{3})$", r"\1", text, flags=re.MULTILINE))):
            path = self.path(name, content)
            command = [PROMFILL, "import", path, "--out", self.path("shrunk")]
            self.imported("whole-" + name, path)
            # Its fourth read waits until the file is shorter, at a line's end.
            child = subprocess.Popen(["strace", "-f", "-o", os.devnull, "-e", "inject=pread64:delay_enter=1500000:when=4", *command],
                                     stderr=subprocess.PIPE, text=True)
            time.sleep(0.7)
            os.truncate(path, content.index("\n", 5 * BLOCK_BYTES // 2) + 1)
            _, error = child.communicate()
            self.assertEqual(child.returncode, 1, error)
            self.assertIn("became shorter", error)
            self.assertIn(name, error)
            self.assertFalse(os.path.exists(self.path("shrunk")) and blocks(self.path("shrunk")))

    def test_follows_the_policy_of_duplicates(self):
        text = "a 1 1700000000\na 2 1700000000\n# EOF\n"
        self.refused(text, "", flags=("--on-duplicate", "fail"))
        first, last = (self.imported(p, self.path("d.om", text), "--on-duplicate", p) for p in ("keep-first", "keep-last"))
        self.assertNotEqual(first, last)

    def test_is_the_same_through_every_door(self):
        text = (self.large() + "# TYPE h histogram\n" + self.large()[:5000].rsplit("\n", 1)[0].replace("m{", "h{") + "\n# EOF\n").encode()
        plain = self.imported("plain", self.path("x.om", text))
        self.assertTrue(plain)
        self.assertEqual(plain, self.imported("one", self.path("x.om"), "--threads", "1"))
        self.assertEqual(plain, self.imported("packed", self.path("y.om.gz", gzip.compress(text))))
        self.assertEqual(plain, self.imported("pipe", "-", "--format", "openmetrics", input=text))
        self.assertEqual(plain, self.imported("crlf", self.path("z.om", text.replace(b"\n", b"\r\n"))))

    def test_is_the_same_in_the_older_format(self):
        om = self.imported("om", self.path("x.om", 'a{b="1"} 1 1700000000\n# EOF\n'))
        self.assertEqual(om, self.imported("prom", self.path("x.prom", '# a comment\n\na { b = "1" } 1 1700000000000\n')))
        dump = '{__name__="a", b="1"} 1 1700000000000\n'
        self.assertEqual(om, self.imported("dump", self.path("x.txt", dump), "--format", "promtool-dump"))

    def test_keeps_types_help_and_units(self):
        text = ("# TYPE a_seconds counter\n# HELP a_seconds x\\ny\n# UNIT a_seconds seconds\n"
                "a_seconds_total 1 1700000000\n# HELP b z\n# TYPE b unknown\n# EOF\n")
        self.imported("kept", self.path("x.om", text))
        with open(os.path.join(self.path("kept"), ".promfill", "metadata.json")) as file:
            metrics = json.load(file)["metrics"]
        self.assertEqual(metrics["a_seconds"], {"type": "counter", "help": "x\ny", "unit": "seconds"})
        self.assertEqual(metrics["b"]["help"], "z")

    def exemplars(self, out):
        """The lines of the only job's file, and what the summary says of it."""
        folder = os.path.join(self.path(out), ".promfill")
        found = [name for name in os.listdir(folder) if name.endswith(".exemplars.jsonl")]
        with open(next(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".summary.json"))) as file:
            summary = json.load(file)
        self.assertEqual(summary["exemplars_file"], os.path.join(folder, found[0]) if found else "")
        lines = []
        if found:
            with open(os.path.join(folder, found[0])) as file:
                lines = [json.loads(line) for line in file]
        self.assertEqual(summary["exemplars"], len(lines))
        return lines

    def test_keeps_exemplars_beside_the_blocks(self):
        text = ('# TYPE a histogram\na_bucket{le="1"} 3 1700000000 # {trace_id="7",x="\\"é"} 0.5 1700000000.123\n'
                'a_bucket{le="+Inf"} 3 1700000000 # {} NaN\nb 1 1700000000\nb{x="dropped"} 1 1700000000 # {} 1\n'
                'b 2 1700000001.5 # {y="1",} -2\nb 3 1800000000 # {z="late"} 1\n# EOF\n')
        rules = self.path("rules.yaml", "- {source_labels: [x], regex: dropped, action: drop}\n")
        self.imported("kept", self.path("x.om", text), "--const", "job=j", "--relabel", rules, "--max-time", "1700000002000")
        self.assertEqual(self.exemplars("kept"), [
            {"series": {"__name__": "a_bucket", "job": "j", "le": "1.0"}, "t": 1700000000000,
             "labels": {"trace_id": "7", "x": '"é'}, "value": 0.5, "timestamp": 1700000000123},
            {"series": {"__name__": "a_bucket", "job": "j", "le": "+Inf"}, "t": 1700000000000, "labels": {}, "value": "NaN"},
            {"series": {"__name__": "b", "job": "j"}, "t": 1700000001500, "labels": {"y": "1"}, "value": -2.0}])
        self.imported("none", self.path("y.om", "a 1 1700000000\n# EOF\n"))
        self.assertEqual(self.exemplars("none"), [])
        self.refused("a 1 1 # {a=\"b\"} 1\na 1\n# EOF\n", "x.om:2:4: ", name="x.om")

    def test_keeps_the_order_of_exemplars_through_threads_and_a_kill(self):
        text = "".join(f'm{{i="{i % 50}"}} {i % 997} {1_700_000_000 + i // 50}' + (f' # {{id="{i}"}} {i}\n' if i % 7 == 0 else "\n")
                       for i in range(300_000)) + "# EOF\n"
        path = self.path("x.om", text)
        self.assertGreater(len(text), 6 * BLOCK_BYTES)
        plain = self.imported("plain", path, "--threads", "2")
        expected = self.exemplars("plain")
        self.assertEqual([line["labels"]["id"] for line in expected], [str(i) for i in range(0, 300_000, 7)])
        self.assertEqual(plain, self.imported("one", path, "--threads", "1"))
        self.assertEqual(self.exemplars("one"), expected)
        command = [PROMFILL, "import", path, "--out", self.path("killed"), "--quiet", "--checkpoint-interval", "0s", "--threads", "2"]
        killed = subprocess.run(["strace", "-f", "-o", os.devnull, "-e", "inject=pread64:signal=KILL:when=6", *command],
                                capture_output=True, check=False)
        self.assertNotEqual(killed.returncode, 0)
        again = subprocess.run([argument for argument in command if argument != "--quiet"], capture_output=True, text=True, check=True)
        self.assertIn("went on where", again.stderr)
        self.assertEqual(blocks(self.path("killed")), plain)
        self.assertEqual(self.exemplars("killed"), expected)

    def test_changes_series_as_asked(self):
        rules = self.path("rules.yaml", "- {source_labels: [b], regex: drop, action: drop}\n- {regex: c, action: labeldrop}\n")
        text = 'a{b="1",c="2"} 1 1700000000\na{b="drop"} 1 1700000000\n# EOF\n'
        changed = self.imported("changed", self.path("x.om", text), "--relabel", rules, "--const", "z=9", "--max-time", "1700000000000")
        self.assertEqual(changed, self.imported("made", self.path("y.om", 'a{b="1",z="9"} 1 1700000000\n# EOF\n')))

    def test_reads_our_dump_back(self):
        times = [f"{1_700_000_000 + i}.{(i * 37) % 1000:03}5" for i in range(3000)]
        text = "".join(f'm{{a="x\\n\\"",le="1"}} {i / 7!r} {t}\n' for i, t in enumerate(times)) + "# EOF\n"
        blocks_before = self.imported("before", self.path("x.om", text))
        code, dump, error = run("dump", self.path("before"))
        self.assertEqual(code, 0, error)
        self.assertEqual(blocks_before, self.imported("after", self.path("y.om", dump)))

    def test_ends_series_with_stale_markers_as_asked(self):
        self.imported("stale", self.path("x.om", "a 1 1700000000\na 2 1700000015\na 3 1700003600\n# EOF\n"), "--stale-after", "5m")
        code, dump, error = run("dump", self.path("stale"), "--format", "jsonl")
        self.assertEqual(code, 0, error)
        found = [(line["t"], line["v"]) for line in map(json.loads, dump.splitlines())]
        self.assertEqual(found, [(1700000000000, 1), (1700000015000, 2), (1700000315000, "stale"), (1700003600000, 3), (1700003900000, "stale")])

    def test_refuses_tables_beside_texts_and_mappings_of_columns(self):
        self.path("a.csv", "time,v\n1700000000,1\n")
        self.path("a.om", "a 1 1700000000\n# EOF\n")
        code, _, error = run("import", self.path("a.csv"), self.path("a.om"), "--out", self.path("o"))
        self.assertEqual(code, 2, error)
        self.assertIn("together", error)
        code, _, error = run("import", self.path("a.om"), "--out", self.path("o"), "--timestamp", "t:ms")
        self.assertEqual(code, 2, error)

    def test_refuses_the_directory_of_a_server_and_imports_once(self):
        self.path("a.om", "a 1 1700000000\n# EOF\n")
        os.makedirs(self.path("server/wal"))
        code, _, error = run("create-blocks-from", "openmetrics", self.path("a.om"), self.path("server"))
        self.assertEqual(code, 1)
        self.assertIn("publish", error)
        first = run("create-blocks-from", "openmetrics", self.path("a.om"), self.path("once"))
        again = run("create-blocks-from", "openmetrics", self.path("a.om"), self.path("once"))
        self.assertEqual((first[0], first[1]), (again[0], again[1]))
        self.assertIn("already imported", again[2])


if __name__ == "__main__":
    unittest.main()
