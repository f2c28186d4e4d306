#!/usr/bin/env python3
"""`create-blocks-from openmetrics` against Prometheus 3.14's promtool: the same blocks, byte for byte, over named cases and
random files; the same table; the same verdicts on texts that are wrong, but for those that promfill takes on purpose.

promtool_test.py PROMFILL PROMTOOL [--all]

Of the 200 random files 40, unless all are asked for. The named cases are cases.py's, which golden_test.py holds against golden.json.
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

from cases import START_S, content, named_cases, run

PROMFILL, PROMTOOL = sys.argv[1:3]
RANDOM_FILES = 200 if "--all" in sys.argv else 40
SEED = 20_260_301


def both(work, name, text, flags=((), ())):
    ours, theirs = os.path.join(work, name + ".ours"), os.path.join(work, name + ".theirs")
    return (run([PROMFILL], text, ours, flags), content(ours)), (run([PROMTOOL, "tsdb"], text, theirs, flags), content(theirs))


def random_file(rnd):
    """Rising times in each series, in one of three orders of lines."""
    series = rnd.sample([f'm{i % 3}{{a="{i}",le="{rnd.choice(["1", "0.5", "x"])}"}}' for i in range(40)] + ["up", "down{}"], rnd.randint(1, 12))
    lines = []
    for name in series:
        t = START_S * 1000 + rnd.randrange(-10_000_000, 10_000_000)
        step = rnd.choice([1, 7_000, 15_000, 60_000])
        value = rnd.choice([lambda i: i, lambda i: rnd.random(), lambda i: rnd.randrange(3), lambda i: round(rnd.gauss(50, 9), 2),
                            lambda i: 10.0 ** rnd.randrange(-300, 300)])
        for i in range(rnd.choice([1, 5, 130, 400])):
            lines.append((t, name, f"{name} {value(i)!r} {t // 1000}.{t % 1000:03}\n"))
            t += step + rnd.choice([0, 0, 0, 1, step * 3])
    order = rnd.choice(["series", "time", "mixed"])
    if order == "time":
        lines.sort()
    elif order == "mixed":
        lines.sort(key=lambda line: (line[0] // 3_600_000, line[1], line[0]))
    text = f"# TYPE m0 {rnd.choice(['histogram', 'gauge', 'summary'])}\n" + "".join(line for _, _, line in lines)
    flags = ((), ()) if rnd.random() < 0.7 else (("--max-block-duration", rnd.choice(["6h", "18h", "100h"])), ("--label", "z=1"))
    return text + "# EOF\n", flags


# Texts that promtool refuses; and those it takes, where it loses something or promfill is kinder.
BAD = ["", "a 1 1\n", "a 1 1\n# EOF\n\n", "a 1 1\n# EOF\na 1 1\n", "\n# EOF\n", "# c\n# EOF\n", "#\n# EOF\n", "a 1\n# EOF\n", "a  1 1\n# EOF\n",
       "a 1  1\n# EOF\n", "a 1 1 \n# EOF\n", " a 1 1\n# EOF\n", "a\t1 1\n# EOF\n", "a 1 1 1\n# EOF\n", "a 1 1 # {} 1 1 1\n# EOF\n",
       "a 1 1 # {}\n# EOF\n", "a 1 1 # {x} 1\n# EOF\n", "a 1 1 # {\"x\"} 1\n# EOF\n", "a 1 1 #{} 1\n# EOF\n", "a 1 1 # {} x\n# EOF\n", "a 1 1 # {} 1 inf\n# EOF\n",
       "a 1 1# {} 1\n# EOF\n", "a 1 # {} 1\n# EOF\n", "a x 1\n# EOF\n", "a 1 x\n# EOF\n", "a 1 inf\n# EOF\n", "a 1 nan\n# EOF\n", "a 1e400 1\n# EOF\n",
       "a 0x1p2 1\n# EOF\n", "a 1_0 1\n# EOF\n", "a +nan 1\n# EOF\n", "1a 1 1\n# EOF\n", "a-b 1 1\n# EOF\n", "a{ 1 1\n# EOF\n", "a{b} 1 1\n# EOF\n",
       "a{b=1} 1 1\n# EOF\n", "a{b=\"1} 1 1\n# EOF\n", "a{b=\"1\" } 1 1\n# EOF\n", "a{b=\"1\",,} 1 1\n# EOF\n", "a{,} 1 1\n# EOF\n", "a{b=\"1\"c=\"2\"} 1 1\n# EOF\n",
       "a{b=\"1\",b=\"2\"} 1 1\n# EOF\n", "a{__name__=\"b\"} 1 1\n# EOF\n", "{b=\"1\"} 1 1\n# EOF\n", "{} 1 1\n# EOF\n", "{\"\"} 1 1\n# EOF\n", "{\"a\",\"b\"} 1 1\n# EOF\n",
       "a{\"b\"} 1 1\n# EOF\n", "a{\"\"=\"1\"} 1 1\n# EOF\n", b"a{b=\"\xff\"} 1 1\n# EOF\n", "a{b=\"1\"}1 1\n# EOF\n", "a{b:c=\"1\"} 1 1\n# EOF\n", "a {b=\"1\"} 1 1\n# EOF\n",
       "# TYPE a\n# EOF\n", "# TYPE a x\n# EOF\n", "# TYPE a untyped\n# EOF\n", "# TYPE  a gauge\n# EOF\n", "# TYPE a  gauge\n# EOF\n", "# type a gauge\n# EOF\n",
       "#TYPE a gauge\n# EOF\n", "# HELP a\n# EOF\n", "# HELP 1 x\n# EOF\n", b"# HELP a \xff\n# EOF\n", "# UNIT a_s m\n# EOF\n", "# UNIT s s\n# EOF\n", "# EOFx\n", "# eof\n",
       "a{b=\"x\ny\"} 1 1\n# EOF\n", "a\0 1 1\n# EOF\n", "{\"a\0\"} 1 1\n# EOF\n", "a 1\0 1\n# EOF\n", "a 1 1\n# EOF \n", "a 1 -\n# EOF\n", "a{b=\"\\\"} 1 1\n# EOF\n"]
# Native histograms in the forms of OpenMetrics 2.0's drafts, of promtool's dump and of PromQL's tests: no text parser of 3.14 reads them.
BAD += ["# TYPE a histogram\na {count:12,sum:100.0,schema:0,zero_threshold:0.001,zero_count:2,positive_spans:[0:2],positive_buckets:[5,5]} 1700000000\n# EOF\n",
        "# TYPE a histogram\na{x=\"1\"} {count:4, sum:18.4, [-0.001,0.001]:2, (1,2]:2} 1700000000\n# EOF\n",
        "a {{schema:1 sum:-0.3 count:3.1 buckets:[5.1 10 7]}} 1700000000\n# EOF\n"]
GOOD = ["# EOF", "# EOF\n", "a 1 1\n# EOF\n", "a{} 1 1\n# EOF\n", "a{b=\"1\",} 1 1\n# EOF\n", "# TYPE \"a b\" gauge\n# EOF\n", "# HELP a \n# EOF\n", "# UNIT a \n# EOF\n",
        "a 1 1 # {} 1\n# EOF\n", "a 1 1 # {x=\"1\",\"y z\"=\"2\",} 1 1\n# EOF\n", "# TYPE a gauge\n# TYPE a counter\na 1 1\n# EOF\n", "a_total -1 1\n# EOF\n",
        "# UNIT a_s s\n# EOF\n", ":a 1 1\n# EOF\n", "# EOF\n"]
# What promfill takes and promtool doesn't, and the other way round.
KINDER = ["a 1 1\r\n# EOF\r\n", "# TYPE a gauge\r\na 1 1\n# EOF\n", "a 1 2\n" * 2 + "a 2 1\n" + "# EOF\n"]
STRICTER = ["a 1 99999999999\n# EOF\n", "{\"a\nb\"} 1 1\n# EOF\n"]


def compare(work, name, text, flags):
    (ours, our_blocks), (theirs, their_blocks) = both(work, name, text, flags)
    problems = []
    if ours[0] != theirs[0]:
        problems.append(f"exit {ours[0]}, promtool's {theirs[0]}: {ours[2]}{theirs[2]}")
    if our_blocks != their_blocks:
        problems.append(f"{len(our_blocks)} blocks, promtool's {len(their_blocks)}: not the same bytes")
    if ours[1] != theirs[1]:
        problems.append(f"another table:\n{ours[1]}promtool's:\n{theirs[1]}")
    return [f"{name}: {problem}" for problem in problems]


def verdicts(work):
    for kind, texts, expected in (("bad", BAD, (False, False)), ("good", GOOD, (True, True)), ("kinder", KINDER, (True, None)),
                                  ("stricter", STRICTER, (False, None))):
        for i, text in enumerate(texts):
            out = os.path.join(work, f"{kind}{i}")
            code, _, error = run([PROMFILL], text, out, ((), ()))
            if (code == 0) != expected[0]:
                yield f"{kind} {text!r}: exit {code} {error}"
            if not expected[0] and (content(out) or (text and not re.search(r"\.om:\d+:\d+: ", error))):
                yield f"{kind} {text!r}: blocks are left, or the error names no place: {error}"
            if expected[1] is not None:
                code, _, error = run([PROMTOOL, "tsdb"], text, out + ".theirs", ((), ()))
                if (code == 0) != expected[1]:
                    yield f"{kind} {text!r}: promtool's exit is {code} {error}"


def main():
    problems = []
    with tempfile.TemporaryDirectory() as work, ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(compare, work, name, text, flags) for name, text, flags in named_cases()]
        rnd = random.Random(SEED)
        for i in range(RANDOM_FILES):
            jobs.append(pool.submit(compare, work, f"random {i} of seed {SEED}", *random_file(rnd)))
        for job in jobs:
            problems += job.result()
        problems += verdicts(work)
    for problem in problems:
        print(problem)
    print(f"openmetrics: {len(jobs)} files as promtool, {len(BAD) + len(GOOD) + len(KINDER) + len(STRICTER)} verdicts, {len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
