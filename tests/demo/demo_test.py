#!/usr/bin/env python3
"""The demo serves every sample of the example: what Prometheus counts equals the ledger, metric by metric.

The expected figures come from reading the Parquet files with PyArrow, not from promfill.
"""
import glob
import json
import os
import subprocess
import sys
import tempfile

import pyarrow.compute as pc
import pyarrow.parquet as pq

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLE = os.path.join(ROOT, "examples", "alibaba")
COLUMNS = ["cpu", "mem", "net_in", "net_out", "disk"]


def truth():
    """Per column: values that aren't null, their sum; and the number of rows and of containers."""
    rows, containers = 0, set()
    counts, sums = dict.fromkeys(COLUMNS, 0), dict.fromkeys(COLUMNS, 0.0)
    for path in sorted(glob.glob(os.path.join(EXAMPLE, "input", "*.parquet"))):
        file = pq.ParquetFile(path)
        for group in range(file.num_row_groups):  # the footer's total is wrong in these files
            table = file.read_row_group(group)
            rows += table.num_rows
            containers |= set(zip(table["id"].to_pylist(), table["aid"].to_pylist()))
            for column in COLUMNS:
                counts[column] += table.num_rows - table[column].null_count
                sums[column] += pc.sum(table[column]).as_py() or 0
    return rows, len(containers), counts, sums


def main():
    with tempfile.TemporaryDirectory() as work:
        figures = os.path.join(work, "figures.json")
        subprocess.run([sys.executable, os.path.join(EXAMPLE, "demo"), sys.argv[1], "--json", figures], check=True)
        with open(figures) as f:
            demo = json.load(f)
    rows, containers, counts, sums = truth()
    ledger = demo["summary"]
    assert rows == 203484, rows
    assert ledger["rows_read"] == rows and ledger["cells"] == 5 * rows, ledger
    assert ledger["nulls"] == 5 * rows - sum(counts.values()), ledger["nulls"]
    assert ledger["nulls"] > 0 and ledger["rejected"] == 0, ledger
    verdicts = ["nulls", "rejected", "filtered", "out_of_window", "observed", "duplicates_merged",
                "duplicates_conflicting", "written"]
    assert ledger["cells"] == sum(ledger[v] for v in verdicts), ledger
    assert ledger["series"] == 5 * containers, ledger["series"]
    for column in COLUMNS:
        served = demo["served"][column]
        assert served["samples"] == counts[column], (column, served, counts[column])
        assert served["series"] == containers, (column, served)
        average = sums[column] / counts[column]
        assert abs(served["average"] - average) <= 1e-9 * max(1, abs(average)), (column, served, average)
    assert sum(s["samples"] for s in demo["served"].values()) == ledger["samples_written"]
    print(f"every one of {ledger['samples_written']} samples in {ledger['series']} series is served")


if __name__ == "__main__":
    main()
