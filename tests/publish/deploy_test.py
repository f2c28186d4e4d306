#!/usr/bin/env python3
"""deploy/ in real containers: the image of the Dockerfile answers with the blocks that it was built with, and so does
compose.yaml's Prometheus, which leaves the directory of blocks alone.

Arguments: the CLI and a prometheus. Needs root, the packages of `tools/bootstrap containers` and a kernel with bridges.
Images come from no registry: prom/prometheus is made here, of that prometheus and busybox, as upstream makes its own;
Grafana, of which there is no package, is not started.
"""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

PROMFILL, PROMETHEUS = (os.path.abspath(one) for one in sys.argv[1:3])
DEPLOY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "deploy")
START, ROWS = 1_500_000_000 // 7200 * 7200, 600
NOBODY = 65534


def run(*arguments, **more):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=300, **more)
    assert done.returncode == 0, (arguments, done.stdout[-3000:], done.stderr[-3000:])
    return done.stdout


def make_blocks(folder):
    table = os.path.join(folder, "table.csv")
    with open(table, "w") as file:
        file.write("time,load\n" + "".join(f"{START + 60 * i},{i / 10}\n" for i in range(ROWS)))
    blocks = os.path.join(folder, "tsdb")
    run(PROMFILL, "import", table, "--out", blocks, "--timestamp", "time:s", "--metric", "load", "--allow-implausible-times")
    return blocks


def make_image(work):
    """prom/prometheus in the version that the files name."""
    with open(os.path.join(DEPLOY, "Dockerfile")) as file:
        name = re.search(r"^FROM (prom/prometheus:\S+)", file.read(), re.M)[1]
    root = os.path.join(work, "root")
    libraries = [line for line in re.findall(r"(/\S+) \(0x", run("ldd", PROMETHEUS))]
    for path in libraries:
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        shutil.copy(os.path.realpath(path), root + path)
    for folder in ("bin", "etc/prometheus", "prometheus", "tmp"):
        os.makedirs(os.path.join(root, folder))
    os.chown(os.path.join(root, "prometheus"), NOBODY, NOBODY)
    shutil.copy(PROMETHEUS, os.path.join(root, "bin"))
    shutil.copy("/bin/busybox", os.path.join(root, "bin"))
    for command in ("sh", "cp", "chown"):
        os.symlink("busybox", os.path.join(root, "bin", command))
    for kind in ("passwd", "group"):
        with open(os.path.join(root, "etc", kind), "w") as file:
            file.write("".join(f"{user}:x:{number}:{str(number) + '::/:/bin/sh' if kind == 'passwd' else ''}\n"
                               for user, number in (("root", 0), ("nobody", NOBODY))))
    archive = os.path.join(work, "root.tar")
    run("tar", "-C", root, "-cf", archive, ".")
    run("podman", "import", "--change", 'ENTRYPOINT ["/bin/prometheus"]', "--change", "USER nobody", "--change",
        "WORKDIR /prometheus", archive, "docker.io/" + name)


def configure(work):
    """Images and containers lie below `work`, and limits are low."""
    limits = '"nofile=1024:1024", "nproc=1024:1024"'  # Podman would raise them, which not every root may
    for name, variable, text in (
            ("containers.conf", "CONTAINERS_CONF",
             f'[containers]\ndefault_ulimits = [{limits}]\n[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n'),
            ("storage.conf", "CONTAINERS_STORAGE_CONF",
             f'[storage]\ndriver = "vfs"\nrunroot = "{work}/run"\ngraphroot = "{work}/images"\n')):
        os.environ[variable] = os.path.join(work, name)
        with open(os.environ[variable], "w") as file:
            file.write(text)
    os.environ["TMPDIR"] = work


def check_answer(port):
    asked = urllib.parse.urlencode({"query": f"load[{60 * ROWS}s]", "time": START + 60 * (ROWS - 1)})
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{asked}", timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
            break
        except OSError:
            assert time.monotonic() < deadline, "no answer"
            time.sleep(0.2)
    assert [float(v) for _, v in result[0]["values"]] == [i / 10 for i in range(ROWS)], result


def check_dockerfile(work, blocks):
    context = os.path.join(work, "context")
    shutil.copytree(DEPLOY, os.path.join(context, "deploy"))
    shutil.copytree(blocks, os.path.join(context, "tsdb"))
    run("podman", "build", "-f", "deploy/Dockerfile", "--build-arg", "BLOCKS=tsdb", "-t", "with-blocks", ".", cwd=context)
    container = run("podman", "run", "--detach", "--publish", "127.0.0.1::9090", "with-blocks").strip()
    try:
        check_answer(run("podman", "port", container, "9090").strip().rpartition(":")[2])
    finally:
        run("podman", "rm", "--force", container)


def check_compose(blocks):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        os.environ["PROMFILL_PORT"] = str(probe.getsockname()[1])
    os.environ["PROMFILL_BLOCKS"] = blocks
    before = run("find", blocks, "-type", "f", "-exec", "sha256sum", "{}", "+")
    compose = ["podman-compose", "-f", os.path.join(DEPLOY, "compose.yaml")]
    try:
        run(*compose, "up", "-d", "blocks", "prometheus")
        check_answer(os.environ["PROMFILL_PORT"])
    finally:
        run(*compose, "down")
    assert run("find", blocks, "-type", "f", "-exec", "sha256sum", "{}", "+") == before


def main():
    assert os.geteuid() == 0, "needs root"
    with tempfile.TemporaryDirectory() as work:
        configure(work)
        blocks = make_blocks(work)
        try:
            make_image(work)
            check_dockerfile(work, blocks)
            check_compose(blocks)
        finally:
            subprocess.run(["podman", "system", "reset", "--force"], capture_output=True, check=False)
    print("the image and the composed services answer with the blocks")


if __name__ == "__main__":
    main()
