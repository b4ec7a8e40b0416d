"""What a result must say of where it comes from; nothing of whose machine it is."""
import os
import platform
import subprocess

PACKAGES = ("lua5.4", "luajit2", "libcurl4", "libcurl3-gnutls", "libssl3", "nginx", "lua-cjson",
            "lua-sec", "lua-socket", "lua-curl")


def output(*command, cwd=None):
    """What a command printed | "" if it did not work."""
    try:
        done = subprocess.run(command, cwd=cwd, text=True, check=True, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
        return done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def commit(tree, name="."):
    """What a commit is called; "." is the working tree, which may differ from its commit."""
    working = name == "."
    told = output("git", "rev-parse", "--short=12", "HEAD" if working else name, cwd=tree)
    changed = working and output("git", "status", "--porcelain", "csrc", "lua", cwd=tree)
    return (told or "unknown") + ("+changes" if changed else "")


def processor():
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as info:
        for line in info:
            if line.startswith(("model name", "Model")):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def versions():
    found = {}
    for package in PACKAGES:
        version = output("dpkg-query", "-W", "-f", "${Version}", package)
        if version:
            found[package] = version
    return found


def machine():
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load": round(os.getloadavg()[0], 2),
        "packages": versions(),
    }
