"""Who runs what: from figures to processes, round after round.

Settings come from the environment: BUILD (where the modules are), BENCH (figures), BENCH_LUA,
BENCH_ROUNDS, BENCH_PODS, BENCH_GETS, BENCH_OUT (the JSON).
"""
import os
import signal
import sys
from dataclasses import dataclass

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
        self.programs = programs.find(settings.build) if self.alone else {}
        with open(os.path.join(its_server.data, "names.txt"), encoding="ascii") as names:
            self.name = names.readline().strip()

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
            "PATH": os.environ["PATH"], "HOME": self.server.dir, "LC_ALL": "C",
            "LUA_PATH": ";".join(lua_path) + ";;", "LUA_CPATH": ";".join(lua_cpath) + ";;",
            "KUBECONFIG": self.server.kubeconfig[http],
            "BENCH_BIG_KUBECONFIG": self.server.big_kubeconfig,
            "BENCH_URL": self.server.url[http], "BENCH_CA": self.server.ca,
            "BENCH_TOKEN": server.TOKEN, "BENCH_DATA": self.server.data, "BENCH_NAME": self.name,
            "BENCH_PODS": str(self.settings.pods), "BENCH_GETS": str(self.settings.gets),
        }

    def cores(self, figure, row):
        """The server has the last core. Its clients have the others, or share it where they and
        the server wait for each other in turns: what a core takes to wake up, which is much in a
        virtual machine, is no client's doing. Go's collector may run beside its program."""
        server_core, others = server.CORES[-1:], server.CORES[:-1]
        if figure.in_turns or not others:
            return server_core
        return server.CORES if row.peer.program == "client_go" else others

    def measure(self, figure):
        """The rows of a figure: in each round everybody runs once (or figure.times)."""
        rows = list(self.rows(figure))
        able = [(row, self.command(row), self.environment(row), self.cores(figure, row))
                for row in rows if not row.missing]
        for i in range(self.settings.rounds):
            progress("%-8s round %d of %d" % (figure.name, i + 1, self.settings.rounds))
            for _ in range(figure.times):
                for row, *how in able:
                    self.server.forget()
                    sample = measure.run(*how)
                    sample["http"] = self.server.spoken(figure.lingers)
                    row.samples.append(sample)
        progress("")
        results.check(figure, rows)
        return rows


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
