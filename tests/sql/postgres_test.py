#!/usr/bin/env python3
"""A real PostgreSQL as a source: its types, one query as many, lost connections, a killed promfill, and what goes wrong."""
import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

from databases import PASSWORD, USER, Postgres
from promfill_cli import content, run

PROMFILL = sys.argv[1]
ROWS = 400_000
FLAGS = ("--timestamp", "ts", "--label", "host", "--created-at", "2026-01-01T00:00:00Z")

MAKE = f"""CREATE TABLE metrics AS SELECT timestamptz '2024-01-01 00:00:00+00' + (i / 50) * interval '15 seconds' AS ts,
    'host-' || (i % 50) AS host, i % 50 AS number, round((100 * sin(i))::numeric, 2)::float8 AS cpu,
    (i * 7 % 1000)::float8 AS mem, CASE WHEN i % 11 > 0 THEN i::bigint END AS requests
    FROM generate_series(0, {ROWS - 1}) i"""


def imported(server, out, *arguments, check=True):
    return run(PROMFILL, "import", server.address, *arguments, "--out", out, "--summary", out + ".json", check=check,
               env=server.environment)


def written(out):
    """Names of blocks."""
    return [name for name in os.listdir(out) if len(name) == 26] if os.path.isdir(out) else []


def ledger(out):
    with open(out + ".json") as file:
        return json.load(file)


def whole_table(server, work):
    """What the others are held against; verified row by row."""
    out = os.path.join(work, "whole")
    imported(server, out, "--table", "metrics", *FLAGS, "--metric", "cpu", "--metric", "mem", "--metric", "requests",
             "--block-duration", "2h")
    found = ledger(out)
    assert found["rows_read"] == ROWS and found["cells"] == 3 * ROWS, found
    nulls = sum(1 for i in range(ROWS) if i % 11 == 0)
    assert found["nulls"] == nulls and found["written"] == 3 * ROWS - nulls, found
    verified = run(PROMFILL, "verify", out, "--against", server.address, "--table", "metrics", *FLAGS[:4], "--metric", "cpu",
                   "--metric", "mem", "--metric", "requests", env=server.environment)
    assert "OK: each cell" in verified.stdout, verified.stdout
    return content(out)


METRICS = ("--metric", "cpu", "--metric", "mem", "--metric", "requests", "--block-duration", "2h")


def divided(server, work, wanted):
    """One query as many: the same bytes, every row once."""
    ways = {"slices": ("--time-slices", "3h"), "range": ("--partition-by", "number"), "hash": ("--partition-by", "host"),
            "moments": ("--partition-by", "ts"), "both": ("--time-slices", "1d", "--partition-by", "host"),
            "query": ("--time-slices", "6h", "--threads", "4")}
    for name, flags in ways.items():
        out = os.path.join(work, name)
        source = ("--query", "SELECT * FROM metrics ORDER BY host -- for humans") if name == "query" else ("--table", "metrics")
        said = imported(server, out, *source, *FLAGS, *METRICS, *flags)
        assert ledger(out)["rows_read"] == ROWS, name
        assert content(out) == wanted, name
        assert ("the query is run" in said.stderr) == ("--time-slices" in flags), said.stderr
    said = imported(server, os.path.join(work, "early"), "--table", "metrics", *FLAGS, *METRICS, "--time-slices", "1h", "--memory-limit", "64MiB")
    assert content(os.path.join(work, "early")) == wanted, said.stderr


def nulls_in_divisions(server, work):
    """Rows without a time or a part are in exactly one piece."""
    server.execute("CREATE TABLE holes AS SELECT CASE WHEN i % 7 > 0 THEN timestamp '2024-01-01' + i * interval '1 minute' END AS ts, "
                   "CASE WHEN i % 5 > 0 THEN 'h' || i % 3 END AS host, CASE WHEN i % 4 > 0 THEN i % 90 END AS number, i AS v "
                   "FROM generate_series(1, 5000) i")
    for name, flags in {"a": (), "b": ("--time-slices", "1h"), "c": ("--partition-by", "number"),
                        "d": ("--partition-by", "host", "--time-slices", "1d")}.items():
        out = os.path.join(work, "holes-" + name)
        imported(server, out, "--table", "holes", *FLAGS, "--metric", "v", *flags, check=False)
        found = ledger(out)
        assert found["rows_read"] == 5000 and found["rejected"] == 5000 // 7, (name, found)
        assert found["written"] + found["duplicates_merged"] + found["duplicates_conflicting"] + found["rejected"] == 5000, found


def lost_connection(server, work, wanted):
    """A session is terminated while it sends rows: the job ends as if nothing had happened, and says it."""
    for name, flags in {"one": (), "slices": ("--time-slices", "1d")}.items():
        for attempt in range(5):
            out = os.path.join(work, f"lost-{name}-{attempt}")
            killed = []
            killer = threading.Thread(target=lambda: killed.append(server.kill_readers(1000, 20)))
            killer.start()
            said = imported(server, out, "--table", "metrics", *FLAGS, *METRICS, *flags)
            killer.join()
            assert ledger(out)["rows_read"] == ROWS and content(out) == wanted, (name, said.stderr)
            if killed == [True] and "reading went on" in said.stderr:
                break
        else:
            raise AssertionError(f"{name}: no session could be terminated in the middle")


def restarted_server(server, work, wanted):
    """The server itself goes away while rows come, and the snapshot with it."""
    out = os.path.join(work, "restarted")
    restarted = []

    def restart():
        server.stop()
        server.start()
        restarted.append(True)

    def watch():
        try:
            server.kill_readers(then=restart)
        except Exception:  # its own session ends, too
            assert restarted

    watching = threading.Thread(target=watch)
    watching.start()
    said = imported(server, out, "--table", "metrics", *FLAGS, *METRICS, "--time-slices", "3h")
    watching.join()
    assert restarted and "reading went on" in said.stderr, said.stderr
    assert ledger(out)["rows_read"] == ROWS and content(out) == wanted, said.stderr


def dropped_column(server, work):
    """The table is changed while a lost connection is tried again: nothing is written, and it is said why."""
    server.execute("CREATE TABLE changing AS SELECT ts, host, cpu, mem FROM metrics LIMIT 10000")
    slowly = "SELECT ts, host, cpu, mem FROM changing WHERE pg_sleep(0.0001)::text = ''"
    for attempt in range(5):
        out = os.path.join(work, f"dropped-{attempt}")
        server.execute("ALTER TABLE changing ADD COLUMN IF NOT EXISTS cpu float8 DEFAULT 1")
        done = []

        def change():
            dropping = threading.Thread(target=lambda: server.execute("ALTER TABLE changing DROP COLUMN cpu"))
            dropping.start()  # it waits for the reader, and is the next
            time.sleep(0.05)
            done.append(server.kill_readers(seconds=5))
            dropping.join()

        watching = threading.Thread(target=lambda: server.kill_readers(then=change, seconds=20))
        watching.start()
        said = imported(server, out, "--query", slowly, *FLAGS, "--metric", "cpu", "--metric", "mem", check=False)
        watching.join()
        if said.returncode == 0:
            continue
        assert said.returncode == 1, said.returncode
        last = said.stderr.strip().splitlines()[-1]
        assert 'column "cpu" does not exist' in last and "check the columns" in last, last
        assert not written(out)
        return
    raise AssertionError("the column could not be dropped in the middle")


def killed_promfill(server, work, wanted):
    """Slices that were read are not read again."""
    for attempt in range(10):
        out = os.path.join(work, f"killed-{attempt}")
        command = [PROMFILL, "import", server.address, "--table", "metrics", *FLAGS, *METRICS, "--time-slices", "10m",
                   "--checkpoint-interval", "1ms", "--out", out, "--summary", out + ".json"]
        process = subprocess.Popen(command, env=server.environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < until:  # until a checkpoint has left something to go on with
            if glob.glob(os.path.join(out, ".promfill", "**", "run-*"), recursive=True):
                break
            time.sleep(0.001)
        time.sleep(0.02 * attempt)
        process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            continue
        assert not written(out)
        said = run(*command, env=server.environment)
        assert ledger(out)["rows_read"] == ROWS and content(out) == wanted, said.stderr
        if "went on where an earlier process" in said.stderr:
            return
    raise AssertionError("no job could be killed behind a checkpoint")


def types(server, work):
    """Each type as value, label or time."""
    server.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')", """CREATE TABLE kinds AS SELECT
        timestamp '2024-01-01 00:00:00' + i * interval '1 minute' AS naive, date '2024-01-01' AS day,
        1704067200 + 60 * i AS epoch, i::smallint AS small, i::real / 4 AS real4, (i || '.125')::numeric AS exact,
        interval '1 hour' * i AS took, i % 2 = 0 AS yes, (i || '.50')::money AS price, 'sad'::mood AS feels,
        '00000000-0000-0000-0000-000000000001'::uuid AS id, '{"a": "x", "b": 2}'::jsonb AS tags, '10.0.0.1'::inet AS peer,
        'c'::char(4) AS code, 'n'::name AS nick, 7::oid AS oid, ARRAY['p', 'q'] AS words, int4range(1, 5) AS span, '\\xff00'::bytea AS raw
        FROM generate_series(0, 9) i""")
    out = os.path.join(work, "kinds")
    mapping = os.path.join(work, "kinds.yaml")
    with open(mapping, "w") as file:
        file.write("version: 1\ntimestamp: {column: naive}\nlabels: {" + ", ".join(f"{n}: {{column: {n}}}" for n in ("feels", "id", "peer", "code", "nick", "words", "span", "oid", "raw")) + "}\n"
                   "labels_from: [{column: tags, json: true}]\n"
                   "metrics:\n" + "".join(f"- {{name: {name}, column: {name}}}\n"
                                          for name in ("small", "real4", "exact", "took", "yes", "price")))
    imported(server, out, "--table", "kinds", "--map", mapping)
    lines = run(PROMFILL, "dump", out).stdout.splitlines()
    labels = ('a="x",b="2",code="c",feels="sad",id="00000000-0000-0000-0000-000000000001",nick="n",oid="7",'
              'peer="10.0.0.1",raw="\\\\xff00",span="[1,5)",words="{p,q}"')
    last = {name: value for name, value in (("small", "9"), ("real4", "2.25"), ("exact", "9.125"), ("took", "32400"), ("yes", "0"),
                                            ("price", "9.5"))}
    for name, value in last.items():
        wanted = f"{name}{{{labels}}} {value} 1704067740"
        assert wanted in lines, (wanted, [line for line in lines if line.startswith(name)][-1:])
    for column, flags in {"epoch": ("--timestamp", "epoch:s"), "day": ("--timestamp", "day")}.items():
        out = os.path.join(work, "kinds-" + column)
        imported(server, out, "--query", f"SELECT {column}, small FROM kinds WHERE small = 9", *flags, "--metric", "small")
        wanted = {"epoch": 1704067740, "day": 1704067200}[column]
        assert f"small 9 {wanted}" in run(PROMFILL, "dump", out).stdout.splitlines(), column
    server.execute("""CREATE TABLE buckets AS SELECT timestamptz '2024-01-01 00:00:00+00' AS ts, 'a' AS job,
        ARRAY[1, 3, 6]::numeric[] AS counts, 12.5::numeric AS total""")
    with open(mapping, "w") as file:
        file.write("version: 1\ntimestamp: {column: ts}\nlabels: {job: {column: job}}\n"
                   "metrics:\n- {name: took_seconds, type: histogram, column: counts, bounds: [0.1, 1, +Inf], sum: total}\n")
    out = os.path.join(work, "arrays")
    imported(server, out, "--table", "buckets", "--map", mapping)
    lines = run(PROMFILL, "dump", out).stdout.splitlines()
    for le, count in {"0.1": 1, "1.0": 3, "+Inf": 6}.items():
        assert f'took_seconds_bucket{{job="a",le="{le}"}} {count} 1704067200' in lines, lines
    assert 'took_seconds_sum{job="a"} 12.5 1704067200' in lines, lines
    infinite = os.path.join(work, "infinite")
    imported(server, infinite, "--query", "SELECT 'infinity'::timestamptz AS ts, 1 AS v UNION ALL SELECT '2024-01-01+00', 2", check=False)
    assert ledger(infinite)["rejected"] == 1, ledger(infinite)


def mistakes(server, work):
    """One message with the database's own words, the way out, and the exit status of the documentation."""
    out = os.path.join(work, "nothing")
    cases = [
        (1, ("--table", "nix"), 'relation "nix" does not exist', "check the name"),
        (2, ("--query", "SELECT ts, cpu FRM metrics"), "syntax error", "check the query"),
        (1, ("--query", "SELECT ts, gone FROM metrics"), 'column "gone" does not exist', "check the columns"),
        (1, ("--query", "SELECT ts, 1 / (number - number) AS v FROM metrics"), "division by zero", "mend it"),
        (2, ("--query", "SELECT host, cpu FROM metrics"), "no column looks like the time", "--timestamp"),
        (2, ("--query", "SELECT ts, cpu, mem AS cpu FROM metrics"), "two columns are named 'cpu'", "AS"),
        (2, ("--query", "SELECT 1; SELECT 2"), "more than one statement", "--allow-any-statement"),
        (2, ("--query", "DELETE FROM metrics"), "it writes: DELETE", "--allow-any-statement"),
        (1, ("--query", "SELECT now() AS ts, setval('counted', 5) AS v"), "read-only", "only reads"),
        (2, (), "it isn't said what to read", "--query"),
        (2, ("--table", "metrics", "--partition-by", "nix"), "no column 'nix'", "name one"),
        (2, ("--table", "metrics", "--time-slices", "1ms"), "slices", "longer"),
    ]
    server.execute("CREATE SEQUENCE counted")
    for status, flags, words, way_out in cases:
        said = imported(server, out, *flags, check=False)
        last = said.stderr.strip().splitlines()[-1]
        assert said.returncode == status and words in last and way_out in last, (flags, said.returncode, last)
        assert not written(out), flags
    assert server.execute("SELECT count(*) FROM metrics")[0][0] == ROWS


def secrets(server, work):
    """The password from everywhere it may come from, and shown nowhere."""
    out = os.path.join(work, "secret")
    query = ("--query", "SELECT ts, cpu FROM metrics LIMIT 10")
    plain = {k: v for k, v in os.environ.items() if k != "PGPASSWORD"}
    secret = os.path.join(work, "password")
    with open(secret, "w") as file:
        file.write(PASSWORD + "\n")
    os.chmod(secret, 0o644)
    refused = run(PROMFILL, "import", server.address, *query, "--out", out, "--secret-file", secret, check=False, env=plain)
    assert refused.returncode == 1 and "chmod 600" in refused.stderr, refused.stderr
    os.chmod(secret, 0o600)
    pgpass = os.path.join(work, "pgpass")
    with open(pgpass, "w") as file:
        escaped = PASSWORD.replace(":", "\\:")
        file.write(f"127.0.0.1:{server.port}:*:{USER}:{escaped}\n")
    os.chmod(pgpass, 0o600)
    encoded = PASSWORD.replace("@", "%40").replace("/", "%2F").replace(":", "%3A").replace("&", "%26")
    with_password = server.address.replace("@", f":{encoded}@")
    ways = {"file": (server.address, ("--secret-file", secret), {}), "pgpass": (server.address, (), {"PGPASSFILE": pgpass}),
            "address": (with_password, (), {}), "environment": (server.address, (), {"PGPASSWORD": PASSWORD})}
    everything = ""
    for name, (address, flags, more) in ways.items():
        said = run(PROMFILL, "import", address, *query, "--out", out + name, "--summary", out + name + ".json", "-v", *flags,
                   env={**plain, **more})
        everything += said.stdout + said.stderr
        for folder, _, files in os.walk(out + name):
            for file in files:
                with open(os.path.join(folder, file), "rb") as f:
                    everything += f.read().decode("latin-1")
        with open(out + name + ".json") as file:
            everything += file.read()
    wrong = run(PROMFILL, "import", server.address.replace("@", ":wr0ng@"), *query, "--out", out, check=False, env=plain)
    assert wrong.returncode == 1 and "password authentication failed" in wrong.stderr and "~/.pgpass" in wrong.stderr, wrong.stderr
    none = run(PROMFILL, "import", server.address, *query, "--out", out, check=False, env=plain)
    assert none.returncode == 1 and "no password supplied" in none.stderr, none.stderr
    dead = run(PROMFILL, "import", with_password.replace(f":{server.port}/", ":1/"), *query, "--out", out, check=False, env=plain)
    assert dead.returncode == 1 and "Connection refused" in dead.stderr and "check that the server runs" in dead.stderr, dead.stderr
    everything += wrong.stderr + dead.stderr
    for secret_text in (PASSWORD, encoded, "wr0ng"):
        assert secret_text not in everything, "a secret is shown"
    assert "postgresql://filler:***@" in everything


def main():
    with Postgres() as server, tempfile.TemporaryDirectory() as work:
        server.execute(MAKE, "CREATE INDEX ON metrics (ts)", "ANALYZE metrics")
        wanted = whole_table(server, work)
        divided(server, work, wanted)
        nulls_in_divisions(server, work)
        types(server, work)
        mistakes(server, work)
        secrets(server, work)
        killed_promfill(server, work, wanted)
        lost_connection(server, work, wanted)
        dropped_column(server, work)
        restarted_server(server, work, wanted)
    print("all is well")


if __name__ == "__main__":
    main()
