"""What the server of the benchmarks serves: made once for each number of pods, kept in a cache.

    pods.json          the whole list          page-0.json ...    the same in pages of 500
    watch.json         each pod ADDED, then each MODIFIED, as lines
    pod/NAME           the pods of one namespace one by one; names.txt lists them
    api.json apis.json discovery
"""
import fcntl
import hashlib
import os
import shutil

import discovery
import pods

PAGE = 500
NAMESPACE = "ns-0"
VERSION = "999999"


def cache_home():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(home, "kube-lua")


def directory(n):
    """The directory with the data of n pods, which is made if it is not there."""
    digest = hashlib.sha256(n.to_bytes(8, "big"))
    for module in (__file__, pods.__file__, discovery.__file__):
        with open(module, "rb") as source:
            digest.update(source.read())
    home = cache_home()
    path = os.path.join(home, "bench-%d-%s" % (n, digest.hexdigest()[:12]))
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, "bench.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # till it is closed
        if not os.path.isdir(path):
            forget(home, n)
            os.makedirs(os.path.join(path + ".part", "pod"))
            write_all(path + ".part", pods.pods(n))
            os.rename(path + ".part", path)
    return path


def forget(home, n):
    """Removes what older versions of these modules made of n pods, and what was left half made."""
    for name in os.listdir(home):
        if name.startswith("bench-%d-" % n):
            shutil.rmtree(os.path.join(home, name))


def write_all(path, items):
    def write(name, text):
        with open(os.path.join(path, name), "w", encoding="ascii") as file:
            file.write(text)

    write("pods.json", pods.text(pods.pod_list(items, {"resourceVersion": VERSION})))
    for i, page in enumerate(pages(items)):
        write("page-%d.json" % i, pods.text(page))
    alone = [{"kind": "Pod", "apiVersion": "v1", **item} for item in items]
    write("watch.json", "".join(events(alone)))
    own = [pod for pod in alone if pod["metadata"]["namespace"] == NAMESPACE]
    for pod in own:
        write("pod/" + pod["metadata"]["name"], pods.text(pod))
    write("names.txt", "".join(pod["metadata"]["name"] + "\n" for pod in own))
    for name, document in zip(("api", "apis"), discovery.documents()):
        write(name + ".json", pods.text(document))


def pages(items):
    """The list in pages: the token of a page is its number."""
    for i, start in enumerate(range(0, len(items), PAGE)):
        metadata = {"resourceVersion": VERSION}
        left = len(items) - start - PAGE
        if left > 0:
            metadata.update({"continue": str(i + 1), "remainingItemCount": left})
        yield pods.pod_list(items[start:start + PAGE], metadata)


def events(alone):
    for kind in ("ADDED", "MODIFIED"):
        for pod in alone:
            yield pods.text({"type": kind, "object": pod}) + "\n"
