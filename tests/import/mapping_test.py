#!/usr/bin/env python3
"""Mappings through the command line: however rows are laid out, named and timed, the series are those that were meant."""
import json
import math
import os
import sys
import tempfile
import zoneinfo
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq

from promfill_cli import blocks, content, run

PROMFILL = sys.argv[1]
START_S = 1_600_000_000
HOSTS = ("web01", "web02")
METRICS = ("cpu", "mem", "disk")


class Case:
    def __init__(self, work):
        self.work = work
        self.count = 0

    def path(self, name):
        self.count += 1
        return os.path.join(self.work, f"{self.count}-{name}")

    def parquet(self, columns):
        path = self.path("t.parquet")
        pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path)
        return path

    def text(self, name, text):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def mapping(self, yaml):
        return "--map", self.text("map.yaml", "version: 1\n" + yaml)

    def imported(self, source, *flags, status=0):
        """@return summary, rejects, directory of the blocks."""
        out = self.path("out")
        summary = out + ".json"
        done = run(PROMFILL, "import", source, "--out", out, "--summary", summary, "--created-at", "1700000000000", *flags, check=False)
        assert done.returncode == status, (flags, done.returncode, done.stdout, done.stderr)
        with open(summary) as f:
            report = json.load(f)
        told = ["written", "nulls", "rejected", "duplicates_merged", "duplicates_conflicting", "filtered", "out_of_window"]
        assert report["cells"] == sum(report[key] for key in told), report
        rejects = []
        if report.get("rejects_file"):
            with open(report["rejects_file"]) as f:
                rejects = [json.loads(line) for line in f]
        return report, rejects, out

    def refused(self, source, words, *flags, status=2):
        out = self.path("out")
        done = run(PROMFILL, "import", source, "--out", out, *flags, check=False)
        assert done.returncode == status, (flags, done.returncode, done.stderr)
        for word in words:
            assert word in done.stderr, (word, done.stderr)
        assert not os.path.exists(out)


def samples(out):
    """{series: {seconds: value}} as `promfill dump` prints it."""
    found = {}
    for line in run(PROMFILL, "dump", out, "--format", "jsonl").stdout.splitlines():
        row = json.loads(line)
        labels = dict(row["labels"])
        name = labels.pop("__name__")
        key = name + "{" + ",".join(f'{k}="{v}"' for k, v in sorted(labels.items())) + "}"
        found.setdefault(key, {})[row["t"] / 1000] = math.nan if str(row["v"]).startswith("0x") else float(row["v"])
    return found


def wide_rows(count=400):
    return [(START_S + 15 * i, host, (i / 4, i * 1000 + len(host), None if i % 7 == 0 else i % 5)) for i in range(count) for host in HOSTS]


def wide_table():
    rows = wide_rows()
    columns = {"t": [t for t, _, _ in rows], "host": [h for _, h, _ in rows]}
    for m, name in enumerate(METRICS):
        columns[name] = pa.array([values[m] for _, _, values in rows], pa.float64())
    return columns


def long_tables_are_wide_tables(case):
    wide = wide_table()
    _, _, expected = case.imported(case.parquet(wide), "--timestamp", "t:s", "--prefix", "node_")
    cells = [(t, h, name, v) for t, h, values in wide_rows() for name, v in zip(METRICS, values)]
    columns = {"t": [c[0] for c in cells], "host": [c[1] for c in cells], "what": [c[2] for c in cells],
               "value": pa.array([c[3] for c in cells], pa.float64())}
    long = case.parquet(columns)
    report, _, out = case.imported(long, "--timestamp", "t:s", "--long", "what=value", "--prefix", "node_")
    assert content(out) == content(expected), "long and wide"
    assert report["cells"] == len(cells) and report["nulls"] == sum(c[3] is None for c in cells), report
    csv = case.text("long.csv", "t,host,what,value\n" + "".join(f"{t},{h},{m},{'' if v is None else v}\n" for t, h, m, v in cells))
    _, _, out = case.imported(csv, *case.mapping("timestamp: {column: t}\nprefix: node_\nlong: {name_column: what, value_column: value}\n"))
    assert content(out) == content(expected), "long CSV and wide Parquet"
    # By dictionary, and with the names of metrics made by rules.
    columns["what"] = pa.array(columns["what"]).dictionary_encode()
    rules = case.text("rules.yml", "- {source_labels: [__name__], target_label: __name__, replacement: node_$1}\n")
    _, _, out = case.imported(case.parquet(columns), "--timestamp", "t:s", "--long", "what=value", "--relabel", rules)
    assert content(out) == content(expected), "named by rules"
    case.refused(long, ["either metrics or a long table"], "--timestamp", "t:s", "--long", "what=value", "--metric", "value")
    case.refused(long, ["'wat'", "did you mean 'what'?"], "--timestamp", "t:s", "--long", "wat=value")


def rules_make_series(case):
    source = case.parquet(wide_table())
    rules = """relabel_configs:
  - {source_labels: [__name__], regex: disk, action: drop}
  - {source_labels: [host], regex: "web(\\\\d+)", target_label: instance, replacement: "w$1:9100"}
  - {regex: host, action: labeldrop}
"""
    report, rejects, out = case.imported(source, *case.mapping("timestamp: {column: t, unit: s}\n" + rules))
    disk = sum(values[2] is not None for _, _, values in wide_rows())
    assert report["filtered"] == disk and not rejects and report["series"] == 4, report
    assert sorted(samples(out)) == ['cpu{instance="w01:9100"}', 'cpu{instance="w02:9100"}', 'mem{instance="w01:9100"}',
                                    'mem{instance="w02:9100"}'], samples(out).keys()
    # Threads and the order of decoding don't show.
    for threads in ("1", "2"):
        _, _, again = case.imported(source, "--timestamp", "t:s", "--relabel", case.text("rules.yml", rules), "--threads", threads)
        assert content(again) == content(out)
    # Two series that become one are duplicates, by the policy and in the order of rows.
    one = ("--timestamp", "t:s", "--metric", "cpu=mem", "--relabel", case.text("one.yml", "- {regex: host, action: labeldrop}\n"))
    report, _, out = case.imported(source, *one)
    assert report["duplicates_merged"] == 400 and report["written"] == 400 and report["series"] == 1, report
    table = wide_table()
    table["cpu"] = pa.array(range(len(table["t"])), pa.float64())
    source = case.parquet(table)
    one = ("--timestamp", "t:s", "--metric", "cpu", "--relabel", one[-1])
    for policy, last in (("keep-last", 1), ("keep-first", 0)):
        report, _, out = case.imported(source, *one, "--on-duplicate", policy)
        assert report["duplicates_conflicting"] == 400 and report["written"] == 400, report
        assert samples(out)["cpu{}"] == {START_S + 15 * i: 2 * i + last for i in range(400)}
    # What rules leave unusable is rejected, not lost.
    report, rejects, _ = case.imported(source, "--timestamp", "t:s", "--metric", "cpu", "--relabel",
                                       case.text("bad.yml", "- {regex: __name__, action: labeldrop}\n"), status=3)
    assert report["rejected_by_reason"] == {"relabelled_without_name": 800} and rejects[0]["column"] == "cpu", report
    case.refused(source, [".yml:1:22", "unknown relabel action 'dorp'"], "--relabel", case.text("bad.yml", "- {regex: a, action: dorp}\n"))


def labels_out_of_texts(case):
    paths = ["servers.web01.cpu.user", "servers.web02.cpu.user", "routers.r1", "servers.web01.cpu.idle"]
    columns = {"t": [START_S + i for i in range(4)], "path": paths, "v": [1.0, 2.0, 3.0, 4.0]}
    split = 'labels_from: [{column: path, regex: "servers\\\\.(?P<host>[^.]+)\\\\.cpu\\\\.(?P<mode>.*)"}]\n'
    report, rejects, out = case.imported(case.parquet(columns), *case.mapping("timestamp: {column: t, unit: s}\n" + split), status=3)
    assert report["rejected_by_reason"] == {"unmatched_label": 1}, report
    assert rejects[0]["row"] == 3 and rejects[0]["value"] == "routers.r1" and rejects[0]["column"] == "path", rejects
    assert samples(out) == {'v{host="web01",mode="user"}': {START_S: 1}, 'v{host="web02",mode="user"}': {START_S + 1: 2},
                            'v{host="web01",mode="idle"}': {START_S + 3: 4}}, samples(out)
    tags = ['{"dc": "eu", "rack": 7}', "{}", "not json", '{"nested": {"a": 1}}']
    columns = {"t": columns["t"], "tags": tags, "v": columns["v"]}
    report, _, out = case.imported(case.parquet(columns), "--timestamp", "t:s", *case.mapping("labels_from: [{column: tags, json: true}]\n"),
                                   status=3)
    assert report["rejected_by_reason"] == {"invalid_json_labels": 2}, report
    assert samples(out) == {'v{dc="eu",rack="7"}': {START_S: 1}, "v{}": {START_S + 1: 2}}, samples(out)
    # A label of one metric alone.
    columns = {"t": [START_S, START_S + 1], "host": ["a", "a"], "code": [200, 500], "hits": [1.0, 2.0], "load": [3.0, 4.0]}
    yaml = """timestamp: {column: t, unit: s}
labels: {host: {column: host}}
metrics:
  - {column: load}
  - {column: hits, name: hits_total, type: counter, labels: {code: {column: code}, kind: {value: web}}}
"""
    _, _, out = case.imported(case.parquet(columns), *case.mapping(yaml))
    assert samples(out) == {'load{host="a"}': {START_S: 3, START_S + 1: 4}, 'hits_total{code="200",host="a",kind="web"}': {START_S: 1},
                            'hits_total{code="500",host="a",kind="web"}': {START_S + 1: 2}}, samples(out)


def external_labels(case):
    source = case.parquet({"t": [START_S], "v": [1.0]})
    _, _, plain = case.imported(source, "--timestamp", "t:s")
    _, _, out = case.imported(source, "--timestamp", "t:s", "--external-label", "replica=a", "--external-label", "cluster=eu=1")
    with open(os.path.join(blocks(out)[0], "meta.json")) as f:
        meta = json.load(f)
    assert meta["thanos"] == {"version": 1, "labels": {"cluster": "eu=1", "replica": "a"}, "downsample": {"resolution": 0},
                              "source": "promfill"}, meta
    assert list(meta) == ["ulid", "minTime", "maxTime", "stats", "compaction", "version", "thanos"], meta
    assert samples(out) == samples(plain) == {"v{}": {START_S: 1}}, "never into series"
    run(PROMFILL, "verify", blocks(out)[0])
    for bad in ("cluster", "cluster=", "1a=b", "=b"):
        case.refused(source, ["--external-label", "NAME=VALUE"], "--timestamp", "t:s", "--external-label", bad)
    case.refused(source, ["--external-label"], "--timestamp", "t:s", "--external-label", "a=1", "--external-label", "a=2")


def policies(case):
    columns = {"t": pa.array([START_S + i for i in range(4)]), "host": ["a", "", None, "b"],
               "v": pa.array([float("nan"), 1.0, None, 2.0]),
               "n": pa.array([2**53 + 1, 2**53, None, 7], pa.int64()), "u": pa.array([2**64 - 1, 2**63, 0, None], pa.uint64())}
    source = case.parquet(columns)
    report, _, out = case.imported(source, "--timestamp", "t:s")
    assert report["written"] == 9 and report["nulls"] == 3 and report["rejected"] == 0, report
    found = samples(out)
    assert found['n{host="a"}'] == {START_S: 2.0**53} and found['u{host="a"}'] == {START_S: 2.0**64}, found
    assert found["u{}"] == {START_S + 1: 2.0**63, START_S + 2: 0}, found
    report, _, _ = case.imported(source, "--timestamp", "t:s", "--nan", "null")
    assert report["nulls"] == 4 and report["written"] == 8, report
    report, rejects, _ = case.imported(source, "--timestamp", "t:s", "--inexact", "reject", status=3)
    assert report["rejected_by_reason"] == {"inexact_value": 2}, report
    assert {(r["column"], r["value"]) for r in rejects} == {("n", str(2**53 + 1)), ("u", str(2**64 - 1))}, rejects
    report, _, _ = case.imported(source, "--timestamp", "t:s", "--null-label", "reject", status=3)
    assert report["rejected_by_reason"] == {"null_label": 4} and report["written"] == 5, report
    for flag in ("--nan", "--inexact", "--null-label"):
        case.refused(source, [flag, "unknown policy 'maybe'"], "--timestamp", "t:s", flag, "maybe")


def local_times(case):
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    # A quarter of an hour each, from before the gap of March to after the fold of October.
    for begin in (datetime(2020, 3, 29, 0, 0), datetime(2020, 10, 25, 0, 0)):
        local = [begin + timedelta(minutes=15 * i) for i in range(20)]
        skipped = [t for t in local if t.astimezone(timezone.utc).timestamp() is not None and
                   t.replace(tzinfo=berlin).astimezone(timezone.utc).astimezone(berlin).replace(tzinfo=None) != t]
        twice = [t for t in local if t not in skipped and
                 t.replace(tzinfo=berlin, fold=0).utcoffset() != t.replace(tzinfo=berlin, fold=1).utcoffset()]
        assert len(skipped) + len(twice) == 4, (skipped, twice)
        sources = [case.parquet({"at": pa.array(local, pa.timestamp(unit)), "v": [float(i) for i in range(20)]}) for unit in ("s", "ns")]
        sources.append(case.parquet({"at": [t.isoformat(" ") for t in local], "v": [float(i) for i in range(20)]}))
        sources.append(case.text("local.csv", "at,v\n" + "".join(f"{t.isoformat()},{i}.0\n" for i, t in enumerate(local))))
        for policy, fold in (("reject", None), ("earlier", 0), ("later", 1)):
            expected = {}
            for i, t in enumerate(local):
                if t in skipped or (t in twice and fold is None):
                    continue
                expected[t.replace(tzinfo=berlin, fold=fold or 0).timestamp()] = i
            bad = len(local) - len(expected)
            reason = "nonexistent_timestamp" if skipped else "ambiguous_timestamp"
            bytes_of_all = set()
            for source in sources:
                report, rejects, out = case.imported(source, "--timestamp", "at", "--timezone", "Europe/Berlin", "--ambiguous", policy,
                                                     "--metric", "v", *case.mapping("labels: {}\n"), "--block-duration", "2h",
                                                     status=3 if bad else 0)
                assert report["rejected_by_reason"] == ({reason: bad} if bad else {}), report
                assert samples(out) == {"v{}": expected}, (source, policy, samples(out))
                assert all(r["column"] == "at" for r in rejects)
                bytes_of_all.add(json.dumps([sorted((k, str(v)) for k, v in b.items()) for b in content(out)]))
            assert len(bytes_of_all) == 1, "the same bytes from every kind of column"
    # Without a zone it is UTC, and a zone that a text names counts.
    source = case.parquet({"at": ["2020-10-25 02:30:00", "2020-10-25T02:30:00+02:00"], "v": [1.0, 2.0]})
    _, _, out = case.imported(source, "--timestamp", "at", "--timezone", "-05:00", "--metric", "v", "--label", "x=at")
    times = sorted(t for series in samples(out).values() for t in series)
    assert times == [datetime(2020, 10, 25, 0, 30, tzinfo=timezone.utc).timestamp(), datetime(2020, 10, 25, 7, 30, tzinfo=timezone.utc).timestamp()], times
    case.refused(source, ["unknown time zone 'Europe/Berln'", "did you mean 'Europe/Berlin'?"], "--timestamp", "at", "--timezone", "Europe/Berln")
    case.refused(source, ["--ambiguous first", "earlier, later or reject"], "--timestamp", "at", "--ambiguous", "first")


def two_columns(case):
    days = [date(2020, 3, 1) + timedelta(days=i // 4) for i in range(12)]
    clocks = [time(6 * (i % 4), 30, 15) for i in range(12)]
    expected = {datetime.combine(d, c, timezone.utc).timestamp(): float(i) for i, (d, c) in enumerate(zip(days, clocks))}
    values = [float(i) for i in range(12)]
    sources = []
    for day in (pa.array(days, pa.date32()), pa.array([d.isoformat() for d in days])):
        for clock in (pa.array(clocks, pa.time32("s")), pa.array(clocks, pa.time64("us")), pa.array([str(c) for c in clocks])):
            sources.append(case.parquet({"day": day, "clock": clock, "v": values}))
    sources.append(case.text("two.csv", "day,clock,v\n" + "".join(f"{d},{c},{v}\n" for d, c, v in zip(days, clocks, values))))
    for source in sources:
        _, _, out = case.imported(source, "--timestamp", "day", "--time-of-day", "clock", "--metric", "v", *case.mapping("labels: {}\n"))
        assert samples(out) == {"v{}": expected}, (source, samples(out))
    odd = "day;clock;v\n" + "".join(f"{d:%d.%m.%Y};{c:%H%M%S};{v}\n" for d, c, v in zip(days, clocks, values))
    yaml = "timestamp: {column: day, time_column: clock, unit: '%d.%m.%Y %H%M%S'}\nlabels: {}\n"
    _, _, out = case.imported(case.text("odd.csv", odd), *case.mapping(yaml))
    assert samples(out) == {"v{}": expected}, samples(out)
    case.refused(sources[0], ["column of times of day 'v'", "12:30"], "--timestamp", "day", "--time-of-day", "v", "--metric", "v")
    case.refused(sources[0], ["--time-of-day clock"], "--time-of-day", "clock")


def patterns(case):
    moments = [datetime(2020, 2, 28, 21, 59, 58, tzinfo=timezone.utc) + timedelta(hours=5 * i, milliseconds=i) for i in range(10)]
    expected = {t.timestamp(): float(i) for i, t in enumerate(moments)}
    for pattern in ("%d.%m.%Y %H:%M:%S.%f", "%Y%m%d%H%M%S.%f", "%d/%b/%Y:%H:%M:%S.%f %z", "%m/%d/%y %I:%M:%S.%f %p", "%Y-%j %T.%f"):
        texts = [t.strftime(pattern.replace("%T", "%H:%M:%S")) for t in moments]
        csv = case.text("p.csv", "at;v\n" + "".join(f"{t};{i}.0\n" for i, t in enumerate(texts)))
        for source in (case.parquet({"at": texts, "v": [float(i) for i in range(10)]}), csv):
            _, _, out = case.imported(source, "--timestamp", f"at:{pattern}", "--metric", "v", *case.mapping("labels: {}\n"))
            assert samples(out) == {"v{}": expected}, (pattern, samples(out))
    # Digits that a table takes for a number, leading zeros and all; and a layout that looks like another one.
    for pattern, texts, at in (("%Y%m%d", ["20200301", "20200302"], [1583020800, 1583107200]), ("%d%m%y", ["010320", "020320"], [1583020800, 1583107200]),
                               ("%Y-%d-%m", ["2020-01-03", "2020-02-03"], [1583020800, 1583107200])):
        csv = case.text("p.csv", "at,v\n" + "".join(f"{t},{i}.0\n" for i, t in enumerate(texts)))
        _, _, out = case.imported(csv, "--timestamp", f"at:{pattern}", "--metric", "v", *case.mapping("labels: {}\n"))
        assert samples(out) == {"v{}": {at[0]: 0, at[1]: 1}}, (pattern, samples(out))
    # Numbers that are texts.
    source = case.parquet({"at": ["1600000000", "1600000000.5", "", "never"], "v": [1.0, 2.0, 3.0, 4.0]})
    report, rejects, out = case.imported(source, "--timestamp", "at:s", "--metric", "v", *case.mapping("labels: {}\n"), status=3)
    assert report["rejected_by_reason"] == {"null_timestamp": 1, "invalid_timestamp": 1}, report
    assert rejects[1]["value"] == "never" and samples(out) == {"v{}": {1600000000: 1, 1600000000.5: 2}}, rejects
    case.refused(source, ["most of the first rows can't be read", "--timestamp at:s"], "--timestamp", "at", "--metric", "v", status=1)
    german = case.parquet({"at": ["31.12.2020 10:00", "31.12.2020 11:00"], "v": [1.0, 2.0]})
    case.refused(german, ["'31.12.2020 10:00'", "--timestamp 'at:%d.%m.%Y %H:%M'"], "--timestamp", "at", "--metric", "v", status=1)
    case.refused(german, ["does not tell the day"], "--timestamp", "at:%H:%M")
    source = case.parquet({"at": ["2020-03-01T00:00:00Z", "2020-03-01T00:00:01"], "v": [1.0, 2.0]})
    report, _, _ = case.imported(source, "--timestamp", "at:rfc3339", "--metric", "v", *case.mapping("labels: {}\n"), status=3)
    assert report["rejected_by_reason"] == {"invalid_timestamp": 1}, report


def every_type(case):
    """Each Arrow type as a value, as a label and as time, where it can be one."""
    at = datetime(2020, 3, 1, tzinfo=timezone.utc)
    naive = at.replace(tzinfo=None)
    values = {"i8": (pa.int8(), -7, -7), "u8": (pa.uint8(), 200, 200), "i16": (pa.int16(), -300, -300), "u16": (pa.uint16(), 60000, 60000),
              "i32": (pa.int32(), -70000, -70000), "u32": (pa.uint32(), 2**32 - 1, 2**32 - 1), "i64": (pa.int64(), -2**40, -2**40),
              "u64": (pa.uint64(), 2**63, 2.0**63), "f16": (pa.float16(), 1.5, 1.5), "f32": (pa.float32(), 0.25, 0.25), "f64": (pa.float64(), 0.1, 0.1),
              "truth": (pa.bool_(), True, 1), "d128": (pa.decimal128(20, 3), Decimal("12.345"), 12.345),
              "d256": (pa.decimal256(50, 3), Decimal("-0.001"), -0.001), "moment": (pa.timestamp("ms", "UTC"), at, at.timestamp()),
              "day": (pa.date32(), at.date(), at.timestamp()), "took": (pa.duration("ms"), timedelta(seconds=2.5), 2.5),
              "clock": (pa.time64("us"), time(1, 0, 0), 3600), "coded": (pa.dictionary(pa.int8(), pa.int64()), 42, 42)}
    columns = {"t": pa.array([START_S])}
    for name, (kind, value, _) in values.items():
        if name == "coded":
            columns[name] = pa.array([value], pa.int64()).dictionary_encode()
        else:
            columns[name] = pa.array([value], kind)
    flags = [part for name in values for part in ("--metric", name)]
    _, _, out = case.imported(case.parquet(columns), "--timestamp", "t:s", *case.mapping("labels: {}\n"), *flags)
    assert samples(out) == {f"{name}{{}}": {START_S: float(value)} for name, (_, _, value) in values.items()}, samples(out)
    labels = {"i8": (pa.int8(), -7, "-7"), "u64": (pa.uint64(), 2**64 - 1, str(2**64 - 1)), "f32": (pa.float32(), 0.5, "0.5"), "truth": (pa.bool_(), True, "true"),
              "text": (pa.string(), "a", "a"), "large": (pa.large_string(), "b", "b"), "view": (pa.string_view(), "c", "c"),
              "coded": (pa.dictionary(pa.int32(), pa.string()), "d", "d"), "money": (pa.decimal128(20, 2), Decimal("1.50"), "1.5")}
    columns = {"t": pa.array([START_S]), "v": pa.array([1.0])}
    for name, (kind, value, _) in labels.items():
        columns[name] = pa.array([value], pa.string()).dictionary_encode() if name == "coded" else pa.array([value], kind)
    flags = [part for name in labels for part in ("--label", name)]
    _, _, out = case.imported(case.parquet(columns), "--timestamp", "t:s", *flags, "--metric", "v")
    expected = "v{" + ",".join(f'{name}="{text}"' for name, (_, _, text) in sorted(labels.items())) + "}"
    assert samples(out) == {expected: {START_S: 1}}, samples(out)
    for name, (kind, value) in {"s": (pa.int32(), 1583020800), "u64": (pa.uint64(), 1583020800), "f": (pa.float64(), 1583020800.0), "day": (pa.date32(), at.date()), "day64": (pa.date64(), at.date()),
                                "naive": (pa.timestamp("us"), naive), "zoned": (pa.timestamp("ns", "America/New_York"), at), "text": (pa.large_string(), "2020-03-01")}.items():
        source = case.parquet({name: pa.array([value], kind), "v": [1.0]})
        _, _, out = case.imported(source, "--timestamp", name, "--metric", "v", *case.mapping("labels: {}\n"))
        assert samples(out) == {"v{}": {1583020800: 1}}, (name, samples(out))
    source = case.parquet({"t": [START_S], "v": [1.0], "list": [[1, 2]]})
    case.refused(source, ["metric column 'list'", "list<"], "--timestamp", "t:s", "--metric", "list")
    case.refused(source, ["label column 'list'", "list<"], "--timestamp", "t:s", "--label", "list", "--metric", "v")
    case.refused(source, ["time column 'list'", "list<"], "--timestamp", "list", "--metric", "v")


def members_of_structs(case):
    rows = [{"host": {"name": "a", "rack": {"row": 1}}, "load": {"one": 1.0, "five": None}, "n": 1}, {"host": None, "load": {"one": 2.0, "five": 5.0}, "n": 2},
            {"host": {"name": "b", "rack": None}, "load": None, "n": 3}]
    source = case.parquet(pa.table({"t": [START_S + i for i in range(3)], "host": [r["host"] for r in rows], "load": [r["load"] for r in rows],
                                    "n": [r["n"] for r in rows]}))
    _, _, out = case.imported(source, "--timestamp", "t:s", "--label", "host=host.name", "--label", "row=host.rack.row", "--metric", "load1=load.one",
                              "--metric", "load5=load.five", "--metric", "n")
    assert samples(out) == {'load1{host="a",row="1"}': {START_S: 1}, "load1{}": {START_S + 1: 2}, "load5{}": {START_S + 1: 5},
                            'n{host="a",row="1"}': {START_S: 1}, "n{}": {START_S + 1: 2}, 'n{host="b"}': {START_S + 2: 3}}, samples(out)
    _, _, out = case.imported(source, "--timestamp", "t:s")
    assert sorted(samples(out)) == ['host_rack_row{host_name="a"}', "load_five{}", 'load_one{host_name="a"}', "load_one{}", 'n{host_name="a"}',
                                    'n{host_name="b"}', "n{}"], samples(out)


def blocks_verify_against_their_rows(case):
    wide = case.parquet(wide_table())
    rules = case.text("rules.yml", "- {source_labels: [__name__], regex: disk, action: drop}\n- {regex: host, action: labeldrop}\n")
    begin = datetime(2020, 10, 25, 0, 0)
    local = case.parquet({"at": [(begin + timedelta(minutes=15 * i)).isoformat() for i in range(20)], "v": [float(i) for i in range(20)]})
    for source, flags in ((wide, ("--timestamp", "t:s", "--relabel", rules)), (wide, ("--timestamp", "t:s", "--long", "host=cpu")),
                          (local, ("--timestamp", "at", "--timezone", "Europe/Berlin", "--ambiguous", "earlier", "--metric", "v", *case.mapping("labels: {}\n")))):
        _, _, out = case.imported(source, *flags)
        done = run(PROMFILL, "verify", out, "--against", source, *flags, check=False)
        assert done.returncode == 0, (flags, done.stdout, done.stderr)


def main():
    with tempfile.TemporaryDirectory() as work:
        case = Case(work)
        for test in (long_tables_are_wide_tables, rules_make_series, labels_out_of_texts, external_labels, policies, local_times, two_columns,
                     patterns, every_type, members_of_structs, blocks_verify_against_their_rows):
            test(case)
            print(test.__name__, "ok", flush=True)


if __name__ == "__main__":
    main()
