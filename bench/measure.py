"""One process from start to end: wall time, CPU time, peak memory. And the machine that it ran on."""

import os
import platform
import re
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass


@dataclass
class Measured:
    wall_s: float
    cpu_s: float
    peak_rss_bytes: int
    exit: int
    stdout: str
    stderr: str


def measure(command, timeout_s):
    """Run a process, with what it starts and waits for. The page cache keeps its inputs, and nothing is left to be
    written back from the process before."""
    os.sync()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
        try:
            status, usage = _wait(process.pid, started + timeout_s)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)  # its own group: nothing but this process and its children
            process.wait()
            raise
        wall_s = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        return Measured(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, process.returncode,
                        _text(out), _text(err))


def _wait(pid, deadline):
    """wait4 with a deadline: an alarm interrupts the wait, so that no polling delays the end of a short process."""
    def expired(_signal, _frame):
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, max(0.001, deadline - time.monotonic()))
    try:
        _, status, usage = os.wait4(pid, 0)
        return status, usage
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _text(file, bytes_max=1 << 20):
    file.seek(0)
    return file.read(bytes_max).decode(errors="replace")


def cores():
    return len(os.sched_getaffinity(0))


def _first(pattern, path, otherwise="unknown"):
    try:
        with open(path) as file:
            match = re.search(pattern, file.read(), re.MULTILINE)
        return match[1].strip() if match else otherwise
    except OSError:
        return otherwise


def _output(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit(root):
    """Of the tree that the benchmark is run from, with a + when files differ from it."""
    dirty = _output(["git", "-C", root, "status", "--porcelain", "--untracked-files=no"])
    return (_output(["git", "-C", root, "rev-parse", "--short=12", "HEAD"]) or "unknown") + ("+" if dirty else "")


def machine(root, build, directory):
    compiler = _first(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", os.path.join(build, "CMakeCache.txt"), "c++")
    system = _first(r'^PRETTY_NAME="?([^"\n]*)', "/etc/os-release")
    disk = _output(["findmnt", "--noheadings", "--output", "FSTYPE,SOURCE", "--target", directory])
    return {
        "build": build,
        "cores": cores(),
        "cpu": _first(r"^model name\s*:\s*(.*)$", "/proc/cpuinfo", platform.machine()),
        "memory_bytes": int(_first(r"^MemTotal:\s*(\d+) kB", "/proc/meminfo", "0")) * 1024,
        "system": system,
        "kernel": platform.release(),
        "disk": " ".join(disk.split()) or "unknown",
        "disk_free_bytes": shutil.disk_usage(directory).free,
        "compiler": (_output([compiler, "--version"]).splitlines() or [compiler])[0],
        "commit": commit(root),
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "load_before": round(os.getloadavg()[0], 2),
    }
