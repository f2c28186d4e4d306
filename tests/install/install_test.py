#!/usr/bin/env python3
"""A project of somebody else's builds and runs against the library.

1. find_package(promfill) against an install tree: promfill::promfill needs neither Arrow nor the command line,
   promfill::sources brings Arrow along and reads files.
2. Every public header compiles alone, includes the standard library and its like alone, and the umbrella takes the
   compiler less than a second.
3. What a shared library would export is declared in include/promfill: every defined global function of ours that is
   not hidden lies in the inline namespace.
4. With --all also add_subdirectory and FetchContent, which build everything once more.
"""
import os
import re
import resource
import subprocess
import sys
import tempfile

TREE, OUTSIDE, BUILD, LIBRARY, COMPILER = sys.argv[1:6]
ALL = "--all" in sys.argv


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return done.stdout


def build_outside(work, origin, *settings):
    build = os.path.join(work, "build-" + origin)
    run("cmake", "-S", OUTSIDE, "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={COMPILER}", f"-DPROMFILL_FROM={origin}",
        *settings)
    run("cmake", "--build", build, "--target", "outside", "-j", "1")
    program = os.path.join(build, "outside")
    said = run(program, os.path.join(work, "out-" + origin))
    assert said.startswith("2 samples with promfill "), said
    assert "arrow" not in run("readelf", "--dynamic", program), "promfill::promfill brought Arrow along"
    return build


def check_sources(work, build):
    table = os.path.join(work, "table.csv")
    with open(table, "w") as file:
        file.write("time,host,load\n1583020800,a,0.5\n1583020815,a,0.25\n1583020830,b,1\n")
    run("cmake", "--build", build, "--target", "outside_files", "-j", "1")
    said = run(os.path.join(build, "outside_files"), table, os.path.join(work, "out-files"))
    assert said == "3 samples of a file\n", said


def check_headers():
    headers = sorted(os.listdir(os.path.join(TREE, "include", "promfill")))
    assert "promfill.h" in headers
    for header in headers:
        run(COMPILER, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", os.path.join(TREE, "include"),
            "-include", f"promfill/{header}", "-x", "c++", os.devnull)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    run(COMPILER, "-std=c++20", "-fsyntax-only", "-I", os.path.join(TREE, "include"), "-include", "promfill/promfill.h",
        "-x", "c++", os.devnull)
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    print(f"install: {len(headers)} headers, the umbrella takes {seconds:.2f} s")
    return seconds


def check_visibility():
    """Symbols that are not hidden, as readelf tells them."""
    exported = re.compile(r"\bFUNC\s+(?:GLOBAL|WEAK)\s+DEFAULT\s+\d+\s+(_ZNK?8promfill\w+)")
    names = set(exported.findall(run("readelf", "--wide", "--symbols", LIBRARY)))
    strays = sorted(name for name in names if not re.match(r"_ZNK?8promfill2v0", name))
    assert names, "nothing is exported"
    assert not strays, strays[:10]


def main():
    check_visibility()
    seconds = check_headers()
    with tempfile.TemporaryDirectory() as work:
        prefix = os.path.join(work, "prefix")
        for component in ("library", "sources"):
            run("cmake", "--install", BUILD, "--prefix", prefix, "--component", component)
        check_sources(work, build_outside(work, "package", f"-DCMAKE_PREFIX_PATH={prefix}"))
        if ALL:
            build_outside(work, "subdirectory", f"-DPROMFILL_TREE={TREE}")
            build_outside(work, "fetch", f"-DPROMFILL_TREE={TREE}")
    print("install: an outside project was built and run")


if __name__ == "__main__":
    main()
