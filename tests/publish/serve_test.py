#!/usr/bin/env python3
"""`promfill serve` answers with what was imported and leaves the blocks alone; the files of deploy/ are what
Prometheus, Docker and Grafana take; `import` warns of what `publish` would refuse.

Arguments: the CLI, a prometheus, its promtool, the folder deploy/ and the Python environment's root.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

PROMFILL, PROMETHEUS, PROMTOOL, DEPLOY = sys.argv[1:5]
START = 1_500_000_000 // 7200 * 7200


def run(*arguments):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done


def tree(folder):
    found = {}
    for path, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(path, name), "rb") as file:
                found[os.path.join(path, name)] = file.read()
    return found


def make(work, name, times):
    table, out = os.path.join(work, name + ".csv"), os.path.join(work, name)
    with open(table, "w") as file:
        file.write("time,temperature\n" + "".join(f"{t},{i / 10}\n" for i, t in enumerate(times)))
    done = run(PROMFILL, "import", table, "--out", out, "--timestamp", "time:s", "--metric", "temperature",
               "--block-duration", "2h", "--allow-implausible-times")
    return out, done.stderr


def check_serve(work):
    times = range(START, START + 6 * 3600, 60)
    blocks, said = make(work, "blocks", times)
    assert "--storage.tsdb.retention.time=" in said, said
    before = tree(blocks)
    for number in (signal.SIGINT, signal.SIGTERM):
        server = subprocess.Popen([PROMFILL, "serve", blocks, "--prometheus", PROMETHEUS], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        try:
            url = server.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:"), (url, server.stderr.read())
            asked = urllib.parse.urlencode({"query": "temperature[6h]", "time": START + 6 * 3600 - 1})
            with urllib.request.urlopen(f"{url}/api/v1/query?{asked}", timeout=30) as answer:
                result = json.load(answer)["data"]["result"]
            assert [float(v) for _, v in result[0]["values"]] == [i / 10 for i in range(len(times))], result
            server.send_signal(number)
            assert server.wait(35) == 0, server.stderr.read()
        finally:
            server.kill()
            server.communicate()
        assert tree(blocks) == before  # and no folder is left
        try:
            urllib.request.urlopen(url + "/-/ready", timeout=5)
        except OSError:
            continue
        raise AssertionError("the server still answers")
    done = subprocess.run([PROMFILL, "serve", blocks, "--prometheus", "/bin/false"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "has ended" in done.stderr and tree(blocks) == before, done
    empty = os.path.join(work, "empty")
    os.mkdir(empty)
    assert subprocess.run([PROMFILL, "serve", empty], capture_output=True, check=False).returncode == 1


def check_warnings(work):
    now = int(time.time())
    _, said = make(work, "future", range(now + 30 * 86400, now + 30 * 86400 + 600, 60))
    assert "end after now" in said and "publish refuses" in said, said
    _, said = make(work, "past", range(now - 86400, now - 86400 + 600, 60))
    assert "publish refuses" not in said, said


def check_deploy():
    run(PROMTOOL, "check", "config", os.path.join(DEPLOY, "prometheus.yml"))
    with open(os.path.join(DEPLOY, "grafana/dashboards/blocks.json")) as file:
        dashboard = json.load(file)
    with open(os.path.join(DEPLOY, "grafana/provisioning/datasources/prometheus.yaml")) as file:
        source = file.read()
    for panel in dashboard["panels"]:
        assert f"uid: {panel['datasource']['uid']}\n" in source, panel
    with open(os.path.join(DEPLOY, "compose.yaml")) as file:
        compose = file.read()
    with open(os.path.join(DEPLOY, "Dockerfile")) as file:
        docker = file.read()
    for text in (compose, docker):
        assert "--storage.tsdb.retention.time=100y" in text and "prom/prometheus:v3" in text
    for name in ("prometheus.yml", "grafana/provisioning", "grafana/dashboards"):
        assert f"./{name}:" in compose and os.path.exists(os.path.join(DEPLOY, name)), name
    provider = os.path.join(DEPLOY, "grafana/provisioning/dashboards/dashboards.yaml")
    with open(provider) as file:
        assert "path: /var/lib/grafana/dashboards}" in file.read() and ":/var/lib/grafana/dashboards:" in compose


def main():
    check_deploy()
    with tempfile.TemporaryDirectory() as work:
        check_serve(work)
        check_warnings(work)
    print("serve answers and leaves no trace; deploy/ is consistent; import warns")


if __name__ == "__main__":
    main()
