#!/usr/bin/env python3
"""`import --chunk-encoding xor2` writes what Prometheus 3.14 writes when it is told to: in order, shuffled, and within
little memory. What reads no XOR2 is not offered it.

encoding_test.py PROMFILL ORACLE
"""
import json
import os
import random
import subprocess
import sys
import tempfile

from promfill_cli import content, run

PROMFILL, ORACLE = sys.argv[1:3]
START_MS = 1_600_000_000_000


def samples():
    """Of some hosts: regular and not, with gaps, repeats and values that take all bits; more than 127 in many chunks."""
    rnd = random.Random(11)
    for host in range(12):
        t, value = START_MS + host, 0.0
        for _ in range(3000):
            yield f"h{host}", t, value
            t += 7_000 if rnd.random() < 0.97 else rnd.randrange(1, 400_000)
            if rnd.random() < 0.5:
                value = rnd.choice([value + 1, round(rnd.gauss(50, 3), 2), rnd.random()])


def write_csv(path, rows):
    with open(path, "w") as file:
        file.write("time,host,load\n")
        file.writelines(f"{t},{host},{value!r}\n" for host, t, value in rows)


def of_prometheus(rows, out):
    series = {}
    for host, t, value in rows:
        series.setdefault(host, []).append([t, value])
    lines = (json.dumps({"labels": {"__name__": "load", "host": host}, "samples": of}) + "\n" for host, of in series.items())
    subprocess.run([ORACLE, "write", "--out", out, "--encoding", "xor2"], input="".join(lines).encode(), check=True,
                   stdout=subprocess.DEVNULL)


def files(out):
    """Of blocks: all but meta.json, which says when and by whom."""
    return [{name: bytes_ for name, bytes_ in block.items() if name != "meta"} for block in content(out)]


def main():
    with tempfile.TemporaryDirectory() as work:
        rows = list(samples())
        in_order, shuffled = os.path.join(work, "a.csv"), os.path.join(work, "b.csv")
        write_csv(in_order, rows)
        random.Random(1).shuffle(rows)
        write_csv(shuffled, rows)
        expected = os.path.join(work, "expected")
        of_prometheus(sorted(rows, key=lambda row: row[1]), expected)
        command = ["--timestamp", "time:ms", "--block-duration", "2h"]
        for name, path, flags in (("ordered", in_order, []), ("shuffled", shuffled, []),
                                  ("spilled", shuffled, ["--memory-limit", "64MiB", "--threads", "1"])):
            out = os.path.join(work, name)
            run(PROMFILL, "import", path, "--out", out, "--chunk-encoding", "xor2", *command, *flags)
            assert files(out) == files(expected), name
            assert "not decoded" not in run(PROMFILL, "verify", "--strict", out).stdout
        out = os.path.join(work, "xor")
        run(PROMFILL, "import", in_order, "--out", out, *command)
        assert files(out) != files(expected)
        dumps = [run(PROMFILL, "dump", os.path.join(work, name), "--format", "jsonl").stdout for name in ("xor", "ordered")]
        assert dumps[0] == dumps[1]
        for target in ("thanos", "mimir"):
            done = run(PROMFILL, "import", in_order, "--out", os.path.join(work, target), "--chunk-encoding", "xor2",
                       "--target", target, *command[:2], check=False)
            assert done.returncode == 2 and "--chunk-encoding" in done.stderr and target.capitalize() in done.stderr, done.stderr
            assert not os.path.exists(os.path.join(work, target))
        done = run(PROMFILL, "import", in_order, "--out", out, "--chunk-encoding", "gorilla", check=False)
        assert done.returncode == 2 and "xor or xor2" in done.stderr, done.stderr
    print("XOR2: the bytes of Prometheus, in order, shuffled and within little memory")


if __name__ == "__main__":
    main()
