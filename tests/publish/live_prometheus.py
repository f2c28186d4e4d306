"""A real Prometheus that scrapes itself every second, on a directory of its own; shared by the tests of this folder."""
import json
import os
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


class LivePrometheus:
    """`program` on `data`. Stopping and starting again keeps address and data."""

    def __init__(self, program, work, *flags):
        os.makedirs(work, exist_ok=True)
        self.program, self.flags = program, flags
        self.data = os.path.join(work, "data")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{self.address}"
        self.config = os.path.join(work, "prometheus.yml")
        with open(self.config, "w") as file:
            file.write("global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
                       "scrape_configs:\n- job_name: live\n  static_configs: [{targets: ['%s']}]\n" % self.address)
        self.log_path = os.path.join(work, "log")
        self.process = None
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        number = re.search(r"version (\d+)\.(\d+)", said.stdout + said.stderr)
        self.version = (int(number[1]), int(number[2])) if number else (3, 14)  # our own build has no number

    def start(self, *more):
        flags = list(self.flags) + list(more)
        if self.version >= (3, 0):
            flags.append("--storage.tsdb.block-reload-interval=1s")
        self.log = open(self.log_path, "a")
        self.process = subprocess.Popen(
            [self.program, f"--config.file={self.config}", f"--storage.tsdb.path={self.data}",
             f"--web.listen-address={self.address}", *flags], stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.get("/-/ready", parse=False):
                    return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("Prometheus does not come up:\n" + self.log_text()[-3000:])

    def stop(self, number=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(60)
        if self.process:
            self.log.close()
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop(signal.SIGKILL)

    def log_text(self):
        with open(self.log_path) as file:
            return file.read()

    def get(self, path, parse=True, **form):
        url = self.url + path + ("?" + urllib.parse.urlencode(form) if form else "")
        with urllib.request.urlopen(url, timeout=60) as answer:
            body = answer.read()
        return json.loads(body)["data"] if parse else body

    def samples(self, selector, start_s, end_s):
        """{labels as text: {time: value}} of what is served in (start, end]."""
        found = self.get("/api/v1/query", query=f"{selector}[{int((end_s - start_s) * 1000)}ms]", time=f"{end_s:.3f}")
        return {json.dumps(one["metric"], sort_keys=True): {round(t * 1000): v for t, v in one["values"]}
                for one in found["result"]}

    def count(self, selector, start_s, end_s):
        return sum(len(one) for one in self.samples(selector, start_s, end_s).values())

    def live(self, until_s, seconds=3600):
        """The samples that the server scraped of itself up to a moment."""
        return self.samples("prometheus_http_requests_total", until_s - seconds, until_s) | \
            self.samples("up", until_s - seconds, until_s)

    def wait_until(self, condition, seconds, what):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.2)
        raise AssertionError(f"not within {seconds} s: {what}\n" + self.log_text()[-2000:])

    def wait_for_live(self):
        self.wait_until(lambda: self.count("up", time.time() - 60, time.time()) >= 3, 60, "live samples")

    def block_names(self):
        return sorted(name for name in os.listdir(self.data) if re.fullmatch("[0-9A-Z]{26}", name))
