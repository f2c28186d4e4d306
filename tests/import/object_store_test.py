#!/usr/bin/env python3
"""Objects of an S3 store are read as files are: the same bytes, by address, by prefix and by pattern."""
import os
import re
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from promfill_cli import content, run

PROMFILL = sys.argv[1]
ENVIRONMENT = os.path.join(sys.argv[2], "s3_server")
PACKAGES = ["moto[server]==5.1.*", "boto3"]
KEYS = {"AWS_ACCESS_KEY_ID": "key-that-nobody-shall-see", "AWS_SECRET_ACCESS_KEY": "secret-that-nobody-shall-see", "AWS_EC2_METADATA_DISABLED": "true"}
FLAGS = ["--created-at", "1700000000000", "--block-duration", "2h"]


def tools():
    python = os.path.join(ENVIRONMENT, "bin", "python")
    if not os.path.exists(os.path.join(ENVIRONMENT, "ready")):
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True)
        open(os.path.join(ENVIRONMENT, "ready"), "w").close()
    return python


PUT = """
import boto3, os, sys
s3 = boto3.client("s3", endpoint_url=sys.argv[1], region_name="us-east-1")
s3.create_bucket(Bucket="history")
for base, _, names in os.walk(sys.argv[2]):
    for name in names:
        path = os.path.join(base, name)
        s3.upload_file(path, "history", os.path.relpath(path, sys.argv[2]))
"""


def start_server(python):
    server = subprocess.Popen([os.path.join(os.path.dirname(python), "moto_server"), "-H", "127.0.0.1", "-p", "0"], stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        port = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if port:
            # What it goes on to say must not fill the pipe.
            subprocess.Popen(["cat"], stdin=server.stderr, stdout=subprocess.DEVNULL)
            return server, f"127.0.0.1:{port[1]}"
    raise AssertionError("no S3 server")


def main():
    python = tools()
    os.environ.update(KEYS)
    server, endpoint = start_server(python)
    try:
        with tempfile.TemporaryDirectory() as work:
            files = os.path.join(work, "files")
            for host in ("a", "b c"):
                directory = os.path.join(files, "table", f"host={host}")
                os.makedirs(directory)
                rows = pa.table({"time": list(range(1_600_000_000, 1_600_000_000 + 30_000)), "load": [i / 8 for i in range(30_000)]})
                pq.write_table(rows, os.path.join(directory, "x.parquet"), row_group_size=7000)
            pc.write_csv(rows, os.path.join(files, "rows.csv"))
            subprocess.run(["gzip", "-k", os.path.join(files, "rows.csv")], check=True)
            with open(os.path.join(files, "table", "notes.txt"), "w") as f:
                f.write("not a table")
            subprocess.run([python, "-c", PUT, "http://" + endpoint, files], check=True)
            options = f"?endpoint_override={endpoint}&scheme=http&region=us-east-1"

            def imported(source, *flags):
                out = os.path.join(work, f"out-{len(os.listdir(work))}")
                done = run(PROMFILL, "import", source, "--out", out, *FLAGS, *flags)
                assert "FinalizeS3" not in done.stderr, done.stderr
                assert not any(value in done.stdout + done.stderr for value in KEYS.values() if "nobody" in value)
                found = content(out)
                assert len(found) > 3
                return found

            for name in ("table", "rows.csv", "rows.csv.gz"):
                assert imported("s3://history/" + name + options) == imported(os.path.join(files, name)), name
            assert imported("s3://history/table/*/x.parquet" + options) == imported(os.path.join(files, "table"))

            for address, status, words in (("s3://history/absent.csv", 1, ["no such object"]), ("s3://nobucket/x.csv", 1, ["nobucket"]),
                                           ("s3://history/*.orc", 1, ["no such object"]), ("s3://me:password-nobody-sees@history/rows.csv", 2, ["credentials"]),
                                           ("s3:///x.csv", 2, ["no bucket"])):
                out = os.path.join(work, "refused")
                done = run(PROMFILL, "import", address + options, "--out", out, check=False)
                assert done.returncode == status, (address, done.returncode, done.stderr)
                for word in words:
                    assert word in done.stderr, (word, done.stderr)
                assert "password" not in done.stderr, done.stderr
                assert not os.path.exists(out)
    finally:
        server.kill()
        server.wait()
    print("objects of an S3 store: the same bytes as of files")


if __name__ == "__main__":
    main()
