#!/usr/bin/env python3
"""`promfill publish` killed at many moments, and its server with it: every block there is complete, nothing foreign is
touched, and the same command finishes the job.

Arguments: the CLI, a prometheus, and --all for the sweep: every call of each kind, twenty servers, 4,000 blocks.
"""
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from live_prometheus import LivePrometheus

PROMFILL, PROMETHEUS = sys.argv[1:3]
HOUR, DAY = 3600, 86400
START = (int(time.time()) - 400 * DAY) // DAY * DAY
CALLS = ["openat", "mkdir", "write", "fsync", "syncfs", "close", "renameat2", "unlinkat", "getdents64"]


def make(work, name, blocks, hosts=2, step=300):
    table, out = os.path.join(work, name + ".csv"), os.path.join(work, name)
    with open(table, "w") as file:
        file.write("time,host,load\n")
        for t in range(START, START + blocks * 2 * HOUR, step):
            for host in range(hosts):
                file.write(f"{t},h{host},{t % 977}\n")
    subprocess.run([PROMFILL, "import", table, "--out", out, "--timestamp", "time:s", "--label", "host", "--metric", "load",
                    "--block-duration", "2h", "--quiet"], check=True)
    return out


def names(folder):
    return sorted(n for n in os.listdir(folder) if re.fullmatch("[0-9A-Z]{26}", n))


def content(folder):
    found = {}
    for block in names(folder):
        for path, _, files in os.walk(os.path.join(folder, block)):
            for name in files:
                with open(os.path.join(path, name), "rb") as file:
                    found[os.path.relpath(os.path.join(path, name), folder)] = file.read()
    return found


def command(blocks, data, *more):
    return [PROMFILL, "publish", blocks, "--to", "prometheus:" + data, "--json", *more]


def check_invariant(blocks, data, whole, foreign):
    """Whatever is there is complete and was asked for; then the same command brings the rest, and nothing twice."""
    placed = content(data)
    assert placed.items() <= whole.items(), sorted(set(placed) - set(whole))
    for block in names(data):
        assert {n for n in placed if n.startswith(block)} == {n for n in whole if n.startswith(block)}, block
    with open(foreign) as file:
        assert file.read() == "not ours"
    done = subprocess.run(command(blocks, data, "--retention", "10y"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert content(data) == whole and sorted(os.listdir(data)) == sorted([*names(data), "foreign"]), os.listdir(data)


def fresh(work, blocks):
    data = os.path.join(work, "data")
    shutil.rmtree(data, ignore_errors=True)
    os.mkdir(data)
    for name in os.listdir(os.path.join(blocks, ".promfill")):
        if name.startswith("publish-"):
            os.remove(os.path.join(blocks, ".promfill", name))
    with open(os.path.join(data, "foreign"), "w") as file:
        file.write("not ours")
    return data, os.path.join(data, "foreign")


def check_kills(work, every):
    """SIGKILL at the n-th of each kind of call, in a directory of a stopped server."""
    blocks = make(work, "few", 3)
    whole = content(blocks)
    kills = 0
    for call in CALLS:
        data, foreign = fresh(work, blocks)
        trace = os.path.join(work, "trace")
        subprocess.run(["strace", "-f", "-o", trace, "-e", f"trace={call}", *command(blocks, data, "--retention", "10y")],
                       check=True, capture_output=True)
        with open(trace) as file:
            total = sum(f" {call}(" in line for line in file)
        for n in range(1, total + 1, every):
            data, foreign = fresh(work, blocks)
            done = subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                                   f"inject={call}:signal=KILL:when={n}", *command(blocks, data, "--retention", "10y")],
                                  capture_output=True, check=False)
            kills += done.returncode != 0
            check_invariant(blocks, data, whole, foreign)
    print(f"{kills} kills at file-system calls")


def check_server_kills(work, rounds):
    """Prometheus or promfill killed at a random moment of a publication: live samples and blocks are there afterwards."""
    blocks = make(work, "live_blocks", 12)
    chance = random.Random(5)
    for number in range(rounds):
        fresh(work, blocks)
        server = LivePrometheus(PROMETHEUS, os.path.join(work, f"round{number}"), "--storage.tsdb.retention.time=100y",
                                "--storage.tsdb.max-block-duration=2h", "--storage.tsdb.min-block-duration=2h")
        with server:
            server.wait_for_live()
            until = int(time.time()) - 1
            before = server.live(until)
            process = subprocess.Popen(command(blocks, server.data, "--server", server.url, "--timeout", "5s"), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE)
            time.sleep(chance.random() * 0.6)
            if number % 2 == 0:
                process.kill()
                process.communicate()
            server.stop(signal.SIGKILL)
            process.communicate(timeout=60)
            server.start()
            assert before.items() <= server.live(until).items() or server.live(until) == before
            done = subprocess.run(command(blocks, server.data, "--server", server.url), capture_output=True, text=True, check=False)
            assert done.returncode == 0, (done.stdout, done.stderr)
            assert server.live(until) == before
            served = server.samples("load", START - 1, START + 24 * HOUR)
            assert len(served) == 2 and all(len(points) == 288 for points in served.values()), served.keys()
            assert content(server.data) == content(blocks)
    print(f"{rounds} publications with a killed process")


def check_many(work, count):
    """Thousands of blocks in one run."""
    blocks = make(work, "many", count, hosts=1, step=1800)
    assert len(names(blocks)) == count
    data = os.path.join(work, "of_many")
    with LivePrometheus(PROMETHEUS, data, "--storage.tsdb.retention.time=100y", "--storage.tsdb.max-block-duration=2h",
                        "--storage.tsdb.min-block-duration=2h") as server:
        server.wait_for_live()
        started = time.monotonic()
        done = subprocess.run(command(blocks, server.data, "--server", server.url, "--timeout", "10m"), capture_output=True,
                              text=True, check=False)
        assert done.returncode == 0, (done.stdout[-2000:], done.stderr)
        report = json.loads(done.stdout)
        assert len(report["placed"]) == count and report["asked_back"]["blocks"] == count, report["asked_back"]
        print(f"{count} blocks placed and asked back in {time.monotonic() - started:.0f} s")


def main():
    everything = "--all" in sys.argv
    with tempfile.TemporaryDirectory() as work:
        check_kills(work, 1 if everything else 9)
        check_server_kills(work, 20 if everything else 2)
        check_many(work, 4000 if everything else 100)


if __name__ == "__main__":
    main()
