#!/usr/bin/env python3
"""Input and surroundings that mean harm: one clear error and nothing left, or the whole job; never a crash or a hang.

1. A Parquet file cut at every byte, and with bits flipped anywhere: no run takes over 10 s or more memory than its limit.
2. Address space (prlimit --as) from none to enough.
3. A target that can't be written: mounted read-only (root), and another user's (root).
4. Links in the place of directories and files of the target.

Usage: hostile_test.py PROMFILL [--all] [--results FILE] [--any-memory]
"""
import argparse
import json
import os
import random
import resource
import shutil
import subprocess
import tempfile

import pyarrow.parquet as pq

from disk_test import mount, not_run
from job import EXIT_REJECTED, Job, make_input

MEMORY_LIMIT_MIB = 64
SLACK_MIB = 64  # code and libraries
SECONDS = 10
NOBODY = 65534


def run_measured(command, work):
    """@return exit status, standard error, resident MiB at most. Fails where it takes too long."""
    errors = os.path.join(work, "stderr")
    with open(errors, "wb") as out:
        process = subprocess.Popen(command, stderr=out, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS)))
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    with open(errors, errors="replace") as text:
        return process.returncode, text.read(), usage.ru_maxrss // 1024


def damaged_files(promfill, work, everything, any_memory):
    """Each piece of damage is an error that names the file, or goes unnoticed and every row is accounted for."""
    good, bad = os.path.join(work, "good.parquet"), os.path.join(work, "bad.parquet")
    make_input(good, 300, seed=3)
    table = pq.read_table(good).slice(0, 40)
    pq.write_table(table, good, row_group_size=20)
    with open(good, "rb") as f:
        content = f.read()
    out, summary = os.path.join(work, "damaged"), os.path.join(work, "damaged.json")
    command = [promfill, "import", bad, "--out", out, "--quiet", "--timestamp", "time", "--metric", "load", "--memory-limit",
               f"{MEMORY_LIMIT_MIB}MiB", "--threads", "2", "--summary", summary]
    rnd = random.Random(5)
    cuts = range(len(content)) if everything else rnd.sample(range(len(content)), 60)
    flips = 10_000 if everything else 100
    counts = {"bytes": len(content), "cuts": 0, "flips": 0, "noticed": 0, "MiB": 0}

    def attempt(damaged, what):
        with open(bad, "wb") as f:
            f.write(damaged)
        status, errors, mib = run_measured(command, work)
        counts["MiB"] = max(counts["MiB"], mib)
        assert any_memory or mib <= MEMORY_LIMIT_MIB + SLACK_MIB, (what, mib)
        assert status in (0, 1, 2, EXIT_REJECTED), (what, status, errors)
        if status in (1, 2):
            assert "promfill: error:" in errors and "bad.parquet" in errors, (what, status, errors)
            assert not os.path.exists(out), (what, os.listdir(out))
            return True
        with open(summary) as f:
            report = json.load(f)
        told = ["written", "nulls", "rejected", "duplicates_merged", "duplicates_conflicting", "filtered", "out_of_window"]
        assert report["cells"] == sum(report[key] for key in told), (what, report)
        shutil.rmtree(out)
        return False

    for length in cuts:
        assert attempt(content[:length], f"cut at {length}"), f"cut at {length}: nobody noticed"
        counts["cuts"] += 1
    for i in range(flips):
        bit = rnd.randrange(8 * len(content))
        flipped = bytearray(content)
        flipped[bit // 8] ^= 1 << bit % 8
        counts["noticed"] += attempt(bytes(flipped), f"flip {i}, bit {bit}")
        counts["flips"] += 1
    assert counts["noticed"] > flips / 10, counts
    return counts


def address_space(job, everything):
    """Below some size nothing starts; above another everything works; between them a job ends with a word."""
    tried = failed = 0
    for mib in range(20, 1640, 20 if everything else 180):
        done = subprocess.run(["prlimit", f"--as={mib << 20}", *job.command, "--memory-limit", f"{MEMORY_LIMIT_MIB}MiB"],
                              stderr=subprocess.PIPE, text=True)
        when = f"{mib} MiB of address space"
        tried += 1
        job.check_left(when)
        if done.returncode != EXIT_REJECTED:
            failed += 1
            # 127: the loader's own refusal.
            assert done.returncode in (1, 127) and done.stderr.strip(), (when, done.returncode, done.stderr)
            # A library may have its say before.
            assert done.returncode == 127 or done.stderr.splitlines()[-1].startswith("promfill: error:"), (when, done.stderr)
        job.clear()
    assert 0 < failed < tried, (failed, tried)
    return {"tried": tried, "failed": failed}


def read_only_target(job):
    place = os.path.dirname(job.out)
    if not mount("-t", "tmpfs", "-o", "ro", "tmpfs", place):
        return not_run("a target mounted read-only")
    try:
        done = subprocess.run(job.command, stderr=subprocess.PIPE, text=True)
        assert done.returncode == 1 and "read-only" in done.stderr.lower() and job.out in done.stderr, (done.returncode, done.stderr)
    finally:
        subprocess.run(["umount", place], check=True)
    job.check_finished("a target that was read-only before")
    job.clear()
    return 1


def foreign_target(job):
    if os.geteuid() != 0:
        return not_run("a target of another user")
    os.makedirs(job.out)
    os.chown(job.out, NOBODY, NOBODY)
    # Root without its privilege over other users' files, so that the program itself stays readable wherever it lies.
    less = "-dac_override,-dac_read_search"
    done = subprocess.run(["setpriv", "--bounding-set", less, "--inh-caps", less, *job.command], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "ermission denied" in done.stderr and job.out in done.stderr, (done.returncode, done.stderr)
    assert not os.listdir(job.out)
    os.chown(job.out, 0, 0)
    job.check_finished("a target that was forbidden before")
    job.clear()
    return 1


def links(job, work):
    """Whatever a link in the target points at stays as it is."""
    precious = os.path.join(work, "precious")
    os.makedirs(precious)
    secret = os.path.join(precious, "lock")
    with open(secret, "w") as f:
        f.write("mine\n")
    tried = 0
    for name, target in [(".promfill", precious), (".promfill/lock", secret), (".promfill/manifest.json", secret)]:
        link = os.path.join(job.out, name)
        os.makedirs(os.path.dirname(link))
        os.symlink(target, link)
        done = subprocess.run(job.command, stderr=subprocess.PIPE, text=True)
        assert os.listdir(precious) == ["lock"] and open(secret).read() == "mine\n", name
        assert os.path.islink(link), name
        if name != ".promfill/manifest.json":  # that name is not one of ours as it stands
            assert done.returncode == 1 and link in done.stderr, (name, done.returncode, done.stderr)
            os.remove(link)
            job.check_finished("a link as " + name)
        job.clear()
        tried += 1
    return tried


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("promfill")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--results")
    parser.add_argument("--any-memory", action="store_true", help="of a program under a sanitizer, whose shadow takes it")
    arguments = parser.parse_args()
    results = {"all": arguments.all}
    with tempfile.TemporaryDirectory() as work:
        place = os.path.join(work, "place")
        os.mkdir(place)
        job = Job(arguments.promfill, work, "small", 20_000, out=os.path.join(place, "out"))
        results["damaged"] = damaged_files(arguments.promfill, work, arguments.all, arguments.any_memory)
        if not arguments.any_memory:
            results["address space"] = address_space(job, arguments.all)
        results["read-only"] = read_only_target(job)
        results["forbidden"] = foreign_target(job)
        results["links"] = links(job, work)
    print(json.dumps(results))
    if arguments.results:
        os.makedirs(os.path.dirname(arguments.results), exist_ok=True)
        with open(arguments.results, "w") as f:
            json.dump(results, f)


if __name__ == "__main__":
    main()
