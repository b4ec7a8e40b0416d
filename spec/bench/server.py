"""The server of the benchmarks: an nginx of our own with one worker and a CA of its own."""
import base64
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.request

import data

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = sorted(os.sched_getaffinity(0))  # the last one is the server's
TOKEN = "a-token-that-nobody-checks"
MODULES = "/usr/lib/nginx/modules"  # Debian's
DISCOVERY = '"application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"'

KUBECONFIG = """apiVersion: v1
kind: Config
current-context: bench
contexts: [{name: bench, context: {cluster: bench, user: bench, namespace: %s}}]
clusters: [{name: bench, cluster: {server: %s, certificate-authority: %s}}]
users: [{name: bench, user: {token: %s}}]
"""
CONTEXTS = 500  # of the big kubeconfig
CONTEXT = """- context:
    cluster: {0}
    namespace: {1}
    user: {0}
  name: {0}
"""
CLUSTER = """- cluster:
    certificate-authority-data: {1}
    server: {2}
  name: {0}
"""
USER = """- name: {0}
  user:
    token: {1}
"""


class Server:
    """with Server(data_directory) as server: it is up, and down at the end.

    url and kubeconfig, by what is spoken: "2" (by ALPN, HTTP/1.1 for who does not offer it), "1.1".
    big_kubeconfig is one of many contexts, each with a CA and a token of its own.
    """

    def __init__(self, data_directory):
        self.data = data_directory
        self.process = None
        self.token = TOKEN
        self.read = 0  # of its log

    def __enter__(self):
        self.dir = tempfile.mkdtemp(prefix="kube-bench-")
        try:
            self.ca = make_certificates(self.dir)
            for _ in range(5):  # another program may be faster to take the ports
                if self.start():
                    return self
            raise RuntimeError("nginx does not start:\n" + self.log())
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        shutil.rmtree(self.dir, ignore_errors=True)

    def log(self):
        with open(os.path.join(self.dir, "error.log"), encoding="utf-8", errors="replace") as log:
            return log.read()

    def lines(self):
        """What nginx logged since this was asked last: a line a request, when that is over."""
        path = os.path.join(self.dir, "access.log")
        with open(path, encoding="ascii", errors="replace") as log:
            log.seek(self.read)
            lines = log.readlines()
            self.read = log.tell()
        return lines

    def forget(self):
        self.lines()

    def asked(self, lingers):
        """Of what was asked since forget: http, what was spoken ("1.1", "2", or "" for none), and how
        many requests. lingers: nginx may yet have to notice that some of it is over."""
        lines, quiet = self.lines(), 0
        while lingers and quiet < 10:
            time.sleep(0.1)
            more = self.lines()
            lines, quiet = lines + more, 0 if more else quiet + 1
        versions = {line.split()[0].removeprefix("HTTP/").removesuffix(".0") for line in lines}
        return {"http": "+".join(sorted(versions)), "requests": len(lines)}

    def start(self):
        ports = {"2": free_port(), "1.1": free_port()}
        self.url = {v: "https://127.0.0.1:%d" % port for v, port in ports.items()}
        self.kubeconfig = {v: self.write_kubeconfig(v) for v in ports}
        self.big_kubeconfig = self.write_big_kubeconfig()
        config = write_config(self.dir, self.data, ports)
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") or "nginx"
        with open(os.path.join(self.dir, "error.log"), "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM",  # it ends with us, however we end
                 nginx, "-p", self.dir, "-c", config, "-e", log.name],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self.wait_until_up()

    def write_kubeconfig(self, version):
        path = os.path.join(self.dir, "kubeconfig-" + version)
        with open(path, "w", encoding="utf-8") as file:
            file.write(KUBECONFIG % (data.NAMESPACE, self.url[version], self.ca, TOKEN))
        return path

    def write_big_kubeconfig(self):
        """In the form in which kubectl writes: 1 MB."""
        with open(self.ca, "rb") as file:
            ca = base64.b64encode(file.read()).decode()
        names = ["bench-%d" % i for i in range(CONTEXTS)]
        path = os.path.join(self.dir, "kubeconfig-big")
        with open(path, "w", encoding="utf-8") as file:
            file.write("apiVersion: v1\nclusters:\n")
            file.writelines(CLUSTER.format(name, ca, self.url["2"]) for name in names)
            file.write("contexts:\n")
            file.writelines(CONTEXT.format(name, data.NAMESPACE) for name in names)
            file.write("current-context: %s\nkind: Config\nusers:\n" % names[-1])
            file.writelines(USER.format(name, (name + "-" + TOKEN) * 30) for name in names)
        return path

    def wait_until_up(self):
        context = ssl.create_default_context(cafile=self.ca)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                for url in self.url.values():
                    urllib.request.urlopen(url + "/api", context=context, timeout=5).close()
                return True
            except OSError:
                time.sleep(0.02)
        return False


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def write_config(directory, data_directory, ports):
    values = {
        "DIR": directory, "DATA": data_directory, "PORT2": str(ports["2"]),
        "PORT1": str(ports["1.1"]), "PAGE": str(data.PAGE), "NAMESPACE": data.NAMESPACE,
        "FULL": str(full_pages(data_directory)),
        "DISCOVERY": DISCOVERY, "MODULES": MODULES,
        "CORE": bin(1 << CORES[-1])[2:],
        # As root its worker would become somebody who may not read the data.
        "USER": "user root;" if os.geteuid() == 0 else "",
    }
    path = os.path.join(directory, "nginx.conf")
    fill_in(os.path.join(HERE, "nginx.conf.in"), path, values)
    return path


def full_pages(directory):
    """How many pages are certainly full: all but the last."""
    pages = [name for name in os.listdir(directory) if name.startswith("page-")]
    return max(1, len(pages) - 1)


def fill_in(template, path, values):
    """Writes a template with its @NAMES@ replaced."""
    with open(template, encoding="utf-8") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace("@%s@" % name, value)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def make_certificates(directory):
    """A CA, and by it a certificate of 127.0.0.1: the path of the CA's certificate."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-days", "2",
            "-subj", "/CN=bench CA")
    openssl("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=bench")
    with open(os.path.join(directory, "server.ext"), "w", encoding="ascii") as file:
        file.write("subjectAltName=IP:127.0.0.1\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "server.ext", "-out", "server.crt")
    return os.path.join(directory, "ca.crt")
