#!/usr/bin/env python3
"""DuckDB and SQLite: queries over files, files of databases, every type, what a query may do, and how much memory."""
import datetime
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.compute  # noqa: F401
import pyarrow.csv as pacsv
import pyarrow.feather as feather
import pyarrow.orc as orc
import pyarrow.parquet as pq

import databases  # noqa: F401  finds the tests beside it
from promfill_cli import EXAMPLE, OFFSET_S, content, run

PROMFILL = sys.argv[1]
SANITIZED = "sanitized" in sys.argv  # whose shadow is memory, too
MIB = 1 << 20
DUCKDB = os.path.join(databases.ROOT, "build", "drivers", "libduckdb.so")
CREATED = ("--created-at", "2026-01-01T00:00:00Z")


def imported(out, *arguments, check=True, **options):
    return run(PROMFILL, "import", *arguments, "--out", out, "--summary", out + ".json", check=check, **options)


def ledger(out):
    with open(out + ".json") as file:
        return json.load(file)


def samples(out):
    return run(PROMFILL, "dump", out).stdout.splitlines()


def duckdb(path, *statements):
    import adbc_driver_manager.dbapi as dbapi
    with dbapi.connect(driver=DUCKDB, entrypoint="duckdb_adbc_init", db_kwargs={"path": path}, autocommit=True) as connection:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def real_files(work):
    """The Alibaba trace: a query over Parquet files gives the bytes of their import, the choice of blocks included."""
    files = os.path.join(EXAMPLE, "input", "*.parquet")
    flags = ("--timestamp", "timestamp:s", "--timestamp-offset", str(OFFSET_S), *CREATED)
    direct, asked = os.path.join(work, "direct"), os.path.join(work, "asked")
    imported(direct, files, *flags)
    said = imported(asked, files, "--query", "SELECT * FROM input", *flags)
    assert content(direct) and content(asked) == content(direct), said.stderr
    verified = run(PROMFILL, "verify", asked, "--against", files, *flags[:4])
    assert "OK: each cell" in verified.stdout
    parts = os.path.join(work, "parts")
    imported(parts, files, "--query", "SELECT * FROM input", "--time-slices", "6h", "--partition-by", "id", *flags)
    assert ledger(parts)["rows_read"] == ledger(direct)["rows_read"]
    blocks = os.path.join(work, "direct-blocks")
    imported(blocks, files, *flags, "--block-duration", "2h")
    imported(blocks + "-asked", files, "--query", "SELECT * FROM input", *flags, "--block-duration", "2h", "--time-slices", "1h")
    assert content(blocks) == content(blocks + "-asked")


def kinds_of_files(work):
    """CSV, JSON lines and directories of partitions, and several files by names."""
    rnd = random.Random(3)
    rows = pa.table({"ts": pa.array([1_700_000_000_000 + 15_000 * (i // 4) for i in range(4000)], pa.timestamp("ms", "UTC")),
                     "host": [f"h{i % 4}" for i in range(4000)], "load": [round(rnd.random() * 9, 3) for _ in range(4000)]})
    pq.write_table(rows, os.path.join(work, "rows.parquet"))
    wanted = os.path.join(work, "wanted")
    imported(wanted, os.path.join(work, "rows.parquet"), *CREATED)
    pacsv.write_csv(rows, os.path.join(work, "rows.csv"))
    with open(os.path.join(work, "rows.jsonl"), "w") as file:
        for row in rows.to_pylist():
            file.write(json.dumps({**row, "ts": row["ts"].isoformat()}) + "\n")
    for host in range(4):
        folder = os.path.join(work, "hive", f"host=h{host}")
        os.makedirs(folder)
        part = rows.filter(pa.compute.equal(rows["host"], f"h{host}")).drop_columns(["host"])
        pq.write_table(part, os.path.join(folder, "part.parquet"))
    feather.write_feather(rows.slice(0, 1500), os.path.join(work, "rows-1.feather"))
    feather.write_feather(rows.slice(1500), os.path.join(work, "rows-2.feather"))
    with pa.OSFile(os.path.join(work, "rows.arrows"), "wb") as file, pa.ipc.new_stream(file, rows.schema) as stream:
        stream.write_table(rows, max_chunksize=700)
    orc.write_table(rows, os.path.join(work, "rows.orc"))
    kinds = {"csv": "rows.csv", "json": "rows.jsonl", "hive": "hive", "feather": "rows-*.feather", "stream": "rows.arrows", "orc": "rows.orc"}
    for name, source in kinds.items():
        out = os.path.join(work, "kind-" + name)
        query = "SELECT ts::timestamptz AS ts, host, load FROM input"
        said = imported(out, os.path.join(work, source), "--query", query, *CREATED, "--block-duration", "2h")
        assert ledger(out)["written"] == 4000, said.stderr
        assert sorted(samples(out)) == sorted(samples(wanted)), name
    with open(os.path.join(work, "names.csv"), "w") as file:
        file.write("host,place\n" + "".join(f"h{i},room {i}\n" for i in range(3)))
    joined = os.path.join(work, "joined")
    query = os.path.join(work, "query.sql")
    with open(query, "w") as file:
        file.write("-- hosts that have a place; one row for each minute\nSELECT time_bucket(INTERVAL 1 minute, ts) AS ts, place, "
                   "max(load) AS peak\nFROM m JOIN names USING (host)\nGROUP BY ALL ORDER BY ALL;\n")
    imported(joined, "--input", "m=" + os.path.join(work, "rows.parquet"), "--input", "names=" + os.path.join(work, "names.csv"),
             "--query-file", query)
    assert ledger(joined)["series"] == 3 and ledger(joined)["written"] == 3 * 251, ledger(joined)
    peak = {}
    for row in rows.to_pylist():
        if row["host"] == "h1":
            minute = int(row["ts"].timestamp()) // 60 * 60
            peak[minute] = max(peak.get(minute, 0), row["load"])
    assert {line.rsplit(" ", 1)[1]: float(line.split(" ")[-2]) for line in samples(joined) if 'place="room 1"' in line} == {
        str(minute): value for minute, value in peak.items()}
    mixed = imported(os.path.join(work, "mixed"), os.path.join(work, "rows.csv"), os.path.join(work, "rows.jsonl"), "--query", "FROM input", check=False)
    assert mixed.returncode == 2 and "--input NAME=PATH" in mixed.stderr, mixed.stderr


def duckdb_types(work):
    """Each type as value, label or time, out of a file of DuckDB's own."""
    path = os.path.join(work, "kinds.db")
    duckdb(path, "CREATE TYPE mood AS ENUM ('sad', 'glad')", """CREATE TABLE kinds AS SELECT
        TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE AS naive, TIMESTAMPTZ '2024-01-01 00:00:00+00' + INTERVAL (i) MINUTE AS zoned,
        (TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP_S AS secs, (TIMESTAMP '2024-01-01' + INTERVAL (i) MINUTE)::TIMESTAMP_NS AS nanos,
        DATE '2024-01-01' AS day, 1704067200 + 60 * i AS epoch,
        i::TINYINT AS tiny, i::UBIGINT AS wide, i::HUGEINT AS huge, i / 4 AS frac, (i / 4)::FLOAT AS frac4,
        (i || '.125')::DECIMAL(20, 3) AS exact, INTERVAL (i) HOUR AS took, i % 2 = 0 AS yes,
        'sad'::mood AS feels, '00000000-0000-0000-0000-000000000001'::UUID AS id, '{"a": "x", "b": 2}'::JSON AS tags,
        {'room': 'r1', 'rack': 7} AS place, '101'::BIT AS bits, [1, 2] AS list, MAP {'k': 1} AS map
        FROM range(10) t(i)""")
    mapping = os.path.join(work, "kinds.yaml")
    values = ("tiny", "wide", "huge", "frac", "frac4", "exact", "took", "yes")
    labels = ("feels", "id", "place.room", "place.rack", "bits")
    for time in ("naive", "zoned", "secs", "nanos", "epoch"):
        with open(mapping, "w") as file:
            file.write(f"version: 1\ntimestamp: {{column: {time}}}\n"
                       "labels: {" + ", ".join(f"{name.replace('.', '_')}: {{column: {name}}}" for name in labels) + "}\n"
                       "labels_from: [{column: tags, json: true}]\n"
                       "metrics:\n" + "".join(f"- {{name: {name}, column: {name}}}\n" for name in values))
        out = os.path.join(work, "duck-" + time)
        imported(out, "duckdb:" + path, "--table", "kinds", "--map", mapping)
        found = samples(out)
        of_series = 'a="x",b="2",bits="101",feels="sad",id="00000000-0000-0000-0000-000000000001",place_rack="7",place_room="r1"'
        last = {"tiny": "9", "wide": "9", "huge": "9", "frac": "2.25", "frac4": "2.25", "exact": "9.125", "took": "32400", "yes": "0"}
        for name, value in last.items():
            wanted = f"{name}{{{of_series}}} {value} 1704067740"
            assert wanted in found, (wanted, [line for line in found if line.startswith(name)][-1:])
    assert not os.path.exists(path + ".wal")


def duckdb_limits(work):
    """A query only reads, loads nothing, and says in DuckDB's words what is wrong."""
    path = os.path.join(work, "kinds.db")
    out = os.path.join(work, "nothing")
    target = os.path.join(work, "written")
    cases = [
        (2, ("--query", f"COPY kinds TO '{target}'"), "begins with COPY", "--allow-any-statement"),
        (2, ("--query", "INSTALL httpfs"), "begins with INSTALL", ""),
        (1, ("--query", "SELECT * FROM nix"), "Table with name nix does not exist", "check the name"),
        (2, ("--query", "SELECT FROM WHERE"), "syntax error", "check the query"),
        (1, ("--query", "SELECT nix FROM kinds"), "nix", "check the columns"),
        (1, ("--table", "nix"), "nix", "check the name"),
        (1, ("--query", "SELECT naive, error('bad row') AS v FROM kinds"), "bad row", ""),
    ]
    for status, flags, words, way_out in cases:
        said = imported(out, "duckdb:" + path, *flags, check=False)
        last = said.stderr.strip().splitlines()[-1]
        assert said.returncode == status and words in last and way_out in last, (flags, said.returncode, last)
    assert not os.path.exists(target)
    wrote = imported(out, "duckdb:" + path, "--query", "DELETE FROM kinds", "--allow-any-statement", check=False)
    assert wrote.returncode != 0  # a statement without rows is no source, but it was passed on
    duckdb(path, "SELECT 1")
    loaded = imported(out, "duckdb::memory:", "--query", "SELECT * FROM read_parquet('s3://nowhere/x.parquet')", check=False)
    assert loaded.returncode == 1 and "httpfs" in loaded.stderr, loaded.stderr
    gone = imported(out, "duckdb:" + os.path.join(work, "gone.db"), "--table", "t", check=False)
    assert gone.returncode == 1 and "no such file" in gone.stderr and not os.path.exists(os.path.join(work, "gone.db"))
    for address in ("mysql://h/d", "snowflake://h/d"):
        missing = imported(out, address, "--table", "t", check=False)
        assert missing.returncode == 1 and "the driver is not installed" in missing.stderr and "--driver" in missing.stderr, missing.stderr
    named = os.path.join(work, "named")
    imported(named, "duckdb::memory:", "--query", "SELECT TIMESTAMP '2024-01-01' AS ts, 1 AS v", "--driver", os.path.realpath(DUCKDB))
    assert ledger(named)["written"] == 1
    for driver in ("libduckdb.so", os.path.join(work, "no.so")):
        refused = imported(out, "duckdb::memory:", "--query", "SELECT 1", "--driver", driver, check=False)
        assert refused.returncode in (1, 2) and "--driver" in refused.stderr, refused.stderr


def duckdb_memory(work):
    """Sorting more than the limit: DuckDB spills, and what is promfill's stays within it."""
    limit = 192 * MIB
    query = ("SELECT TIMESTAMP '2024-01-01' + INTERVAL (i // 50) SECOND AS ts, 'host-' || (i % 50) AS host, hash(i) % 1000 AS v, "
             "md5(i::VARCHAR) AS junk FROM range(3000000) t(i) ORDER BY hash(i)")
    out = os.path.join(work, "sorted")
    imported(out, "duckdb::memory:", "--query", query, "--label", "host", "--metric", "v", "--memory-limit", "192MiB", "--threads", "2",
             env={**os.environ, "TMPDIR": work})
    summary = ledger(out)
    assert summary["written"] == 3_000_000, summary["written"]
    peak = summary["peak_rss_bytes"]
    print(f"3 M rows sorted by DuckDB within {limit // MIB} MiB: {peak // MIB} MiB")
    assert SANITIZED or peak <= limit + 128 * MIB, peak  # 64 MiB of code, and of DuckDB what it doesn't count
    assert not [name for name in os.listdir(work) if name.startswith("promfill-duckdb")]


def sqlite_types(work):
    """Each row its own types: numbers among texts, nulls, texts as times."""
    path = os.path.join(work, "mixed.db")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE m (at TEXT, epoch INTEGER, host TEXT, v, w, big, note, only_null, raw)")
        start = datetime.datetime(2024, 1, 1)
        for i in range(3000):
            v = (i, i + 0.25, str(i) + ".5", None, "n/a")[i % 5]
            w = None if i < 2500 else i / 3  # nothing for longer than any driver looks ahead
            connection.execute("INSERT INTO m VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                               ((start + datetime.timedelta(seconds=15 * i)).strftime("%Y-%m-%d %H:%M:%S"), 1704067200 + 15 * i,
                                f"h{i % 3}", v, w, 2**53 + i if i % 2 else None, 7 if i < 10 else f"note {i % 2}", None, b"\x00\xff"))
    out = os.path.join(work, "mixed")
    said = imported(out, "sqlite:" + path, "--table", "m", "--timestamp", "at", "--label", "host", "--label", "raw", "--metric", "v",
                    "--metric", "w", "--metric", "big", check=False)
    found = ledger(out)
    assert said.returncode == 3 and found["rejected"] == 600 and found["nulls"] == 600 + 2500 + 1500, found
    assert found["written"] == 3 * 3000 - 600 - 600 - 2500 - 1500
    with open(run("sh", "-c", f"ls {out}/.promfill/*.rejects.jsonl").stdout.strip()) as file:
        reject = json.loads(file.readline())
    assert reject["row"] == 5 and "n/a" in json.dumps(reject), reject
    lines = samples(out)
    raw = 'host="h0",raw="00FF"'
    assert f"v{{{raw}}} 6.25 1704067290" in lines and f"v{{{raw}}} 12.5 1704067380" in lines, lines[:3]
    thirds = {line.split(" ")[1] for line in lines if line.startswith("w{")}
    assert repr(2501 / 3) in thirds and repr(2999 / 3) in thirds
    for name, flags in {"a": ("--time-slices", "2h"), "b": ("--partition-by", "host"), "c": ("--partition-by", "epoch", "--time-slices", "1h")}.items():
        divided = os.path.join(work, "mixed-" + name)
        imported(divided, "sqlite:" + path, "--table", "m", "--timestamp", "epoch:s", "--label", "host", "--label", "raw", "--metric", "v",
                 "--metric", "w", "--metric", "big", *flags, check=False)
        assert samples(divided) == lines and ledger(divided)["rejected"] == 600, name
    texts = imported(os.path.join(work, "texts"), "sqlite:" + path, "--table", "m", "--timestamp", "at", "--metric", "w", "--time-slices", "1h", check=False)
    assert texts.returncode == 2 and "unixepoch" in texts.stderr, texts.stderr
    attributes = os.path.join(work, "eav")
    imported(attributes, "sqlite:" + path, "--query", "SELECT epoch, host, 'load' AS what, w AS value FROM m WHERE w IS NOT NULL "
             "UNION ALL SELECT epoch, host, 'size', big FROM m WHERE big IS NOT NULL", "--timestamp", "epoch:s", "--long", "what=value")
    assert ledger(attributes)["series"] == 6 and ledger(attributes)["written"] == 500 + 1500
    with open(os.path.join(work, "no.db"), "w") as file:
        file.write("this is no database at all, " * 100)
    cases = [(("sqlite:" + path, "--table", "nix"), 1, "no such table: nix", "check the name"),
             (("sqlite:" + path, "--query", "SELECT nix FROM m"), 1, "no such column: nix", "check the columns"),
             (("sqlite:" + os.path.join(work, "no.db"), "--table", "m"), 1, "file is not a database", "check what file"),
             (("sqlite:" + path, "--query", "PRAGMA user_version = 7"), 2, "begins with PRAGMA", ""),
             (("sqlite:" + path, "--query", "SELECT * FROM m WHERE 0"), 2, "time", "--timestamp")]
    for arguments, status, words, way_out in cases:
        failed = imported(os.path.join(work, "nothing"), *arguments, check=False)
        last = failed.stderr.strip().splitlines()[-1]
        assert failed.returncode == status and words in last and way_out in last, (arguments, failed.returncode, last)


def main():
    with tempfile.TemporaryDirectory() as work:
        for test in (real_files, kinds_of_files, duckdb_types, duckdb_limits, duckdb_memory, sqlite_types):
            test(work)
    print("all is well")


if __name__ == "__main__":
    main()
