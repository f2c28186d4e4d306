#!/usr/bin/env python3
"""`create-blocks-from openmetrics` against Prometheus 3.14's promtool: the same blocks, byte for byte, over named cases and
random files; the same table; the same verdicts on texts that are wrong, but for those that promfill takes on purpose.

promtool_test.py PROMFILL PROMTOOL
"""
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

PROMFILL, PROMTOOL = sys.argv[1:3]
RANDOM_FILES = 200
SEED = 20_260_301
START_S = 1_700_006_400  # a border of 2 h


def block_bytes(block):
    files = {}
    for folder, _, names in os.walk(block):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                files[os.path.relpath(os.path.join(folder, name), block)] = file.read()
    meta = json.loads(files.pop("meta.json"))
    ulid = meta.pop("ulid")
    assert meta["compaction"].pop("sources") == [ulid], block
    return meta["minTime"], {**files, "meta": json.dumps(meta, sort_keys=True)}


def content(out):
    names = [n for n in os.listdir(out) if re.fullmatch("[0-9A-Z]{26}", n)] if os.path.isdir(out) else []
    return [files for _, files in sorted((block_bytes(os.path.join(out, n)) for n in names), key=lambda b: b[0])]


def run(command, text, out, flags):
    path = out + ".om"
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    before, after = flags
    done = subprocess.run([*command, "create-blocks-from", *before, "openmetrics", *after, path, out], capture_output=True,
                          text=True, check=False)
    return done.returncode, re.sub(r"\b01[0-9A-Z]{24}\b", "<ulid>", done.stdout), done.stderr


def both(work, name, text, flags=((), ())):
    ours, theirs = os.path.join(work, name + ".ours"), os.path.join(work, name + ".theirs")
    return (run([PROMFILL], text, ours, flags), content(ours)), (run([PROMTOOL, "tsdb"], text, theirs, flags), content(theirs))


def rows(series, times, value=lambda i: i):
    return "".join(f"{series} {value(i)} {t}\n" for i, t in enumerate(times))


def named_cases():
    minutes = [START_S + 60 * i for i in range(600)]
    eof = "# EOF\n"
    yield "empty", eof, ((), ())
    yield "no line break at the end", "a 1 1700000000\n# EOF", ((), ())
    yield "labels", rows('a{x="1",y="é"}', minutes) + rows('a{x="2"}', minutes) + rows("b", minutes[7:]) + eof, ((), ())
    yield "6h", rows("a", minutes) + eof, (("--max-block-duration", "6h"), ())
    yield "24h gives 18h", rows("a", [START_S + 600 * i for i in range(900)]) + eof, (("--max-block-duration", "24h"), ())
    yield "below 2h", rows("a", minutes) + eof, (("--max-block-duration", "1h"), ())
    label_text = rows('a{job="x",z="1"}', minutes[:9]) + rows('a{job="y",z="2"}', minutes[:9]) + eof
    yield "label overrides", label_text, ((), ("--label", "job=all"))
    yield "label removes", label_text, ((), ("--label", "job=", "--label", "n=1"))
    yield "label merges", rows('a{job="x"}', minutes[:9]) + rows('a{job="y"}', minutes[9:20]) + eof, ((), ("--label", "job=z"))
    yield "quoted names", '{"my.metric","lä.bel"="v"} 1 1700000000\n{q="1","m"} 2 1700000001\n{"",q="1"} 3 1700000001\n' + eof, ((), ())
    yield "escapes", r'a{x="q\"b\\n\n\t"} 1 1700000000' + "\n" + eof, ((), ())
    bounds = ["1", "1e3", "+Inf", "x", "0.1", "1e6", "123456789", "-0", "0x1p-2", "nan", "0.00001", "5."]
    for kind in ("histogram", "summary", "gauge", "gaugehistogram"):
        for label in ("le", "quantile"):
            lines = "".join(f'a{{{label}="{bound}"}} {i} 1700000000\n' for i, bound in enumerate(bounds[:7] if kind != "gauge" else bounds))
            yield f"{kind} {label}", f"# TYPE a {kind}\n{lines}{eof}", ((), ())
    yield "odd bounds", "# TYPE a histogram\n" + "".join(f'a{{le="{b}",i="{i}"}} 1 1700000000\n' for i, b in enumerate(bounds)) + eof, ((), ())
    yield "type ends", '# TYPE a histogram\na{le="1"} 1 1700000000\n# TYPE b counter\na{le="1"} 1 1700000001\n' + eof, ((), ())
    yield "truncated times", rows("a", [f"17{i:08}.{i % 1000:03}" for i in range(0, 3_000_000, 1009)]) + eof, ((), ())
    yield "times", rows("a", ["1.001", "1.002", "1e1", "+11", "12.", "1.3e1", "13.9999999"]) + eof, ((), ())
    values = ["1e400x"[:5], "-0", "inf", "+Infinity", "nan", "-INF", ".5", "5.", "+1", "1e-320", "1e-400", "9007199254740993",
              "0.1", "123456789012345678901234567890", "4.35", "1.7976931348623157e308"]
    yield "values", rows("a", minutes[:15], lambda i: values[i + 1]) + eof, ((), ())
    yield "metadata", ("# HELP a_seconds x\\ny\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP b \n"
                       "a_seconds_total 1 1700000000 # {trace_id=\"7\",} 0.5\na_seconds_created 2 1700000001 # {} 1 2\n") + eof, ((), ())
    yield "borders", rows("a", [START_S - 0.001, START_S, START_S + 7199.999, START_S + 7200]) + eof, ((), ())
    yield "gap of days", rows("a", [START_S, START_S + 40 * 86400]) + eof, ((), ())
    yield "equal duplicates", "a 1 1700000000\na 1 1700000000\na 2 1700000001\n" + eof, ((), ())
    yield "human", rows("a", minutes) + eof, (("-r",), ())
    yield "quiet", rows("a", minutes) + eof, (("-q",), ())
    yield "nul in a value", 'a{x="\0b"} 1 1700000000\n' + eof, ((), ())


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
