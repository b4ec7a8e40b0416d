-- What goes wrong, one clear error each: who, what, where, what was tried; never a secret. And the
-- client is of use afterwards.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local POD = faults.json(faults.object("web", "7"))
local TOKEN = "s3cr3t-token"

--- The error must have the reason and all the words, and show no secret.
local function fails(object, err, reason, ...)
  assert.is_nil(object)
  assert.is_nil(faults.flaw(err, reason, { ... }))
end

--- A good call on the same client, after a bad one.
local function works(pods)
  assert.equal("web", assert(pods:get("web")).metadata.name)
end

local function connect(path, more)
  local given = { kubeconfig = path }
  for name, value in pairs(more or {}) do given[name] = value end
  return kube.connect(given)
end

-- ---- configurations ----

describe("without a kubeconfig", function()
  local script = [[
    local kube = require("kube")
    local client, err = kube.connect()
    assert(client == nil and kube.is_error(err) and err.reason == "Config", "not a Config error")
    io.write(tostring(err))]]

  local function says(env, ...)
    local said = faults.run_lua(env, script)
    for _, word in ipairs { ... } do assert.truthy(said:find(word, 1, true), said) end
  end

  it("an explicit path that is not there is named", function()
    local client, err = connect("/nowhere/config")
    fails(client, err, "Config", "/nowhere/config", "No such file")
  end)

  it("a directory instead of a file is named", function()
    local client, err = connect(faults.dir)
    fails(client, err, "Config", faults.dir, "directory")
  end)

  it("every file of KUBECONFIG is named, and what is missing for a pod", function()
    says({ KUBECONFIG = "/nowhere/a:/nowhere/b", HOME = faults.dir }, "/nowhere/a", "/nowhere/b",
      "No such file", "in-cluster", "KUBERNETES_SERVICE_HOST", "Set KUBECONFIG")
  end)

  it("the file in HOME is named", function()
    says({ HOME = "/nowhere/home" }, "/nowhere/home/.kube/config", "in-cluster")
  end)

  it("a missing HOME is named", function()
    says({}, "~/.kube/config (HOME is not set)", "in-cluster")
  end)

  it("what a pod lacks is named", function()
    says({ HOME = "/nowhere", KUBERNETES_SERVICE_HOST = "10.0.0.1",
      KUBERNETES_SERVICE_PORT = "443" }, "in-cluster configuration",
      "/var/run/secrets/kubernetes.io/serviceaccount/")
  end)
end)

describe("a broken kubeconfig", function()
  local broken = function(text, ...)
    local path = faults.file(text, ".kubeconfig")
    local client, err = connect(path)
    fails(client, err, "Config", path, ...)
  end

  it("of bad YAML tells the line", function()
    broken("apiVersion: v1\nusers:\n- name: a\n  user: {token: s3cr3t\nclusters: ]\n", "line 5")
  end)

  it("of a tab for indentation tells the line", function()
    broken("apiVersion: v1\nusers:\n\t- name: a\n", "line 3")
  end)

  it("that is no map says so", function()
    broken("- s3cr3t\n", "not a map")
    broken("s3cr3t\n", "not a map")
  end)

  it("whose lists are none says which", function()
    broken('{"clusters": {"a": 1}}', "clusters is not a list")
    broken('{"users": ["s3cr3t"]}', "an entry of users has no name")
  end)

  it("without a current context says how to choose one", function()
    broken('{"contexts": [{"name": "a", "context": {}}]}', "current-context is not set",
      "context =")
  end)

  local server = "https://127.0.0.1:1"

  it("names the contexts there are when the one asked for is not", function()
    local path = faults.kubeconfig { server = server }
    local client, err = connect(path, { context = "nosuch" })
    fails(client, err, "Config", 'context "nosuch" does not exist', "fault")
  end)

  it("names the clusters there are", function()
    local path = faults.kubeconfig { server = server }
    local client, err = connect(path, { cluster = "nosuch" })
    fails(client, err, "Config", 'cluster "nosuch" does not exist', "fault")
  end)

  it("names the users there are", function()
    local path = faults.kubeconfig { server = server, token = TOKEN }
    local client, err = connect(path, { user = "nosuch" })
    fails(client, err, "Config", 'user "nosuch" does not exist', "somebody")
  end)

  --- A kubeconfig that is whole but for what is given.
  local function refused(given, ...)
    given.server = given.server or server
    local client, err = connect(faults.kubeconfig(given))
    fails(client, err, "Config", ...)
  end

  it("without a server says of which cluster", function()
    refused({ server = "" }, 'cluster "fault"', "no server")
  end)

  it("with a server that is no address shows it", function()
    refused({ server = "ftp://127.0.0.1" }, "host:port", "ftp://127.0.0.1")
    refused({ server = "https://a b" }, 'cluster "fault"', "spaces")
  end)

  it("with data that is no base64 names the field", function()
    refused({ cluster = { ["certificate-authority-data"] = "s3cr3t!" } },
      "certificate-authority-data", 'cluster "fault"', "not base64")
    refused({ cert = faults.alice_cert, user = { ["client-key-data"] = "s3cr3t!" } },
      "client-key-data", 'user "somebody"', "not base64")
  end)

  it("names the CA, certificate, key or token file that is missing", function()
    refused({ ca = "/nowhere/ca" }, "certificate-authority", "/nowhere/ca", "No such file")
    refused({ cert = "/nowhere/cert", key = faults.alice_key }, "client-certificate",
      'user "somebody"', "/nowhere/cert", "No such file")
    refused({ cert = faults.alice_cert, key = "/nowhere/key" }, "client-key", "/nowhere/key")
    refused({ user = { tokenFile = "/nowhere/token" } }, "tokenFile", "/nowhere/token")
  end)

  it("with a CA, certificate or key that is no PEM names it", function()
    local junk = faults.file("s3cr3t")
    refused({ ca = junk }, "certificate-authority", "no PEM certificate", 'cluster "fault"')
    refused({ cert = junk, key = faults.alice_key }, "client-certificate", "no PEM certificate")
    refused({ cert = faults.alice_cert, key = junk }, "client-key", "no PEM private key")
  end)

  it("with a certificate and no key, or a key alone, says what is missing", function()
    refused({ cert = faults.alice_cert }, "no client-key", 'user "somebody"')
    refused({ key = faults.alice_key }, "no client-certificate", 'user "somebody"')
  end)

  it("with the key of another certificate says so", function()
    refused({ cert = faults.alice_cert, key = faults.bob_key }, "does not belong", "client-key",
      "client-certificate", 'user "somebody"')
  end)

  it("with an encrypted key says how to decrypt it", function()
    local pkcs8, traditional = faults.file("", ".key"), faults.file("", ".key")
    faults.sh("openssl pkcs8 -topk8 -in %s -out %s -passout pass:s3cr3t", faults.alice_key, pkcs8)
    faults.sh("openssl ec -aes128 -in %s -out %s -passout pass:s3cr3t", faults.alice_key,
      traditional)
    assert.truthy(faults.read(pkcs8):find("BEGIN ENCRYPTED PRIVATE KEY", 1, true))
    assert.truthy(faults.read(traditional):find("Proc-Type: 4,ENCRYPTED", 1, true))
    for _, key in ipairs { pkcs8, traditional } do
      refused({ cert = faults.alice_cert, key = key }, "client-key", "is encrypted", "openssl pkey")
    end
  end)

  it("with an empty token says whose", function()
    refused({ token = " " }, "the token is empty", 'user "somebody"')
    refused({ user = { tokenFile = faults.file("\n") } }, "the token is empty", 'user "somebody"')
  end)

  it("with a token of two lines says whose", function()
    refused({ token = "s3cr3t\r\nX-Remote-User: admin" }, "line break", 'user "somebody"')
  end)

  it("with a token that is no text says whose, instead of going on without", function()
    refused({ user = { token = 12345 } }, "token", "not a string", 'user "somebody"')
  end)

  it("with a way to be known that kube cannot go names it, instead of going on without", function()
    refused({ user = { exec = { command = "s3cr3t-plugin" } } }, '"exec"', 'user "somebody"')
    refused({ user = { ["auth-provider"] = { name = "gcp" } } }, '"auth-provider"')
    refused({ token = TOKEN, user = { as = "somebody-else" } }, '"as"')
  end)

  it("with two ways to be known is refused", function()
    refused({ token = TOKEN, user = { username = "a", password = "s3cr3t" } },
      "more than one authentication method", "somebody")
  end)

  it("with a CA that it does not want to look at is refused", function()
    refused({ ca = faults.ca, cluster = { ["insecure-skip-tls-verify"] = true } }, "insecure",
      'cluster "fault"')
  end)

  it("harms nobody else", function()
    works(faults.pods { server = faults.script { POD }.server })
  end)
end)

-- ---- servers ----

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
    fails(pod, err, "Connection", "GET " .. script.server, "HTTP/0.9")
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

-- ---- answers ----

describe("an answer that is not whole", function()
  local function check(step, reason, ...)
    local script = faults.script { step, POD }
    local pods = faults.pods { server = script.server }
    local pod, err = pods:get("web")
    fails(pod, err, reason, "GET " .. script.server, "/pods/web", ...)
    assert.equal(1, #script.requests())
    works(pods)
  end

  it("is noticed when fewer bytes came than were announced", function()
    check({ body = POD, announce = #POD + 10, ["then"] = "close" }, "Connection", "cut off")
  end)

  it("is noticed when the last chunk is missing", function()
    check({ chunks = { POD }, ["then"] = "close" }, "Connection", "cut off")
  end)

  it("is noticed when the connection is reset", function()
    check({ body = POD, announce = #POD + 10, ["then"] = "reset" }, "Connection")
  end)

  it("is noticed when it ends in the headers, or there is none", function()
    for _, raw in ipairs { "HTTP/1.1 200 OK\r\nContent-Le", "" } do
      local script = faults.script { { raw = raw, ["then"] = "close" } }
      local pod, err = faults.pods { server = script.server }:get("web")
      fails(pod, err, "Connection", "GET " .. script.server)
    end
    works(faults.pods { server = faults.script { POD }.server })
  end)

  it("is asked for once more on a connection that had been used, if that is harmless", function()
    local script = faults.script { POD, { raw = "", ["then"] = "close" }, POD }
    local pods = faults.pods { server = script.server }
    works(pods)
    works(pods)
    assert.equal(3, #script.requests())
  end)

  it("is not asked for once more when asking changes something", function()
    for _, verb in ipairs { "create", "update", "patch", "apply", "delete" } do
      local script = faults.script { POD, { raw = "", ["then"] = "close" }, POD }
      local pods = faults.pods { server = script.server }
      works(pods)
      local what = (verb == "patch" or verb == "delete") and "web" or faults.object("web", "1")
      local pod, err = pods[verb](pods, what, verb == "patch" and {} or nil)
      fails(pod, err, "Connection", script.server)
      assert.equal(2, #script.requests(), verb)
    end
  end)

  it("is told apart from one that is whole and no JSON", function()
    check({ body = '{"kind":"Pod",' }, "Decode", "offset")
  end)
end)

describe("a list that is not whole", function()
  local item = faults.json(faults.object("a", "1"))
  local head = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":['

  local function check(step, reason, ...)
    local script = faults.script { step, POD }
    local pods = faults.pods { server = script.server }
    local stream = pods:each()
    assert.equal("a", assert(stream:next()).metadata.name)
    local pod, err = stream:next()
    fails(pod, err, reason, "GET " .. script.server, "/pods", ...)
    pod, err = stream:next()
    fails(pod, err, reason) -- the same again: never the end
    stream:close()
    works(pods)
    script = faults.script { step }
    local list
    list, err = faults.pods { server = script.server }:list()
    fails(list, err, reason, "GET " .. script.server)
  end

  it("gives the items that came, then the error", function()
    local text = head .. item .. ","
    check({ body = text, announce = #text + 10, ["then"] = "close" }, "Connection", "cut off")
    check({ chunks = { text }, ["then"] = "close" }, "Connection", "cut off")
    check({ chunks = { text }, ["then"] = "reset" }, "Connection")
  end)

  it("is not taken for whole where the server thinks it is", function()
    check({ body = head .. item }, "Decode", "truncated")
    check({ body = head .. item .. "]" }, "Decode", "truncated")
  end)
end)

describe("an answer of two gigabytes", function()
  local TWO_GB = 2147483648

  it("is not even begun when one object was asked for", function()
    local script = faults.script { { announce = TWO_GB, body = "{", ["then"] = "hang" }, POD }
    local pods = faults.pods { server = script.server }
    local pod, err = pods:get("web", { timeout = 10 })
    fails(pod, err, "TooLarge", "GET " .. script.server, "2147483648")
    works(pods)
  end)

  --- Kilobytes of memory that this process has.
  local function resident()
    return tonumber(faults.read("/proc/self/status"):match("VmRSS:%s*(%d+)"))
  end

  it("is read item by item when it is a list, in little memory, until it is cut", function()
    local big = faults.json {
      metadata = { name = "big", annotations = { filler = string.rep("x", 100000) } },
    } .. ","
    local script = faults.script {
      { announce = TWO_GB, body = '{"kind":"PodList","items":[', filler = big, times = 1000,
        ["then"] = "close" }, POD,
    }
    local pods = faults.pods { server = script.server }
    local stream = pods:each { fields = { "metadata.name" } }
    local before, most, count = resident(), 0, 0
    local item, err = stream:next()
    while item do
      count = count + 1
      if count % 20 == 0 then most = math.max(most, resident()) end
      item, err = stream:next()
    end
    fails(item, err, "Connection", "cut off")
    assert.equal(1000, count)
    assert.truthy(most - before < 20000, (most - before) .. " kB more for 100 MB")
    works(pods)
  end)
end)

describe("malformed JSON", function()
  local function first(step)
    local script = faults.script { step, POD }
    local pods = faults.pods { server = script.server }
    return pods, script.server
  end

  it("in an object is a Decode error that names the request", function()
    for _, body in ipairs { '{"kind":}', "[1,", "nonsense", '{"a":"\\x"}', POD .. "}", "" } do
      local pods, server = first(body)
      local pod, err = pods:get("web")
      fails(pod, err, "Decode", "GET " .. server, "/pods/web")
      works(pods)
    end
  end)

  it("in an item of a list is a Decode error that names the request", function()
    local pods, server = first('{"kind":"PodList","items":[{"metadata":{"name":}}]}')
    local list, err = pods:list()
    fails(list, err, "Decode", "GET " .. server, "/pods")
    works(pods)
  end)

  it("in the head of a list is a Decode error that names the request", function()
    for _, body in ipairs {
      '{"kind":"PodList","metadata":{"continue":},"items":[]}', '{"kind":"PodList" "items":[]}',
      '{"kind":"PodList","items":[]}}', '{"kind":"PodList","items":7}', '{"kind":"PodList"}', "[]",
    } do
      local pods, server = first(body)
      local list, err = pods:list()
      fails(list, err, "Decode", "GET " .. server, "/pods")
      works(pods)
    end
  end)

  it("in a watch is a Decode error that names the request", function()
    for _, line in ipairs {
      '{"type":}', "nonsense", '{"type":"ADDED"}', '{"type":"ADDED","object":[]}',
      '{"type":"ADDED","object":{"metadata":{"name":}}}', "[]",
    } do
      local pods, server = first { chunks = { line .. "\n" }, ["then"] = "hang" }
      local watch = pods:watch()
      local event, err = watch:next(10)
      fails(event, err, "Decode", "GET " .. server, "/pods")
      watch:close()
      works(pods)
    end
  end)
end)

describe("an answer that says no", function()
  local function status(fields)
    local all = { apiVersion = "v1", kind = "Status", status = "Failure" }
    for name, value in pairs(fields) do all[name] = value end
    return faults.json(all)
  end

  --- What the server answers, and the code, reason and words that must come of it.
  local cases = {
    { "a whole Status", 409, status { code = 409, reason = "Conflict", message = "too late" },
      409, "Conflict", "too late" },
    { "a reason that is a number", 404, status { code = 404, reason = 5, message = "gone away" },
      404, "NotFound", "gone away" },
    { "a message that is null", 403,
      status { code = 403, reason = "Forbidden", message = json.null }, 403, "Forbidden", "GET" },
    { "a message that is a list", 403, status { code = 403, message = json.array { "no" } },
      403, "Forbidden", "GET" },
    { "a code that is a string", 409,
      status { code = "409", reason = "Conflict", message = "late" }, 409, "Conflict", "late" },
    { "a code that makes no sense", 500,
      status { code = -3, reason = "InternalError", message = "m" }, 500, "InternalError", "m" },
    { "details that are an array", 422,
      status { code = 422, reason = "Invalid", message = "bad", details = json.array { 1 } },
      422, "Invalid", "bad" },
    { "no kind", 403, '{"reason":"Odd","message":"hm"}', 403, "Forbidden", "GET" },
    { "a JSON array", 500, "[1,2]", 500, "InternalError", "GET" },
    { "JSON that is none", 500, '{"kind":"Status",', 500, "InternalError", "GET" },
    { "nothing", 503, "", 503, "ServiceUnavailable", "GET" },
    { "plain text", 404, "404 page not found\n", 404, "NotFound", "404 page not found",
      "text/plain" },
    { "HTML", 502, "<html><b>Bad Gateway</b></html>", 502, "InternalError", "GET", "text/html" },
    { "a code of its own", 418, "", 418, "Unknown", "418" },
  }

  for _, case in ipairs(cases) do
    local what, code, body, want_code, reason, word, content_type = (table.unpack or unpack)(case)
    it("has a code and a reason though it holds " .. what, function()
      local script = faults.script {
        { status = code, body = body, headers = { ["Content-Type"] = content_type } }, POD,
      }
      local pods = faults.pods { server = script.server }
      local pod, err = pods:get("web")
      fails(pod, err, reason, word)
      assert.equal(want_code, err.code)
      assert.is_nil(err.message:find("<html>", 1, true))
      works(pods)
    end)
  end

  it("has its Status, and how long to wait", function()
    local script = faults.script {
      faults.status(429, "TooManyRequests", "slow down", { details = { retryAfterSeconds = 3 } }),
      { status = 503, headers = { ["Retry-After"] = "5" } },
    }
    local pods = faults.pods { server = script.server }
    local _, err = pods:get("web")
    assert.equal(3, err.retryAfter)
    assert.equal("slow down", err.status.message)
    _, err = pods:get("web")
    assert.equal(5, err.retryAfter)
    assert.is_nil(err.status)
  end)

  it("names the other place when it points there, and does not go", function()
    local there = faults.script({ POD }, "https")
    local here = faults.script({
      { status = 302, headers = { Location = there.server .. "/api/v1" } },
      { status = 308, headers = { Location = there.server .. "/api/v1" } },
    }, "https")
    local pods = faults.pods { server = here.server, ca = faults.ca, token = TOKEN }
    for _, code in ipairs { 302, 308 } do
      local pod, err = pods:get("web")
      fails(pod, err, "Unknown", "GET " .. here.server, tostring(code))
      assert.equal(code, err.code)
    end
    assert.equal("Bearer " .. TOKEN, here.requests()[1].headers.authorization)
    assert.same({}, there.requests())
  end)
end)

describe("the real server", function()
  --- Its token is in the kubeconfig; no error may show it.
  local function token_of(name)
    local text = faults.read(cluster.kubeconfig(name))
    return assert(text:match("token: (%S+)"))
  end

  it("does not know a wrong token: Unauthorized, whose credentials and where", function()
    local client = cluster.connect("wrong-token")
    faults.secrets[#faults.secrets + 1] = token_of("wrong-token")
    local list, err = client:list("pods")
    fails(list, err, "Unauthorized", client.config.server, '"wrong-token"', "credentials")
    assert.equal(401, err.code)
    assert.is_true(kube.is_unauthorized(err))
  end)

  it("says no to who may not: Forbidden, who, what and where", function()
    local client = cluster.connect("denied")
    faults.secrets[#faults.secrets + 1] = token_of("denied")
    local list, err = client:list("secrets", { namespace = "kube-system" })
    fails(list, err, "Forbidden", "denied-token", "secrets", "kube-system", "list")
    assert.equal(403, err.code)
    assert.is_true(kube.is_forbidden(err))
    assert.truthy(#assert(client:discovery():server_groups()) > 3) -- what it may, it does
  end)

  it("says no to the anonymous", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("anonymous") })
    local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
    local list, err = pods:list()
    fails(list, err, "Forbidden", "system:anonymous", "pods")
    assert.truthy(assert(kube.discovery(config):server_version()).gitVersion)
  end)

  it("has no such object", function()
    local client = cluster.connect("admin")
    local pod, err = client:get("pods", "nosuch")
    fails(pod, err, "NotFound", "nosuch", "pods")
    assert.equal(404, err.code)
    assert.equal("nosuch", err.status.details.name)
    assert.equal("default", assert(client:get("namespaces", "default")).metadata.name)
  end)

  it("has no such path", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
    local odds = { group = "no.such", version = "v1", resource = "odds" }
    local list, err = kube.dynamic(config):resource(odds):list()
    fails(list, err, "NotFound", "GET " .. config.server, "/apis/no.such/v1/odds")
    assert.equal(404, err.code)
  end)

  it("has no such resource: NoMatch, and what may have been meant", function()
    local client = cluster.connect("admin")
    local list, err = client:list("deploiments")
    fails(list, err, "NoMatch", "deploiments", "deployments")
  end)
end)

-- ---- the programmer ----

describe("a mistake of the programmer", function()
  local client = faults.connect { server = faults.closed }
  local pods = faults.pods { server = faults.closed }
  local pod = faults.object("web", "1")
  local nameless = { apiVersion = "v1", kind = "Pod", metadata = {} }

  --- fn, of one line, must throw an error positioned at that line that has the words.
  local function throws(fn, ...)
    local about = debug.getinfo(fn, "S")
    local ok, problem = pcall(fn)
    assert.is_false(ok)
    assert.equal("string", type(problem), tostring(problem))
    local place = string.format("%s:%d: ", about.short_src, about.linedefined)
    assert.equal(place, problem:sub(1, #place), problem)
    for _, word in ipairs { ... } do assert.truthy(problem:find(word, 1, true), problem) end
  end

  it("is told of a misspelt option, and what may have been meant", function()
    local o = { timeuot = 1 }
    local words = { "unknown option", '"timeuot"', 'did you mean "timeout"?' }
    throws(function() local _ = client:get("pods", "web", o) end, "get:", words[1], words[3])
    throws(function() local _ = client:list("pods", o) end, "list:", words[1], words[3])
    throws(function() local _ = client:each("pods", o) end, "each:", words[1], words[3])
    throws(function() local _ = client:watch("pods", o) end, "watch:", words[1], words[3])
    throws(function() local _ = client:create(pod, o) end, "create:", words[1], words[3])
    throws(function() local _ = client:update(pod, o) end, "update:", words[1], words[3])
    throws(function() local _ = client:update_status(pod, o) end, "update_status:", words[1])
    throws(function() local _ = client:patch("pods", "web", {}, o) end, "patch:", words[1])
    throws(function() local _ = client:apply(pod, o) end, "apply:", words[1], words[3])
    throws(function() local _ = client:delete("pods", "web", o) end, "delete:", words[1], words[3])
    throws(function() local _ = client:delete(pod, o) end, "delete:", words[1], words[3])
    throws(function() local _ = client:delete_collection("pods", o) end, "delete_collection:")
    throws(function() local _ = pods:get("web", o) end, "get:", words[1], words[2], words[3])
    throws(function() local _ = pods:list(o) end, "list:", words[1], words[3])
    throws(function() local _ = pods:each(o) end, "each:", words[1], words[3])
    throws(function() local _ = pods:watch(o) end, "watch:", words[1], words[3])
    throws(function() local _ = pods:create(pod, o) end, "create:", words[1], words[3])
    throws(function() local _ = pods:update(pod, o) end, "update:", words[1], words[3])
    throws(function() local _ = pods:update_status(pod, o) end, "update_status:", words[1])
    throws(function() local _ = pods:patch("web", {}, o) end, "patch:", words[1], words[3])
    throws(function() local _ = pods:apply(pod, o) end, "apply:", words[1], words[3])
    throws(function() local _ = pods:delete("web", o) end, "delete:", words[1], words[3])
    throws(function() local _ = pods:delete_collection(o) end, "delete_collection:", words[1])
    local c = { kubeconfg = "/nowhere" }
    throws(function() local _ = kube.connect(c) end, "kube.connect:", '"kubeconfig"?')
    throws(function() local _ = kube.config.load(c) end, "kube.config.load:", '"kubeconfig"?')
    throws(function() local _ = kube.dynamic(c) end, "kube.dynamic:", '"kubeconfig"?')
    throws(function() local _ = kube.discovery(c) end, "kube.discovery:", '"kubeconfig"?')
  end)

  it("is told of an option of a wrong type", function()
    local o = { timeout = "5s" }
    throws(function() local _ = client:get("pods", "web", o) end, "timeout must be a number")
    throws(function() local _ = client:list("pods", { limit = 1.5 }) end,
      "limit must be an integer")
    throws(function() local _ = client:watch("pods", { resume = "no" }) end, "resume", "boolean")
    throws(function() local _ = client:apply(pod, { force = 1 }) end, "force must be a boolean")
    throws(function() local _ = client:get("pods", "web", "default") end, "must be a table")
    throws(function() local _ = kube.connect("/etc/kubeconfig") end, "must be a table")
    throws(function() local _ = kube.connect { context = 5 } end, "context must be a string")
  end)

  it("is told of an option that has only some values", function()
    throws(function() local _ = client:watch("pods", { on_expired = "die" }) end, '"restart" or')
    throws(function() local _ = pods:watch { on_expired = "die" } end, '"restart" or "error"')
    throws(function() local _ = client:patch("pods", "web", {}, { type = "odd" }) end, '"merge"')
    throws(function() local _ = pods:patch("web", {}, { type = "odd" }) end, '"merge", "json" or')
  end)

  it("is told of a dot where a colon is needed, and of names in the wrong place", function()
    throws(function() local _ = client.get("pods", "web") end, "call it with a colon: k:get(...)")
    throws(function() local _ = client.list("pods") end, "call it with a colon: k:list(...)")
    throws(function() local _ = client:each("pods").next() end, "a colon: stream:next()")
    throws(function() local _ = kube:connect() end, "call it with a dot")
    throws(function() local _ = client:list("pods/web") end, '"pods/web" names an object')
    local both = { namespace = "a", all_namespaces = true }
    throws(function() local _ = client:list("pods", both) end, "exclude each other")
  end)

  it("is told what was wrong with fields", function()
    throws(function() local _ = client:list("pods", { fields = {} }) end, "a list of paths")
    throws(function() local _ = client:list("pods", { fields = { "a[0]" } }) end, "a list of paths")
    throws(function() local _ = client:list("pods", { fields = { a = 1 } }) end, "list of paths")
  end)

  it("is told why there is no object, when a text was not read", function()
    throws(function() client:apply(kube.yaml.load("a: [")) end, "there is no object",
      "line 2, column 1")
  end)

  it("is told of a missing kind, name, object or patch", function()
    throws(function() local _ = client:get() end, "get: the kind must be a string")
    throws(function() local _ = client:get("pods") end, "get: the name must be a string")
    throws(function() local _ = client:list() end, "list: the kind must be a string")
    throws(function() local _ = client:each({}) end, "each: the kind must be a string")
    throws(function() local _ = client:watch() end, "watch: the kind must be a string")
    throws(function() local _ = client:create() end, "create: an object")
    throws(function() local _ = client:create({ kind = "Pod" }) end, "apiVersion and kind")
    throws(function() local _ = client:update(nameless) end, "update:", "needs a metadata.name")
    throws(function() local _ = client:update_status(nameless) end, "needs a metadata.name")
    throws(function() local _ = client:apply(nameless) end, "apply:", "needs a metadata.name")
    throws(function() local _ = client:apply("text") end, "apply: the object must be a table")
    throws(function() local _ = client:patch("pods", "web") end, "patch: the patch must be a table")
    throws(function() local _ = client:delete("pods") end, "delete: the name must be a string")
    throws(function() local _ = client:delete(nameless) end, "delete:", "needs a metadata.name")
    throws(function() local _ = client:delete_collection() end, "the kind must be a string")
    throws(function() local _ = pods:get() end, "get: the name must be a string")
    throws(function() local _ = pods:update(nameless) end, "needs a metadata.name")
    throws(function() local _ = pods:delete() end, "delete: the name must be a string")
    throws(function() local _ = kube.dynamic(client.config):resource {} end, "resource:")
  end)
end)

describe("a name that cannot be one", function()
  local BAD = { "a/b", "a%2fb", "..", ".", "" }

  it("is refused before anything is sent, of an object", function()
    local script = faults.script { POD }
    local pods = faults.pods { server = script.server }
    for _, name in ipairs(BAD) do
      local object = faults.object(name, "1")
      local function refused(pod, err) fails(pod, err, "BadRequest", "resource name", name) end
      refused(pods:get(name))
      refused(pods:update(object))
      refused(pods:update_status(object))
      refused(pods:patch(name, {}))
      refused(pods:apply(object))
      refused(pods:delete(name))
    end
    assert.same({}, script.requests())
    works(pods)
  end)

  it("is refused before anything is sent, of a namespace", function()
    local script = faults.script { POD }
    local client = faults.connect { server = script.server }
    for _, name in ipairs { "a/b", "a%2fb", "..", "." } do
      local pod, err = client:get("pods", "web", { namespace = name })
      fails(pod, err, "BadRequest", "namespace", name)
      pod, err = client:list("pods", { namespace = name })
      fails(pod, err, "BadRequest", "namespace", name)
    end
    assert.same({}, script.requests())
    assert.equal("web", assert(client:get("pods", "web")).metadata.name)
  end)

  it("goes out escaped when it is only odd", function()
    local script = faults.script { POD }
    assert(faults.pods { server = script.server }:get("a?b#c d:e"))
    assert.equal("/api/v1/namespaces/default/pods/a%3Fb%23c%20d:e",
      (script.requests()[1].target:gsub("%%3A", ":")))
  end)
end)
