"""Runs a block writer on series lines, and compares the blocks that come out, file by file."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

NO_ULID = "0" * 26  # stands in a normalised meta.json where the ULID was

SCRATCH_BYTES = 512 << 20  # more than any test here leaves lying at a time


class Failed(Exception):
    """A command failed, or what it made is not what it should be."""


def scratch(in_memory=True):
    """A temporary directory, in memory where there is room: promfill syncs every file, which on a disk takes most of a test's
    time and is tested elsewhere. Not for the oracle's `write`: it reserves 512 MiB for each segment, cheap only on a disk."""
    memory = pathlib.Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > SCRATCH_BYTES
    return tempfile.TemporaryDirectory(prefix="promfill_", dir=memory if in_memory and roomy else None)


def run(command, stdin=b""):
    """Run a command; its stdout. Any exit status but 0 raises Failed."""
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    except OSError as error:
        raise Failed(f"{command[0]}: {error}") from error
    if done.returncode != 0:
        output = (done.stdout + done.stderr).decode(errors="replace").strip()
        raise Failed(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{output[:4000]}")
    return done.stdout


def write(writer, flags, stdin, out):
    """Let `writer` (a command's first words) write `stdin` into `out`; the blocks' directories, in order of time."""
    printed = run([*writer, "--out", str(out), *flags], stdin)
    return [pathlib.Path(block["dir"]) for block in map(json.loads, printed.splitlines()) if "dir" in block]


def files(block):
    """The files of a block by relative name, with the ULID in meta.json replaced: all that two blocks of the same samples
    have in common, and nothing else."""
    found = {str(path.relative_to(block)): path.read_bytes() for path in sorted(block.rglob("*")) if path.is_file()}
    if "meta.json" in found:
        ulid = json.loads(found["meta.json"])["ulid"]
        if block.name != ulid and ulid != NO_ULID:
            raise Failed(f"{block}: meta.json names {ulid}")
        found["meta.json"] = found["meta.json"].replace(ulid.encode(), NO_ULID.encode())
    return found


def differences(expected, got):
    """What tells two results of files() apart, one line for each file."""
    lines = []
    for name in sorted(expected.keys() | got.keys()):
        a, b = expected.get(name), got.get(name)
        if a is None or b is None:
            lines.append(f"{name}: {'unexpected' if a is None else 'missing'}")
        elif a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            lines.append(
                f"{name}: differs from byte {at} on (expected {len(a)} bytes, got {len(b)}): "
                f"{show(a[at : at + 16])} | {show(b[at : at + 16])}"
            )
    return lines


def show(content):
    return content if isinstance(content, str) else content.hex()
