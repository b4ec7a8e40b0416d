"""The clients that are programs: those in C, which make builds, and one in Go, built here."""
import hashlib
import os
import subprocess
import sys

import data

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTER = os.path.join(os.path.dirname(HERE), "cluster")


def find(build):
    """The paths of the programs, "" for one that cannot be built."""
    ours = ("bare_libcurl", "many_calls")
    return {"client_go": client_go(),
            **{name: os.path.join(build, "bench", name) for name in ours}}


def missing(programs, name):
    """Why a program cannot run | "" if it can."""
    return "" if programs[name] else "not measured: no Go (see spec/cluster/go.sh)"


def client_go():
    """client-go's program, built once for these very sources and kept beside the test cluster."""
    digest = hashlib.sha256()
    for name in ("bench/main.go", "go.mod", "go.sum"):
        with open(os.path.join(CLUSTER, name), "rb") as source:
            digest.update(source.read())
    path = os.path.join(data.cache_home(), "client-go-" + digest.hexdigest()[:16])
    if os.path.exists(path) or build_client_go(path):
        return path
    return ""


def build_client_go(path):
    go = subprocess.run(["./go.sh"], cwd=CLUSTER, text=True, stdout=subprocess.PIPE, check=False)
    if go.returncode != 0:
        return False
    print("building client-go's part of the benchmarks: some minutes the first time",
          file=sys.stderr)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    unfinished = "%s.%d" % (path, os.getpid())
    built = subprocess.run(
        [go.stdout.strip(), "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w",
         "-o", unfinished, "./bench"],
        cwd=CLUSTER, env={**os.environ, "CGO_ENABLED": "0"}, stdout=sys.stderr, check=False)
    if built.returncode != 0:
        return False
    os.rename(unfinished, path)
    return True
