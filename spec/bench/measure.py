"""Runs one client in a fresh process and measures it from outside.

A client says "ready" when it is warm, if it wants only what follows measured, and at its end
"done COUNT SUM". After either it waits for a line on its stdin, so that its clocks are read
while it stands still. A sample is in seconds and bytes:

    wall, cpu            from ready to done, else of the whole process, its start and end included
    done_wall, done_cpu  from its start to done: without its end, where Lua frees everything
    output               from its start to the first line that it wrote
    rss, peak            what it held at done, and the most it ever held
    connections          that it had open at done
    count, sum           what it said

One that says "begin" before it starts what it counts has also

    share                of a core, from ready to done
    each                 bytes that it held more at done than at begin, by the count

CPU is that of this process alone, user and system. (ru_maxrss would not do as the peak of a small
process: a child inherits its parent's.)
"""
import os
import signal
import threading
import time

PATIENCE = 120  # seconds that a client may take
INHERITED = {os.readlink("/proc/self/fd/" + name) for name in os.listdir("/proc/self/fd")
             if os.path.islink("/proc/self/fd/" + name)}


class Failed(Exception):
    """A client did not end as it should; what it had to say is on stderr."""


def run(command, environment, cores):
    """One sample of a command that runs on some of the cores."""
    os.sched_setaffinity(0, cores)  # ours, which the child inherits
    child = Child(command, environment)
    watchdog = threading.Timer(PATIENCE, child.kill)
    watchdog.start()
    try:
        return child.follow()
    finally:
        watchdog.cancel()
        child.kill()
        child.close()


class Child:
    def __init__(self, command, environment):
        self.command = command
        their_in, our_in = os.pipe()
        our_out, their_out = os.pipe()
        self.start = time.monotonic()
        self.pid = os.posix_spawnp(command[0], command, environment, file_actions=[
            (os.POSIX_SPAWN_DUP2, their_in, 0), (os.POSIX_SPAWN_DUP2, their_out, 1)])
        os.close(their_in)
        os.close(their_out)
        self.input = open(our_in, "w", encoding="ascii")
        self.output = open(our_out, encoding="ascii", errors="replace")

    def close(self):
        self.output.close()
        try:
            self.input.close()
        except BrokenPipeError:
            pass

    def kill(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = None

    def go_on(self):
        self.input.write("\n")
        self.input.flush()

    def clocks(self):
        """Wall and CPU seconds so far. The id is what the kernel's MAKE_PROCESS_CPUCLOCK makes."""
        return time.monotonic() - self.start, time.clock_gettime((~self.pid << 3) | 2)

    def memory(self):
        with open("/proc/%d/status" % self.pid, encoding="ascii", errors="replace") as status:
            told = dict(line.split(":", 1) for line in status)
        return {name: int(told[field].split()[0]) * 1024
                for name, field in (("rss", "VmRSS"), ("peak", "VmHWM"))}

    def connections(self):
        """Those of TCP (libcurl has other sockets), without what it inherited of us."""
        directory = "/proc/%d/fd/" % self.pid
        theirs = {os.readlink(directory + name) for name in os.listdir(directory)}
        with open("/proc/%d/net/tcp" % self.pid, encoding="ascii") as table:
            tcp = {"socket:[%s]" % line.split()[9] for line in table}
        return len((theirs - INHERITED) & tcp)

    def follow(self):
        sample, ready, begin = {}, None, None
        for line in self.output:
            now = self.clocks()
            sample.setdefault("output", now[0])
            word, *rest = line.split() or [""]
            if word == "begin":
                begin = self.memory()["rss"]
                self.go_on()
            elif word == "ready":
                ready = self.clocks()
                self.go_on()
            elif word == "done":
                sample.update(self.memory(), count=int(rest[0]), sum=int(rest[1]),
                              done_wall=now[0], done_cpu=now[1],
                              connections=self.connections())
                if ready:
                    sample.update(wall=now[0] - ready[0], cpu=now[1] - ready[1])
                if begin:
                    sample.update(share=sample["cpu"] / sample["wall"],
                                  each=(sample["rss"] - begin) / sample["count"])
                self.go_on()
        self.end(sample)
        return sample

    def end(self, sample):
        _, status, usage = os.wait4(self.pid, 0)
        self.pid = None
        code = os.waitstatus_to_exitcode(status)
        if code != 0:
            raise Failed("%s: %s" % (" ".join(self.command), "exit code %d" % code if code > 0
                                     else "signal %d" % -code))
        sample.setdefault("wall", time.monotonic() - self.start)
        sample.setdefault("cpu", usage.ru_utime + usage.ru_stime)
