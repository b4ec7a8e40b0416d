"""The programs: clients in C, which make builds, clients in Go, and the test control plane."""
import hashlib
import os
import subprocess
import sys

import data

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTER = os.path.join(os.path.dirname(HERE), "cluster")


def find(build, wanted):
    """The paths of those that are wanted, by name; "" for one that cannot be built."""
    makers = {"client_go": client_go, "kubectl": kubectl, "cluster": cluster}
    return {name: makers[name]() if name in makers else os.path.join(build, "bench", name)
            for name in sorted(wanted)}


def missing(programs, name):
    """Why a program cannot run | "" if it can."""
    return "" if programs[name] else "not measured: no Go (see spec/cluster/go.sh)"


def output(*command):
    """What a script of the test cluster printed | "" if it failed."""
    done = subprocess.run(command, cwd=CLUSTER, text=True, stdout=subprocess.PIPE, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def cluster():
    return output("./build.sh")


def client_go():
    return built("client-go", CLUSTER, "bench")


def kubectl():
    return built("kubectl", os.path.join(HERE, "kubectl"), ".")


def built(name, module, package):
    """A program in Go, built once for these very sources and kept beside the test cluster."""
    digest = hashlib.sha256()
    for source in (package + "/main.go", "go.mod", "go.sum"):
        with open(os.path.join(module, source), "rb") as file:
            digest.update(file.read())
    path = os.path.join(data.cache_home(), "%s-%s" % (name, digest.hexdigest()[:16]))
    return path if os.path.exists(path) or build(name, module, package, path) else ""


def build(name, module, package, path):
    go = output("./go.sh")
    if not go:
        return False
    print("building %s for the benchmarks: some minutes the first time" % name, file=sys.stderr)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    unfinished = "%s.%d" % (path, os.getpid())
    done = subprocess.run(
        [go, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", unfinished,
         "./" + package],
        cwd=module, env={**os.environ, "CGO_ENABLED": "0"}, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        return False
    os.rename(unfinished, path)
    return True
