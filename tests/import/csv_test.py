#!/usr/bin/env python3
"""CSV as people have it: what is odd is read as they mean it, or rejected with its line; nothing is lost, nothing ends the job."""
import json
import os
import sys
import tempfile

from promfill_cli import content, run

PROMFILL = sys.argv[1]
START_S = 1_600_000_000


class Case:
    def __init__(self, work):
        self.work = work
        self.count = 0

    def write(self, text):
        self.count += 1
        path = os.path.join(self.work, f"case-{self.count}.csv")
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        return path

    def imported(self, text, *flags, status=0):
        """@return summary and rejects."""
        path = self.write(text)
        summary, out = path + ".json", path + ".out"
        done = run(PROMFILL, "import", path, "--out", out, "--summary", summary, "--created-at", "1700000000000", *flags, check=False)
        assert done.returncode == status, (flags, done.returncode, done.stderr)
        with open(summary) as f:
            report = json.load(f)
        told = ["written", "nulls", "rejected", "duplicates_merged", "duplicates_conflicting", "filtered", "out_of_window"]
        assert report["cells"] == sum(report[key] for key in told), report
        rejects = []
        if report.get("rejects_file"):
            with open(report["rejects_file"]) as f:
                rejects = [json.loads(line) for line in f]
        return report, rejects, content(out)

    def refused(self, text, status, words, *flags):
        path = self.write(text)
        done = run(PROMFILL, "import", path, "--out", path + ".out", *flags, check=False)
        assert done.returncode == status, (flags, done.returncode, done.stderr)
        for word in words:
            assert word in done.stderr, (word, done.stderr)
        assert not os.path.exists(path + ".out")


def good(count=20):
    return "time,host,load\n" + "".join(f"{START_S + 15 * i},h{i % 2},{i / 4}\n" for i in range(count))


def odd_lines(case):
    lines = good().splitlines()
    lines[3] += ",one too many"
    lines[5] = lines[5].rsplit(",", 1)[0]
    lines[7:7] = ["", ""]  # blank lines have numbers, and are no rows
    lines[10] = lines[10].rsplit(",", 1)[0] + ",broken"
    lines[12] = "yesterday,h1,1"
    report, rejects, _ = case.imported("\n".join(lines), status=3)
    assert report["rows_read"] == 20 and report["written"] == 16, report
    assert report["rejected_by_reason"] == {"too_many_cells": 1, "too_few_cells": 1, "invalid_number": 1, "invalid_timestamp": 1}, report
    found = {(r["reason"], r["row"], r["value"]) for r in rejects}
    assert found == {("too_many_cells", 4, lines[3]), ("too_few_cells", 6, lines[5]), ("invalid_number", 11, "broken"),
                     ("invalid_timestamp", 13, "yesterday")}, found


def nulls_and_numbers(case):
    text = "time,host,load\n" + "".join(f"{START_S + 15 * i},h,{v}\n" for i, v in enumerate(
        ["", "NA", "null", "-", "NaN", "inf", "-Infinity", "1e3", " 2 ", "+3", "7e0"]))
    report, _, _ = case.imported(text)
    assert report["nulls"] == 4 and report["written"] == 7, report
    report, _, _ = case.imported(text.replace("NA", "x").replace("null", "x").replace("-\n", "x\n"), "--csv-null", "x", "--csv-null", "")
    assert report["nulls"] == 4 and report["written"] == 7, report
    report, _, _ = case.imported(good().replace(",3.0\n", ",-999\n"), "--csv-null", "-999")
    assert report["nulls"] == 1 and report["written"] == 19, report
    # A column is what its first rows say; a fraction that comes later is a number all the same.
    late = "time,host,n\n" + "".join(f"{START_S + i},h,{i}\n" for i in range(150_000)) + f"{START_S + 150_000},h,0.5\n"
    report, _, _ = case.imported(late)
    assert report["written"] == 150_001 and report["rejected"] == 0, report


def quotes(case):
    broken = "time,host,load\n" + "".join(f'{START_S + 15 * i},"h\n{i % 2}",{i}\n' for i in range(50))
    report, _, _ = case.imported(broken)
    assert report["written"] == 50 and report["series"] == 2, report
    case.refused(good() + f'{START_S},"never closed,1\n' + good(), 1, ["quote is not closed", "--csv-quoted-breaks"])


def large_file(case):
    """Read in parts by two threads: the same bytes and the same lines as by one, and rejects in order."""
    count = 1_500_000  # 40 MB
    lines = [f"{START_S + i},h{i % 7},{i}.5" for i in range(count)]
    for at in (5, 700_000, 1_400_000):
        lines[at] = "oops"
    text = "time,host,load\n" + "\n".join(lines) + "\n"
    results = []
    for threads in ("1", "2"):
        report, rejects, found = case.imported(text, "--threads", threads, status=3)
        assert report["rows_read"] == count and report["written"] == count - 3, report
        assert [r["row"] for r in rejects] == [7, 700_002, 1_400_002], rejects
        results.append(found)
    assert results[0] == results[1]
    lines[1_200_000] = f'{START_S},"never closed,1'
    case.refused("time,host,load\n" + "\n".join(lines) + "\n", 1, ["quote is not closed", "row 1200002"])


def header_alone(case):
    report, _, _ = case.imported("time,host,load\n")
    assert report["rows_read"] == 0 and report["blocks"] == [], report


def wide_table(case):
    columns = 10_000
    header = "time," + ",".join(f"m{i}" for i in range(columns))
    text = header + "\n" + "".join(f"{START_S + 15 * r}," + ",".join(str(r * i % 97) for i in range(columns)) + "\n" for r in range(3))
    report, _, _ = case.imported(text)
    assert report["series"] == columns and report["written"] == 3 * columns, report


def again(case):
    """What was found out about a text is part of the job: an identical rerun is known, another reading is another job."""
    path = case.write(good())
    command = [PROMFILL, "import", path, "--out", path + ".out"]
    assert "already imported" not in run(*command).stderr
    blocks = sorted(os.listdir(path + ".out"))
    assert "already imported" in run(*command).stderr and sorted(os.listdir(path + ".out")) == blocks
    other = run(*command, "--csv-header", "no", "--timestamp", "column_1", check=False)
    assert other.returncode != 0 and "already imported" not in other.stderr, other.stderr


def refusals(case):
    case.refused("time,host,load\n1600000000,Gr\xfc\xdfe,1\n".encode("latin-1"), 1, ["line 2", "not in UTF-8", "iconv -f LATIN1"])
    case.refused(good().encode("utf-16"), 1, ["UTF-16", "iconv"])
    case.refused(b"time,host\0,load\n", 1, ["NUL"])
    case.refused("", 1, ["empty"])
    case.refused("\n\n\n", 1, ["no line"])
    case.refused(good(), 2, ["--csv-delimiter", "no single character"], "--csv-delimiter", "abc")
    case.refused(good(), 2, ["--csv-header", "yes nor no"], "--csv-header", "maybe")
    case.refused(good(), 2, ["--csv-thousands"], "--csv-thousands", ".")
    case.refused(good(), 2, ["nolumn", "the columns are time, host and load"], "--timestamp", "nolumn")
    case.refused(b"\x1f\x8b\x08\0garbage", 1, ["decompress"])


def main():
    with tempfile.TemporaryDirectory() as work:
        case = Case(work)
        odd_lines(case)
        nulls_and_numbers(case)
        quotes(case)
        large_file(case)
        header_alone(case)
        wide_table(case)
        again(case)
        refusals(case)
    print("CSV: odd lines rejected with their numbers, odd files refused with the way out")


if __name__ == "__main__":
    main()
