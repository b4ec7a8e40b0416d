"""kube in a worker of nginx: what its neighbours notice, and what a get costs there.

These figures are not of processes that come and go, as those of figures.py, but of one worker of an
nginx of its own, which is started anew for each sample.
"""
import os
import shutil
import statistics
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

import measure
import server

HERE = os.path.dirname(os.path.abspath(__file__))
RATE, SECONDS = 500, 6  # requests a second of the neighbour, and how long


class Worker:
    """with Worker(bench, core) as worker: an nginx with one worker that has kube in it."""

    def __init__(self, bench, http, cores):
        self.bench, self.http, self.cores = bench, http, cores
        self.dir = bench.server.dir
        self.process = None

    def __enter__(self):
        self.port = server.free_port()
        config = self.write_config()
        environment = {
            "PATH": os.environ["PATH"], "HOME": self.dir,
            "KUBECONFIG": self.bench.server.kubeconfig[self.http],
            "BENCH_NAMES": os.path.join(self.bench.server.data, "names.txt"),
        }
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or "nginx"
        self.log = open(os.path.join(self.dir, "worker.log"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", nginx, "-p", self.dir, "-c", config,
             "-e", self.log.name],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment)
        self.wait_until_up()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()

    def write_config(self):
        tree = self.bench.trees[0]
        values = {
            "DIR": self.dir, "PORT": str(self.port), "MODULES": server.MODULES,
            "CORE": bin(sum(1 << core for core in self.cores))[2:],
            "USER": "user root;" if os.geteuid() == 0 else "",
            "LUA_PATH": ";".join([
                os.path.join(tree.sources, "lua", "?.lua"),
                os.path.join(tree.sources, "lua", "?", "init.lua"),
                os.path.join(HERE, "clients", "?.lua"), ";"]),
            "LUA_CPATH": os.path.join(tree.build, "luajit", "?.so") + ";;",
        }
        path = os.path.join(self.dir, "worker.conf")
        server.fill_in(os.path.join(HERE, "worker.conf.in"), path, values)
        return path

    def wait_until_up(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.ask("/ok")
                return
            except OSError:
                time.sleep(0.02)
        raise self.failure("nginx does not start")

    def ask(self, path):
        """The text of an answer."""
        url = "http://127.0.0.1:%d%s" % (self.port, path)
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            raise self.failure("%s: %s" % (path, error)) from None

    def failure(self, what):
        self.log.seek(0)
        return measure.Failed("%s\n%s" % (what, self.log.read()))

    def cpu(self):
        """Seconds of CPU of the worker so far."""
        children = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)
        with open(children, encoding="ascii") as file:
            pid = int(file.read().split()[0])
        return time.clock_gettime((~pid << 3) | 2)


# ---- the figures ----

@dataclass(frozen=True)
class WorkerFigure:
    name: str
    title: str
    rows: tuple     # (label, what is asked of the worker)
    columns: tuple  # (key, heading, what a value is multiplied by)
    sample: object  # function (bench, row) -> {key: value}
    told: object    # function (rows' values by label) -> lines about the goal


def neighbours(bench, work):
    """One sample: what a neighbour at a steady rate meets while the worker does that work."""
    own, others = server.CORES[:-1] or server.CORES, server.CORES[-1:]
    with Worker(bench, "2", own) as worker:
        for what in work:
            worker.ask("/load?what=" + what)
        time.sleep(0.5)
        before, cpu = worker.ask("/told").split() if work else ("0", "0"), worker.cpu()
        os.sched_setaffinity(0, others)
        program = os.path.join(bench.settings.build, "bench", "neighbour")
        out = subprocess.run(
            [program, str(worker.port), "/ok", str(RATE), str(SECONDS)], check=True,
            stdout=subprocess.PIPE, text=True).stdout.split()
        cpu = worker.cpu() - cpu
        after = worker.ask("/told").split() if work else ("0", "0")
    return {
        "p50": float(out[1]), "p99": float(out[2]), "p999": float(out[3]), "max": float(out[4]),
        "cpu": cpu / SECONDS, "events": (int(after[0]) - int(before[0])) / SECONDS,
        "lists": int(after[1]) - int(before[1]),
    }


def gets(bench, http):
    """One sample: the mean of gets one after the other in a request, in us. Worker and server share
    a core: see Bench.cores."""
    with Worker(bench, http, server.CORES[-1:]) as worker:
        seconds = float(worker.ask("/gets?n=%d" % bench.settings.gets))
    return {"wall": seconds / bench.settings.gets}


def bare(bench, http):
    """The same gets by one libcurl handle that blocks, raw bytes."""
    environment = {
        "PATH": os.environ["PATH"], "BENCH_URL": bench.server.url[http],
        "BENCH_CA": bench.server.ca, "BENCH_TOKEN": server.TOKEN,
        "BENCH_DATA": bench.server.data, "BENCH_NAME": bench.name,
        "BENCH_PODS": str(bench.settings.pods), "BENCH_GETS": str(bench.settings.gets),
    }
    sample = measure.run([os.path.join(bench.settings.build, "bench", "bare_libcurl"), "get-raw"],
                         environment, server.CORES[-1:])
    return {"wall": sample["wall"] / bench.settings.gets}


def neighbours_goal(rows):
    without, busy = rows["no kube at work"], rows["a watch and lists"]
    return ["  goal %-34s <= %-5g %.0f (%.0f)" % (
        "p99 above that without kube, us", 1000, min(busy["p99"]) - min(without["p99"]),
        statistics.median(busy["p99"]) - statistics.median(without["p99"]))]


def gets_goal(rows):
    lines = []
    for suffix in ("", ", 1.1"):
        own, floor = rows["kube in nginx" + suffix], rows["bare libcurl" + suffix]
        lines.append("  goal %-34s <= %-5g %.1f (%.1f)" % (
            "wall - bare, us" + suffix, 100, 1e6 * (min(own["wall"]) - min(floor["wall"])),
            1e6 * (statistics.median(own["wall"]) - statistics.median(floor["wall"]))))
    return lines


NEIGHBOURS = WorkerFigure(
    "neighbours", "requests for \"ok\" at %d a second, in us, while the worker does other things"
    % RATE, (
        ("no kube at work", ()), ("kube at rest", ("idle",)),
        ("a watch, 2000 events/s", ("watch",)), ("a watch and lists", ("watch", "lists"))),
    (("p50", "p50", 1), ("p99", "p99", 1), ("p999", "p99.9", 1), ("max", "max", 1),
     ("cpu", "CPU %", 100), ("events", "events/s", 1), ("lists", "lists", 1)),
    neighbours, neighbours_goal)

GETS = WorkerFigure(
    "get-nginx", "gets one after the other into tables, in a request to nginx, us a get", (
        ("kube in nginx", (gets, "2")), ("kube in nginx, 1.1", (gets, "1.1")),
        ("bare libcurl", (bare, "2")), ("bare libcurl, 1.1", (bare, "1.1"))),
    (("wall", "wall", 1e6),), lambda bench, how: how[0](bench, how[1]), gets_goal)

ALL = (NEIGHBOURS, GETS)


def run(bench, figure, progress):
    """Measures in rounds: {label: {key: [values]}}."""
    rows = {label: {} for label, _ in figure.rows}
    for i in range(bench.settings.rounds):
        for label, how in figure.rows:
            progress("%-8s round %d of %d" % (figure.name, i + 1, bench.settings.rounds))
            for key, value in figure.sample(bench, how).items():
                rows[label].setdefault(key, []).append(value)
    progress("")
    return rows


def table(figure, rows):
    """Minima, and medians in brackets."""
    lines = ["%s: %s; minima (medians)" % (figure.name, figure.title),
             " " * 26 + "".join("%18s" % heading for _, heading, _ in figure.columns)]
    for label, values in rows.items():
        cells = []
        for key, _, factor in figure.columns:
            numbers = [factor * value for value in values[key]]
            cells.append("%18s" % ("%.1f (%.1f)" % (min(numbers), statistics.median(numbers))))
        lines.append("  %-24s" % label + "".join(cells))
    return "\n".join(lines + figure.told(rows)) + "\n"
