"""A scripted HTTP/1.1 server on loopback: it fails as told, and writes down what it was asked.

    python3 spec/support/fault_server.py DIR

DIR is made. One line of JSON on stdout says where everything is; the server ends with its stdin.

A request to /ID/path is answered by the script DIR/ID.json, {"routes": {PREFIX: [STEP, ...]}}: the
longest prefix of the path has the answer ("" fits all). One step answers one request, and the last
one all that follow (unless it says "once": then they get 404). A step is an object:

    status, headers, body   what HTTP says; Content-Type is application/json unless given
    chunks, delay           instead of body: texts sent as HTTP chunks, delay seconds between them
    body_base64             instead of body: bytes that are no text
    announce                a Content-Length, whatever the body's is
    cut                     the answer stops after so many bytes, and goes on after delay seconds
    drip                    it goes out in pieces of so many bytes, delay seconds between them
    filler, times           a text that follows the body, so many times
    raw, raw_base64         instead of all these: the bytes of the answer
    then                    "keep"; "close" and "reset" (an RST) leave chunks without their end;
                            "hang": not another byte, nor the end

A connection that the client ends while it is answered becomes a line in DIR/ID.left.
Each request becomes a line of JSON in DIR/ID.log before it is answered: {method, target, headers
(names in lower case), body, connection (a number), tls, client (the subject of its certificate)}.
"""

import asyncio
import base64
import itertools
import json
import os
import socket
import ssl
import struct
import subprocess
import sys

from relay import both_ways

OPENSSL_CONFIG = """[req]
distinguished_name = dn
[dn]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
"""


class Authority:
    """A CA and what it signs, as files NAME.crt and NAME.key."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.make(name, "-extensions", "ca")

    def path(self, file):
        return os.path.join(self.directory, file)

    def make(self, name, *more):
        command = [
            "openssl", "req", "-x509", "-config", self.path("openssl.cnf"), "-newkey", "ec",
            "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=" + name,
            "-keyout", self.path(name + ".key"), "-out", self.path(name + ".crt"), *more]
        subprocess.run(command, check=True, stderr=subprocess.PIPE)
        return self.path(name + ".crt"), self.path(name + ".key")

    def sign(self, name, alternative=None):
        more = ["-addext", "subjectAltName=" + alternative] if alternative else []
        return self.make(name, "-extensions", "leaf", "-CA", self.path(self.name + ".crt"),
                         "-CAkey", self.path(self.name + ".key"), *more)


# ---- requests ----


async def read_request(reader):
    """The next request, None at the end of the connection or where this is no HTTP."""
    first = await reader.read(1)
    if not first.isalpha():
        return None
    head = first + await reader.readuntil(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = line.split(" ")
    headers = {}
    for header in lines:
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return {"method": method, "target": target, "headers": headers,
            "body": body.decode("utf-8", "replace")}


def subject_of(writer):
    certificate = writer.get_extra_info("peercert")
    if not certificate:
        return None
    return ",".join("%s=%s" % pair for part in certificate["subject"] for pair in part)


# ---- answers ----


def head_of(step, framing):
    headers = {"Content-Type": "application/json", **framing, **step.get("headers", {})}
    lines = ["HTTP/1.1 %d Scripted" % step.get("status", 200)]
    lines += ["%s: %s" % header for header in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def whole_answer(step):
    """The bytes of an answer that goes out in one piece."""
    if "raw_base64" in step:
        return base64.b64decode(step["raw_base64"])
    if "raw" in step:
        return step["raw"].encode()
    body = base64.b64decode(step.get("body_base64", "")) or step.get("body", "").encode()
    return head_of(step, {"Content-Length": step.get("announce", len(body))}) + body


async def send_chunks(writer, step):
    writer.write(head_of(step, {"Transfer-Encoding": "chunked"}))
    for i, chunk in enumerate(filter(None, step["chunks"])):
        if i > 0:
            await asyncio.sleep(step.get("delay", 0))
        data = chunk.encode()
        writer.write(b"%x\r\n%s\r\n" % (len(data), data))
        await writer.drain()
    if step.get("then", "keep") == "keep":
        writer.write(b"0\r\n\r\n")


async def send_pieces(writer, step):
    """The whole answer in one piece, in two, or in many."""
    data, at, delay = whole_answer(step), step.get("cut", 0), step.get("delay", 0)
    size = step.get("drip", len(data) - at)
    if at > 0:
        writer.write(data[:at])
        await writer.drain()
        await asyncio.sleep(delay)
    while at < len(data):
        writer.write(data[at:at + size])
        await writer.drain()
        at += size
        if "drip" in step:
            await asyncio.sleep(delay)


def reset(writer):
    """Ends a connection by an RST."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def answer(reader, writer, step):
    """Whether the connection goes on."""
    if "chunks" in step:
        await send_chunks(writer, step)
    else:
        await send_pieces(writer, step)
    filler = step.get("filler", "").encode()
    for _ in range(step.get("times", 0)):
        writer.write(filler)
        await writer.drain()
    await writer.drain()
    then = step.get("then", "keep")
    if then == "hang":
        await reader.read()
        raise ConnectionError  # it has left
    elif then == "reset":
        await asyncio.sleep(0.02)  # what was sent is to be read before
        reset(writer)
    return then == "keep"


# ---- scripts ----


class Scripts:
    def __init__(self, directory):
        self.directory = directory
        self.used = {}  # (id, route) -> how many steps
        self.connections = itertools.count(1)

    def note(self, name, request):
        with open(os.path.join(self.directory, name + ".log"), "a", encoding="utf-8") as log:
            log.write(json.dumps(request) + "\n")

    def note_left(self, name, number):
        with open(os.path.join(self.directory, name + ".left"), "a", encoding="utf-8") as log:
            log.write("%d\n" % number)

    def next_step(self, name, path):
        with open(os.path.join(self.directory, name + ".json"), encoding="utf-8") as file:
            routes = json.load(file)["routes"]
        route = max((prefix for prefix in routes if path.startswith(prefix)), key=len, default=None)
        steps = routes.get(route, [])
        number = self.used.get((name, route), 0)
        self.used[name, route] = number + 1
        if not steps or (number >= len(steps) and steps[-1].get("once")):
            plain = {"Content-Type": "text/plain"}
            return {"status": 404, "headers": plain, "body": "no step left"}
        return steps[min(number, len(steps) - 1)]

    async def serve(self, reader, writer):
        """One connection, request after request."""
        number = next(self.connections)
        tls = writer.get_extra_info("ssl_object") is not None
        name = None
        try:
            going = True
            while going:
                request = await read_request(reader)
                if request is None:
                    writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                    break
                request.update(connection=number, tls=tls, client=subject_of(writer))
                _, name, path = (request["target"].partition("?")[0] + "/").split("/", 2)
                self.note(name, request)
                going = await answer(reader, writer, self.next_step(name, "/" + path.rstrip("/")))
                if going:
                    name = None  # not in the middle of anything
        except (OSError, EOFError, asyncio.LimitOverrunError):
            if name:  # else the client has gone, or never was one
                self.note_left(name, number)
        finally:
            writer.close()


class Forwarder:
    """A port whose n-th connection goes to the n-th of the addresses in DIR/forward.json, and all that
    follow to the last: a load balancer whose servers differ. A new id starts from the first again."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "forward.json")
        self.plan, self.used = None, 0

    def next_address(self):
        with open(self.path, encoding="utf-8") as file:
            plan = json.load(file)
        if plan != self.plan:
            self.plan, self.used = plan, 0
        self.used += 1
        addresses = plan["addresses"]
        host, _, port = addresses[min(self.used, len(addresses)) - 1].rpartition(":")
        return host, int(port)

    async def serve(self, reader, writer):
        await both_ways(reader, writer, *await asyncio.open_connection(*self.next_address()))


async def hang_up(reader, writer):
    """Ends each connection once the client has spoken: in the middle of the handshake of TLS."""
    await reader.read(65536)
    writer.close()


async def hang_up_at_once(reader, writer):
    """The same by an RST."""
    await reader.read(65536)
    reset(writer)


async def swallow(reader, writer):
    while await reader.read(65536):
        pass
    writer.close()


def context_for(certificate, client_ca=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


async def main(directory):
    directory = os.path.abspath(directory)
    os.makedirs(directory, exist_ok=True)
    scripts = Scripts(directory)
    with open(os.path.join(directory, "openssl.cnf"), "w", encoding="utf-8") as config:
        config.write(OPENSSL_CONFIG)
    ca, client_ca = Authority(directory, "ca"), Authority(directory, "client-ca")
    ca2 = Authority(directory, "ca2")
    good = ca.sign("server", "IP:127.0.0.1,DNS:localhost,DNS:fault.example")
    other = ca.sign("other", "DNS:other.example")
    asking = context_for(good, client_ca.path("client-ca.crt"))
    servers = []

    async def listen(scheme, serve, context=None):
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        servers.append(server)
        return "%s://127.0.0.1:%d" % (scheme, server.sockets[0].getsockname()[1])

    closed = socket.socket()  # bound and never listening: nobody else gets the port
    closed.bind(("127.0.0.1", 0))
    about = {
        "dir": directory,
        "http": await listen("http", scripts.serve),
        "https": await listen("https", scripts.serve, context_for(good)),
        "https_client": await listen("https", scripts.serve, asking),
        "https_other": await listen("https", scripts.serve, context_for(other)),
        "forward": await listen("https", Forwarder(directory).serve),
        "hangs_up": await listen("https", hang_up),
        "resets": await listen("https", hang_up_at_once),
        "blackhole": await listen("http", swallow),
        "closed": "http://127.0.0.1:%d" % closed.getsockname()[1],
        "ca": ca.path("ca.crt"),
        "ca2": ca2.path("ca2.crt"),
        "client_ca": client_ca.path("client-ca.crt"),
    }
    for name in ("alice", "bob"):
        about[name + "_cert"], about[name + "_key"] = client_ca.sign(name)
    print(json.dumps(about), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(main(sys.argv[1]))
