#!/usr/bin/env python3
"""What promtool 3.14 made of the named cases, checked in as golden.json: tables, and of each block its times,
counts and the beginnings of SHA-256 of meta.json (without the ULID), index and chunks.

golden_test.py check PROMFILL      promfill makes the same
golden_test.py write PROMTOOL      make golden.json anew: `make golden` does it, and the diff is reviewed like code
"""
import hashlib
import json
import os
import sys
import tempfile

from cases import content, named_cases, run

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
LINES_MAX = 20  # of a case; of more there is only a digest


def digest(data):
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def one_line(block):
    """Times, counts and digests of a block."""
    meta = json.loads(block["meta"])
    files = [f"{name} {digest(data)[:32]}" for name, data in sorted(block.items()) if name != "tombstones"]
    counts = " ".join(f"{key}={value}" for key, value in sorted(meta["stats"].items()))
    return f"[{meta['minTime']}, {meta['maxTime']}) {counts} {', '.join(files)}"


def made(command, name, text, flags, work):
    out = os.path.join(work, name)
    code, table, _ = run(command, text, out, flags)
    lines = {"table": table.splitlines(), "blocks": [one_line(block) for block in content(out)]}
    for key, value in lines.items():
        if len(value) > LINES_MAX:
            lines[key] = [f"{len(value)} lines", digest("\n".join(value))]
    return {"flags": " ".join(flags[0] + flags[1]), "input": digest(text), "exit": code, **lines}


def all_made(command):
    with tempfile.TemporaryDirectory() as work:
        return {name: made(command, name, text, flags, work) for name, text, flags in named_cases()}


def main(what, program):
    if what == "write":
        with open(GOLDEN, "w") as file:
            json.dump(all_made([program, "tsdb"]), file, indent=1, ensure_ascii=False, sort_keys=True)
            file.write("\n")
        return
    with open(GOLDEN) as file:
        golden = json.load(file)
    found = all_made([program])
    differing = [name for name in {**golden, **found} if golden.get(name) != found.get(name)]
    for name in differing:
        print(f"{name}:\n  promtool's {json.dumps(golden.get(name))}\n  promfill's {json.dumps(found.get(name))}")
    print(f"openmetrics: {len(golden)} golden cases, {len(differing)} differ")
    sys.exit(1 if differing or len(golden) < 30 else 0)


if __name__ == "__main__":
    main(*sys.argv[1:3])
