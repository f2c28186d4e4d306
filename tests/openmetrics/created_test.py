#!/usr/bin/env python3
"""`_created` lines: series like others, as for promtool, or with `--counter-start zero` the starts of counters. Then the
blocks are those of the same text without these lines and with a 0 where each counter began.

created_test.py PROMFILL
"""
import os
import random
import subprocess
import sys
import tempfile

PROMFILL = sys.argv[1]
START_S = 1_600_000_000


def run(*command, check=True):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert not check or done.returncode == 0, (command, done.stderr)
    return done


def counters(rnd):
    """{labels: [(second, value, start)]}: restarts, some within a window and some not."""
    series = {}
    for host in range(40):
        t, start, value = START_S + host, START_S - rnd.randrange(1, 20_000) + 0.25, 0
        of = series.setdefault(f'{{host="{host}"}}', [])
        for _ in range(700):
            of.append((t, value, start))
            t += 15 if rnd.random() < 0.99 else rnd.randrange(1, 9_000)
            value += 1
            if rnd.random() < 0.01:
                start, value = t - 0.5, 0
    return series


def text(series, with_created, by_time):
    lines = []
    for labels, of in series.items():
        before = None
        for t, value, start in of:
            if not with_created and start < t and (before is None or start > before):
                lines.append((start, f"requests_total{labels} 0 {start}"))
            lines.append((t, f"requests_total{labels} {value} {t}"))
            if with_created:
                lines.append((t, f"requests_created{labels} {start} {t}"))
            before = t
    if by_time:
        lines.sort(key=lambda line: line[0])
    head = ["# TYPE size gauge", f"size_created 7 {START_S}", "# TYPE latency histogram", "# HELP latency How long"]
    values = [('latency_bucket{a="1",le="1"}', 3), ('latency_bucket{a="1",le="+Inf"}', 4), ('latency_count{a="1"}', 4),
              ('latency_sum{a="1"}', 9), ('latency_bucket{a="2",le="+Inf"}', 4)]
    if not with_created:
        head += [f"{name} 0 {START_S - 90 + 30 * ('2' in name)}" for name, _ in values]
    head += [f"{name} {value} {START_S}" for name, value in values]
    if with_created:
        head += [f'latency_created{{a="{a}"}} {START_S - 120 + 30 * a} {START_S}' for a in (1, 2)]
        head.append(f'latency_created{{a="2"}} 5 {START_S + 1}')  # before there were such things
    return "\n".join([*head, "# TYPE requests counter", *(line for _, line in lines), "# EOF", ""])


def blocks(directory):
    """Indexes and chunks; names of blocks depend on the job."""
    found = []
    for name in os.listdir(directory):
        for file in ("index", "chunks/000001"):
            path = os.path.join(directory, name, file)
            if os.path.exists(path):
                with open(path, "rb") as opened:
                    found.append(opened.read())
    return sorted(found)


def imported(work, name, content, *flags):
    path, out = os.path.join(work, name + ".om"), os.path.join(work, name)
    with open(path, "w") as file:
        file.write(content)
    run(PROMFILL, "import", path, "--out", out, "--block-duration", "2h", "--quiet", *flags)
    run(PROMFILL, "verify", out)
    return out


def main():
    with tempfile.TemporaryDirectory() as work:
        series = counters(random.Random(4))
        samples = sum(map(len, series.values()))
        for by_time in (False, True):
            content = text(series, True, by_time)
            assert len(content) > 2 << 20, "several pieces"
            expected = blocks(imported(work, f"expected-{by_time}", text(series, False, by_time)))
            for more in ([], ["--threads", "1"], ["--memory-limit", "64MiB"]):
                name = f"ours-{by_time}-{len(more) and more[0][2:]}"
                summary = os.path.join(work, name + ".json")
                out = imported(work, name, content, "--counter-start", "zero", "--summary", summary, *more)
                assert blocks(out) == expected, name
                with open(summary) as file:
                    said = file.read()
                assert f'"cells": {samples + 6},' in said, said[:300]
        plain = imported(work, "plain", text(series, True, False))
        names = {line.split("{")[0].split(" ")[0] for line in run(PROMFILL, "dump", plain).stdout.splitlines()}
        assert names == {"requests_total", "requests_created", "latency_bucket", "latency_count", "latency_sum", "latency_created",
                         "size_created", "#"}, names
    print("_created: series, or the starts of counters and histograms")


if __name__ == "__main__":
    main()
