local cluster = require("spec.support.cluster")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-client")
local own = things.of(namespace)
local here, config_map = own.here, own.config_map
local names, refused = things.names, things.refused
local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
local configmaps = kube.dynamic(config):resource { version = "v1", resource = "configmaps" }
  :namespace(namespace)

local IN = { namespace = namespace }

local function current_line() return debug.getinfo(2, "l").currentline end

describe("the namespace", function()
  it("is that of the option, else of the object, else of the configuration", function()
    local mine = cluster.connect("admin", { namespace = namespace })
    assert.equal(namespace, mine.namespace)
    local bare = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "bare" } }
    assert.equal(namespace, assert(mine:create(bare)).metadata.namespace)
    assert.equal("bare", assert(mine:get("cm", "bare")).metadata.name)
    refused("NotFound", k:get("cm", "bare")) -- k's own is default
    bare.metadata.name = "bare-2"
    assert.equal(namespace, assert(k:create(bare, IN)).metadata.namespace)
    local other = config_map("bare-3")
    other.metadata.namespace = "default"
    assert.equal("default", assert(mine:create(other)).metadata.namespace)
    assert(mine:delete(other))
  end)

  it("of the option must be that of the object", function()
    local err = refused("BadRequest", k:create(config_map("mismatch"), { namespace = "default" }))
    assert.equal(string.format("the namespace of the object (%s) does not match the namespace "
      .. "asked for (default)", namespace), err.message)
    refused("NotFound", k:get("cm", "mismatch", IN))
  end)

  it("that is not there is NotFound", function()
    local lost = config_map("lost")
    lost.metadata.namespace = "no-such-namespace"
    refused("NotFound", k:create(lost))
  end)

  it("does not matter for what has none", function()
    assert.equal(namespace, assert(k:get("ns", namespace, IN)).metadata.name)
    local nodes = assert(k:list("nodes", IN))
    assert.same({ "node-a", "node-b" }, names(nodes))
    local dynamic_nodes = kube.dynamic(config):resource { version = "v1", resource = "nodes" }
    assert.equal("Node", assert(dynamic_nodes:get("node-a")).kind)
    assert.equal(2, #assert(dynamic_nodes:list()).items)
  end)
end)

describe("the dynamic client", function()
  it("does all that k does", function()
    local made = assert(configmaps:create(config_map("whole", { a = "1" }, { whole = "yes" })))
    made.data.a = "2"
    assert.equal("2", assert(configmaps:update(made)).data.a)
    assert.equal("3", assert(configmaps:patch("whole", { data = { a = "3" } })).data.a)
    assert.equal("4", assert(configmaps:apply(config_map("whole", { a = "4" }),
      { force = true })).data.a)
    local list = assert(configmaps:list { labelSelector = "whole=yes" })
    assert.same({ "whole" }, names(list))
    local watch = configmaps:watch { fieldSelector = "metadata.name=whole" }
    assert.equal("ADDED", assert(watch:next(30)).type)
    assert(configmaps:delete("whole"))
    local event = assert(watch:next(30))
    assert.equal("DELETED", event.type)
    assert.equal("4", event.object.data.a)
    watch:close()
    assert(configmaps:delete_collection { labelSelector = "whole=yes" })
  end)

  it("is of all namespaces until one is named", function()
    local all = kube.dynamic(config):resource { version = "v1", resource = "configmaps" }
    local selector = { fieldSelector = "metadata.name=kube-root-ca.crt" }
    assert.is_true(#assert(all:list(selector)).items > 1)
    assert.is_true(#assert(all:namespace(""):list(selector)).items > 1)
    assert.is_true(#assert(all:namespace("default"):list(selector)).items == 1)
  end)

  it("does the same inside kube.run", function()
    kube.run(function()
      assert(configmaps:create(config_map("in-run", { a = "1" })))
      assert.equal("1", assert(configmaps:get("in-run")).data.a)
      assert(configmaps:delete("in-run"))
      refused("NotFound", configmaps:get("in-run"))
    end)
  end)
end)

describe("what the programmer did wrong", function()
  --- That fn throws, with the text, at its own line.
  local function blames(text, line, fn)
    local ok, message = pcall(fn)
    assert.is_false(ok, text)
    assert.truthy(tostring(message):find(text, 1, true), tostring(message))
    if line then
      assert.truthy(message:find("client_spec.lua:" .. line .. ":", 1, true), message)
    end
  end

  it("is thrown, and blamed on the caller's line", function()
    local line = current_line()
    blames('get: unknown option "namspace"', line + 2, function()
      local _ = k:get("pods", "x", { namspace = "y" })
    end)
    blames('list: unknown option "labelselector"; did you mean "labelSelector"?', line + 6,
      function()
        local _ = k:list("pods", { labelselector = "a=b" })
      end)
    blames("get: the name must be a string, not nil", line + 9, function()
      local _ = k:get("pods")
    end)
    blames("create: the object needs apiVersion and kind", line + 12, function()
      local _ = k:create { metadata = { name = "x" } }
    end)
    blames("create: an object (a table) is needed", line + 15, function()
      local _ = k:create("pod")
    end)
    blames("a table { group =, version =, resource = } is needed", line + 18, function()
      local _ = kube.dynamic(config):resource("pods")
    end)
    blames("the option limit must be", line + 21, function()
      local _ = configmaps:list { limit = 1.5 }
    end)
    blames("needs a metadata.name", line + 24, function()
      local _ = configmaps:update { apiVersion = "v1", kind = "ConfigMap" }
    end)
  end)

  it("is thrown from further down too", function()
    blames('patch: type must be', nil, function()
      k:patch("cm", "x", {}, here { type = "smart" })
    end)
    blames("the patch must be a table or JSON text", nil, function()
      k:patch("cm", "x", 7, IN)
    end)
    blames('on_expired must be "restart" or "error"', nil, function()
      configmaps:watch { on_expired = "never" }
    end)
    blames('get: the name is given twice: "pod/web", "web"', nil, function()
      k:get("pod/web", "web")
    end)
    blames('patch: the name is given twice: "cm/a", "a"', nil, function()
      k:patch("cm/a", "a", {}, { type = "merge" })
    end)
    blames("needs a metadata.name", nil, function()
      k:apply { apiVersion = "v1", kind = "ConfigMap" }
    end)
  end)

  it("in a value that has no JSON is an error that names the place and not the value", function()
    local err = refused("BadRequest", k:create(config_map("odd-value", { key = print })))
    assert.truthy(err.message:find("data.key", 1, true), err.message)
    assert.is_nil(err.code)
  end)
end)
