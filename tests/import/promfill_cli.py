"""Runs the command line and reads what it leaves; shared by the tests of this folder."""
import json
import os
import subprocess

EXAMPLE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "examples", "alibaba")
OFFSET_S = 1583020800


def run(*arguments, check=True, **options):
    """subprocess.run with text output; a non-zero exit raises with what was printed."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def blocks(out):
    """Directories of the blocks in `out`, in order of time."""
    found = []
    for name in os.listdir(out):
        meta = os.path.join(out, name, "meta.json")
        if os.path.exists(meta):
            with open(meta) as f:
                found.append((json.load(f)["minTime"], os.path.join(out, name)))
    return [path for _, path in sorted(found)]


def block_bytes(block):
    """Relative name to bytes of every file of a block but meta.json, whose ULID differs; of that the rest."""
    files = {}
    for folder, _, names in os.walk(block):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                files[os.path.relpath(path, block)] = f.read()
    meta = json.loads(files.pop("meta.json"))
    ulid = meta.pop("ulid")
    assert meta["compaction"].pop("sources") == [ulid] and os.path.basename(block) == ulid, block
    files["meta"] = json.dumps(meta)
    return files


def content(out):
    """Everything in the blocks of `out`, in order of time: equal for equal bytes."""
    return [block_bytes(block) for block in blocks(out)]
