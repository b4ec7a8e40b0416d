"""Tables for people: one a figure, and what kube should reach below it."""
import results

SECONDS = {"wall", "cpu", "output"}
UNITS = {"peak": 1e-6, "rss": 1e-6, "share": 100, "each": 1e-3, "connections": 1,
         "requests": 1}
NAMES = {"cpu": "CPU min  median", "share": "% of a core", "peak": "peak MB", "rss": "RSS MB",
         "each": "KB each", "connections": "connections", "requests": "requests"}
COUNTS = {"connections", "requests"}
WIDTH = 26


def heading(run):
    machine, settings = run["machine"], run["settings"]
    return "%s, %s\n%s, %d cores, Linux %s, load %.2f\n%s pods, %s gets, %s rounds\n" % (
        run["commit"], run["date"], machine["processor"], machine["cores"], machine["kernel"],
        machine["load"], settings["pods"], settings["gets"], settings["rounds"])


class Scale:
    """From seconds and bytes to the units of a figure's table."""

    def __init__(self, figure, settings):
        self.seconds = 1e6 / settings.gets if figure.per_get else 1e3

    def __call__(self, key, value):
        return value * (self.seconds if key in SECONDS else UNITS[key])


def of_figure(figure, rows, settings):
    scale = Scale(figure, settings)
    columns = figure.columns or ["cpu", figure.wall] + [
        key for key in ("peak", "rss") if any(row.values(key) for row in rows)]
    lines = ["%s: %s" % (figure.name, figure.title), head(columns)]
    lua = None
    for row in rows:
        if row.lua != lua:
            lua = row.lua
            lines.append(lua or "no Lua")
        lines.append(line(row, columns, scale))
    return "\n".join(lines + goals(figure, rows, settings, scale)) + "\n"


def head(columns):
    return " " * WIDTH + " HTTP " + "".join(
        "%*s" % (width(key), NAMES.get(key, "wall min  median")) for key in columns)


def width(key):
    return 17 if key in SECONDS else max(9, len(NAMES[key]) + 2)


def number(value):
    return "%.*f" % (1 if value < 1000 else 0, value)


def told(key, value):
    return "%.3f" % value if key == "share" else "%d" % value if key in COUNTS else number(value)


def line(row, columns, scale):
    label = "  %-*s" % (WIDTH - 2, row.peer.label)
    if row.missing:
        return "%s  %s" % (label, row.missing)
    http = {one for one in row.values("http") if one}
    out = "%s %-5s" % (label, " ".join(sorted(http)) or "-")
    for key in columns:
        if key in SECONDS:
            least, median = results.sums(row, key)
            out += " %8s%8s" % (number(scale(key, least)), number(scale(key, median)))
        else:
            values = row.values(key)
            out += "%*s" % (width(key), told(key, scale(key, max(values))) if values else "")
    return out


# ---- two runs ----

def of_comparison(figure, pairs, settings):
    """Rows of two runs by two, and how B stands to A."""
    scale = Scale(figure, settings)
    lines = ["%s: %s" % (figure.name, figure.title),
             "%*s" % (WIDTH + 57, "A min  median   B min  median    B/A min  median")]
    lua = None
    for a, b in pairs:
        if a.lua != lua:
            lua = a.lua
            lines.append(lua or "no Lua")
        label = a.peer.label
        for key, name in (("cpu", "CPU"), (figure.wall, "wall"), ("peak", "peak MB")):
            sums = [results.sums(row, key) for row in (a, b)]
            if all(sums):
                lines.append(compared(label, name, sums, lambda value: scale(key, value)))
                label = ""
    return "\n".join(lines) + "\n"


def compared(label, name, sums, scale):
    a, b = sums
    numbers = "".join("%8s%8s" % (number(scale(least)), number(scale(median)))
                      for least, median in sums)
    return "  %-*s %-8s%s %10.3f%8.3f" % (WIDTH - 2, label, name, numbers,
                                           b[0] / a[0], b[1] / a[1])


# ---- goals ----

def goals(figure, rows, settings, scale):
    """By minima, and in brackets by medians."""
    lines = []
    without = {row.peer.label for row in rows if not row.lua}
    for goal in figure.goals:
        said = []
        for lua in [""] if goal.of in without else settings.luas:
            both = measured(goal, lua, rows, scale)
            if both:
                said.append(("%s %.2f (%.2f)" % (lua, *both)).lstrip())
        lines.append("  goal %-34s <= %-5g %s" % (goal.text, goal.limit, "  ".join(said)))
    return lines


def measured(goal, lua, rows, scale):
    """What a goal is about, by minima and by medians | None if it was not measured."""
    own = [row for row in rows if row.lua == lua and row.peer.label == goal.of]
    others = [row for row in rows if row.lua in (lua, "") and row.peer.label in goal.against]
    value = own and results.sums(own[0], goal.key)
    against = [both for both in (results.sums(row, goal.key) for row in others) if both]
    if not value or (goal.against and not against):
        return None
    both = []
    for i, one in enumerate(value):
        least = min((other[i] for other in against), default=0)
        if goal.how == "ratio":
            both.append(one / least)
        else:
            both.append(scale(goal.key, one - (least if goal.how == "above" else 0)))
    return both
