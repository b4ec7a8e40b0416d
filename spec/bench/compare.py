"""make bench-compare A= B=: what a change did to kube.

A and B are commits ("." is the working tree): each is built outside the tree and measured with the
benchmarks of this tree, in turns, kube alone. Or both are files that make bench wrote.
"""
import os
import subprocess
import sys
import tempfile

import bench
import data
import facts
import results
import server
import tables


def main(a, b):
    if a.endswith(".json") != b.endswith(".json"):
        raise SystemExit("bench-compare: two commits, or two JSON files")
    settings = bench.Settings()
    if a.endswith(".json"):
        runs = [results.read(a), results.read(b)]
        if runs[0]["settings"] != runs[1]["settings"]:
            print("beware, the settings differ: A %s, B %s" % tuple(r["settings"] for r in runs))
        settings.gets = runs[0]["settings"]["gets"]
    else:
        runs = measure_trees(settings, (a, b))
    print("A: %(commit)s, %(date)s" % runs[0])
    print("B: %(commit)s, %(date)s\n" % runs[1])
    for figure in settings.figures:
        pairs = pair(*(run["figures"].get(figure.name, []) for run in runs))
        if pairs:
            print(tables.of_comparison(figure, pairs, settings))


def pair(rows_a, rows_b):
    """The rows of the same peer in the same Lua, by two."""
    others = {(row.lua, row.peer.label): row for row in rows_b}
    both = [(row, others.get((row.lua, row.peer.label))) for row in rows_a]
    return [(one, other) for one, other in both if other and one.samples and other.samples]


def measure_trees(settings, names):
    with tempfile.TemporaryDirectory(prefix="kube-bench-") as directory, \
            server.Server(data.directory(settings.pods)) as its_server:
        trees = [build(settings, name, os.path.join(directory, str(i)))
                 for i, name in enumerate(names)]
        runs = [results.new(settings, facts.commit(bench.TOP, name)) for name in names]
        its_bench = bench.Bench(settings, trees, its_server)
        for figure in settings.figures:
            rows = its_bench.measure(figure)
            for i, run in enumerate(runs):
                run["figures"][figure.name] = [row for row in rows if row.tree == i]
    for letter, run in zip("ab", runs):
        results.write(os.path.join(settings.build, "bench-%s.json" % letter), run)
    return runs


def build(settings, name, directory):
    """A commit's modules, built in a directory of their own."""
    if name == ".":
        return bench.Tree(bench.TOP, settings.build)
    os.makedirs(directory)
    archive = subprocess.run(["git", "archive", "--format=tar", name], cwd=bench.TOP, check=False,
                             stdout=subprocess.PIPE)
    if archive.returncode != 0:
        raise SystemExit("bench-compare: no commit %s" % name)
    subprocess.run(["tar", "-x", "-C", directory], input=archive.stdout, check=True)
    tree = bench.Tree(directory, os.path.join(directory, "build"))
    ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "LUA", "BUILD", "A", "B")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    for lua in settings.luas:
        subprocess.run(["make", "-s", "-C", directory, "module", "LUA=" + lua,
                        "BUILD=" + tree.build], env=environment, check=True, stdout=sys.stderr)
    return tree


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("bench-compare: make bench-compare A= B=, two commits or two JSON files")
    bench.program("bench-compare", main, *sys.argv[1:])
