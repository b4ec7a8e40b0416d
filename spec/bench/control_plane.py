"""A real API server for the figures that ask one: the test control plane, with the pods in it.

They are those of pods.py but for their owners, which do not exist: the garbage collector would take
them. Nobody plays their kubelet.
"""
import json
import os
import select
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.request

import measure
import pods
import server

PATIENCE = 60  # seconds


class ControlPlane:
    """with ControlPlane(binary, data_directory, n) as its_server: it is up and has n pods.

    For clients it is what server.Server is, but that it does not tell what was asked of it.
    """

    def __init__(self, binary, data_directory, n):
        self.binary, self.data, self.n = binary, data_directory, n
        self.process = None

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="kube-bench-")
        try:
            ready = self.start()
            self.ca = ready["ca"]
            self.url = dict.fromkeys(("2", "1.1"), ready["server"])
            self.kubeconfig = dict.fromkeys(self.url, ready["kubeconfigs"]["token"])
            self.big_kubeconfig = ""
            self.token = token_of(ready["kubeconfigs"]["token"])
            self.seed(ready["control"])
            self.wait_until_seen()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.stdin.close()  # which ends it
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        """Starts it on the server's core; what it says when it is up."""
        os.sched_setaffinity(0, server.CORES[-1:])  # ours, which it inherits
        self.process = subprocess.Popen(
            [self.binary, "-dir", os.path.join(self.dir, "cluster")], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.sched_setaffinity(0, server.CORES)
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        line = self.process.stdout.readline() if readable else ""
        if not line:
            raise measure.Failed("the control plane does not start")
        return json.loads(line)

    def seed(self, control):
        items = pods.pods(self.n)
        for item in items:
            del item["metadata"]["ownerReferences"]
            item["metadata"]["annotations"]["kubelet"] = "off"
        text = pods.text(pods.pod_list(items, {}))
        request = urllib.request.Request(control + "/seed?prefix=pods", text.encode(),
                                         {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def wait_until_seen(self):
        deadline = time.monotonic() + PATIENCE
        while self.count() != self.n:
            if time.monotonic() > deadline:
                raise measure.Failed("the control plane does not show its pods")
            time.sleep(0.1)

    def count(self):
        """How many pods it shows."""
        request = urllib.request.Request(
            self.url["2"] + "/api/v1/pods?limit=1", headers={"Authorization": "Bearer " + self.token})
        context = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:
            page = json.load(answer)
        return len(page["items"]) + page["metadata"].get("remainingItemCount", 0)

    def forget(self):
        """There is nothing to forget."""

    def asked(self, _lingers):
        return {}


def token_of(kubeconfig):
    with open(kubeconfig, encoding="utf-8") as file:
        for line in file:
            name, _, value = line.strip().partition(": ")
            if name == "token":
                return value
    raise measure.Failed("%s has no token" % kubeconfig)
