#!/usr/bin/env python3
"""A disk that refuses, fills up, or loses power leaves whole blocks or none, and the same command finishes on a good one.

1. Errors at file-system calls: strace makes the n-th call of a name fail with ENOSPC, EIO or EDQUOT, or a signal's limit.
2. A tmpfs too small for the job, by bytes and by inodes (root).
3. A file size limit (ulimit -f).
4. Power cuts: an ext4 on a loop device is shut down at a random moment, without writing its journal, and mounted again (root).

Usage: disk_test.py PROMFILL [--all] [--results FILE]
"""
import argparse
import fcntl
import json
import os
import random
import struct
import subprocess
import tempfile
import time

from job import EXIT_REJECTED, Job, count_calls, points_of

EXT4_IOC_SHUTDOWN = 0x8004587D
NO_LOG_FLUSH = 2
ERRORS = ["ENOSPC", "EIO", "EDQUOT"]


def not_run(what):
    assert not os.environ.get("CI"), f"{what}: must run here"
    print(f"not run: {what}")
    return None


def fail_at_calls(job, work, everything):
    counts = count_calls(job, work)
    points = points_of(counts, everything)
    failed = 0
    for i, (call, n) in enumerate(points):
        error = ERRORS[i % len(ERRORS)]
        when = f"{error} at {call} number {n}"
        done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                               f"inject={call}:error={error}:when={n}", *job.command], stderr=subprocess.PIPE, text=True)
        job.check_left(when)
        of_sanitizer = "CHECK failed: sanitizer_" in done.stderr  # it writes, too, to find out what memory is mapped
        if done.returncode != EXIT_REJECTED and not of_sanitizer:
            failed += 1
            # Before main() the loader's own calls fail, too; from then on the message names step and path.
            assert done.returncode in (1, 2, 127), (when, done.returncode, done.stderr)
            if done.returncode == 1 and call != "write":  # that may be the message's own, in another thread
                assert "promfill: error:" in done.stderr, (when, done.stderr)
        job.check_finished(when)
        job.clear()
    assert failed > len(points) / 4, (failed, len(points))
    return {"points": len(points), "failed": failed}


def limited_file_size(job):
    done = subprocess.run(["bash", "-c", 'ulimit -f 8; exec "$@"', "bash", *job.command], stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "large" in done.stderr, (done.returncode, done.stderr)
    job.check_left("file size limit")
    job.check_finished("file size limit")
    job.clear()
    return 1


def mount(*arguments):
    return subprocess.run(["mount", *arguments], stderr=subprocess.DEVNULL).returncode == 0


def full_disks(job, work):
    """`job.out` lies on a tmpfs of rising size until the job fits."""
    place = os.path.dirname(job.out)
    tried = failed = 0
    for option in [f"size={kib}k" for kib in (4, 16, 64, 128, 256, 400)] + [f"nr_inodes={n}" for n in (2, 4, 6, 12, 20, 40)]:
        if not mount("-t", "tmpfs", "-o", option, "tmpfs", place):
            return not_run("disks that fill up: mounting a tmpfs")
        try:
            done = subprocess.run(job.command, stderr=subprocess.PIPE, text=True)
            tried += 1
            job.check_left(option)
            if done.returncode != EXIT_REJECTED:
                failed += 1
                assert done.returncode == 1 and "space" in done.stderr.lower(), (option, done.returncode, done.stderr)
                assert not os.path.exists(job.out) or not os.listdir(job.out), (option, os.listdir(job.out))
                assert mount("-o", "remount,size=64m,nr_inodes=10000", place)
                job.check_finished(option)
        finally:
            subprocess.run(["umount", place], check=True)
    assert failed > 6, (tried, failed)
    return {"tried": tried, "failed": failed}


def power_cuts(job, work, times, rnd):
    place = os.path.dirname(job.out)
    image = os.path.join(work, "disk.img")
    cut = visible = 0
    for i in range(times):
        with open(image, "wb") as f:
            f.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        if not mount("-o", "loop", image, place):
            os.remove(image)
            return not_run("power cuts: mounting a loop device")
        try:
            process = subprocess.Popen(job.command, stderr=subprocess.DEVNULL)
            # The commit is at the end, and short: half of the cuts are aimed there.
            share = rnd.random() if i % 2 else rnd.uniform(0.7, 1.3)
            time.sleep(job.seconds * share)
            directory = os.open(place, os.O_RDONLY)
            fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
            os.close(directory)
            cut += process.poll() is None
            process.kill()
            process.wait()
            subprocess.run(["umount", place], check=True)
            assert mount("-o", "loop", image, place)
            reported = process.returncode == EXIT_REJECTED
            job.check_left(f"power cut {i}")
            here = len(os.listdir(job.out)) - 1 if os.path.exists(job.out) else 0
            visible += here > 0
            assert not reported or here == len(job.blocks), f"power cut {i}: the job had said that it was done"
            job.check_finished(f"power cut {i}")
        finally:
            subprocess.run(["umount", place], check=False)
        os.remove(image)
    return {"tried": times, "met the job at work": cut, "blocks visible afterwards": visible}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("promfill")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--results")
    arguments = parser.parse_args()
    results = {"all": arguments.all}
    with tempfile.TemporaryDirectory() as work:
        place = os.path.join(work, "disk")
        os.mkdir(place)
        small = Job(arguments.promfill, work, "small", 20_000, out=os.path.join(place, "out"))
        results["errors"] = fail_at_calls(small, work, arguments.all)
        results["file size limits"] = limited_file_size(small)
        results["full disks"] = full_disks(small, work)
        results["power cuts"] = power_cuts(small, work, 200 if arguments.all else 8, random.Random(4))
    print(json.dumps(results))
    if arguments.results:
        os.makedirs(os.path.dirname(arguments.results), exist_ok=True)
        with open(arguments.results, "w") as f:
            json.dump(results, f)


if __name__ == "__main__":
    main()
