#!/usr/bin/env python3
"""Tables that people publish, as they are: what is imported is what DuckDB reads of the same file."""
import json
import os
import subprocess
import sys
import tempfile

from promfill_cli import run

PROMFILL = sys.argv[1]
ENVIRONMENT = os.path.join(sys.argv[2], "public_tables")
PACKAGES = ["vega_datasets==0.9.0", "duckdb==1.4.*"]

# file, flags, epoch seconds of a row in DuckDB's words, labels, values
TABLES = [
    ("seattle-weather.csv", [], "epoch(date)", ["weather"], ["precipitation", "temp_max", "temp_min", "wind"]),
    ("stocks.csv", ["--timestamp", "date:%b %d %Y"], "epoch(strptime(date, '%b %-d %Y'))", ["symbol"], ["price"]),
    ("us-employment.csv", [], "epoch(month)", [], ["nonfarm", "private", "construction", "government", "nonfarm_change"]),
    ("seattle-temps.csv", [], "epoch(date)", [], ["temp"]),
    ("iowa-electricity.csv", ["--timestamp", "year"], "epoch(year)", ["source"], ["net_generation"]),
    ("ohlc.json", [], "epoch(date)", ["signal"], ["open", "high", "low", "close", "ret"]),
    ("crimea.json", ["--allow-implausible-times"], "epoch(date)", [], ["wounds", "other", "disease"]),
]


def tools():
    python = os.path.join(ENVIRONMENT, "bin", "python")
    if not os.path.exists(os.path.join(ENVIRONMENT, "ready")):
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        open(os.path.join(ENVIRONMENT, "ready"), "w").close()
    return python


READ = """
import duckdb, json, os, sys, vega_datasets
directory = os.path.join(os.path.dirname(vega_datasets.__file__), "_data")
duckdb.sql("SET TimeZone='UTC'")
out = {}
for name, flags, time, labels, values in json.load(sys.stdin):
    path = os.path.join(directory, name)
    rows = duckdb.sql(f"SELECT CAST({time} AS DOUBLE), {', '.join(map(chr(34).__add__, [c + chr(34) for c in labels + values]))} FROM '{path}'").fetchall()
    out[name] = {"path": path, "rows": rows}
json.dump(out, sys.stdout)
"""


def expected_samples(table, rows):
    """{(metric, labels): {time: value}}; of two rows of a series and time, the last one's value."""
    _, _, _, labels, values = table
    samples = {}
    nulls = 0
    for time, *cells in rows:
        names = tuple(sorted((label, str(cell)) for label, cell in zip(labels, cells) if cell is not None))
        for metric, value in zip(values, cells[len(labels):]):
            if value is None:
                nulls += 1
            else:
                samples.setdefault((metric, names), {})[round(time * 1000)] = float(value)
    return samples, nulls


def imported_samples(out):
    samples = {}
    for block in sorted(os.listdir(out)):
        if block.startswith("."):
            continue
        for line in run(PROMFILL, "dump", os.path.join(out, block), "--format", "jsonl").stdout.splitlines():
            sample = json.loads(line)
            labels = dict(sample["labels"])
            metric = labels.pop("__name__")
            samples.setdefault((metric, tuple(sorted(labels.items()))), {})[sample["t"]] = float(sample["v"])
    return samples


def main():
    read = subprocess.run([tools(), "-c", READ], input=json.dumps(TABLES), check=True, capture_output=True, text=True)
    tables = json.loads(read.stdout)
    with tempfile.TemporaryDirectory() as work:
        for table in TABLES:
            name, flags, _, labels, values = table
            path, rows = tables[name]["path"], tables[name]["rows"]
            run(PROMFILL, "plan", path, *flags)  # with what is inferred of the rest
            mapped = [*flags, *(word for value in values for word in ("--metric", value)), *(word for label in labels for word in ("--label", label))]
            out, summary = os.path.join(work, name + ".tsdb"), os.path.join(work, name + ".summary")
            run(PROMFILL, "import", path, *mapped, "--out", out, "--summary", summary, "--block-duration", "31d")
            with open(summary) as f:
                ledger = json.load(f)
            expected, nulls = expected_samples(table, rows)
            count = sum(map(len, expected.values()))
            assert ledger["rows_read"] == len(rows) and ledger["cells"] == len(rows) * len(values), (name, ledger)
            assert ledger["written"] == count and ledger["nulls"] == nulls and ledger["rejected"] == 0, (name, ledger, count, nulls)
            assert ledger["written"] + ledger["nulls"] + ledger["duplicates_merged"] + ledger["duplicates_conflicting"] == ledger["cells"], (name, ledger)
            assert imported_samples(out) == expected, name
            print(f"{name}: {len(rows):,} rows, {count:,} samples in {len(expected)} series")


if __name__ == "__main__":
    main()
