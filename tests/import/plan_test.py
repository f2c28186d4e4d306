#!/usr/bin/env python3
"""`promfill plan` says beforehand what import then does, warns of what matters, and writes nothing but the map."""
import json
import os
import random
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import content, run

PROMFILL = sys.argv[1]
START_S = 1_600_000_000


def plan(*arguments):
    return json.loads(run(PROMFILL, "plan", *arguments, "--json").stdout)


def imported(out, *arguments):
    summary = out + ".json"
    run(PROMFILL, "import", *arguments, "--out", out, "--created-at", "1700000000000", "--summary", summary)
    with open(summary) as f:
        return json.load(f)


def table(rows, hosts=7, step_s=15):
    rnd = random.Random(3)
    return pa.table({
        "time": pa.array([START_S + i // hosts * step_s for i in range(rows)], pa.int64()),
        "host name": [f"host-{i % hosts}" for i in range(rows)],
        "CPU use (%)": [None if i % 50 == 0 else round(rnd.random() * 100, 1) for i in range(rows)],
        "free": [rnd.randrange(10**9) for _ in range(rows)],
    })


def agrees_with_import(work):
    path = os.path.join(work, "a.parquet")
    pq.write_table(table(70_000), path)
    before = sorted(os.listdir(work))
    said = plan(path)
    assert sorted(os.listdir(work)) == before
    done = imported(os.path.join(work, "out"), path)
    assert said["all_rows"] and said["rows"] == said["rows_looked_at"] == done["rows_read"], (said, done)
    assert said["series"] == done["series"] and said["samples"] == done["written"], (said, done)
    assert said["blocks"] == len(done["blocks"]), (said, done)
    assert said["min_time"] == min(b["min_time"] for b in done["blocks"]), (said, done)
    assert 0.7 < said["bytes"] / done["bytes_written"] < 1.4, (said["bytes"], done["bytes_written"])
    assert [(label["name"], label["values"]) for label in said["labels"]] == [("host_name", 7)], said["labels"]
    assert [m["name"] for m in said["metrics"]] == ["CPU_use", "free"] and said["metrics"][0]["nulls"] == 1400, said["metrics"]
    assert said["warnings"] == [], said["warnings"]
    becomes = {column["name"]: column["becomes"] for column in said["columns"]}
    assert becomes == {"time": "time", "host name": "label host_name", "CPU use (%)": "gauge CPU_use", "free": "gauge free"}, becomes


def map_is_the_mapping(work):
    path, map_file = os.path.join(work, "a.parquet"), os.path.join(work, "map.yaml")
    run(PROMFILL, "plan", path, "--write-map", map_file)
    imported(os.path.join(work, "mapped"), path, "--map", map_file)
    assert content(os.path.join(work, "mapped")) == content(os.path.join(work, "out"))
    again = run(PROMFILL, "plan", path, "--write-map", map_file, check=False)
    assert again.returncode == 2 and "there already" in again.stderr, again.stderr


def fits_a_terminal(work):
    columns = {f"a column with a rather long name, number {i}": [1.0] for i in range(60)}
    path = os.path.join(work, "wide.parquet")
    pq.write_table(pa.table({"time": [START_S], "a label whose name is long": ["ä" * 200 + "\x1b[31m"], **columns}), path)
    for source in (path, os.path.join(work, "a.parquet")):
        text = run(PROMFILL, "plan", source).stdout
        samples = text.split("Samples, as they will be\n")[1].split("\n\n")[0].split("\n")
        for line in text.splitlines():
            assert line in samples or len(line) <= 80, (len(line), line)
        assert "\x1b" not in text


def estimates(work):
    """Of much more rows than are looked at: within a quarter."""
    rows = 1_000_000
    path = os.path.join(work, "many.parquet")
    pq.write_table(table(rows), path, row_group_size=20_000)
    said = plan(path, "--rows", "50000")
    assert not said["all_rows"] and said["rows"] == rows and 50_000 <= said["rows_looked_at"] < 400_000, said
    assert 0.75 < said["samples"] / (rows * 1.98) < 1.25 and said["series"] == 14, said
    csv = os.path.join(work, "many.csv")
    with open(csv, "w") as f:
        f.write("time,host,load\n" + "".join(f"{START_S + i},h{i % 9},{i % 1000 / 10}\n" for i in range(rows)))
    said = plan(csv, "--rows", "50000")
    assert not said["all_rows"] and 0.75 < said["rows"] / rows < 1.25, said["rows"]


def warns(work):
    rnd = random.Random(5)
    rows = 5000
    path = os.path.join(work, "odd.parquet")
    falling = [rnd.randrange(1000) for _ in range(rows)]
    pq.write_table(pa.table({
        "time": [START_S + 600 * i if i % 100 else None for i in range(rows)],
        "request": [f"r{i}" for i in range(rows)],
        "host": ["h"] * rows,
        "errors": falling,
        "jobs_total": list(range(rows)),
        "nothing": pa.nulls(rows, pa.float64()),
    }), path)
    flags = ["--label", "host", "--metric", "errors:counter", "--metric", "jobs_total", "--metric", "nothing", "--retention", "15d"]
    codes = {warning["code"] for warning in plan(path, *flags)["warnings"]}
    assert codes == {"rejects", "counter_falls", "gauge_like_counter", "counter_without_total", "no_values",
                     "wide_interval", "beyond_retention"}, codes
    inferred = {warning["code"] for warning in plan(path)["warnings"]}
    assert "label_like_row_number" in inferred, inferred
    window = plan(path, *flags, "--min-time", "2020-09-14T00:00:00Z")["warnings"]
    assert "out_of_window" in {warning["code"] for warning in window}, window


def teaches(work):
    path = os.path.join(work, "a.parquet")
    for arguments, words in (((path, "--metric", "fre"), ["fre", "did you mean 'free'"]), ((path, "--timestamp", "time:ms"), ["1970", "use --timestamp time:s"]),
                             ((os.path.join(work, "absent.csv"),), ["no such file"]), ((path, "--block-duration", "x"), ["--block-duration"])):
        done = run(PROMFILL, "plan", *arguments, check=False)
        assert done.returncode in (1, 2) and done.stdout == "", (arguments, done.returncode, done.stdout)
        for word in words:
            assert word in done.stderr, (word, done.stderr)


def column_that_comes_late(work):
    """Inferred from the first MiB: a metric that comes later is not passed over."""
    path = os.path.join(work, "late.jsonl")
    with open(path, "w") as f:
        for i in range(60_000):
            f.write(json.dumps({"time": START_S + i, "load": i, **({"late": 1} if i > 50_000 else {})}) + "\n")
    done = run(PROMFILL, "import", path, "--out", os.path.join(work, "late"), check=False)
    assert done.returncode == 1 and "late" in done.stderr and "row 50002" in done.stderr and "--write-map" in done.stderr, done.stderr
    assert not os.path.exists(os.path.join(work, "late"))
    assert imported(os.path.join(work, "late"), path, "--metric", "load")["written"] == 60_000


def main():
    with tempfile.TemporaryDirectory() as work:
        for check in (agrees_with_import, map_is_the_mapping, fits_a_terminal, estimates, warns, teaches, column_that_comes_late):
            check(work)
    print("plan: what it says is what import does")


if __name__ == "__main__":
    main()
