"""Who runs what: from figures to processes, round after round.

Settings come from the environment: BUILD (where the modules are), BENCH (figures), BENCH_LUA,
BENCH_ROUNDS, BENCH_PODS, BENCH_GETS, BENCH_OUT (the JSON).
"""
import copy
import os
import shutil
import signal
import sys
from dataclasses import dataclass

import control_plane
import figures
import measure
import programs
import results
import server

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))


class Settings:
    """known: the figures to choose from."""

    def __init__(self, known=figures.ALL):
        get = os.environ.get
        self.build = os.path.abspath(get("BUILD") or os.path.join(TOP, "build"))
        self.luas = (get("BENCH_LUA") or "lua5.4 luajit").split()
        self.rounds = int(get("BENCH_ROUNDS") or 5)
        self.pods = int(get("BENCH_PODS") or 10000)
        self.gets = int(get("BENCH_GETS") or self.pods * 3 // 10)
        self.figures = figures.chosen(get("BENCH") or "", known)
        self.out = get("BENCH_OUT") or os.path.join(self.build, "bench.json")


@dataclass(frozen=True)
class Tree:
    """Sources of kube, and where they are built."""
    sources: str
    build: str


class Bench:
    """Everything that the clients need, while the server is up.

    With several trees kube runs on each of them, and nobody else runs.
    """

    def __init__(self, settings, trees, its_server):
        self.settings = settings
        self.trees = trees
        self.server = its_server
        self.alone = len(trees) == 1
        self.programs = programs.find(settings.build, self.wanted())
        with open(os.path.join(its_server.data, "names.txt"), encoding="ascii") as names:
            self.name = names.readline().strip()

    def wanted(self):
        """The names of the programs that the figures need."""
        ours = [figure for figure in self.settings.figures if figure in figures.ALL]
        names = {peer.program for figure in ours for peer in figure.peers if self.alone}
        return names | ({"cluster"} if any(figure.real for figure in ours) else set())

    def rows(self, figure):
        """The empty rows of a figure, in the order of its table."""
        for lua in self.settings.luas:
            for peer in figure.peers:
                if peer.is_kube():
                    for i in range(len(self.trees)):
                        yield results.Row(peer, lua, i)
                elif self.alone and peer.runs_on(lua):
                    yield results.Row(peer, lua)
        for peer in figure.peers:
            if self.alone and not peer.in_lua():
                yield results.Row(peer, missing=programs.missing(self.programs, peer.program))

    def command(self, row):
        program, arguments = row.peer.program, row.peer.arguments
        if program == "-e":
            return [row.lua, "-e", *arguments]
        if program == "kubectl":
            return ["sh", "-c", 'exec "$0" ' + arguments[0], self.programs[program]]
        if row.lua:
            return [row.lua, os.path.join(HERE, "clients", program), *arguments]
        return [self.programs[program], *arguments]

    def environment(self, row):
        """Nothing of the caller's but PATH: no proxies, no kubeconfig."""
        http, tree = row.peer.http, self.trees[row.tree]
        lua_path = [os.path.join(tree.sources, "lua", "?.lua"),
                    os.path.join(tree.sources, "lua", "?", "init.lua"),
                    os.path.join(HERE, "clients", "?.lua")]
        lua_cpath = [os.path.join(tree.build, row.lua, "?.so"),
                     os.path.join(self.settings.build, "bench", row.lua, "?.so")]
        return {
            "PATH": os.environ["PATH"], "HOME": self.home(row), "LC_ALL": "C",
            "LUA_PATH": ";".join(lua_path) + ";;", "LUA_CPATH": ";".join(lua_cpath) + ";;",
            "KUBECONFIG": self.server.kubeconfig[http],
            "BENCH_BIG_KUBECONFIG": self.server.big_kubeconfig,
            "BENCH_URL": self.server.url[http], "BENCH_CA": self.server.ca,
            "BENCH_TOKEN": self.server.token, "BENCH_DATA": self.server.data,
            "BENCH_NAME": self.name, "BENCH_PRINTED": self.printed(),
            "BENCH_PODS": str(self.settings.pods), "BENCH_GETS": str(self.settings.gets),
        }

    def home(self, row):
        """Each has one of its own: what it keeps there is for itself."""
        label = "".join(c if c.isalnum() else "-" for c in row.peer.label)
        return os.path.join(self.server.dir, "home", "%d-%s-%s" % (row.tree, row.lua, label))

    def printed(self):
        """The file for the names that a client prints."""
        return os.path.join(self.server.dir, "printed")

    def cores(self, figure, row):
        """The server has the last core. Its clients have the others, or share it where they and
        the server wait for each other in turns: what a core takes to wake up, which is much in a
        virtual machine, is no client's doing. Go's collector may run beside its program."""
        server_core, others = server.CORES[-1:], server.CORES[:-1]
        if figure.in_turns or not others:
            return server_core
        return server.CORES if row.peer.program == "client_go" else others

    def measure(self, figure):
        """The rows of a figure."""
        if not figure.real:
            return self.measure_here(figure)
        binary = self.programs["cluster"]
        if not binary:
            rows = list(self.rows(figure))
            for row in rows:
                row.missing = programs.missing(self.programs, "cluster")
            return rows
        progress("%-8s starts a control plane" % figure.name)
        with control_plane.ControlPlane(binary, self.server.data, self.settings.pods) as real:
            other = copy.copy(self)
            other.server = real
            return other.measure_here(figure)

    def measure_here(self, figure):
        """Asks the server that there is: in each round everybody runs once (or figure.times)."""
        rows = list(self.rows(figure))
        able = [(row, self.command(row), self.environment(row), self.cores(figure, row))
                for row in rows if not row.missing]
        if figure.warm:
            for row, *how in able:
                self.sample(figure, row, how, True)
        for i in range(self.settings.rounds):
            progress("%-8s round %d of %d" % (figure.name, i + 1, self.settings.rounds))
            for _ in range(figure.times):
                for row, *how in able:
                    row.samples.append(self.sample(figure, row, how, figure.warm))
        progress("")
        results.check(figure, rows)
        return rows

    def sample(self, figure, row, how, at_home):
        """at_home: with what it left in its HOME when it ran before."""
        home = self.home(row)
        if not at_home:
            shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home, exist_ok=True)
        self.server.forget()
        sample = measure.run(*how)
        sample.update(self.server.asked(figure.lingers))
        if figure.prints and row.peer.consumes == "objects":
            sample["count"], sample["sum"] = results.count_printed(self.printed())
        return sample


def program(name, main, *arguments):
    """Runs main: whatever ends it, what it started ends with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main(*arguments)
    except measure.Failed as failure:
        raise SystemExit("%s: %s" % (name, failure)) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def progress(text):
    """A line that is overwritten, for who looks."""
    if sys.stderr.isatty():
        print("\r%-40s\r%s" % ("", text), end="", file=sys.stderr, flush=True)
