#!/usr/bin/env python3
"""Samples that no row has: a 0 where a counter began, stale markers at gaps and ends. A few lines of Python say which
they are, Prometheus's own BlockWriter makes blocks of them, and `import` makes the same bytes of rows in order, shuffled,
and within little memory. Start times are kept in XOR2.

generated_test.py PROMFILL ORACLE
"""
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile

from promfill_cli import content, run

PROMFILL, ORACLE = sys.argv[1:3]
START_MS = 1_600_000_000_000
STALE_AFTER_MS = 300_000
WINDOW_MS = 7_200_000


def rows_of(rnd, hosts):
    """{host: [(time, value, start)]}: restarts, gaps of minutes and of hours; some hosts don't know their start."""
    rows = {}
    for host in range(hosts):
        t, value, start = START_MS + host * 1_777_777, 5, START_MS + host * 1_777_777 - rnd.randrange(1, 9_000_000)
        of = rows.setdefault(f"h{host}", [])
        for _ in range(rnd.choice([1, 7, 900])):
            of.append((t, value, start if host % 4 else None))
            kind = rnd.random()
            step = 15_000 if kind < 0.9 else rnd.randrange(1, 400_000) if kind < 0.99 else rnd.randrange(1, 30_000_000)
            value += rnd.randrange(50)
            if rnd.random() < 0.02 and step > 1:  # a restart, between the two samples
                start, value = t + rnd.randrange(1, step + 1), rnd.randrange(9)
            t += step
    return rows


def with_zeros(of):
    before = None
    for t, value, start in of:
        if start is not None and start < t and (before is None or start > before):
            yield start, 0, None
        yield t, value, start
        before = t


def with_markers(of):
    before = None
    for t, value, start in of:
        if before is not None and before + STALE_AFTER_MS < t:
            yield before + STALE_AFTER_MS, "stale", None
        yield t, value, start
        before = t
    yield before + STALE_AFTER_MS, "stale", None


def of_prometheus(rows, out, starts=False):
    lines = []
    for host, of in rows.items():
        for t, value, start in of:
            line = {"labels": {"__name__": "requests_total", "host": host}, "t": t, "v": value if value == "stale" else str(value)}
            if starts and start is not None:
                line["st"] = start
            lines.append(json.dumps(line))
    flags = ["--encoding", "xor2"] if starts else []
    subprocess.run([ORACLE, "write", "--out", out, *flags], input="\n".join(lines).encode(), check=True, stdout=subprocess.DEVNULL)


def resets(expected):
    """Samples below the one before, where no whole window lies between."""
    found = 0
    for of in expected.values():
        real = [(t, value) for t, value, _ in of if value != "stale"]
        found += sum(after[1] < before[1] and after[0] // WINDOW_MS - before[0] // WINDOW_MS <= 1
                     for before, after in itertools.pairwise(real))
    return found


def write_csv(path, rows, rnd=None):
    lines = [f"{t},{host},{value},{'' if start is None else start}\n" for host, of in rows.items() for t, value, start in of]
    if rnd:
        rnd.shuffle(lines)
    with open(path, "w") as file:
        file.writelines(itertools.chain(["time,host,requests,started\n"], lines))


def files(out):
    return [{name: bytes_ for name, bytes_ in block.items() if name != "meta"} for block in content(out)]


MAPPING = ["--timestamp", "time:ms", "--metric", "requests_total=requests:counter", "--label", "host", "--start", "started"]


def imported(work, path, *flags):
    out = tempfile.mkdtemp(dir=work)
    summary = os.path.join(out, "summary.json")
    run(PROMFILL, "import", path, "--out", os.path.join(out, "blocks"), "--block-duration", "2h", "--summary", summary,
        "--count-resets", *MAPPING, *flags)
    against = [flag for flag in flags if flag not in ("--chunk-encoding", "xor2", "--threads", "1")]
    run(PROMFILL, "verify", os.path.join(out, "blocks"), "--against", path, *MAPPING, *against)
    with open(summary) as file:
        return files(os.path.join(out, "blocks")), json.load(file)


def check(work, rows, flags, generate, starts=False):
    expected = {host: list(generate(of)) for host, of in rows.items()}
    blocks = tempfile.mkdtemp(dir=work)
    of_prometheus(expected, blocks, starts)
    ordered, shuffled = os.path.join(work, "ordered.csv"), os.path.join(work, "shuffled.csv")
    write_csv(ordered, rows)
    write_csv(shuffled, rows, random.Random(3))
    cells = sum(map(len, rows.values()))
    for path, more in ((ordered, []), (ordered, ["--threads", "1"]), (shuffled, []), (shuffled, ["--memory-limit", "64MiB"])):
        made, summary = imported(work, path, *flags, *more)
        assert len(made) == len(files(blocks)), (flags, len(made), len(files(blocks)))
        assert made == files(blocks), (flags, path, more)
        assert summary["cells"] == summary["written"] == cells, summary
        assert summary["counter_resets"] == resets(expected) > 100, (summary["counter_resets"], resets(expected))
        assert summary["generated"] == sum(map(len, expected.values())) - cells, summary


def check_resumed(work):
    """Killed wherever it is, and run again: the same blocks and counts."""
    rows = rows_of(random.Random(8), 60)
    path = os.path.join(work, "resumed.csv")
    write_csv(path, rows, random.Random(2))
    flags = ["--counter-start", "zero", "--stale-after", "5m"]
    expected, said = imported(work, path, *flags)
    resumed = 0
    for attempt in range(8):
        out = os.path.join(work, f"resumed-{attempt}")
        summary = out + ".json"
        command = [PROMFILL, "import", path, "--out", out, "--block-duration", "2h", "--summary", summary, "--quiet",
                   "--count-resets", *MAPPING, *flags]
        # The thread that writes makes two directories a block.
        killed = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=mkdirat", "-e",
                                 f"inject=mkdirat:signal=KILL:when={5 + 9 * attempt}", *command],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        assert killed.returncode != 0, attempt
        run(*command)
        assert files(out) == expected, attempt
        with open(summary) as file:
            again = json.load(file)
        for key in ("cells", "written", "generated", "counter_resets", "series"):
            assert again[key] == said[key], (attempt, key, again[key], said[key])
        resumed += again["resumed"]
    assert resumed > 4, resumed


def check_refused(work):
    path = os.path.join(work, "a.csv")
    with open(path, "w") as file:
        file.write("time,host,requests,started\n1600000000000,a,1,1600000000001\n1600000060000,a,2,0\n1600000120000,a,3,5\n")
    out = os.path.join(work, "refused")
    done = run(PROMFILL, "import", path, "--out", out, "--timestamp", "time:ms", "--metric", "requests_total=requests:counter",
               "--label", "host", "--start", "started", "--counter-start", "zero", "--quiet", check=False)
    assert done.returncode == 3, done.stderr
    assert run(PROMFILL, "dump", out, "--format", "csv").stdout.splitlines()[1:] == [
        '"requests_total{host=""a""}",1600000060000,2'], run(PROMFILL, "dump", out, "--format", "csv").stdout
    for flags, words in ((["--stale-after", "3h", "--block-duration", "2h"], "longer than a block"),
                         (["--stale-after", "soon"], "--stale-after"),
                         (["--counter-start", "one"], "none or zero"),
                         (["--counter-start", "zero", "--sorted"], "--sorted"),
                         (["--metric", "g=requests:gauge", "--start", "started"], "no counter")):
        done = run(PROMFILL, "import", path, "--out", os.path.join(work, "none"), "--timestamp", "time:ms", *flags, check=False)
        assert done.returncode == 2 and words in done.stderr, (flags, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as work:
        rows = rows_of(random.Random(5), 24)
        check(work, rows, [], iter)
        check(work, rows, ["--counter-start", "zero"], with_zeros)
        check(work, rows, ["--stale-after", "5m"], with_markers)
        check(work, rows, ["--counter-start", "zero", "--stale-after", "5m"], lambda of: with_markers(with_zeros(of)))
        check(work, rows, ["--chunk-encoding", "xor2"], iter, starts=True)
        check(work, rows, ["--chunk-encoding", "xor2", "--stale-after", "5m"], with_markers, starts=True)
        check_resumed(work)
        check_refused(work)
    print("zero starts, stale markers, start times: the bytes of Prometheus, in order, shuffled and within little memory")


if __name__ == "__main__":
    main()
