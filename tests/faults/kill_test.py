#!/usr/bin/env python3
"""A job that dies anywhere leaves whole blocks or none, and the same command finishes it with the same bytes and counts.

1. SIGKILL at file-system calls: strace counts the calls of an undisturbed job by name, then kills it at the n-th of each.
2. SIGKILL at random moments of a larger job, several times in a row: resuming is killed, too, and the rename phase.
3. SIGINT and SIGTERM at random moments: exit status 130 and 143 within two seconds, and the same command goes on.

Usage: kill_test.py PROMFILL [--all] [--results FILE]; --all tries every call and 1,000 moments, else it is a sample.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import tempfile
import time

from job import EXIT_REJECTED, Job, count_calls, points_of

def kill_at_calls(job, work, everything):
    counts = count_calls(job, work)
    points = points_of(counts, everything)
    died = 0
    for call, n in points:
        when = f"killed at {call} number {n}"
        done = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=" + call, "-e",
                               f"inject={call}:signal=KILL:when={n}", *job.command], stderr=subprocess.DEVNULL)
        # Threads make the number of calls differ a little from run to run: some points lie behind the end.
        died += done.returncode not in (0, EXIT_REJECTED)
        job.check_left(when)
        job.check_finished(when)
        job.clear()
    assert died > len(points) / 2, (died, len(points))
    return {"calls": sum(counts.values()), "points": len(points), "died": died}


def kill_at_moments(job, times, rnd):
    died = in_a_row = 0
    for i in range(times):
        for attempt in range(rnd.choice([1, 1, 2, 3])):
            process = subprocess.Popen(job.command, stderr=subprocess.DEVNULL)
            time.sleep(rnd.random() * job.seconds * 1.1)
            process.kill()
            died += process.wait() == -signal.SIGKILL
            in_a_row += attempt > 0
            job.check_left(f"moment {i}")
        job.check_finished(f"moment {i}")
        job.clear()
    return {"jobs": times, "died": died, "while resuming": in_a_row}


def stop_at_moments(job, times, rnd):
    slowest = stopped = 0
    for i in range(times):
        number = rnd.choice([signal.SIGINT, signal.SIGTERM])
        process = subprocess.Popen(job.command, stderr=subprocess.DEVNULL)
        time.sleep(0.03 + rnd.random() * job.seconds)
        process.send_signal(number)
        started = time.monotonic()
        status = process.wait()
        if status not in (0, EXIT_REJECTED, -number):  # it was quicker, or not yet ready for signals
            assert status == 128 + number, status
            stopped += 1
            slowest = max(slowest, time.monotonic() - started)
        job.check_left(f"stop {i}")
        job.check_finished(f"stop {i}")
        job.clear()
    assert slowest < 2, slowest
    return {"tried": times, "stopped": stopped, "slowest_s": round(slowest, 2)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("promfill")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--results")
    arguments = parser.parse_args()
    rnd = random.Random(3)
    results = {"all": arguments.all}
    with tempfile.TemporaryDirectory() as work:
        small = Job(arguments.promfill, work, "small", 20_000)
        results["calls"] = kill_at_calls(small, work, arguments.all)
        results["calls"]["resumed"] = small.resumed
        large = Job(arguments.promfill, work, "large", 200_000)
        results["moments"] = kill_at_moments(large, 1000 if arguments.all else 25, rnd)
        results["stops"] = stop_at_moments(large, 200 if arguments.all else 10, rnd)
        results["moments"]["resumed"] = large.resumed
    assert small.resumed > 0 and large.resumed > 0, results
    print(json.dumps(results))
    if arguments.results:
        os.makedirs(os.path.dirname(arguments.results), exist_ok=True)
        with open(arguments.results, "w") as f:
            json.dump(results, f)


if __name__ == "__main__":
    main()
