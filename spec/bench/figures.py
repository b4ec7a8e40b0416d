"""What is measured, by whom, and what kube should reach: data, which bench.py goes through."""
from dataclasses import dataclass

CURL_LUAS = ("luajit", "lua5.1")  # lua-curl is for no other


@dataclass(frozen=True)
class Peer:
    """One who does what a figure asks. label names it in tables, results and goals."""
    label: str
    program: str        # with_kube.lua ...: in each Lua; else a program of its own
    arguments: tuple
    http: str = "2"     # at the server's port for 2 (and 1.1, for who does not offer 2) or for 1.1
    consumes: str = "objects"  # peers of a figure that consume the same must have counted the same

    def in_lua(self):
        return self.program.endswith(".lua") or self.program == "-e"

    def runs_on(self, lua):
        return self.in_lua() and (self.program != "with_curl.lua" or lua in CURL_LUAS)

    def is_kube(self):
        return self.label.split(",")[0] == "kube"


@dataclass(frozen=True)
class Goal:
    """Never asserted: the tables show what is, beside what should be.

    value: of's figure under key, as it is | a ratio to the best of against | how much above it
    """
    text: str
    of: str
    key: str
    how: str            # "value", "ratio", "above"
    limit: float        # in the unit of the table
    against: tuple = ()


@dataclass(frozen=True)
class Figure:
    name: str
    title: str
    peers: tuple
    goals: tuple = ()
    wall: str = "wall"  # or "output": until the first line is written
    per_get: bool = False
    in_turns: bool = False  # client and server wait for each other: see Bench.cores
    times: int = 1      # processes a round
    lingers: bool = False  # the server notices late that it is over
    real: bool = False  # asked of a real API server: see control_plane.py
    warm: bool = False  # each has run before, and finds in its HOME what it left there
    prints: bool = False  # who consumes objects prints their names: counted is what was printed
    columns: tuple = ()  # of its table, if not CPU, wall and memory


def kube(label, *arguments, **more):
    return Peer(label, "with_kube.lua", arguments, **more)


def plain(figure, http="2", **more):
    """The scripts of today; LuaSec has HTTP/1.1 alone, and so one place."""
    suffix = "" if http == "2" else ", 1.1"
    peers = [Peer("luasec + cjson", "with_luasec.lua", (figure,), **more)] if http == "2" else []
    return peers + [Peer("lua-curl + cjson" + suffix, "with_curl.lua", (figure,), http, **more)]


def bare(label, figure, **more):
    return Peer(label, "bare_libcurl", (figure,), consumes="bytes", **more)


def client_go(label, *arguments, **more):
    return Peer("client-go, " + label, "client_go", arguments, **more)


def both_client_gos(figure):
    return [client_go(kind, figure, kind) for kind in ("typed", "dynamic")]


def kubectl(label, arguments):
    """arguments are a shell's, for what the environment has."""
    return Peer("kubectl, " + label, "kubectl", (arguments,))


PLAIN = ("luasec + cjson", "lua-curl + cjson")

LIST = Figure("list", "all pods into tables, CPU and wall in ms", (
    kube("kube", "list"), kube("kube, managedFields too", "list-complete"), *plain("list"),
    bare("bare libcurl", "list"), *both_client_gos("list")), (
    Goal("CPU / plain", "kube", "cpu", "ratio", 0.45, PLAIN),
    Goal("CPU / plain, managedFields too", "kube, managedFields too", "cpu", "ratio", 0.7, PLAIN)))

EACH = Figure("each", "one pod at a time, in pages, in ms; kube with fields = { metadata.name }", (
    kube("kube", "each"), *plain("each"), bare("bare libcurl", "each"), *both_client_gos("each")), (
    Goal("CPU, ms", "kube", "cpu", "value", 150),
    Goal("peak, MB", "kube", "peak", "value", 20)))

WATCH = Figure("watch", "two events a pod into tables, in ms", (
    kube("kube", "watch"), *plain("watch"), bare("bare libcurl", "watch"),
    *both_client_gos("watch")), (
    Goal("CPU / plain", "kube", "cpu", "ratio", 0.45, PLAIN),))

GET_RAW = Figure("get-raw", "one get after the other, raw bytes, us a get", (
    kube("kube", "get-raw"), kube("kube, 1.1", "get-raw", http="1.1"),
    *plain("get-raw"), *plain("get-raw", "1.1"),
    bare("bare libcurl", "get-raw"), bare("bare libcurl, 1.1", "get-raw", http="1.1"),
    client_go("raw", "get-raw", "typed"), client_go("raw, 1.1", "get-raw", "typed", http="1.1")), (
    Goal("wall / bare", "kube", "wall", "ratio", 1.2, ("bare libcurl",)),
    Goal("wall / bare, 1.1", "kube, 1.1", "wall", "ratio", 1.2, ("bare libcurl, 1.1",))),
    per_get=True, in_turns=True)

GET = Figure("get", "one get after the other into tables, us a get", (
    kube("kube", "get"), kube("kube, 1.1", "get", http="1.1"),
    *plain("get"), *plain("get", "1.1"),
    bare("bare libcurl", "get-raw"), bare("bare libcurl, 1.1", "get-raw", http="1.1"),
    *both_client_gos("get")), (
    Goal("wall - bare, us", "kube", "wall", "above", 35, ("bare libcurl",)),
    Goal("wall - bare, us, 1.1", "kube, 1.1", "wall", "above", 35, ("bare libcurl, 1.1",))),
    per_get=True, in_turns=True)

REQUIRE = Figure("require", "a process that only loads modules, in ms", (
    Peer("nothing", "-e", ("",)),
    Peer("libcurl loaded", "-e", ('require "only_libcurl"',)),
    Peer("libcurl ready", "-e", ('require "only_libcurl"()',)),
    Peer("kube", "-e", ('require "kube"',)),
    Peer("luasec, cjson", "-e", ('require "ssl.https" require "cjson"',))), (
    Goal("wall - libcurl loaded, ms", "kube", "wall", "above", 2, ("libcurl loaded",)),
    Goal("CPU - libcurl loaded, ms", "kube", "cpu", "above", 2, ("libcurl loaded",))),
    times=20)

FIRST = Figure("first", "from the start of a process to the name of one pod, in ms", (
    kube("kube, pods.v1.", "first"), kube("kube, pod", "first-short"), *plain("first"),
    bare("bare libcurl", "first"), *both_client_gos("first")), (
    Goal("wall, ms", "kube, pods.v1.", "output", "value", 15),),
    wall="output", in_turns=True, times=10)

FIRST_CACHED = Figure("first-cached", "the same with a cache of discovery on the disk, in ms", (
    kube("kube", "first-plural"), bare("bare libcurl", "first"),
    kubectl("get pods", 'get pods "$BENCH_NAME" -o name')), (
    Goal("wall, ms", "kube", "output", "value", 20),
    Goal("requests", "kube", "requests", "value", 1)),
    wall="output", in_turns=True, times=10, warm=True,
    columns=("cpu", "output", "requests", "peak"))

DISCOVERY = Figure("discovery", "all resources into a mapper, and what a name stands for, in ms", (
    kube("kube", "discovery"), kube("kube, connected", "discovery-connected"),
    client_go("mapper", "discovery", "dynamic"),
    client_go("connected", "discovery-connected", "dynamic")), (
    Goal("CPU, ms, connected", "kube, connected", "cpu", "value", 5),
    Goal("CPU, ms", "kube", "cpu", "value", 5),
    Goal("requests", "kube", "requests", "value", 2)),
    in_turns=True, times=10, columns=("cpu", "wall", "requests", "peak"))

CONFIG = Figure("config", "a kubeconfig of 500 contexts, 1 MB, in ms", (
    kube("kube", "config"), client_go("clientcmd", "config", "typed")), (
    Goal("wall, ms", "kube", "wall", "value", 20),),
    times=10)

DECODE = Figure("decode", "the JSON of each pod into tables, no network, in ms", (
    kube("kube", "decode"), kube("kube, managedFields too", "decode-complete"),
    kube("kube, two fields", "decode-fields"), Peer("cjson", "with_luasec.lua", ("decode",))))

SIZES = ("1000", "10000", "40000")


def thousands(size):
    return "{:,}".format(int(size))


def at_sizes(label, figure):
    return [kube(label + thousands(size), figure, size, consumes=size) for size in SIZES]


def growth(label):
    """Of the peak, from the second size to the third."""
    return Goal("growth, %sMB" % label, label + thousands(SIZES[2]), "peak", "above", 1,
                (label + thousands(SIZES[1]),))


FLAT = Figure("flat", "one pod at a time, in pages: lists of some lengths, in ms", (
    *at_sizes("kube, ", "flat"), *at_sizes("kube, whole, ", "flat-whole"),
    *(client_go("typed, " + thousands(size), "flat", "typed", size, consumes=size)
      for size in SIZES)), (
    growth("kube, "), growth("kube, whole, ")))

NAMES = Figure("names", "names printed, in pages, from a real API server, in ms", (
    kube("kube", "names"), bare("bare libcurl", "pages"), bare("bare libcurl, gzip", "pages-gzip"),
    *both_client_gos("names"), client_go("protobuf", "names", "protobuf"),
    kubectl("get pods -A", 'get pods -A -o name >"$BENCH_PRINTED"')), (
    Goal("CPU, ms", "kube", "cpu", "value", 150),
    Goal("wall / bare", "kube", "wall", "ratio", 1.15, ("bare libcurl", "bare libcurl, gzip"))),
    real=True, warm=True, prints=True)

def many_calls(figure):
    return [Peer("libkube" + suffix, "many_calls", (figure,), http)
            for suffix, http in (("", "2"), (", 1.1", "1.1"))]


IDLE_WATCHES = Figure("idle-watches", "1,000 watches that wait for ten seconds", (
    *many_calls("idle-watches"),), (
    Goal("% of a core", "libkube", "share", "value", 0.5),
    Goal("KB a watch", "libkube", "each", "value", 60),
    Goal("% of a core, 1.1", "libkube, 1.1", "share", "value", 0.5),
    Goal("KB a watch, 1.1", "libkube, 1.1", "each", "value", 120)),
    lingers=True, columns=("share", "each", "connections"))

BURST = Figure("burst", "100 gets that start together, in ms", many_calls("burst"), (
    Goal("connections", "libkube", "connections", "value", 2),
    Goal("connections, 1.1", "libkube, 1.1", "connections", "value", 32)),
    columns=("cpu", "wall", "connections"))

ALL = (LIST, EACH, NAMES, FLAT, WATCH, GET_RAW, GET, REQUIRE, FIRST, FIRST_CACHED, DISCOVERY, CONFIG,
       DECODE, IDLE_WATCHES, BURST)


def chosen(names, known=ALL):
    """Those of some figures that a text like "list,watch" names; all without one."""
    by_name = {figure.name: figure for figure in known}
    wanted = names.replace(",", " ").split() or list(by_name)
    unknown = [name for name in wanted if name not in by_name]
    if unknown:
        raise SystemExit("bench: no figure %s: there are %s" % (unknown[0], ", ".join(by_name)))
    return [by_name[name] for name in wanted]
