#!/usr/bin/env python3
"""The worked cases of docs/mapping.md: their files, their commands, and what those print, to the letter.

mapping_cases_test.py PROMFILL [--update]   --update writes what the commands print into the document.

A case is a heading of level 3 under "Worked cases". Of its fenced blocks, those with a name behind the language are files
(```csv weather.csv), and those in "console" are commands behind "$ " with their output.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

PROMFILL = os.path.abspath(sys.argv[1])
DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "mapping.md")
FENCE = re.compile(r"^```(\S+)(?: (\S+))?\n(.*?)^```$", re.M | re.S)


def printed(command, work):
    words = shlex.split(command)
    assert words[0] == "promfill", command
    done = subprocess.run([PROMFILL, *words[1:]], cwd=work, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.returncode, done.stderr)
    return done.stdout


def run_case(title, text):
    """@return the case with what its commands print."""
    with tempfile.TemporaryDirectory() as work:
        def fence(match):
            kind, name, body = match.groups()
            if name:
                path = os.path.join(work, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w") as f:
                    f.write(body)
                return match[0]
            if kind != "console":
                return match[0]
            out = ""
            for line in body.splitlines():
                if line.startswith("$ "):
                    out += line + "\n" + printed(line[2:], work)
            return f"```console\n{out}```"
        result = FENCE.sub(fence, text)
        assert "$ promfill import" in result and "$ promfill dump" in result, title
        return result


def main():
    with open(DOCUMENT) as f:
        document = f.read()
    before, cases = document.split("## Worked cases\n", 1)
    parts = re.split(r"^(?=### )", cases, flags=re.M)
    assert len(parts) == 12, len(parts)
    result = before + "## Worked cases\n" + parts[0] + "".join(run_case(part.split("\n", 1)[0], part) for part in parts[1:])
    if "--update" in sys.argv:
        with open(DOCUMENT, "w") as f:
            f.write(result)
    for line, (was, now) in enumerate(zip(document.splitlines(), result.splitlines()), 1):
        assert was == now or "--update" in sys.argv, f"docs/mapping.md:{line}: the document says\n{was}\nand the command prints\n{now}"
    assert document == result or "--update" in sys.argv
    print("10 worked cases as they are written")


if __name__ == "__main__":
    main()
