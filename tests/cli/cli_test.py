#!/usr/bin/env python3
"""Run the commands of cases/*.txt and compare standard output, standard error and exit status with what stands there.

Usage: cli_test.py PROMFILL [--update] [CASE...]; see README.md for the files' language.
"""

import argparse
import difflib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
TIMEOUT_S = 60


def lines(prefix, output):
    """Each line of `output` behind `prefix`; a last line without a newline is told by a mark."""
    text = output.decode("utf-8", errors="backslashreplace")
    if not text:
        return []
    shown = text.split("\n")
    if shown[-1] == "":
        shown.pop()
    else:
        shown[-1] += "\\ no newline"
    return [f"{prefix} {line}".rstrip() if not line else f"{prefix} {line}" for line in shown]


def run(command, directory, promfill):
    environment = {
        "PATH": f"{promfill.parent}:/usr/bin:/bin",
        "LC_ALL": "C.UTF-8",
        "HOME": directory,
        **{name: os.environ[name] for name in ("ASAN_OPTIONS", "LD_LIBRARY_PATH") if name in os.environ},
    }
    done = subprocess.run(["bash", "-c", command], cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=TIMEOUT_S)
    status = [f"? {done.returncode}"] if done.returncode != 0 else []
    return lines("|", done.stdout) + lines("!", done.stderr) + status


def replay(case, promfill):
    """The text of `case` with the output that its commands have now."""
    text = []
    with tempfile.TemporaryDirectory() as directory:
        shutil.copytree(HERE / "blocks", directory, dirs_exist_ok=True)
        for line in case.read_text(encoding="utf-8").splitlines():
            if line.startswith(("| ", "! ", "? ")) or line in ("|", "!"):
                continue
            text.append(line)
            if line.startswith("$ "):
                text += run(line[2:], directory, promfill)
    return "\n".join(text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("promfill", type=Path)
    parser.add_argument("--update", action="store_true", help="write what comes out into the files")
    parser.add_argument("cases", nargs="*", type=Path)
    arguments = parser.parse_args()
    promfill = arguments.promfill.resolve()
    assert promfill.name == "promfill" and os.access(promfill, os.X_OK), f"{promfill} is not the CLI"
    failed = 0
    cases = arguments.cases or sorted((HERE / "cases").glob("*.txt"))
    for case in cases:
        expected = case.read_text(encoding="utf-8")
        found = replay(case, promfill)
        if expected == found:
            continue
        failed += 1
        print("\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(), f"{case.name}: expected",
                                             "found", lineterm="")))
        if arguments.update:
            case.write_text(found, encoding="utf-8")
    print(f"cli: {len(cases)} cases, {failed} {'updated' if arguments.update else 'failed'}")
    return 1 if failed and not arguments.update else 0


if __name__ == "__main__":
    sys.exit(main())
