-- kube.config: what a script gives and sees. (What kubeconfigs mean is in
-- spec/client/kubeconfig_test.c and in_cluster_test.c, with client-go's cases.)
local faults = require("spec.support.faults")
local kube = require("kube")

local SERVER = "https://127.0.0.1:1"

local function load(given) return assert(kube.config.load(given)) end

--- The path of a kubeconfig with a context for each of the names.
local function several(current, ...)
  local contexts, clusters, users = {}, {}, {}
  for i, name in ipairs { ... } do
    contexts[i] = { name = name, context = { cluster = name .. "-c", user = name .. "-u",
      namespace = i > 1 and name .. "-ns" or nil } }
    clusters[i] = { name = name .. "-c", cluster = { server = "https://" .. name .. ":6443" } }
    users[i] = { name = name .. "-u", user = { token = "s3cr3t-" .. name } }
  end
  return faults.file(faults.json { ["current-context"] = current, contexts = contexts,
    clusters = clusters, users = users }, ".kubeconfig")
end

describe("kube.config.load", function()
  it("shows where and who, but nothing secret", function()
    local config = load { kubeconfig = several("two", "one", "two") }
    assert.equal("https://two:6443", config.server)
    assert.equal("two", config.context)
    assert.equal("two-c", config.cluster)
    assert.equal("two-u", config.user)
    assert.equal("two-ns", config.namespace)
    assert.same({}, config.warnings)
    for _, value in pairs(getmetatable(config).__index) do
      assert.is_nil(tostring(value):find("s3cr3t", 1, true))
    end
    assert.is_nil(tostring(config):find("s3cr3t", 1, true))
  end)

  it("does not change: a client would go on with what was loaded", function()
    local config = load { kubeconfig = several("one", "one") }
    for _, name in ipairs { "server", "as" } do
      local good, err = pcall(function() config[name] = "https://other:6443" end)
      assert.is_false(good)
      assert.matches("a configuration does not change", err)
    end
    assert.equal("https://one:6443", config.server)
  end)

  it("warns of credentials that are not sent", function()
    local path = faults.kubeconfig { server = "http://127.0.0.1:1", token = "s3cr3t" }
    local config = load { kubeconfig = path }
    assert.equal(1, #config.warnings)
    assert.truthy(config.warnings[1]:find('user "somebody" are not sent', 1, true))
  end)

  it("takes each of kubectl's flags", function()
    local token = faults.file("s3cr3t-file")
    local path = faults.kubeconfig { server = SERVER }
    local given = {
      kubeconfig = path, context = "fault", cluster = "fault", user = "somebody",
      namespace = "ns/other", server = "https://given", certificate_authority = faults.ca,
      insecure_skip_tls_verify = false, tls_server_name = "name", proxy_url = "http://proxy",
      disable_compression = true, token = "s3cr3t", token_file = token,
      client_certificate = faults.alice_cert, client_key = faults.alice_key, as = "alice",
      as_uid = "1", as_groups = { "a", "b" }, as_user_extra = { key = { "v", "w" }, other = {} },
    }
    local config = load(given)
    assert.equal("https://given", config.server)
    assert.equal("other", config.namespace)
    assert.truthy(kube.connect(given))
    assert.truthy(kube.dynamic(given))
    assert.same({ key = { "v", "w" }, other = {} }, given.as_user_extra)
  end)

  for _, wrong in ipairs {
    { { as_groups = "a" }, "as_groups must be a list of strings" },
    { { as_groups = { 1 } }, "as_groups must be a list of strings" },
    { { as_groups = { a = "b" } }, "as_groups must be a list of strings" },
    { { as_user_extra = { "a" } }, "as_user_extra must be a table of lists of strings" },
    { { as_user_extra = { a = "b" } }, "as_user_extra must be a table of lists of strings" },
    { { insecure_skip_tls_verify = "yes" }, "insecure_skip_tls_verify must be a boolean" },
    { { as_group = { "a" } }, "as_groups" },
    { { ["tls-server-name"] = "a" }, "tls_server_name" },
  } do
    it("throws at the option: " .. wrong[2], function()
      local good, why = pcall(kube.config.load, wrong[1])
      assert.is_false(good)
      assert.truthy(tostring(why):find(wrong[2], 1, true), why)
      assert.is_false((pcall(kube.connect, wrong[1])))
    end)
  end

  it("passes impersonation on to the core", function()
    local path = faults.kubeconfig { server = SERVER }
    local config, err = kube.config.load { kubeconfig = path, as_groups = { "a" } }
    assert.is_nil(faults.flaw(err, "Config", { "without impersonating a user" }))
    assert.is_nil(config)
    err = select(2, kube.config.load { kubeconfig = path, as_user_extra = { a = { "b" } } })
    assert.is_nil(faults.flaw(err, "Config", { "without impersonating a user" }))
    err = select(2, kube.config.load { kubeconfig = path, as = "a", as_groups = { "a", "b\nc" } })
    assert.is_nil(faults.flaw(err, "Config", { "holds a line break" }))
  end)

  it("refuses a token beside the file's name and password", function()
    local path = faults.kubeconfig { server = SERVER,
      user = { username = "a", password = "s3cr3t" } }
    local _, err = kube.config.load { kubeconfig = path, token = "s3cr3t" }
    assert.is_nil(faults.flaw(err, "Config", { "more than one authentication method found" }))
  end)

  it("shows nothing of a key that is given where a path is wanted", function()
    local path = faults.kubeconfig { server = SERVER }
    for option, field in pairs {
      client_key = "client-key", client_certificate = "client-certificate",
      certificate_authority = "certificate-authority", token_file = "tokenFile",
    } do
      for _, text in ipairs { "-----BEGIN s3cr3t", "s3cr3t\ns3cr3t" } do
        local config, err = kube.config.load { kubeconfig = path, [option] = text }
        assert.is_nil(config)
        assert.is_nil(faults.flaw(err, "Config", { field .. " is a path, and this is" }))
        assert.falsy(err.message:find("s3cr3t", 1, true), err.message)
      end
    end
  end)

  it("verifies, or does not, as the option says", function()
    local path = faults.kubeconfig { server = SERVER, ca = faults.ca }
    load { kubeconfig = path, insecure_skip_tls_verify = true }
    local _, err = kube.config.load { kubeconfig = path, certificate_authority = faults.ca,
      insecure_skip_tls_verify = true }
    assert.is_nil(faults.flaw(err, "Config", { "with the insecure flag is not allowed" }))
  end)
end)

describe("two contexts of one file", function()
  it("are two clients side by side", function()
    local names = {}
    local function server_of(name)
      return faults.script { faults.json(faults.object(name, "1")) }
    end
    local a, b = server_of("a"), server_of("b")
    local path = faults.file(faults.json {
      contexts = { { name = "a", context = { cluster = "a" } },
        { name = "b", context = { cluster = "b" } } },
      clusters = { { name = "a", cluster = { server = a.server } },
        { name = "b", cluster = { server = b.server } } },
    }, ".kubeconfig")
    local clients = {}
    for _, name in ipairs { "a", "b" } do
      local config = load { kubeconfig = path, context = name }
      clients[name] = kube.dynamic(config):resource { version = "v1", resource = "pods" }
        :namespace("default")
    end
    for _, name in ipairs { "a", "b", "a" } do
      names[#names + 1] = assert(clients[name]:get("x")).metadata.name
    end
    assert.same({ "a", "b", "a" }, names)
  end)
end)

describe("kube.config.contexts", function()
  it("lists those there are, and which is current", function()
    assert.same({
      { name = "one", cluster = "one-c", user = "one-u", namespace = "default" },
      { name = "two", cluster = "two-c", user = "two-u", namespace = "two-ns", current = true },
    }, assert(kube.config.contexts { kubeconfig = several("two", "one", "two") }))
  end)

  it("takes the context that is asked for as current", function()
    local list = assert(kube.config.contexts { kubeconfig = several("two", "one", "two"),
      context = "one" })
    assert.is_true(list[1].current)
    assert.is_nil(list[2].current)
  end)

  it("tells of a file that is broken or not there", function()
    local _, err = kube.config.contexts { kubeconfig = "/nowhere/config" }
    assert.is_nil(faults.flaw(err, "Config", { "/nowhere/config", "No such file" }))
    _, err = kube.config.contexts { kubeconfig = faults.file("contexts: 1") }
    assert.is_nil(faults.flaw(err, "Config", { "contexts is not a list" }))
  end)

  it("lists nothing where there is nothing", function()
    assert.same({}, assert(kube.config.contexts { kubeconfig = faults.file("") }))
  end)
end)

describe("kube.config.from_flags", function()
  it("takes the server, the file, or both", function()
    local path = several("one", "one")
    assert.equal("https://one:6443", assert(kube.config.from_flags(nil, path)).server)
    assert.equal("https://given", assert(kube.config.from_flags("https://given", path)).server)
    assert.equal("https://given", assert(kube.config.from_flags("https://given")).server)
  end)

  it("looks at nothing but the pod without either", function()
    local said = faults.run_lua({ KUBECONFIG = several("one", "one") }, [[
      local kube = require("kube")
      local config, err = kube.config.from_flags("", "")
      assert(config == nil and err.reason == "Config")
      io.write(err.message)]])
    assert.truthy(said:find("no configuration has been provided; tried in-cluster (", 1, true),
      said)
  end)
end)
