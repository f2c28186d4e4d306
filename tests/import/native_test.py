#!/usr/bin/env python3
"""Native histograms out of tables: a struct with members by their usual names, columns that the mapping names, JSON in
a CSV file, OpenTelemetry's, in order and shuffled and within little memory. The blocks are those that Prometheus's own
BlockWriter makes, and a Prometheus 3.14 gives the same answers over them as over the same samples that were sent to it.

native_test.py PROMFILL ORACLE PROMETHEUS
"""
import csv
import itertools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "differential"))
from promfill_cli import content, run  # noqa: E402
from random_histograms import Shape  # noqa: E402

PROMFILL, ORACLE, PROMETHEUS = sys.argv[1:4]
START_MS = 1_600_000_200_000
STEP_MS = 15_000
SPANS = pa.list_(pa.struct([("offset", pa.int32()), ("length", pa.uint32())]))


def histograms(rnd, floats, hosts, count):
    """(host, time, histogram as the oracle reads it), in order of time within each host."""
    for host in range(hosts):
        shape, t = Shape(rnd, floats), START_MS + host
        shape.gauge = False
        for _ in range(count):
            t += STEP_MS if rnd.random() < 0.95 else rnd.randrange(1, 900_000)
            shape.step()
            made = shape.sample()
            made.pop("hint", None)
            if not isinstance(made["sum"], (int, float)):
                made["sum"] = 1.5
            yield f"h{host}", t, made


def of_prometheus(series, out, *flags):
    """`series`: (labels, lines of samples)."""
    lines = []
    for labels, samples in series:
        lines += [json.dumps({"labels": labels} | sample) for sample in samples]
    subprocess.run([ORACLE, "write", "--out", out, *flags], input="\n".join(lines).encode(), check=True,
                   stdout=subprocess.DEVNULL)


def by_host(rows, name, kind):
    series = {}
    for host, t, made in rows:
        series.setdefault(host, []).append({"t": t, kind: made})
    return [({"__name__": name, "host": host}, samples) for host, samples in series.items()]


def spans(made, side):
    return [{"offset": offset, "length": length} for offset, length in made.get(side + "_spans", [])]


def write_struct(path, rows, floats):
    """A column "latency" with members by their usual names."""
    bucket = pa.float64() if floats else pa.int64()
    values = "counts" if floats else "deltas"
    type_ = pa.struct([("schema", pa.int32()), ("zero_threshold", pa.float64()), ("zero_count", bucket), ("count", bucket),
                       ("sum", pa.float64()), ("positive_spans", SPANS), ("positive_" + values, pa.list_(bucket)),
                       ("negative_spans", SPANS), ("negative_" + values, pa.list_(bucket)),
                       ("custom_values", pa.list_(pa.float64()))])
    cells = [{"schema": made["schema"], "zero_threshold": made["zero_threshold"], "zero_count": made["zero_count"],
              "count": made["count"], "sum": made["sum"], "positive_spans": spans(made, "positive"),
              "positive_" + values: made.get("positive_buckets", []), "negative_spans": spans(made, "negative"),
              "negative_" + values: made.get("negative_buckets", []), "custom_values": made.get("custom_values", [])}
             for _, _, made in rows]
    table = pa.table({"time": pa.array([t for _, t, _ in rows], pa.timestamp("ms", "UTC")),
                      "host": [host for host, _, _ in rows], "latency": pa.array(cells, type_)})
    pq.write_table(table, path, row_group_size=777)


def write_csv(path, rows):
    with open(path, "w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["time", "host", "scheme", "threshold", "zeros", "n", "total", "ps", "pd", "ns", "nd", "bounds"])
        for host, t, made in rows:
            out.writerow([t, host, made["schema"], repr(made["zero_threshold"]), made["zero_count"], made["count"],
                          repr(made["sum"]), json.dumps(made.get("positive_spans", [])),
                          json.dumps(made.get("positive_buckets", [])), json.dumps(made.get("negative_spans", [])),
                          json.dumps(made.get("negative_buckets", [])), json.dumps(made.get("custom_values", []))])


NAMED = """version: 1
timestamp: {column: time, unit: ms}
labels: {host: {column: host}}
metrics:
  - name: latency
    type: native_histogram
    schema: scheme
    zero_threshold: threshold
    zero_count: zeros
    count: n
    sum: total
    custom_bounds: bounds
    positive: {spans: ps, deltas: pd}
    negative: {spans: ns, deltas: nd}
"""
STRUCT = """version: 1
timestamp: {column: time}
labels: {host: {column: host}}
metrics: [{column: latency, type: native_histogram%s}]
"""


def check_tables(work):
    rnd = random.Random(3)
    for floats in (False, True):
        rows = list(histograms(rnd, floats, 5, 900))
        expected = os.path.join(work, f"expected-{floats}")
        of_prometheus(by_host(rows, "latency", "fh" if floats else "h"), expected)
        shuffled = rows[:]
        rnd.shuffle(shuffled)
        for order, some in (("ordered", rows), ("shuffled", shuffled)):
            path = os.path.join(work, f"{order}-{floats}.parquet")
            write_struct(path, some, floats)
            mapping = os.path.join(work, "struct.yaml")
            with open(mapping, "w") as file:
                file.write(STRUCT % (", counts: float" if floats else ""))
            for flags in ([], ["--memory-limit", "64MiB", "--threads", "1"]):
                check(work, path, mapping, expected, len(rows), f"{order} {floats} {flags}", flags)
        if floats:
            continue
        path, mapping = os.path.join(work, "t.csv"), os.path.join(work, "named.yaml")
        write_csv(path, shuffled)
        with open(mapping, "w") as file:
            file.write(NAMED)
        check(work, path, mapping, expected, len(rows), "CSV with JSON", [])
        # Through relabelling, where every cell is looked up by itself.
        with open(mapping, "a") as file:
            file.write("relabel_configs: [{source_labels: [nothing], target_label: nothing, replacement: ''}]\n")
        check(work, path, mapping, expected, len(rows), "relabelled", [])
        flag = ["--metric", "latency=latency:native_histogram", "--label", "host", "--timestamp", "time"]
        out = os.path.join(work, "flags")
        run(PROMFILL, "import", os.path.join(work, f"ordered-{floats}.parquet"), "--out", out, "--block-duration", "2h", *flag)
        assert files(out) == files(expected), "by flags"


def files(out):
    return [{name: bytes_ for name, bytes_ in block.items() if name != "meta"} for block in content(out)]


def check(work, path, mapping, expected, rows, what, flags):
    out, summary = os.path.join(work, "out"), os.path.join(work, "s.json")
    shutil.rmtree(out, ignore_errors=True)
    run(PROMFILL, "import", path, "--out", out, "--map", mapping, "--block-duration", "2h", "--summary", summary, *flags)
    assert files(out) == files(expected), what
    with open(summary) as file:
        said = json.load(file)
    assert said["cells"] == said["written"] == rows, (what, said)
    run(PROMFILL, "verify", out)
    run(PROMFILL, "verify", out, "--against", path, "--map", mapping)
    run(PROMFILL, "plan", path, "--map", mapping)


STALE = {"schema": 0, "zero_threshold": 0, "zero_count": 0, "count": 0, "sum": "stale"}


def with_markers(samples, kind, after_ms):
    before = None
    for sample in samples:
        if before is not None and before + after_ms < sample["t"]:
            yield {"t": before + after_ms, kind: STALE}
        yield sample
        before = sample["t"]
    yield {"t": before + after_ms, kind: STALE}


def check_staleness(work):
    """Markers at gaps and ends are histograms, as Prometheus makes them, also in the block behind the last sample."""
    for floats in (False, True):
        kind = "fh" if floats else "h"
        rows = [(host, t + 7_100_000 * int(host[1:]), made) for host, t, made in histograms(random.Random(13), floats, 4, 400)]
        expected = os.path.join(work, f"stale-expected-{floats}")
        series = [(labels, with_markers(samples, kind, 300_000)) for labels, samples in by_host(rows, "latency", kind)]
        of_prometheus(series, expected)
        random.Random(1).shuffle(rows)
        path, mapping = os.path.join(work, f"stale-{floats}.parquet"), os.path.join(work, "stale.yaml")
        write_struct(path, rows, floats)
        with open(mapping, "w") as file:
            file.write(STRUCT % (", counts: float" if floats else "") + "stale_after: 5m\n")
        out = os.path.join(work, f"stale-out-{floats}")
        run(PROMFILL, "import", path, "--out", out, "--map", mapping, "--block-duration", "2h")
        assert files(out) == files(expected), floats
        run(PROMFILL, "verify", out, "--against", path, "--map", mapping)


def check_otel(work):
    """Scale, offset and counts, as OpenTelemetry has them: what Prometheus's own receiver makes of such a point."""
    path, mapping = os.path.join(work, "otel.jsonl"), os.path.join(work, "otel.yaml")
    table = pa.table({"time": pa.array([START_MS, START_MS + 15_000], pa.timestamp("ms", "UTC")),
                      "h": [{"scale": 10, "count": 29, "sum": 3.5, "zero_count": 1,
                             "positive": {"offset": -5, "bucket_counts": [1, 2, 3, 4, 5, 6, 7, 0]},
                             "negative": {"offset": 0, "bucket_counts": []}}] * 2})
    path = os.path.join(work, "otel.parquet")
    pq.write_table(table, path)
    with open(mapping, "w") as file:
        file.write("version: 1\ntimestamp: {column: time}\nlabels: {}\nmetrics: [{column: h, name: otel, type: native_histogram}]\n")
    expected, out = os.path.join(work, "otel-expected"), os.path.join(work, "otel-out")
    made = {"schema": 8, "zero_threshold": 0, "zero_count": 1, "count": 29, "sum": 3.5, "positive_spans": [[-1, 3]],
            "positive_buckets": [1, 13, -1]}
    of_prometheus([({"__name__": "otel"}, [{"t": t, "h": made} for t in (START_MS, START_MS + 15_000)])], expected)
    run(PROMFILL, "import", path, "--out", out, "--map", mapping, "--block-duration", "2h")
    assert files(out) == files(expected)


def check_classic(work):
    """Classic buckets as custom bounds."""
    path, mapping = os.path.join(work, "classic.csv"), os.path.join(work, "classic.yaml")
    with open(path, "w") as file:
        file.write("time,a,b,c,all,total\n" + "".join(
            f"{START_MS + STEP_MS * i},{i},{2 * i},{2 * i},{3 * i},{i / 2}\n" for i in range(300)))
    with open(mapping, "w") as file:
        file.write("version: 1\ntimestamp: {column: time, unit: ms}\nlabels: {}\nmetrics:\n  - {name: rpc, type: native_histogram, "
                   'buckets: {"1": b, "0.1": a, "10": c, "+Inf": all}, sum: total}\n')
    expected, out = os.path.join(work, "classic-expected"), os.path.join(work, "classic-out")
    made = [{"t": START_MS + STEP_MS * i,
             "h": {"schema": -53, "zero_threshold": 0, "zero_count": 0, "count": 3 * i, "sum": i / 2, "custom_values": [0.1, 1, 10]} |
             ({"positive_spans": [[0, 4]], "positive_buckets": [i, 0, -i, i]} if i else {})} for i in range(300)]
    of_prometheus([({"__name__": "rpc"}, made)], expected)
    run(PROMFILL, "import", path, "--out", out, "--map", mapping, "--block-duration", "2h")
    assert files(out) == files(expected)


def check_rejects(work):
    path, mapping, out = os.path.join(work, "bad.csv"), os.path.join(work, "named.yaml"), os.path.join(work, "bad")
    rows = list(histograms(random.Random(5), False, 1, 6))
    rows[1][2]["count"] += 1
    rows[2][2]["schema"] = 9
    rows[3][2]["positive_spans"] = [[0, 99]]
    rows[4][2]["positive_buckets"] = [0.5]
    write_csv(path, rows)
    with open(mapping, "w") as file:
        file.write(NAMED)
    done = run(PROMFILL, "import", path, "--out", out, "--map", mapping, "--block-duration", "2h", check=False)
    assert done.returncode == 3, done.stderr
    rejects = [name for name in os.listdir(os.path.join(out, ".promfill")) if name.endswith(".rejects.jsonl")]
    with open(os.path.join(out, ".promfill", rejects[0])) as file:
        said = [json.loads(line) for line in file]
    assert [(one["row"], one["reason"]) for one in said] == [
        (3, "count_mismatch"), (4, "schema_out_of_range"), (5, "spans_do_not_fit"), (6, "not_whole")], said
    assert '"h0"' in json.dumps(said[0]), said[0]
    # What another histogram stands for is told.
    rows = list(histograms(random.Random(5), False, 1, 6))
    other = os.path.join(work, "other.csv")
    write_csv(other, rows)
    run(PROMFILL, "import", other, "--out", os.path.join(work, "good"), "--map", mapping, "--block-duration", "2h")
    rows[2][2]["sum"] += 1
    write_csv(other, rows)
    done = run(PROMFILL, "verify", os.path.join(work, "good"), "--against", other, "--map", mapping, check=False)
    assert done.returncode == 1 and "other.csv, row 4" in done.stdout + done.stderr, done.stdout + done.stderr


class Server:
    """A Prometheus over a copy of some blocks, or over nothing and ready to be written to."""

    def __init__(self, work, blocks=None):
        self.data = os.path.join(work, "data-" + os.path.basename(blocks or "ingested"))
        if blocks:
            shutil.copytree(blocks, self.data, ignore=shutil.ignore_patterns(".promfill"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        config = os.path.join(work, "prometheus.yml")
        with open(config, "w") as file:
            file.write("global: {}\n")
        self.url = f"http://127.0.0.1:{port}"
        self.log = open(self.data + ".log", "w+")
        self.process = subprocess.Popen(
            [PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={self.data}", "--storage.tsdb.retention.time=100y",
             "--web.enable-remote-write-receiver", f"--web.listen-address=127.0.0.1:{port}"], stdout=self.log, stderr=self.log)

    def __enter__(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(self.url + "/-/ready", timeout=5) as answer:
                    if answer.status == 200:
                        return self
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.log.seek(0)
        raise AssertionError("Prometheus does not come up:\n" + self.log.read()[-3000:])

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()

    def range(self, query, start_ms, end_ms, step_s):
        asked = urllib.parse.urlencode({"query": query, "start": start_ms / 1000, "end": end_ms / 1000, "step": step_s})
        with urllib.request.urlopen(f"{self.url}/api/v1/query_range?{asked}", timeout=60) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return sorted(said["data"]["result"], key=lambda one: json.dumps(one["metric"], sort_keys=True))


QUERIES = ["histogram_quantile(0.9, rate(latency[10m]))", "rate(latency[10m])", "increase(latency[20m])",
           "histogram_count(latency)", "histogram_sum(sum(latency))", "histogram_fraction(0, 1, latency)", "latency",
           "rate(requests_total[10m])", "increase(requests_total[20m])", "resets(requests_total[1h])", "requests_total"]


def check_answers(work):
    """The blocks of promfill against the same samples sent to a server, which ingested them itself."""
    rows = list(histograms(random.Random(9), False, 3, 1500))
    counters = [({"__name__": "requests_total", "host": host}, [{"t": t, "v": str(i * 7 % 1000)} for i, (_, t, _) in enumerate(of)])
                for host, of in itertools.groupby(rows, key=lambda row: row[0]) for of in [list(of)]]
    path, mapping = os.path.join(work, "answers.parquet"), os.path.join(work, "struct.yaml")
    write_struct(path, rows, False)
    table = pq.read_table(path)
    values = [float(sample["v"]) for _, samples in counters for sample in samples]
    pq.write_table(table.append_column("requests_total", pa.array(values)), path)
    with open(mapping, "w") as file:
        file.write((STRUCT % "").replace("metrics: [", "metrics: [{column: requests_total, type: counter}, "))
    ours = os.path.join(work, "ours")
    run(PROMFILL, "import", path, "--out", ours, "--map", mapping)  # of another block duration than the server's
    lines = [json.dumps({"labels": labels} | sample) for labels, samples in by_host(rows, "latency", "h") + counters
             for sample in samples]
    end_ms = max(t for _, t, _ in rows)
    with Server(work) as ingested, Server(work, ours) as got:
        subprocess.run([ORACLE, "remote-write", "--url", ingested.url + "/api/v1/write"], input="\n".join(lines).encode(), check=True)
        for query in QUERIES:
            said = ingested.range(query, START_MS, end_ms, 61)
            assert said and sum(len(one.get("values", one.get("histograms", []))) for one in said) > 50, query
            assert got.range(query, START_MS, end_ms, 61) == said, query


def main():
    with tempfile.TemporaryDirectory() as work:
        check_tables(work)
        check_staleness(work)
        check_otel(work)
        check_classic(work)
        check_rejects(work)
        check_answers(work)
    print("native histograms: the bytes of Prometheus from structs, columns, JSON and OpenTelemetry's, and its answers")


if __name__ == "__main__":
    main()
