"""HTTP and SOCKS5 proxies on loopback, which write down what they were asked.

    python3 spec/support/proxy_server.py DIR

DIR is that of fault_server.py, which has been started: its certificates are used. One line of JSON on
stdout says where everything is; the server ends with its stdin.

    http, https           CONNECT, and requests with a whole URL; https asks for a certificate
    http_user             the same for who brings Proxy-Authorization, else 407
    http_refuses          403 for everybody
    socks5                for everybody
    socks5_user           for who brings a name and password (RFC 1929)
    socks5_refuses        takes nobody anywhere
    hangs                 reads, and says nothing

The name is "user", the password "s3cr3t". Any name that ends in .example is 127.0.0.1: only a proxy
that looks names up itself can find these. Each request becomes a line of JSON in DIR/proxies.log before
it is answered: {proxy, method, target, headers (names in lower case), client (whether a certificate was
shown)}, of SOCKS5 {proxy, target, by ("name", "ip"), user, password}.
"""

import asyncio
import base64
import json
import os
import socket
import ssl
import sys

from relay import both_ways, pump

USER, PASSWORD = "user", "s3cr3t"


class Log:
    def __init__(self, path):
        self.path = path
        open(path, "w", encoding="utf-8").close()

    def note(self, **entry):
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


async def connect(host, port):
    return await asyncio.open_connection("127.0.0.1" if host.endswith(".example") else host, port)


# ---- HTTP ----


def parse_head(head):
    line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, _ = line.split(" ")
    headers = [header.partition(":") for header in lines]
    return method, target, [(name, value.strip()) for name, _, value in headers]


def split_host(text, port):
    host, colon, given = text.rpartition(":")
    if not colon or given.endswith("]"):
        host, given = text, port
    return host.strip("[]"), int(given)


class HttpProxy:
    def __init__(self, log, name, refuses=None):
        self.log, self.name, self.refuses = log, name, refuses

    def refusal(self, headers):
        expected = "Basic " + base64.b64encode((USER + ":" + PASSWORD).encode()).decode()
        if self.refuses == 407 and headers.get("proxy-authorization") == expected:
            return None
        return self.refuses

    async def serve(self, reader, writer):
        far_writer, back = None, None
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                method, target, headers = parse_head(head)
                known = {name.lower(): value for name, value in headers}
                self.log.note(proxy=self.name, method=method, target=target, headers=known,
                              client=bool(writer.get_extra_info("peercert")))
                refusal = self.refusal(known)
                if refusal:
                    more = 'Proxy-Authenticate: Basic realm="x"\r\n' if refusal == 407 else ""
                    writer.write(("HTTP/1.1 %d Refused\r\n%sContent-Type: text/html\r\n"
                                  "Content-Length: 4\r\n\r\nno.\n" % (refusal, more)).encode())
                    continue
                if method == "CONNECT":
                    far = await connect(*split_host(target, 443))
                    writer.write(b"HTTP/1.1 200 Connected\r\nVia: 1.1 proxy\r\n\r\n")
                    await both_ways(reader, writer, *far)
                    return
                authority, slash, path = target.partition("://")[2].partition("/")
                if back is None:
                    far_reader, far_writer = await connect(*split_host(authority, 80))
                    back = asyncio.ensure_future(pump(far_reader, writer))
                kept = [(n, v) for n, v in headers if not n.lower().startswith("proxy-")]
                lines = ["%s /%s HTTP/1.1" % (method, path)] + ["%s: %s" % pair for pair in kept]
                far_writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                far_writer.write(await reader.readexactly(int(known.get("content-length", 0))))
                await far_writer.drain()
        except (OSError, EOFError):
            pass  # the client has gone
        finally:
            writer.close()
            if far_writer:
                far_writer.close()
                await back


# ---- SOCKS5 (RFC 1928, RFC 1929) ----


class SocksProxy:
    def __init__(self, log, name, wants_user=False, reply=0):
        self.log, self.name, self.wants_user, self.reply = log, name, wants_user, reply

    async def read_user(self, reader, writer):
        """The name and password; None when they are wrong."""
        _, length = await reader.readexactly(2)
        user = (await reader.readexactly(length)).decode()
        (length,) = await reader.readexactly(1)
        password = (await reader.readexactly(length)).decode()
        good = (user, password) == (USER, PASSWORD)
        writer.write(bytes([1, 0 if good else 1]))
        if not good:
            self.log.note(proxy=self.name, user=user, password=password)
        return (user, password) if good else None

    async def read_target(self, reader):
        _, _, _, kind = await reader.readexactly(4)
        if kind == 3:
            (length,) = await reader.readexactly(1)
            host = (await reader.readexactly(length)).decode()
        else:
            family, length = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
            host = socket.inet_ntop(family, await reader.readexactly(length))
        port = int.from_bytes(await reader.readexactly(2), "big")
        return "name" if kind == 3 else "ip", host, port

    async def serve(self, reader, writer):
        try:
            _, n = await reader.readexactly(2)
            method = 2 if self.wants_user else 0
            if method not in await reader.readexactly(n):
                self.log.note(proxy=self.name)
                writer.write(b"\x05\xff")
                return
            writer.write(bytes([5, method]))
            user = password = None
            if self.wants_user:
                pair = await self.read_user(reader, writer)
                if not pair:
                    return
                user, password = pair
            by, host, port = await self.read_target(reader)
            self.log.note(proxy=self.name, target="%s:%d" % (host, port), by=by, user=user,
                          password=password)
            far = None if self.reply else await connect(host, port)
            writer.write(bytes([5, self.reply, 0, 1, 0, 0, 0, 0, 0, 0]))
            if far:
                await both_ways(reader, writer, *far)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()


async def hang(reader, writer):
    while await reader.read(65536):
        pass
    writer.close()


async def main(directory):
    log = Log(os.path.join(directory, "proxies.log"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*(os.path.join(directory, "server" + end) for end in (".crt", ".key")))
    context.load_verify_locations(os.path.join(directory, "client-ca.crt"))
    context.verify_mode = ssl.CERT_OPTIONAL
    servers, about = [], {"log": log.path}

    async def listen(scheme, name, serve, tls=None):
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
        servers.append(server)
        about[name] = "%s://127.0.0.1:%d" % (scheme, server.sockets[0].getsockname()[1])

    await listen("http", "http", HttpProxy(log, "http").serve)
    await listen("https", "https", HttpProxy(log, "https").serve, context)
    await listen("http", "http_user", HttpProxy(log, "http_user", 407).serve)
    await listen("http", "http_refuses", HttpProxy(log, "http_refuses", 403).serve)
    await listen("socks5", "socks5", SocksProxy(log, "socks5").serve)
    await listen("socks5", "socks5_user", SocksProxy(log, "socks5_user", wants_user=True).serve)
    await listen("socks5", "socks5_refuses", SocksProxy(log, "socks5_refuses", reply=2).serve)
    await listen("http", "hangs", hang)
    print(json.dumps(about), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


asyncio.run(main(sys.argv[1]))
