#!/usr/bin/env python3
"""The worked cases of docs/sql.md, as they stand there, on tables made for them; every sample is held against the tables."""
import collections
import datetime
import os
import re
import subprocess
import sys
import tempfile

from databases import ROOT, Postgres
from promfill_cli import run

PROMFILL = sys.argv[1]
START = 1704067200  # 2024-01-01

TABLES = ["""CREATE TABLE sensor AS SELECT i AS id, 'sensor ' || i AS name, 'room ' || i % 2 AS room FROM generate_series(1, 4) i""",
          """CREATE TABLE reading AS SELECT i % 4 + 1 AS sensor_id, timestamptz '2024-01-01+00' + i / 4 * interval '1 minute' AS at,
             (20 + i % 7)::numeric / 3 AS temperature, i % 100 AS humidity FROM generate_series(0, 11519) i""",
          """CREATE TABLE hosts AS SELECT i AS hostid, 'host' || i AS host FROM generate_series(1, 2) i""",
          """CREATE TABLE items AS SELECT 10 * h + k AS itemid, h AS hostid, (ARRAY['system.cpu.load[all,avg1]', 'net.if.in[eth0]'])[k] AS key_
             FROM generate_series(1, 2) h, generate_series(1, 2) k""",
          """CREATE TABLE history AS SELECT 10 * h + 1 AS itemid, 1704067200 + 60 * i AS clock, i / 8.0::float8 AS value, 5 AS ns
             FROM generate_series(1, 2) h, generate_series(0, 2000) i""",
          """CREATE TABLE history_uint AS SELECT 10 * h + 2 AS itemid, 1704067200 + 60 * i AS clock, (1000 * i)::numeric(20) AS value, 5 AS ns
             FROM generate_series(1, 2) h, generate_series(0, 2000) i""",
          """CREATE TABLE request AS SELECT timestamptz '2024-01-01+00' + i * interval '1 second' AS at, 'service ' || i % 3 AS service,
             (i % 40) / 16.0::float8 AS seconds FROM generate_series(0, 9999) i""",
          """CREATE TABLE conditions (time timestamptz, device text, temperature float8) PARTITION BY RANGE (time)""",
          *(f"CREATE TABLE conditions_{w} PARTITION OF conditions FOR VALUES FROM ('{datetime.date(2023, 12, 28) + datetime.timedelta(7 * w)}+00') "
            f"TO ('{datetime.date(2023, 12, 28) + datetime.timedelta(7 * (w + 1))}+00')" for w in range(4)),
          """INSERT INTO conditions SELECT timestamptz '2024-01-01+00' + i / 2 * interval '1 minute', 'device ' || i % 2, i % 50
             FROM generate_series(0, 2 * 1440 * 16 - 1) i""",
          """CREATE TABLE ticket AS SELECT 'project ' || i % 3 AS project, timestamptz '2024-01-01+00' + i * interval '37 minutes' AS created,
             timestamptz '2024-01-01+00' + i * interval '41 minutes' + interval '1 day' AS due,
             CASE WHEN i % 5 > 0 THEN timestamptz '2024-01-01+00' + i * interval '45 minutes' + interval '7 hours' END AS resolved
             FROM generate_series(0, 199) i"""]


def cases():
    """Heading to files and command, in the order of the guide."""
    with open(os.path.join(ROOT, "docs", "sql.md")) as file:
        guide = file.read().split("## Worked cases", 1)[1]
    found = {}
    for part in guide.split("\n### ")[1:]:
        heading, text = part.split("\n", 1)
        files = {name: body for name, body in re.findall(r"```(?:sql|yaml) (\S+)\n(.*?)```", text, re.DOTALL)}
        (command,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        found[heading] = (files, command)
    return found


def dumped(out):
    """(name, labels, seconds) to value."""
    samples = {}
    for line in run(PROMFILL, "dump", out).stdout.splitlines():
        match = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+) (\S+)', line)
        if match:
            labels = tuple(re.findall(r'(\w+)="([^"]*)"', match[2] or ""))
            samples[match[1], labels, float(match[4])] = float(match[3])
    return samples


def sensors(_):
    wanted = {}
    for i in range(11520):
        labels = (("room", f"room {(i % 4 + 1) % 2}"), ("sensor", f"sensor {i % 4 + 1}"))
        wanted["room_humidity_percent", labels, START + i // 4 * 60] = i % 100
        wanted["room_temperature_celsius", labels, START + i // 4 * 60] = (20 + i % 7) / 3
    return wanted


def zabbix(_):
    wanted = {}
    for host in (1, 2):
        for i in range(2001):
            labels = (("host", f"host{host}"),)
            wanted["zabbix_system_cpu_load_all_avg1_", labels, START + 60 * i] = i / 8
            wanted["zabbix_net_if_in_eth0_", labels, START + 60 * i] = 1000 * i
    return wanted


def histogram(_):
    counts, wanted = collections.defaultdict(lambda: [0, 0, 0, 0.0]), {}
    for minute in range(167):
        touched = set()
        for i in range(60 * minute, min(60 * (minute + 1), 10000)):
            seconds, service = (i % 40) / 16, f"service {i % 3}"
            of = counts[service]
            of[0] += seconds <= 0.1
            of[1] += seconds <= 1
            of[2] += 1
            of[3] += seconds
            touched.add(service)
        for service in touched:
            at, labels = START + 60 * minute, (("service", service),)
            for bound, count in zip(("0.1", "1.0", "+Inf"), counts[service]):
                wanted["request_duration_seconds_bucket", tuple(sorted(labels + (("le", bound),))), at] = count
            wanted["request_duration_seconds_count", labels, at] = counts[service][2]
            wanted["request_duration_seconds_sum", labels, at] = counts[service][3]
    return wanted


def hypertables(_):
    sums = collections.defaultdict(list)
    for i in range(2 * 1440 * 16):
        sums[i % 2, i // 2 // 5].append(i % 50)
    return {("device_temperature_celsius", (("device", f"device {device}"),), START + 300 * five): sum(v) / len(v)
            for (device, five), v in sums.items()}


def tickets(_):
    wanted = {}
    for hour in range(145):
        now = 60 * hour
        for project in range(3):
            mine = [i for i in range(200) if i % 3 == project]
            is_open = lambda i: i % 5 == 0 or 45 * i + 420 > now  # noqa: E731
            labels = (("project", f"project {project}"),)
            wanted["tickets_open", labels, START + 3600 * hour] = sum(37 * i <= now and is_open(i) for i in mine)
            wanted["tickets_overdue", labels, START + 3600 * hour] = sum(41 * i + 1440 <= now and is_open(i) for i in mine)
    return wanted


def stations(folder):
    with open(os.path.join(folder, "stations.csv"), "w") as file:
        file.write("day,north,south\n" + "".join(f"{datetime.date(2024, 1, 1) + datetime.timedelta(i)},{i / 2},{i}\n" for i in range(30)))
    return {("rain_millimetres", (("station", name),), START + 86400 * i): i / part
            for i in range(30) for name, part in (("north", 2), ("south", 1))}


WANTED = {"Sensors": sensors, "Zabbix": zabbix, "Events to a histogram": histogram, "Hypertables": hypertables,
          "Tickets and their deadlines": tickets, "A table of columns, unpivoted": stations}


def main():
    found = cases()
    assert list(found) == list(WANTED), list(found)
    with Postgres() as server, tempfile.TemporaryDirectory() as work:
        server.execute(*TABLES)
        for number, (heading, (files, command)) in enumerate(found.items()):
            folder = os.path.join(work, str(number))
            os.mkdir(folder)
            for name, body in files.items():
                with open(os.path.join(folder, name), "w") as file:
                    file.write(body)
            wanted = WANTED[heading](folder)
            environment = {**server.environment, "DB": server.address, "PATH": os.path.dirname(PROMFILL) + os.pathsep + os.environ["PATH"]}
            done = subprocess.run(["bash", "-ec", command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{heading}: {done.stdout}{done.stderr}"
            samples = dumped(os.path.join(folder, "tsdb"))
            assert set(samples) == set(wanted), (heading, len(samples), len(wanted), sorted(set(samples) ^ set(wanted))[:4])
            for key, value in wanted.items():
                assert abs(samples[key] - value) <= 1e-9 * max(1, abs(value)), (heading, key, samples[key], value)
            print(f"{heading}: {len(wanted)} samples")
    print("all is well")


if __name__ == "__main__":
    main()
