-- How kube fails: configurations that cannot be used.
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")

local fails, works, connect = failing.fails, failing.works, failing.connect
local POD, TOKEN = failing.POD, failing.TOKEN

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
      KUBERNETES_SERVICE_PORT = "443" }, "in-cluster (",
      "/var/run/secrets/kubernetes.io/serviceaccount/token: No such file")
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
    fails(client, err, "Config", 'auth info "nosuch" does not exist', "somebody")
  end)

  --- A kubeconfig that is whole but for what is given.
  local function refused(given, ...)
    given.server = given.server or server
    local client, err = connect(faults.kubeconfig(given))
    fails(client, err, "Config", ...)
  end

  it("without a server says of which cluster", function()
    refused({ server = "" }, 'no server found for cluster "fault"')
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
    refused({ cert = "/nowhere/cert", key = faults.alice_key },
      "unable to read client-certificate /nowhere/cert for somebody", "No such file")
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
    refused({ cert = faults.alice_cert }, "client-key must be specified for somebody")
    refused({ key = faults.alice_key }, "client-certificate must be specified for somebody")
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

  it("with a way to be known that is gone says what to use instead", function()
    refused({ user = { ["auth-provider"] = { name = "gcp" } } }, "gke-gcloud-auth-plugin")
    refused({ user = { ["auth-provider"] = { name = "azure" } } }, "Azure/kubelogin")
    refused({ user = { ["auth-provider"] = { name = "other" } } },
      'no Auth Provider found for name "other"')
  end)

  it("with several things wrong tells them all, and where", function()
    refused({ server = "", token = TOKEN, user = { username = "a" },
      cluster = { ["proxy-url"] = "socks6://p" } }, "invalid configuration: [",
      "more than one authentication method", 'no server found for cluster "fault"',
      'unsupported scheme "socks6"', "] (in ", ".kubeconfig)")
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
