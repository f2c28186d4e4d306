#!/usr/bin/env python3
"""Counters, classic histograms and summaries end to end: the blocks are those that Prometheus's own writer makes of the
same samples, whether buckets come as columns, cumulative or not, as lists or maps, or as rows; and a Prometheus answers
histogram_quantile() on them as arithmetic does. What contradicts itself is rejected, the rest is there.

types_test.py PROMFILL ORACLE BUILD
"""
import glob
import json
import math
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import content, run

PROMFILL, ORACLE, BUILD = sys.argv[1:4]
START_S = 1_719_835_200
BOUNDS = ["0.005", "0.1", "0.5", "1", "10"]
LE = ["0.005", "0.1", "0.5", "1.0", "10.0"]  # as Prometheus 3 has them
ROWS, HOSTS = 300, 3


def rows():
    """(seconds, host, cumulative buckets, sum, count) of processes that observe, and start anew now and then."""
    rnd = random.Random(8)
    for host in range(HOSTS):
        single, total = [0] * (len(BOUNDS) + 1), 0.0
        for row in range(ROWS):
            if rnd.random() < 0.01:
                single, total = [0] * (len(BOUNDS) + 1), 0.0
            for _ in range(rnd.randrange(20)):
                value = rnd.expovariate(2)
                total += value
                single[sum(value > float(bound) for bound in BOUNDS)] += 1
            cumulative = [sum(single[: i + 1]) for i in range(len(single))]
            yield START_S + 15 * row, f"h{host}", cumulative[:-1], total, cumulative[-1]


def of_prometheus(series, out):
    """Blocks that the oracle writes. @param series  labels as a sorted tuple of pairs → [(ms, value)]"""
    lines = (json.dumps({"labels": dict(labels), "samples": samples}) + "\n" for labels, samples in series.items())
    subprocess.run([ORACLE, "write", "--out", out], input="".join(lines).encode(), check=True, stdout=subprocess.DEVNULL)


def expected():
    series = {}

    def add(name, host, seconds, value, **labels):
        key = tuple(sorted({"__name__": name, "host": host, **labels}.items()))
        series.setdefault(key, []).append([seconds * 1000, value])

    for seconds, host, buckets, total, count in rows():
        for le, value in zip(LE + ["+Inf"], buckets + [count]):
            add("rpc_seconds_bucket", host, seconds, value, le=le)
        add("rpc_seconds_sum", host, seconds, total)
        add("rpc_seconds_count", host, seconds, count)
    return series


def blocks_of(out):
    return [{name: data for name, data in block.items() if name != "meta"} for block in content(out)]


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


def of_columns(work, cumulative):
    """A column for each bucket."""
    names = [f"b{i}" for i in range(len(BOUNDS))]
    lines = [",".join(["time", "host", *names, "total", "n"])]
    for seconds, host, buckets, total, count in rows():
        if not cumulative:
            buckets = [above - below for above, below in zip(buckets, [0, *buckets])]
        lines.append(",".join(map(str, [seconds, host, *buckets, repr(total), count])))
    table = write(os.path.join(work, "columns.csv"), "\n".join(lines) + "\n")
    columns = ", ".join(f'"{bound}": {name}' for bound, name in zip(BOUNDS, names))
    mapping = write(os.path.join(work, "columns.yaml"), f"""version: 1
metrics:
  - {{name: rpc_seconds, type: histogram, buckets: {{{columns}}}, sum: total, count: n, cumulative: {str(cumulative).lower()}}}
""")
    return table, mapping


def of_lists(work, as_map):
    """A list or a map in each row of a Parquet file; of single buckets, the last above all bounds."""
    columns = {"time": [], "host": [], "latency": [], "total": []}
    for seconds, host, buckets, total, count in rows():
        single = [above - below for above, below in zip([*buckets, count], [0, *buckets])]
        columns["time"].append(seconds)
        columns["host"].append(host)
        columns["latency"].append(list(zip([*BOUNDS, "inf"], single))[::-1] if as_map else single)
        columns["total"].append(total)
    kind = pa.map_(pa.string(), pa.int32()) if as_map else pa.list_(pa.uint32())
    arrays = {name: pa.array(values, type=kind if name == "latency" else None) for name, values in columns.items()}
    table = os.path.join(work, "maps.parquet" if as_map else "lists.parquet")
    pq.write_table(pa.table(arrays), table, row_group_size=100)
    mapping = write(os.path.join(work, "lists.yaml"), f"""version: 1
metrics:
  - {{column: latency, name: rpc_seconds, type: histogram, bounds: [{", ".join(BOUNDS)}, +Inf], sum: total, cumulative: false}}
""")
    return table, mapping


def of_rows(work):
    """A row for each bucket; the sum and the count stand in the row of the last."""
    lines = ["time,host,upper,cum,total,n"]
    for seconds, host, buckets, total, count in rows():
        for bound, value in zip(BOUNDS, buckets):
            lines.append(f"{seconds},{host},{bound},{value},,")
        lines.append(f"{seconds},{host},inf,{count},{total!r},{count}")
    table = write(os.path.join(work, "rows.csv"), "\n".join(lines) + "\n")
    mapping = write(os.path.join(work, "rows.yaml"), """version: 1
labels: {host: {column: host}}
metrics:
  - {column: cum, name: rpc_seconds, type: histogram, le: upper, sum: total, count: n}
""")
    return table, mapping


def check_histograms(work):
    wanted = os.path.join(work, "wanted")
    of_prometheus(expected(), wanted)
    imported = None
    for name, (table, mapping), completed in (("cumulative", of_columns(work, True), True),
                                              ("single", of_columns(work, False), True), ("rows", of_rows(work), False),
                                              ("lists", of_lists(work, False), True), ("maps", of_lists(work, True), True)):
        imported, summary = os.path.join(work, name), os.path.join(work, name + ".json")
        run(PROMFILL, "import", table, "--map", mapping, "--out", imported, "--quiet", "--summary", summary)
        assert blocks_of(imported) == blocks_of(wanted), name
        with open(summary) as file:
            ledger = json.load(file)
        generated = ROWS * HOSTS if completed else 0
        assert ledger["generated"] == generated and ledger["rejected"] == 0, ledger
        assert ledger["samples_written"] == ROWS * HOSTS * 8 == ledger["written"] + generated, ledger
        against = run(PROMFILL, "verify", imported, "--against", table, "--map", mapping)
        assert "OK" in against.stdout, against.stdout
        relabelled = os.path.join(work, name + "-relabelled")
        write(os.path.join(work, "rules.yaml"), "- {regex: nothing, action: labeldrop}\n")
        run(PROMFILL, "import", table, "--map", mapping, "--out", relabelled, "--quiet", "--relabel",
            os.path.join(work, "rules.yaml"))
        assert blocks_of(relabelled) == blocks_of(wanted), name
    return imported


def prometheus_binary():
    for version in ("prometheus-3.14/prometheus", "prometheus/usr/bin/prometheus"):
        found = glob.glob(os.path.join(BUILD, version))
        if found:
            return found[0]
    raise AssertionError(f"no Prometheus in {BUILD}: tools/bootstrap installs it")


def query(port, expression, seconds):
    words = urllib.parse.urlencode({"query": expression, "time": seconds})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{words}", timeout=10) as answer:
        return {one["metric"].get("host"): float(one["value"][1]) for one in json.load(answer)["data"]["result"]}


def quantile_of(buckets, count, q):
    """histogram_quantile() of buckets from 0, by its definition: linear within the bucket that has the rank."""
    uppers, counts = [float(bound) for bound in BOUNDS], buckets
    rank = q * count
    at = next((i for i, number in enumerate(counts) if number >= rank), None)
    if at is None:
        return uppers[-1]
    lower, below = (0.0, 0) if at == 0 else (uppers[at - 1], counts[at - 1])
    return lower + (uppers[at] - lower) * (rank - below) / (counts[at] - below)


def check_answers(data, work):
    """Of a Prometheus that has only these blocks."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = write(os.path.join(work, "prometheus.yml"), "global: {scrape_interval: 1h}\n")
    server = subprocess.Popen([prometheus_binary(), f"--config.file={config}", f"--storage.tsdb.path={data}",
                               f"--web.listen-address=127.0.0.1:{port}", "--storage.tsdb.retention.time=100y",
                               "--log.level=error"])
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None and time.monotonic() < end, "Prometheus doesn't start"
                time.sleep(0.1)
        at = {(seconds, host): (buckets, total, count) for seconds, host, buckets, total, count in rows()}
        for row in (0, 7, ROWS - 1):
            seconds = START_S + 15 * row
            for q in (0.1, 0.5, 0.95):
                answer = query(port, f"histogram_quantile({q}, rpc_seconds_bucket)", seconds)
                for host, value in answer.items():
                    buckets, _, count = at[seconds, host]
                    assert math.isclose(value, quantile_of(buckets, count, q), rel_tol=1e-9), (host, value)
                assert len(answer) == sum(at[seconds, f"h{h}"][2] > 0 for h in range(HOSTS)), answer
            sums = query(port, "rpc_seconds_sum", seconds)
            assert sums == {f"h{h}": at[seconds, f"h{h}"][1] for h in range(HOSTS)}, sums
    finally:
        server.terminate()
        server.wait()


def check_rejects(work):
    table = write(os.path.join(work, "bad.csv"), """time,host,b1,b2,n,s,load
1719835200,a,1,2,3,1.5,1
1719835215,a,2,1,3,1.5,2
1719835230,a,-1,2,3,1.5,3
1719835245,a,1,2,1,1.5,4
1719835260,a,1,NaN,3,1.5,5
1719835275,a,,2,3,,6
1719835290,a,4,5,6,NaN,7
""")
    mapping = write(os.path.join(work, "bad.yaml"), """version: 1
metrics:
  - {name: h, type: histogram, buckets: {"1": b1, "2": b2}, sum: s, count: n}
  - {column: load}
""")
    out, summary = os.path.join(work, "bad"), os.path.join(work, "bad.json")
    done = run(PROMFILL, "import", table, "--map", mapping, "--out", out, "--quiet", "--summary", summary, check=False)
    assert done.returncode == 3, done.stderr
    with open(summary) as file:
        ledger = json.load(file)
    assert ledger["rejected_by_reason"] == {"decreasing_buckets": 8, "invalid_count": 4, "negative_count": 4}, ledger
    assert (ledger["cells"], ledger["nulls"], ledger["written"], ledger["generated"]) == (35, 2, 17, 3), ledger
    with open(glob.glob(os.path.join(out, ".promfill", "*.rejects.jsonl"))[0]) as file:
        rejects = [json.loads(line) for line in file]
    assert [(one["row"], one["column"], one["reason"], one["cells"]) for one in rejects] == [
        (3, "b2", "decreasing_buckets", 4), (4, "b1", "negative_count", 4), (5, "n", "decreasing_buckets", 4),
        (6, "b2", "invalid_count", 4)], rejects
    assert 'h_bucket{le="2.0"}' in rejects[0]["hint"], rejects[0]
    loads = run(PROMFILL, "dump", out, "--match", "load").stdout.splitlines()
    assert len(loads) == 7 + 1, loads


def check_rejected_rows(work):
    """Rows of one bucket each are held against each other, whatever lies between; other series and times stay."""
    table = write(os.path.join(work, "bad_rows.csv"), """time,host,le,n
1719835200,a,0.1,5
1719835200,b,0.1,1
1719835200,a,1,3
1719835200,b,1,2
1719835200,b,+Inf,2
1719835200,a,+Inf,9
1719835215,a,1e-1,5
1719835215,a,1,5
1719835215,a,1,5
1719835215,a,inf,9
1719835230,a,1,5
1719835230,a,1.0,6
1719835245,a,none,6
""")
    mapping = write(os.path.join(work, "bad_rows.yaml"), """version: 1
metrics: [{column: n, name: h, type: histogram, le: le}]
""")
    out, summary = os.path.join(work, "bad_rows"), os.path.join(work, "bad_rows.json")
    done = run(PROMFILL, "import", table, "--map", mapping, "--out", out, "--quiet", "--summary", summary, check=False)
    assert done.returncode == 3, done.stderr
    with open(glob.glob(os.path.join(out, ".promfill", "*.rejects.jsonl"))[0]) as file:
        rejects = [json.loads(line) for line in file]
    assert sorted((one["row"], one["reason"]) for one in rejects) == [
        (2, "decreasing_buckets"), (4, "decreasing_buckets"), (7, "decreasing_buckets"), (12, "repeated_bound"),
        (13, "repeated_bound"), (14, "invalid_bound")], rejects
    assert all("h" in one["hint"] for one in rejects[:5]), rejects
    with open(summary) as file:
        ledger = json.load(file)
    assert (ledger["written"], ledger["duplicates_merged"], ledger["rejected"]) == (6, 1, 6), ledger
    by_flags = os.path.join(work, "bad_rows_by_flags")
    run(PROMFILL, "import", table, "--metric", "h=n:histogram", "--label", "host", "--out", by_flags, "--quiet", check=False)
    dumps = [run(PROMFILL, "dump", directory).stdout for directory in (out, by_flags)]
    assert dumps[0] == dumps[1] and 'h_bucket{host="b",le="+Inf"} 2' in dumps[0], dumps[1]


def check_counters_and_labels(work):
    table = write(os.path.join(work, "counters.csv"), "time,host,requests,seconds_total,up\n" + "".join(
        f"{START_S + 15 * i},a,{i % 50},{i},{1}\n" for i in range(200)))
    metrics = ["--metric", "requests:counter", "--metric", "seconds_total:counter", "--metric", "up:info"]
    out = os.path.join(work, "counters")
    plan = json.loads(run(PROMFILL, "plan", table, *metrics, "--json").stdout)
    assert "counter_without_total" in [warning["code"] for warning in plan["warnings"]], plan["warnings"]
    assert {metric["name"]: metric["falls"] for metric in plan["metrics"]} == {"requests": 3, "seconds_total": 0, "up": 0}
    run(PROMFILL, "import", table, *metrics, "--counter-total", "--type-and-unit-labels", "--out", out, "--quiet")
    names = {line.split(" ")[0] for line in run(PROMFILL, "dump", out).stdout.splitlines() if line[0] != "#"}
    assert names == {'requests_total{__type__="counter",host="a"}', 'seconds_total{__type__="counter",host="a"}',
                     'up{__type__="info",host="a"}'}, names
    long = write(os.path.join(work, "long.csv"), f"time,name,value\n{START_S},hits,1\n{START_S},miss_total,2\n")
    run(PROMFILL, "import", long, "--long", "name=value:counter", "--counter-total", "--out", os.path.join(work, "long"),
        "--quiet")
    dumped = run(PROMFILL, "dump", os.path.join(work, "long")).stdout
    assert "hits_total 1" in dumped and "miss_total 2" in dumped, dumped


def check_summaries(work):
    table = write(os.path.join(work, "summary.csv"), f"time,p50,p99,s,n\n{START_S},0.5,2,10,20\n{START_S + 15},0.75,3,30,40\n")
    mapping = write(os.path.join(work, "summary.yaml"), """version: 1
type_and_unit_labels: true
metrics:
  - {name: rpc, type: summary, quantiles: {"0.50": p50, "0.99": p99}, sum: s, count: n, unit: seconds}
""")
    out, wanted = os.path.join(work, "summary"), os.path.join(work, "summary-wanted")
    run(PROMFILL, "import", table, "--map", mapping, "--out", out, "--quiet")
    labels = {"__type__": "summary", "__unit__": "seconds"}
    series = {}
    for name, more, values in (("rpc", {"quantile": "0.5"}, [0.5, 0.75]), ("rpc", {"quantile": "0.99"}, [2, 3]),
                               ("rpc_sum", {}, [10, 30]), ("rpc_count", {}, [20, 40])):
        key = tuple(sorted({"__name__": name, **labels, **more}.items()))
        series[key] = [[(START_S + 15 * i) * 1000, value] for i, value in enumerate(values)]
    of_prometheus(series, wanted)
    assert blocks_of(out) == blocks_of(wanted)


def check_metadata(work):
    table = write(os.path.join(work, "meta.csv"), f"time,a,b1,n\n{START_S},1,1,2\n")
    out = os.path.join(work, "meta")

    def job(name, metrics, max_time):
        mapping = write(os.path.join(work, name + ".yaml"), "version: 1\nmetrics:\n" + metrics)
        return run(PROMFILL, "import", table, "--map", mapping, "--out", out, "--const", f"job={name}", "--max-time",
                   max_time).stderr

    job("one", """  - {column: a, type: gauge, help: Used, unit: percent, human_name: CPU}
  - {name: rpc_seconds, type: histogram, buckets: {"1": b1}, count: n, unit: seconds}
""", "2025-01-01T00:00:00Z")
    with open(os.path.join(out, ".promfill", "metadata.json")) as file:
        assert json.load(file) == {"version": 1, "metrics": {
            "a": {"type": "gauge", "help": "Used", "unit": "percent", "human_name": "CPU"},
            "rpc_seconds": {"type": "histogram", "unit": "seconds"}}}
    said = job("two", "  - {column: a, type: counter, unit: ratio}\n", "2025-01-02T00:00:00Z")
    assert "type of metric 'a' was 'gauge' in an earlier job, and is 'counter'" in said, said
    with open(os.path.join(out, ".promfill", "metadata.json")) as file:
        metrics = json.load(file)["metrics"]
    assert metrics["a"] == {"type": "counter", "help": "Used", "unit": "ratio", "human_name": "CPU"}, metrics
    assert metrics["rpc_seconds"]["type"] == "histogram", metrics
    for block in glob.glob(os.path.join(out, "01*")):
        assert sorted(os.listdir(block)) == ["chunks", "index", "meta.json", "tombstones"], os.listdir(block)


def main():
    with tempfile.TemporaryDirectory() as work:
        imported = check_histograms(work)
        check_answers(imported, work)
        check_rejects(work)
        check_rejected_rows(work)
        check_counters_and_labels(work)
        check_summaries(work)
        check_metadata(work)
    print("ok")


if __name__ == "__main__":
    main()
