"""Real databases for the tests of this folder: a PostgreSQL of its own on a temporary directory, and statements for it."""
import glob
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "import"))
for packages in ("adbc", "arrow"):
    sys.path.extend(glob.glob(os.path.join(ROOT, "build", packages, "lib", "python3*", "site-packages")))

PASSWORD = "p@ss/w:rd&1"
USER = "filler"


def postgres_programs():
    for folder in sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True):
        if os.path.exists(os.path.join(folder, "initdb")):
            return folder
    raise AssertionError("PostgreSQL's server is not installed: run tools/bootstrap test")


class Postgres:
    """A server on a port of 127.0.0.1, with a password; stopped and gone at the end of `with`."""

    def __enter__(self):
        self.bin = postgres_programs()
        self.home = tempfile.mkdtemp(prefix="promfill-postgres-")
        # The server refuses to run as root.
        self.owner = None
        if os.getuid() == 0:
            self.owner = "nobody"
            entry = pwd.getpwnam(self.owner)
            os.chown(self.home, entry.pw_uid, entry.pw_gid)
        os.chmod(self.home, 0o700)
        secret = os.path.join(self.home, "password")
        with open(secret, "w") as file:
            file.write(PASSWORD + "\n")
        os.chmod(secret, 0o644)
        self.data = os.path.join(self.home, "data")
        self.run("initdb", "-D", self.data, "-U", USER, "--pwfile", secret, "-A", "scram-sha-256", "--no-sync")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()
        return self

    def run(self, program, *arguments):
        options = {"user": self.owner, "group": pwd.getpwnam(self.owner).pw_gid, "extra_groups": []} if self.owner else {}
        done = subprocess.run([os.path.join(self.bin, program), *arguments], cwd=self.home, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, **options)
        assert done.returncode == 0, f"{program}: {done.stdout}"

    def start(self):
        flags = f"-p {self.port} -k {self.home} -c listen_addresses=127.0.0.1 -c fsync=off -c max_wal_size=4GB"
        self.run("pg_ctl", "-D", self.data, "-o", flags, "-l", os.path.join(self.home, "log"), "-w", "start")

    def stop(self):
        self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def address(self):
        """Without a password, which comes through PGPASSWORD."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    @property
    def environment(self):
        return {**os.environ, "PGPASSWORD": PASSWORD}

    def connect(self):
        import adbc_driver_postgresql.dbapi as dbapi
        os.environ["PGPASSWORD"] = PASSWORD
        try:
            return dbapi.connect(self.address, autocommit=True)
        finally:
            del os.environ["PGPASSWORD"]

    def execute(self, *statements):
        """Rows of the last one."""
        with self.connect() as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None

    def kill_readers(self, least_rows=0, seconds=60, then=None):
        """Terminate a session of promfill that is in the middle of sending rows. @return whether there was one.
        `then` is called instead."""
        with self.connect() as connection, connection.cursor() as cursor:
            until = time.monotonic() + seconds
            while time.monotonic() < until:
                what = "true" if then else "pg_terminate_backend(c.pid)"
                cursor.execute(f"SELECT {what} FROM pg_stat_progress_copy c JOIN pg_stat_activity a "
                               f"ON a.pid = c.pid WHERE a.application_name = 'promfill' AND tuples_processed > {least_rows} LIMIT 1")
                if cursor.fetchall():
                    if then:
                        then()
                    return True
                time.sleep(0.002)
        return False
