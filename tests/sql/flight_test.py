#!/usr/bin/env python3
"""A Flight SQL server, the one that Arrow's Go library brings, as a source."""
import os
import socket
import subprocess
import sys
import tempfile
import time

import databases
from promfill_cli import content, run

PROMFILL, SERVER = sys.argv[1], sys.argv[2]
ROWS = 5000


class FlightServer:
    def __enter__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([SERVER, "-host", "127.0.0.1", "-port", str(self.port)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.address = f"grpc://127.0.0.1:{self.port}"
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError("the server does not listen")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def execute(self, *statements):
        import adbc_driver_flightsql.dbapi as dbapi
        with dbapi.connect(self.address, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def main():
    assert os.path.isdir(databases.ROOT)
    with FlightServer() as server, tempfile.TemporaryDirectory() as work:
        server.execute("CREATE TABLE m (epoch INTEGER, host TEXT, number INTEGER, v REAL)",
                       "INSERT INTO m WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999) "
                       "SELECT 1704067200 + 15 * i, 'h' || (i % 3), i % 17, i * 0.5 FROM n")
        flags = ("--timestamp", "epoch:s", "--label", "host", "--metric", "v", "--created-at", "2026-01-01T00:00:00Z")
        wanted = None
        for name, more in {"whole": (), "slices": ("--time-slices", "2h"), "parts": ("--partition-by", "number")}.items():
            out = os.path.join(work, name)
            said = run(PROMFILL, "import", server.address, "--table", "m", *flags, *more, "--block-duration", "2h", "--out", out)
            assert "5,000 rows, 5,000 cells" in said.stdout and "in 3 series" in said.stdout, said.stdout
            wanted = wanted or content(out)
            assert content(out) == wanted, name
        text = run(PROMFILL, "import", server.address, "--table", "m", *flags, "--partition-by", "host", "--out",
                   os.path.join(work, "text"), check=False)
        assert text.returncode == 2 and "whole numbers" in text.stderr, text.stderr
        secret = os.path.join(work, "token")
        with open(secret, "w") as file:
            file.write("t0psecret\n")
        os.chmod(secret, 0o600)
        none = run(PROMFILL, "import", server.address, "--table", "nix", *flags, "--out", os.path.join(work, "none"),
                   "--secret-file", secret, check=False)
        assert none.returncode == 1 and "nothing" not in os.listdir(work) and "t0psecret" not in none.stderr, none.stderr
    dead = run(PROMFILL, "import", server.address, "--table", "m", *flags, "--out", "nowhere", check=False)
    assert dead.returncode == 1 and "check that the server runs" in dead.stderr, dead.stderr
    print("all is well")


if __name__ == "__main__":
    main()
