-- How kube fails: servers that cannot be talked to.
local cluster = require("spec.support.cluster")
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")

local fails, works, connect = failing.fails, failing.works, failing.connect
local POD, TOKEN = failing.POD, failing.TOKEN

describe("a server that is not there", function()
  it("is named with its port", function()
    local pods = faults.pods { server = faults.closed }
    for _ = 1, 2 do -- and again
      local pod, err = pods:get("web")
      fails(pod, err, "ConnectionRefused", "GET " .. faults.closed, "/pods/web")
    end
    works(faults.pods { server = faults.script { POD }.server })
  end)

  it("is named with its host when that has no address", function()
    local pod, err = faults.pods { server = "https://nosuch.invalid:6443" }:get("web")
    fails(pod, err, "DNS", "GET https://nosuch.invalid:6443/api/v1", "nosuch.invalid")
  end)

  it("is found when it comes", function()
    local path = faults.kubeconfig { server = faults.closed }
    local client = assert(connect(path))
    fails(nil, select(2, client:list("pods")), "ConnectionRefused", faults.closed)
    client = assert(connect(path, { server = faults.script { POD }.server }))
    assert.equal("web", assert(client:get("pods", "web")).metadata.name)
  end)
end)

describe("a server that is not trusted", function()
  it("is refused when another CA signed it", function()
    local script = faults.script({ POD }, "https")
    local wrong = faults.pods { server = script.server, ca = faults.ca2, token = TOKEN }
    local pod, err = wrong:get("web")
    fails(pod, err, "TLS", "GET " .. script.server, "certificate")
    assert.same({}, script.requests())
    works(faults.pods { server = script.server, ca = faults.ca, token = TOKEN })
  end)

  it("is refused when it is the real one and the CA is another", function()
    local client = cluster.connect("wrong-ca")
    local list, err = client:list("namespaces")
    fails(list, err, "TLS", client.config.server, "certificate")
  end)

  it("is refused when its certificate bears another name, which tls-server-name mends", function()
    local script = faults.script({ POD }, "https_other")
    local pod, err = faults.pods { server = script.server, ca = faults.ca }:get("web")
    fails(pod, err, "TLS", script.server, "127.0.0.1")
    pod, err = faults.pods { server = script.server, ca = faults.ca,
      cluster = { ["tls-server-name"] = "fault.example" } }:get("web")
    fails(pod, err, "TLS", script.server, "fault.example")
    assert.same({}, script.requests())
    works(faults.pods { server = script.server, ca = faults.ca,
      cluster = { ["tls-server-name"] = "other.example" } })
    assert.equal(faults.https_other:match("//(.*)"), script.requests()[1].headers.host)
  end)

  it("is trusted when the kubeconfig says not to look", function()
    works(faults.pods { server = faults.script({ POD }, "https_other").server,
      cluster = { ["insecure-skip-tls-verify"] = true } })
  end)

  --- Runs `get` in a process of its own for each kubeconfig, and gives what became of it: "web", or
  -- the reason of the error.
  local function elsewhere(env, wrapper, ...)
    return faults.run_lua(env, string.format([[
      local kube = require("kube")
      for _, path in ipairs { %q, %q } do
        local config = assert(kube.config.load { kubeconfig = path })
        local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
        local pod, err = pods:namespace("default"):get("web")
        print(pod and pod.metadata.name or err.reason)
      end]], ...), wrapper)
  end

  it("is refused though SSL_CERT_FILE trusts it, when the kubeconfig has a CA", function()
    local server = faults.script({ POD }, "https").server
    local env = { SSL_CERT_FILE = faults.ca }
    assert.equal("TLS\nweb\n", elsewhere(env, nil,
      faults.kubeconfig { server = server, ca = faults.ca2 },
      faults.kubeconfig { server = server }))
    assert.equal("TLS\nTLS\n", elsewhere({}, nil,
      faults.kubeconfig { server = server, ca = faults.ca2 },
      faults.kubeconfig { server = server }))
  end)

  it("is refused though the system's directory trusts it, when the kubeconfig has a CA", function()
    local server = faults.script({ POD }, "https").server
    local roots = faults.dir .. "/roots"
    faults.sh("rm -rf %s && mkdir %s && cp %s %s/fault.pem && openssl rehash %s", roots, roots,
      faults.ca, roots, roots)
    faults.sh("cp %s %s/ca-certificates.crt", faults.ca2, roots) -- the file beside it does not
    -- in a chroot, whose root is no mount, a namespace cannot be made private: so it is unmounted
    local flags = faults.sh("id -u") == "0\n" and "-m" or "-rm"
    flags = faults.sh("unshare %s true 2>/dev/null && echo %s || echo %s --propagation unchanged",
      flags, flags, flags):gsub("\n", "")
    local wrapper = string.format([[unshare %s sh -c 'mount --bind %s /etc/ssl/certs || exit 1
      "$@"; code=$?; umount /etc/ssl/certs; exit $code' sh]], flags, roots)
    assert.equal("TLS\nweb\n", elsewhere({}, wrapper,
      faults.kubeconfig { server = server, ca = faults.client_ca },
      faults.kubeconfig { server = server }))
  end)
end)

describe("a server that speaks another language", function()
  it("plain HTTP where TLS was expected", function()
    local server = faults.http:gsub("^http:", "https:")
    local pod, err = faults.pods { server = server, ca = faults.ca, token = TOKEN }:get("web")
    fails(pod, err, "TLS", "GET " .. server)
  end)

  it("none: it hangs up in the middle of the handshake", function()
    for _, server in ipairs { faults.hangs_up, faults.resets } do
      local pod, err = faults.pods { server = server, ca = faults.ca, token = TOKEN }:get("web")
      fails(pod, err, "Connection", "GET " .. server)
    end
  end)

  it("TLS where plain HTTP was expected", function()
    local server = faults.https:gsub("^https:", "http:")
    local pod, err = faults.pods { server = server }:get("web")
    fails(pod, err, "Connection", "GET " .. server)
  end)

  it("TLS where plain HTTP was expected, of the real server", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("token") })
    local server = config.server:gsub("^https:", "http:")
    local client = assert(connect(cluster.kubeconfig("token"), { server = server }))
    local _, err = client:list("pods")
    fails(nil, err, "BadRequest", "GET " .. server, "HTTPS")
    assert.equal(400, err.code)
  end)

  it("no HTTP at all", function()
    -- always the same: on a connection that had been used libcurl may ask once more
    local script = faults.script {
      { raw = "SSH-2.0-OpenSSH_9.9\r\nhello\r\n", ["then"] = "close" },
    }
    local pod, err = faults.pods { server = script.server }:get("web")
    fails(pod, err, "Decode", "GET " .. script.server, "HTTP/0.9")
    works(faults.pods { server = faults.script { POD }.server })
  end)
end)

describe("a server that is slow", function()
  it("is given up after the timeout, and the request named", function()
    local script = faults.script { { announce = 100, body = "{", ["then"] = "hang" }, POD }
    local pods = faults.pods { server = script.server }
    local before = kube.now()
    local pod, err = pods:get("web", { timeout = 0.2 })
    local took = kube.now() - before
    fails(pod, err, "Timeout", "GET " .. script.server .. "/api/v1", "/pods/web", "200 ms")
    assert.truthy(took > 0.19 and took < 5, took)
    works(pods)
  end)

  it("has the same for asking what the server serves", function()
    local k = assert(kube.connect { kubeconfig = faults.kubeconfig { server = faults.blackhole } })
    local started = kube.now()
    local pod, err = k:get("pod", "web", { timeout = 0.2 })
    assert.is_nil(pod)
    assert.equal("Timeout", err.reason)
    assert.matches("/apis?: ", err.message)
    pod, err = k:create({ apiVersion = "v1", kind = "Pod", metadata = { name = "a" } },
      { timeout = 0.2 })
    assert.is_nil(pod)
    assert.equal("Timeout", err.reason)
    assert.is_true(kube.now() - started < 5)
  end)

  it("is given up when it says nothing at all", function()
    local pod, err = faults.pods { server = faults.blackhole }:get("web", { timeout = 0.2 })
    fails(pod, err, "Timeout", "GET " .. faults.blackhole, "200 ms")
    local list
    list, err = faults.pods { server = faults.blackhole }:list { timeout = 0.2 }
    fails(list, err, "Timeout", "GET " .. faults.blackhole)
  end)

  it("does not hold up the others", function()
    local slow = faults.script { { raw = "", ["then"] = "hang" } }
    local fast = faults.script { POD }
    local order = {}
    kube.run(function()
      kube.spawn(function()
        faults.pods { server = slow.server }:get("web", { timeout = 0.3 })
        order[#order + 1] = "slow"
      end)
      works(faults.pods { server = fast.server })
      order[#order + 1] = "fast"
    end)
    assert.same({ "fast", "slow" }, order)
  end)
end)
