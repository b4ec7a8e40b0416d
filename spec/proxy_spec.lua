-- Proxies: of the kubeconfig, of the environment, and those that do not work.
local cluster = require("spec.support.cluster")
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")
local proxies = require("spec.support.proxies")

local fails, POD = failing.fails, failing.POD

--- The path of a kubeconfig of the real control plane, with a proxy-url.
local function through(proxy, name)
  local config = assert(kube.yaml.load(faults.read(cluster.kubeconfig(name or "admin"))))
  config.clusters[1].cluster["proxy-url"] = proxy
  return faults.file(faults.json(config), ".kubeconfig")
end

local function authority(url) return url:match("//([^/]+)") end

--- Runs a program with these variables only: what it printed, without its last line break.
local function run(env, format, ...)
  return (faults.run_lua(env, string.format(format, ...)):gsub("\n$", ""))
end

--- What a get of "web" by a kubeconfig gives in a process of its own: "web", or the error.
local function get_elsewhere(env, path)
  return run(env, [[
    local kube = require("kube")
    local config = assert(kube.config.load { kubeconfig = %q })
    local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
    local pod, err = pods:namespace("default"):get("web", { timeout = 20 })
    print(pod and pod.metadata.name or err.reason .. ": " .. err.message)]], path)
end

describe("the proxy of a kubeconfig", function()
  local namespace
  setup(function() namespace = cluster.namespace("proxy") end)

  local function create(client, name)
    assert(client:create(cluster.config_map(namespace, name, { a = "1" })))
  end

  --- A write, a list, gets at the same time and a watch, through a proxy: what it was asked.
  local function use(proxy, prefix, env_name)
    local client = assert(kube.connect { kubeconfig = through(proxy, env_name) })
    local asked = proxies.asked(function()
      create(client, prefix .. "-a")
      local maps = kube.dynamic(client.config):resource { version = "v1", resource = "configmaps" }
        :namespace(namespace)
      local listed = {}
      for map in assert(client:each("configmaps", { namespace = namespace })) do
        listed[map.metadata.name] = true
      end
      assert.is_true(listed[prefix .. "-a"])
      local watch = maps:watch {
        resourceVersion = "0", fieldSelector = "metadata.name=" .. prefix .. "-b",
      }
      create(client, prefix .. "-b")
      local event = assert(watch:next(20))
      assert.same({ "ADDED", prefix .. "-b" }, { event.type, event.object.metadata.name })
      watch:close()
      local got = 0
      kube.run(function()
        for _ = 1, 20 do
          kube.spawn(function()
            assert(maps:get(prefix .. "-a"))
            got = got + 1
          end)
        end
      end)
      assert.equal(20, got)
    end)
    assert.truthy(#asked > 0)
    return asked, client.config.server
  end

  it("is http: the server is reached by CONNECT, and learns nothing of us", function()
    local asked, server = use(proxies.http, "http", "token")
    for _, request in ipairs(asked) do
      assert.same({ "http", "CONNECT", authority(server) },
        { request.proxy, request.method, request.target })
      assert.is_nil(request.headers.authorization)
      assert.is_nil(request.headers["proxy-authorization"])
    end
    assert.truthy(#asked <= 6, #asked) -- connections are used again, and gets share one
  end)

  it("is http with a name and a password", function()
    local asked = use(proxies.with_user("http_user"), "user")
    for _, request in ipairs(asked) do
      assert.equal("Basic dXNlcjpzM2NyM3Q=", request.headers["proxy-authorization"])
    end
  end)

  it("is socks5", function()
    local asked, server = use(proxies.socks5, "socks", "token")
    for _, request in ipairs(asked) do
      assert.same({ "socks5", authority(server) }, { request.proxy, request.target })
    end
  end)

  it("is socks5 with a name and a password", function()
    for _, request in ipairs(use(proxies.with_user("socks5_user"), "socks-user")) do
      assert.same({ "user", "s3cr3t" }, { request.user, request.password })
    end
  end)

  it("is socks5, and looks up the name of the server itself", function()
    local script = faults.script({ POD }, "https")
    local server = script.server:gsub("127%.0%.0%.1", "fault.example")
    local asked = proxies.asked(function()
      failing.works(faults.pods { server = server, ca = faults.ca,
        cluster = { ["proxy-url"] = proxies.socks5 } })
    end)
    assert.same({ authority(server), "name" }, { asked[1].target, asked[1].by })
  end)

  it("takes requests without TLS itself, and lists", function()
    local list = '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[' .. POD .. "]}"
    local script = faults.script { POD, list }
    local pods = faults.pods { server = script.server, token = failing.TOKEN,
      cluster = { ["proxy-url"] = proxies.http } }
    local asked = proxies.asked(function()
      failing.works(pods)
      assert.equal(1, #assert(pods:list()).items)
    end)
    assert.same({ "GET", script.server .. "/api/v1/namespaces/default/pods/web" },
      { asked[1].method, asked[1].target })
    assert.equal(2, #script.requests())
  end)

  it("goes with tls-server-name", function()
    local script = faults.script({ POD }, "https_other")
    for _, name in ipairs { "http", "socks5" } do
      local asked = proxies.asked(function()
        failing.works(faults.pods { server = script.server, ca = faults.ca,
          cluster = { ["proxy-url"] = proxies[name], ["tls-server-name"] = "other.example" } })
      end)
      assert.equal(authority(script.server), asked[1].target)
    end
  end)

  it("wins over the environment, whatever NO_PROXY says", function()
    local script = faults.script({ POD }, "https")
    local path = faults.kubeconfig { server = script.server, ca = faults.ca,
      cluster = { ["proxy-url"] = proxies.socks5 } }
    local asked = proxies.asked(function()
      assert.equal("web", get_elsewhere(
        { HTTPS_PROXY = proxies.http_refuses, NO_PROXY = "*", ALL_PROXY = proxies.hangs }, path))
    end)
    assert.same({ 1, "socks5" }, { #asked, asked[1].proxy })
  end)

  it("is refused when it is none, and its password not told", function()
    local cases = {
      ["socks6://user:s3cr3t@p"] = 'unsupported scheme "socks6", must be http, https, or socks5',
      ["user:s3cr3t@p:80"] = 'unsupported scheme ""',
      ["http://user:s3cr3t@p:port"] = "address",
    }
    for url, words in pairs(cases) do
      local path = faults.kubeconfig { server = faults.http, cluster = { ["proxy-url"] = url } }
      local client, err = kube.connect { kubeconfig = path }
      fails(client, err, "Config", words, "invalid 'proxy-url' for cluster \"fault\"", path)
    end
  end)
end)

describe("a proxy that is spoken to in TLS", function()
  local script
  before_each(function() script = faults.script({ POD }, "https_client") end)

  local function kubeconfig(more)
    return faults.kubeconfig { server = script.server, ca = more.ca, cert = faults.alice_cert,
      key = faults.alice_key,
      cluster = { ["proxy-url"] = proxies.https, ["insecure-skip-tls-verify"] = more.insecure } }
  end

  --- A directory of roots, as OpenSSL wants it, with one certificate.
  local function directory_of(ca)
    return faults.sh("cd $(mktemp -d -p %s) && cp %s ca.crt && openssl rehash . && printf %%s $PWD",
      faults.dir, ca)
  end

  it("is trusted by the cluster's CA, and shown our certificate, as by kubectl", function()
    local asked = proxies.asked(function()
      local path = kubeconfig { ca = faults.ca }
      assert.equal("web", get_elsewhere({ SSL_CERT_DIR = "/nowhere" }, path))
    end)
    assert.same({ 1, "https", true }, { #asked, asked[1].proxy, asked[1].client })
    assert.equal("commonName=alice", script.requests()[1].client)
  end)

  it("is trusted by the system's roots where the cluster has no CA of its own", function()
    local asked = proxies.asked(function()
      assert.equal("web", get_elsewhere({ SSL_CERT_FILE = faults.ca }, kubeconfig {}))
    end)
    assert.same({ 1, "https" }, { #asked, asked[1].proxy })
  end)

  it("is not verified where the server is not", function()
    local asked = proxies.asked(function()
      assert.equal("web", get_elsewhere({}, kubeconfig { insecure = true }))
    end)
    assert.same({ 1, "https" }, { #asked, asked[1].proxy })
  end)

  it("is not trusted because somebody signed it", function()
    local asked = proxies.asked(function()
      local said = get_elsewhere({ SSL_CERT_FILE = faults.ca2 }, kubeconfig { ca = faults.ca2 })
      assert.matches("^TLS: GET ", said)
      assert.truthy(said:find("through the proxy " .. proxies.https .. ": ", 1, true), said)
      assert.matches("certificate", said)
    end)
    assert.same({}, asked)
    assert.same({}, script.requests())
  end)

  it("is trusted by the system's roots beside the cluster's CA", function()
    local path = through(proxies.https, "token")
    local get = [[
      local k = assert(require("kube").connect { kubeconfig = %q })
      local found, err = k:get("namespaces", "default")
      print(found and found.metadata.name or err.reason)]]
    assert.equal("TLS", run({ SSL_CERT_DIR = directory_of(faults.ca2) }, get, path))
    assert.equal("default", run({ SSL_CERT_DIR = directory_of(faults.ca) }, get, path))
  end)

  it("reaches the real control plane, in HTTP/2 within it", function()
    assert.equal("20", run({ SSL_CERT_DIR = directory_of(faults.ca) }, [[
      local kube = require("kube")
      local k = assert(kube.connect { kubeconfig = %q })
      assert(k:list("namespaces"))
      local watches = {}
      for i = 1, 3 do
        local version = k:list("namespaces").metadata.resourceVersion
        watches[i] = assert(k:watch("namespaces", { resourceVersion = version }))
        watches[i]:next(0.1)
      end
      local deadline = kube.now() + 20
      while watches[3]:info().code ~= 200 and kube.now() < deadline do watches[3]:next(0.05) end
      print(watches[3]:info().http_version)]], through(proxies.https, "token")))
  end)
end)

describe("the proxy of the environment", function()
  local script, path, server
  before_each(function()
    script = faults.script({ POD }, "https")
    server = script.server:gsub("127%.0%.0%.1", "fault.example") -- only a proxy finds it
    path = faults.kubeconfig { server = server, ca = faults.ca }
  end)

  --- Whether the proxy at `name` was used, and nothing else.
  local function goes_through(name, env)
    local asked = proxies.asked(function() assert.equal("web", get_elsewhere(env, path)) end)
    assert.same({ 1, name, authority(server) }, { #asked, asked[1].proxy, asked[1].target })
  end

  local function goes_directly(env)
    local asked = proxies.asked(function()
      assert.matches("^DNS: GET " .. server:gsub("%p", "%%%0"), get_elsewhere(env, path))
    end)
    assert.same({}, asked)
  end

  it("is that of HTTPS_PROXY for https, in either case, of any kind", function()
    goes_through("http", { HTTPS_PROXY = proxies.http })
    goes_through("http", { https_proxy = authority(proxies.http) })
    goes_through("socks5", { HTTPS_PROXY = proxies.socks5, https_proxy = proxies.hangs })
    goes_through("http_user", { HTTPS_PROXY = proxies.with_user("http_user"), NO_PROXY = "other" })
  end)

  it("is not used where NO_PROXY has the server", function()
    for _, list in ipairs { "fault.example", "other, .example", "*", "*.example" } do
      goes_directly { HTTPS_PROXY = proxies.http, NO_PROXY = list }
    end
    local port = server:match(":(%d+)/")
    goes_directly { HTTPS_PROXY = proxies.http, no_proxy = "fault.example:" .. port }
    goes_through("http", { HTTPS_PROXY = proxies.http, no_proxy = "fault.example:1" })
  end)

  it("is not that of HTTP_PROXY or ALL_PROXY", function()
    goes_directly { HTTP_PROXY = proxies.http, ALL_PROXY = proxies.http, all_proxy = proxies.http }
  end)

  it("is never used for this machine", function()
    path = faults.kubeconfig { server = script.server, ca = faults.ca }
    local asked = proxies.asked(function()
      assert.equal("web", get_elsewhere({ HTTPS_PROXY = proxies.http }, path))
    end)
    assert.same({}, asked)
  end)

  it("is that of HTTP_PROXY for http, unless a web server may have set it", function()
    script = faults.script { POD }
    server = script.server:gsub("127%.0%.0%.1", "fault.example")
    path = faults.kubeconfig { server = server }
    local asked = proxies.asked(function()
      assert.equal("web", get_elsewhere({ HTTP_PROXY = proxies.http }, path))
    end)
    assert.same({ 1, "GET" }, { #asked, asked[1].method })
    asked = proxies.asked(function()
      assert.matches("^Config: .*refusing to use HTTP_PROXY value in CGI environment",
        get_elsewhere({ HTTP_PROXY = proxies.http, REQUEST_METHOD = "GET" }, path))
    end)
    assert.same({}, asked)
  end)

  it("is refused when it is of no use", function()
    local said = get_elsewhere({ HTTPS_PROXY = "ftp://user:s3cr3t@p" }, path)
    assert.matches('^Config: .*environment.*unsupported scheme "ftp"', said)
    assert.is_nil(said:find("s3cr3t", 1, true))
  end)
end)

describe("a proxy that does not work is named, without its password", function()
  --- The error of a get through a proxy, on https and http.
  local function each_error(proxy, servers)
    local found = {}
    for i, on in ipairs(servers or { "https", "http" }) do
      local script = faults.script({ POD }, on)
      local pods = faults.pods { server = script.server, ca = faults.ca,
        cluster = { ["proxy-url"] = proxy } }
      for _ = 1, 2 do -- and again
        local pod, err = pods:get("web", { timeout = 10 })
        assert.is_nil(pod)
        found[i] = err
      end
      assert.same({}, script.requests())
    end
    return found
  end

  it("when it is not there", function()
    for _, scheme in ipairs { "http", "socks5" } do
      local port = authority(faults.closed)
      local proxy = scheme .. "://user:s3cr3t@" .. port
      for _, err in ipairs(each_error(proxy)) do
        fails(nil, err, "ConnectionRefused", "GET http",
          "through the proxy " .. scheme .. "://" .. port)
      end
    end
  end)

  it("when its name has no address", function()
    for _, err in ipairs(each_error("http://user:s3cr3t@nosuch.invalid")) do
      fails(nil, err, "DNS", "through the proxy http://nosuch.invalid:80: ")
    end
  end)

  it("when it refuses", function()
    local errors = each_error(proxies.with_user("http_refuses"))
    fails(nil, errors[1], "Connection", "through the proxy " .. proxies.http_refuses, "403")
    fails(nil, errors[2], "Forbidden", "the proxy " .. proxies.http_refuses, "403")
    assert.equal(403, errors[2].code)
  end)

  it("and is not asked again", function()
    local stream = faults.pods { server = faults.script({ POD }, "https").server, ca = faults.ca,
      max_retries = 10, cluster = { ["proxy-url"] = proxies.http_refuses } }:each()
    local pod, err = stream:next(60)
    fails(pod, err, "Connection", "through the proxy " .. proxies.http_refuses, "403")
    assert.equal(0, stream:info().retries)
    stream:close()
  end)

  it("when it does not know us", function()
    for _, proxy in ipairs { proxies.http_user, proxies.with_user("http_user", "user:wr0ng") } do
      local errors = each_error(proxy)
      fails(nil, errors[1], "Connection", "through the proxy " .. proxies.http_user, "407")
      fails(nil, errors[2], "Unknown", "the proxy " .. proxies.http_user, "407")
      assert.is_nil((tostring(errors[1]) .. tostring(errors[2])):find("wr0ng", 1, true))
    end
    local wrong = proxies.with_user("socks5_user", "user:wr0ng")
    for _, proxy in ipairs { proxies.socks5_user, wrong } do
      for _, err in ipairs(each_error(proxy)) do
        fails(nil, err, "Connection", "through the proxy " .. proxies.socks5_user .. ": ")
        assert.is_nil(tostring(err):find("wr0ng", 1, true))
      end
    end
  end)

  it("when it takes nobody there", function()
    for _, err in ipairs(each_error(proxies.socks5_refuses)) do
      fails(nil, err, "Connection", "through the proxy " .. proxies.socks5_refuses, "SOCKS5")
    end
  end)

  it("when it says nothing", function()
    for _, scheme in ipairs { "http", "socks5" } do
      local proxy = proxies.hangs:gsub("http", scheme)
      for _, on in ipairs { "https", "http" } do
        local script = faults.script({ POD }, on)
        local pod, err = faults.pods { server = script.server, ca = faults.ca,
          cluster = { ["proxy-url"] = proxy } }:get("web", { timeout = 0.2 })
        fails(pod, err, "Timeout", "GET " .. script.server, "through the proxy " .. proxy, "200 ms")
      end
    end
  end)

  it("when a watch needs it", function()
    local script = faults.script({ POD }, "https")
    local watch = faults.pods { server = script.server, ca = faults.ca,
      cluster = { ["proxy-url"] = proxies.http_refuses } }:watch()
    local event, err = watch:next(10)
    fails(event, err, "Connection", "through the proxy " .. proxies.http_refuses, "403")
  end)
end)
