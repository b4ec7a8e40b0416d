"""Samples: what was measured, as rows here and as JSON in files."""
import json
import os
import statistics
import time
from dataclasses import dataclass, field

import facts
import figures
import measure


@dataclass
class Row:
    """What one peer did in a figure: in which Lua, if in one, and on which tree."""
    peer: figures.Peer
    lua: str = ""
    tree: int = 0
    missing: str = ""  # why it did not run
    samples: list = field(default_factory=list)

    def values(self, key):
        return [sample[key] for sample in self.samples if key in sample]

    def as_json(self):
        out = {"lua": self.lua, "peer": self.peer.label, "samples": self.samples}
        if self.missing:
            out["missing"] = self.missing
        return out


# How a key is summed up, by the two numbers of each column: the noise of a machine only adds.
SUMS = {"min": min, "median": statistics.median}


def sums(row, key):
    """The minimum and the median | None where there is nothing."""
    values = row.values(key)
    return [sum_up(values) for sum_up in SUMS.values()] if values else None


def check(figure, rows):
    """All who consume the same must have found the same: else nothing that they did counts."""
    found = {}
    for row in rows:
        for sample in row.samples:
            if "count" in sample:
                told = (sample["count"], sample["sum"])
                first = found.setdefault(row.peer.consumes, (told, row))
                if first[0] != told:
                    raise measure.Failed("%s: %s (%s) counted %d, %d, but %s (%s) %d, %d" % (
                        figure.name, row.peer.label, row.lua, *told,
                        first[1].peer.label, first[1].lua, *first[0]))


def count_printed(path):
    """How many names, and how long they are together. Removes the file: the next one prints anew."""
    with open(path, encoding="ascii") as file:
        names = [line.rstrip("\n").removeprefix("pod/") for line in file]
    os.remove(path)
    return len(names), sum(map(len, names))


# ---- files ----

def new(settings, commit):
    """A run: its figures are rows by the name of a figure, and there are none yet."""
    return {
        "commit": commit,
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": facts.machine(),
        "settings": {"pods": settings.pods, "gets": settings.gets, "rounds": settings.rounds},
        "figures": {},
        "worker": {},
    }


def write(path, run):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    as_json = {**run, "figures": {name: [row.as_json() for row in rows]
                                  for name, rows in run["figures"].items()}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(as_json, file, indent=1)
        file.write("\n")


def read(path):
    """A run that was written; who is no longer in figures.py is left out."""
    with open(path, encoding="utf-8") as file:
        run = json.load(file)
    for figure in figures.ALL:
        peers = {peer.label: peer for peer in figure.peers}
        run["figures"][figure.name] = [
            Row(peers[row["peer"]], row["lua"], samples=row["samples"])
            for row in run["figures"].get(figure.name, []) if row["peer"] in peers]
    return run
