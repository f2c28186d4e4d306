#!/usr/bin/env python3
"""`promfill publish` into a real Prometheus with live scraping: every dangerous case is refused or made safe.

Arguments: the CLI, then one Prometheus or several; each is started once, and restarted. --sampled leaves out what
takes an older one many of its minutes.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

from live_prometheus import LivePrometheus

SAMPLED = "--sampled" in sys.argv
PROMFILL, SERVERS = sys.argv[1], [one for one in sys.argv[2:] if one != "--sampled"]
HOUR, DAY = 3600, 86400
NOW = int(time.time())
LONG_AGO = (NOW - 30 * DAY) // DAY * DAY


def publish(*arguments, status=0, parse=True):
    done = subprocess.run([PROMFILL, "publish", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == status, (arguments, done.returncode, done.stdout, done.stderr)
    return json.loads(done.stdout) if parse else done


def make(work, name, times, value=lambda i: i * 0.1, metric="room_temperature", hosts=2, more=()):
    """A directory of blocks: `hosts` series with a sample at each of `times`, in seconds."""
    table, out = os.path.join(work, name + ".csv"), os.path.join(work, name)
    with open(table, "w") as file:
        file.write(f"time,host,{metric}\n")
        for i, t in enumerate(times):
            for host in range(hosts):
                file.write(f"{t},h{host},{value(i)!r}\n")
    subprocess.run([PROMFILL, "import", table, "--out", out, "--timestamp", "time:s", "--label", "host", "--metric", metric,
                    "--quiet", "--allow-implausible-times", *more], check=True)
    return out


def refusals(json_report):
    return {one["check"] for one in json_report["findings"] if one["verdict"] == "refused"}


def tree(data):
    """Everything in a data directory that is no part of the head: names, sizes, times of change."""
    found = {}
    for folder, folders, names in os.walk(data):
        folders[:] = [f for f in folders if f not in ("wal", "wbl", "chunks_head")]
        for name in names:
            if name != "queries.active":
                status = os.stat(os.path.join(folder, name))
                found[os.path.join(folder, name)] = (status.st_size, status.st_mtime_ns)
    return found


def corrupt(work, blocks):
    """A copy with one byte of a chunk changed."""
    broken = os.path.join(work, "broken")
    shutil.copytree(blocks, broken)
    block = next(name for name in sorted(os.listdir(broken)) if len(name) == 26)
    path = os.path.join(broken, block, "chunks", "000001")
    with open(path, "r+b") as file:
        file.seek(40)
        byte = file.read(1)
        file.seek(40)
        file.write(bytes([byte[0] ^ 1]))
    return broken


def check_refusals(work, server, good):
    """Each is refused for its own reason, with a way out, and nothing in the directory changes."""
    to = ["--to", "prometheus:" + server.data, "--server", server.url, "--json"]
    cases = {
        "future": make(work, "future", range(4102444800, 4102444800 + HOUR, 60)),
        "integrity": corrupt(work, good),
    }
    if server.version < (3, 0):
        cases["encoding"] = make(work, "xor2", range(LONG_AGO - DAY, LONG_AGO - DAY + HOUR, 60), more=["--chunk-encoding", "xor2"])
    before = tree(server.data)
    for reason, blocks in cases.items():
        for arguments in (["--dry-run"], []):
            report = publish(blocks, *to, *arguments, status=1)
            assert report["refused"] and refusals(report) == {reason}, (reason, report["findings"])
            assert all(one["way_out"] for one in report["findings"] if one["verdict"] == "refused"), report
        text = publish(blocks, *to[:-1], status=1, parse=False)
        assert "refused" in text.stdout and reason in text.stderr and "→" in text.stdout, text
    elsewhere = os.path.join(work, "elsewhere")
    os.makedirs(elsewhere, exist_ok=True)
    report = publish(good, "--to", "prometheus:" + elsewhere, *to[2:], status=1)
    assert "server" in refusals(report), report["findings"]
    report = publish(good, *to[:2], "--retention", "100y", "--json", status=1)
    assert refusals(report) == {"server"}, report["findings"]  # it runs, and was not named
    dry = publish(good, *to, "--dry-run")
    assert not dry["refused"] and len(dry["blocks"]) > 0 and dry["manifest"] == "" and dry["placed"] == [], dry
    assert tree(server.data) == before


def expected(times, value=lambda i: i * 0.1):
    return {t * 1000: value(i) for i, t in enumerate(times)}


def served(server, times, metric="room_temperature"):
    answer = server.samples(metric, times[0] - 1, times[-1])
    return {labels: {t: float(v) for t, v in points.items()} for labels, points in answer.items()}


def check_placing(work, server, good, times):
    """All is served, bit by bit, within a minute; the second run has nothing to do."""
    to = ["--to", "prometheus:" + server.data, "--server", server.url, "--json"]
    started = time.monotonic()
    report = publish(good, *to)
    took = time.monotonic() - started
    assert len(report["placed"]) == len(report["blocks"]) > 1 and report["left_out"] == 0, report
    assert report["asked_back"]["blocks"] == len(report["placed"]) and report["asked_back"]["samples"] > 0, report
    assert took < 75, took  # a minute's tick, and the work
    answer = served(server, times)
    assert len(answer) == 2 and all(points == expected(times) for points in answer.values()), answer
    assert not os.path.exists(os.path.join(server.data, ".promfill"))
    again = publish(good, *to)
    assert again["placed"] == [] and again["already_published"] == len(report["placed"]), again
    return report


def check_encodings(work, server):
    """What this version reads and older ones don't."""
    if server.version < (3, 14):
        return
    times = list(range(LONG_AGO - 180 * DAY, LONG_AGO - 180 * DAY + HOUR, 60))
    blocks = make(work, "xor2", times, metric="in_xor2", more=["--chunk-encoding", "xor2"])
    report = publish(blocks, "--to", "prometheus:" + server.data, "--server", server.url, "--json")
    assert len(report["placed"]) == 1 and report["asked_back"]["samples"] > 0, report
    answer = served(server, times, "in_xor2")
    assert len(answer) == 2 and all(points == expected(times) for points in answer.values()), answer


def check_overlap(work, server, times):
    """Other values for served times: refused, or left out and counted."""
    to = ["--to", "prometheus:" + server.data, "--server", server.url, "--json"]
    wider = list(times) + [times[-1] + 30 + 60 * i for i in range(10)]
    other = make(work, "other", wider, value=lambda i: -1.0 - i)
    before = tree(server.data)
    report = publish(other, *to, status=1)
    assert refusals(report) == {"overlap"} and tree(server.data) == before, report["findings"]
    assert sum(one["of_another_value"] for one in report["blocks"]) == 2 * len(times), report["blocks"]
    report = publish(other, *to, "--on-overlap", "keep-existing")
    assert sum(one["samples"] for one in report["placed"]) == 20, report["placed"]
    answer = served(server, wider)
    for points in answer.values():
        assert {t: v for t, v in points.items() if t <= times[-1] * 1000} == expected(times)
        assert len(points) == len(wider), len(points)
    return report


def check_head(work, server):
    """A block that reaches into the head is cut there; the rest is kept, and said so."""
    to = ["--to", "prometheus:" + server.data, "--server", server.url, "--json"]
    now = int(time.time())
    times = list(range(now - 5 * HOUR, now - 300, 15)) + list(range(now - 300, now - 1))
    blocks = make(work, "recent", times, metric="recent_value", more=["--block-duration", "18h"])
    head_min = server.get("/api/v1/status/tsdb")["headStats"]["minTime"]
    report = publish(blocks, *to)
    assert report["later"] and min(one["min_time"] for one in report["later"]) == head_min, (report["later"], head_min)
    placed = sum(one["samples"] for one in report["placed"])
    assert placed == 2 * sum(1 for t in times if t * 1000 < head_min), (placed, head_min)
    for one in report["placed"]:
        with open(os.path.join(server.data, one["ulid"], "meta.json")) as file:
            assert json.load(file)["maxTime"] <= head_min
    assert server.count("recent_value", times[0] - 1, times[-1]) == placed
    again = publish(blocks, *to)
    assert again["placed"] == [] and again["later"], again
    return times, placed


def check_restart(server, times, recent, recent_count):
    """No live sample is lost across a restart, nor anything that was published; nor when the head is compacted."""
    until = int(time.time()) - 1
    before = server.live(until)
    assert sum(len(points) for points in before.values()) > 5, before
    server.stop()
    server.start()
    assert server.live(until) == before
    assert all(points == expected(times) for points in served(server, times).values())
    server.stop()
    blocks = len(server.block_names())
    server.start("--storage.tsdb.min-block-duration=5s", "--storage.tsdb.max-block-duration=1h")  # compacts the head at once
    server.wait_for_live()
    server.wait_until(lambda: any("compact" in line and "write block" in line for line in server.log_text().splitlines()),
                      100, "compaction of the head")
    assert server.live(until) == before
    assert all(points == expected(times) for points in served(server, times).values())
    assert server.count("recent_value", recent[0] - 1, recent[-1]) == recent_count
    assert blocks > 0 and "level=error" not in server.log_text() and "level=ERROR" not in server.log_text()


def check_rollback(work, server):
    """Removes what was placed and nothing else; says what became of compacted blocks."""
    # So far from all other blocks that Prometheus merges none of them with it: it does so within 486 h, counted from 1970.
    times = list(range(LONG_AGO - 60 * DAY, LONG_AGO - 60 * DAY + 2 * HOUR, 60))
    blocks = make(work, "mistake", times, metric="mistake", more=["--block-duration", "2h"])
    names = server.block_names()
    report = publish(blocks, "--to", "prometheus:" + server.data, "--server", server.url, "--json")
    assert server.count("mistake", times[0] - 1, times[-1]) == 2 * len(times)
    done = publish("--rollback", report["manifest"], "--json")
    assert sorted(done["removed"]) == sorted(one["ulid"] for one in report["placed"]), done
    assert set(server.block_names()) >= set(names) and not set(done["removed"]) & set(server.block_names())
    server.wait_until(lambda: server.count("mistake", times[0] - 1, times[-1]) == 0, 75, "blocks gone")
    again = publish("--rollback", report["manifest"], "--json")
    assert again["removed"] == [] and sorted(again["absent"]) == sorted(done["removed"]), again
    if server.version < (3, 0):
        return  # which takes minutes to merge
    times = range(LONG_AGO - 120 * DAY, LONG_AGO - 120 * DAY + 6 * HOUR, 60)
    blocks = make(work, "merged", times, metric="merged", more=["--block-duration", "2h"])
    report = publish(blocks, "--to", "prometheus:" + server.data, "--server", server.url, "--json")
    placed = {one["ulid"] for one in report["placed"]}
    server.wait_until(lambda: not placed & set(server.block_names()), 60, "blocks merged")
    before = tree(server.data)
    done = publish("--rollback", report["manifest"], "--json", status=1)
    assert {one["ulid"] for one in done["compacted"]} == placed and done["removed"] == [], done
    assert {one["became"] for one in done["compacted"]} <= set(server.block_names()), done
    assert server.count("merged", times[0] - 1, times[-1]) == 2 * len(times) and tree(server.data) == before


def check_stopped(work, program):
    """Without a server: the directory says where the head begins, and a log without blocks is refused."""
    server = LivePrometheus(program, os.path.join(work, "stopped"), "--storage.tsdb.retention.time=100y")
    times = list(range(LONG_AGO, LONG_AGO + 3 * HOUR, 60))
    blocks = make(work, "for_stopped", times, more=["--block-duration", "2h"])
    to = ["--to", "prometheus:" + server.data, "--json"]
    os.makedirs(server.data)
    assert refusals(publish(blocks, *to, status=1)) == {"retention"}  # 15 days, if nothing is said
    report = publish(blocks, *to, "--retention", "1y")
    assert len(report["placed"]) == 2 and report["asked_back"] is None, report
    with server:
        server.wait_for_live()
        assert all(points == expected(times) for points in served(server, times).values())
    # Now there is a write-ahead log. With the blocks gone nothing says where its head begins.
    for name in server.block_names():
        shutil.rmtree(os.path.join(server.data, name))
    other = make(work, "for_log", times, metric="other", more=["--block-duration", "2h"])
    assert refusals(publish(other, *to, "--retention", "1y", status=1)) == {"head"}
    size = publish(other, *to, "--retention", "1kB", "--dry-run", status=1)
    assert "retention" in refusals(size), size


def check_server(work, program):
    times = list(range(LONG_AGO, LONG_AGO + 5 * HOUR, 60))
    good = make(work, "good", times, more=["--block-duration", "2h"])
    with LivePrometheus(program, os.path.join(work, "live"), "--storage.tsdb.retention.time=100y") as server:
        server.wait_for_live()
        check_refusals(work, server, good)
        check_placing(work, server, good, times)
        check_encodings(work, server)
        if not SAMPLED:
            check_overlap(work, server, times)
        recent, count = check_head(work, server)
        if not SAMPLED:
            check_rollback(work, server)
        check_restart(server, times, recent, count)
        return server.version


def check_retention(work, program):
    """A server with its default of 15 days would delete what is older."""
    blocks = make(work, "old", range(LONG_AGO, LONG_AGO + HOUR, 60))
    with LivePrometheus(program, os.path.join(work, "short")) as server:
        server.wait_for_live()
        report = publish(blocks, "--to", "prometheus:" + server.data, "--server", server.url, "--json", status=1)
        assert refusals(report) == {"retention"}, report["findings"]
        assert any("--storage.tsdb.retention.time=" in one["way_out"] for one in report["findings"]), report
        assert server.block_names() == []


def main():
    for program in SERVERS:
        with tempfile.TemporaryDirectory() as work:
            version = check_server(work, program)
            check_retention(work, program)
            check_stopped(work, program)
        print(f"Prometheus {version[0]}.{version[1]}: dangers refused, blocks served, live samples kept")


if __name__ == "__main__":
    main()
