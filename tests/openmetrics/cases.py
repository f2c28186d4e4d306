"""Texts that promtool makes blocks of, with its flags, and what it made: for the tests that hold promfill against it."""
import json
import os
import re
import subprocess

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
    faster = [START_S + 7200 * k + t for k in range(4) for t in (*range(0, 600, 20), *range(600, 7200, 45 + 30 * (k % 2)))]
    yield "even and odd windows", rows("a", faster, lambda i: i * 7 % 13) + eof, ((), ())
    yield "gap of days", rows("a", [START_S, START_S + 40 * 86400]) + eof, ((), ())
    yield "equal duplicates", "a 1 1700000000\na 1 1700000000\na 2 1700000001\n" + eof, ((), ())
    yield "human", rows("a", minutes) + eof, (("-r",), ())
    yield "quiet", rows("a", minutes) + eof, (("-q",), ())
    yield "nul in a value", 'a{x="\0b"} 1 1700000000\n' + eof, ((), ())
