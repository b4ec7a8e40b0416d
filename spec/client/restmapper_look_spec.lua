-- How often the mapper asks what a server serves, and what comes of it. The server is scripted.
local errors = require("kube.api.errors")
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")
local restmapper = require("kube.client.restmapper")

local fails = failing.fails

--- A document with these resources: { group, version, plural, kind, freshness =, more fields }.
local function document(...)
  local items = json.array {}
  for i, row in ipairs { ... } do
    items[i] = {
      metadata = row[1] ~= "" and { name = row[1] } or {},
      versions = { {
        version = row[2], freshness = row.freshness or "Current",
        resources = row.freshness and json.array {} or { {
          resource = row[3], singularResource = row[4]:lower(), scope = "Namespaced",
          responseKind = { group = row[1], version = row[2], kind = row[4] },
          categories = row.categories, verbs = { "get", "list" },
        } },
      } },
    }
  end
  return faults.json {
    apiVersion = "apidiscovery.k8s.io/v2", kind = "APIGroupDiscoveryList", metadata = {},
    items = items,
  }
end

local TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"

--- The same as a step that takes some seconds.
local function slow(seconds, ...)
  return {
    chunks = { document(...), " " }, delay = seconds, headers = { ["Content-Type"] = TYPE },
  }
end

local CART = { "shop.example.com", "v1", "carts", "Cart" }
local NOTHING = document()

--- A mapper whose server answers /apis with these steps; and how often it was asked that.
local function serve(steps)
  local script = faults.script({ faults.status(404, "NotFound", "nothing") }, nil,
    { ["/apis"] = steps })
  local config = assert(kube.config.load {
    kubeconfig = faults.kubeconfig { server = script.server },
  })
  local function looks()
    local _, count = faults.read(faults.dir .. script.path .. ".log"):gsub('/apis"', "")
    return count
  end
  return assert(kube.restmapper(config)), looks, config
end

--- Runs fn(i) in n tasks beside one another.
local function together(n, fn)
  assert(kube.run(function()
    for i = 1, n do kube.spawn(fn, i) end
    return true
  end))
end

describe("a mapper", function()
  it("asks once for all who ask first, and once more for those who miss", function()
    local mapper, looks = serve { NOTHING }
    local found, missed = 0, 0
    together(100, function(i)
      local one, err = mapper:resource_for(i % 2 == 0 and "pods" or "carts")
      if one then found = found + 1 else missed = missed + (kube.is_no_match(err) and 1 or 0) end
    end)
    assert.same({ 50, 50, 2 }, { found, missed, looks() })
  end)

  it("looks once more for all who miss at the same time", function()
    local mapper, looks = serve { NOTHING }
    assert(mapper:resource_for("pods"))
    local missed = 0
    together(100, function(i)
      local _, err = mapper:resource_for(i % 2 == 0 and "carts" or "trolleys")
      if kube.is_no_match(err) then missed = missed + 1 end
    end)
    assert.same({ 100, 2 }, { missed, looks() })
  end)

  it("finds what was made a second ago, by name, by kind, by category", function()
    local ways = {
      function(mapper) return mapper:resource_for("cart") end,
      function(mapper) return mapper:resource_for { group = "shop", resource = "carts" } end,
      function(mapper) return mapper:resources_for("carts") end,
      function(mapper) return mapper:resource_for_kind("shop.example.com/v1", "Cart") end,
      function(mapper) return mapper:kind_for("cart") end,
      function(mapper) return mapper:kinds_for { resource = "cart" } end,
      function(mapper) return mapper:mapping("Cart.shop.example.com") end,
      function(mapper) return mapper:mappings("Cart.shop.example.com", "v2", "v1") end,
      function(mapper) return mapper:resource_singularizer("carts") end,
      function(mapper) return mapper:expand("mine") end,
      function(mapper) return mapper:several("pods,mine") end,
      function(mapper) return mapper:warnings_for("carts") end,
    }
    for i, way in ipairs(ways) do
      local with = { CART[1], CART[2], CART[3], CART[4], categories = { "mine" } }
      local mapper, looks = serve { NOTHING, document(with) }
      assert(mapper:resource_for("pods"))
      assert.truthy(way(mapper), i)
      assert.truthy(way(mapper), i)
      assert.equal(2, looks(), i)
    end
  end)

  it("looks again for who asks while somebody looks: that may have been too early", function()
    local mapper, looks = serve { NOTHING, slow(0.4), document(CART) }
    assert(mapper:resource_for("pods"))
    local early, late
    assert(kube.run(function()
      kube.spawn(function() early = mapper:resource_for("trolleys") or "missed" end)
      kube.sleep(0.2)
      late = mapper:resource_for("carts")
      return true
    end))
    assert.equal("missed", early)
    assert.equal("carts", late.resource)
    assert.equal(3, looks())
  end)

  it("lets who misses the same again and again wait, and nobody else", function()
    local mapper, looks = serve { NOTHING }
    assert(mapper:resource_for("pods"))
    local began = kube.now()
    for _ = 1, 3 do assert.is_nil((mapper:resource_for("carts"))) end
    assert.is_true(kube.now() - began > 0.4)
    assert.equal(4, looks())
    for i = 1, 300 do assert.is_nil((mapper:resource_for("cart" .. i))) end -- more than it notes
    assert.equal(304, looks())
  end)

  it("tells all who wait why a look failed", function()
    local mapper, looks = serve { NOTHING, faults.status(503, "ServiceUnavailable", "no") }
    assert(mapper:resource_for("pods"))
    local told, seen = 0, {}
    together(20, function()
      local found, err = mapper:resource_for("carts")
      if found == nil and err.reason == "ServiceUnavailable" and not seen[err] then
        told, seen[err] = told + 1, true
      end
    end)
    assert.same({ 20, 2 }, { told, looks() })
    assert.truthy(mapper:resource_for("pods"))
  end)

  it("goes on for others when who looks has no time left", function()
    local mapper, looks = serve { NOTHING, slow(0.6, CART), document(CART) }
    assert(mapper:resource_for("pods"))
    local hasty, patient
    assert(kube.run(function()
      kube.spawn(function() hasty = select(2, mapper:resource_for("carts", 0.2)) end)
      kube.sleep(0.1)
      patient = mapper:resource_for("carts")
      return true
    end))
    fails(nil, hasty, "Timeout")
    assert.equal("carts", patient.resource)
    assert.equal(3, looks())
  end)

  it("looks itself when who looked was dropped by its host", function()
    local mapper, looks = serve { NOTHING, slow(30, CART), document(CART) }
    assert(mapper:resource_for("pods"))
    pcall(kube.run, function()
      kube.spawn(function() mapper:resource_for("carts") end)
      kube.sleep(0.2)
      error("it is over") -- the other task with it
    end)
    collectgarbage()
    collectgarbage()
    assert.equal("carts", assert(mapper:resource_for("carts", 20)).resource)
    assert.equal(3, looks())
  end)

  it("lets who waits for a look end before it does", function()
    local mapper = serve { NOTHING, slow(0.6, CART) }
    assert(mapper:resource_for("pods"))
    local hasty, patient
    assert(kube.run(function()
      kube.spawn(function() patient = mapper:resource_for("carts") end)
      kube.sleep(0.1)
      hasty = select(2, mapper:resource_for("carts", 0.1))
      return true
    end))
    fails(nil, hasty, "Timeout")
    assert.equal("carts", patient.resource)
  end)

  it("says which groups it could not ask", function()
    local mapper = serve { document({ "metrics.k8s.io", "v1beta1", freshness = "Stale" }, CART) }
    local told = "; metrics.k8s.io/v1beta1 could not be asked"
    for message, way in pairs {
      ['the server doesn\'t have a resource type "nodemetrics"'] =
        function() return mapper:resource_for("nodemetrics") end,
      ["no matches for metrics.k8s.io/, Resource=nodes"] =
        function() return mapper:kind_for { group = "metrics.k8s.io", resource = "nodes" } end,
      ['no matches for kind "NodeMetrics" in version "metrics.k8s.io/v1beta1"'
        .. ": is its CRD installed?"] =
        function() return mapper:resource_for_kind("metrics.k8s.io/v1beta1", "NodeMetrics") end,
    } do
      local found, err = way()
      assert.is_nil(found)
      assert.equal(message .. told, err.message)
    end
    assert.truthy(mapper:resource_for("carts"))
  end)

  it("fails as the server does", function()
    local mapper = serve { faults.status(403, "Forbidden", "not you") }
    for _, name in ipairs { "resource_for", "resources_for", "kind_for", "kinds_for", "mapping",
      "mappings", "resource_singularizer", "expand", "several", "warnings_for" } do
      local found, err = mapper[name](mapper, "pods")
      fails(found, err, "Forbidden", "not you")
    end
    fails(nil, select(2, mapper:resource_for_kind("v1", "Pod")), "Forbidden")
    fails(nil, select(2, mapper:reset()), "Forbidden")
  end)

  it("forgets what is gone when it is told to look", function()
    local mapper, looks = serve { document(CART), NOTHING }
    assert.truthy(mapper:resource_for("carts"))
    assert.is_true(mapper:reset())
    assert.is_nil((mapper:resource_for("carts")))
    assert.equal(3, looks())
  end)

  it("throws for what is no question", function()
    local mapper = serve { NOTHING }
    local function throws(what, fn, ...)
      local arguments = { mapper, ... }
      assert.error_matches(function() mapper[fn]((table.unpack or unpack)(arguments)) end, what)
    end
    throws("resource_for: a name, or a table", "resource_for", 1)
    throws("kind_for: a name, or a table", "kind_for", { group = "apps" })
    throws("resources_for: a name, or a table", "resources_for", { resource = "" })
    throws("mapping: a kind is needed", "mapping", { group = "apps" })
    throws("mappings: a kind is needed", "mappings", ".apps")
    throws("expand: the category must be a string", "expand")
    throws("several: the names must be a string", "several", {})
  end)
end)

-- Cases of client-go restmapper/discovery_test.go, TestDeferredDiscoveryRESTMapper_CacheMiss and
-- TestGetAPIGroupResources, and shortcut_test.go, TestKindForWithNewCRDs.
describe("a mapper on what somebody remembers", function()
  local FOO = { { group = "a", version = "v1", resource = "foo", singular = "", kind = "Foo",
    namespaced = false, shortNames = { "f" } } }

  --- A discovery that remembers a list, which may be old; and a mapper on it.
  local function remembering(list, fresh, partial)
    local discovery = { refreshes = 0, is_fresh = fresh, list = list }
    function discovery:server_resources() return self.list, partial end
    function discovery:fresh() return self.is_fresh end
    function discovery:stale() return {} end -- luacheck: ignore 212
    function discovery:refresh()
      self.refreshes, self.is_fresh, self.list = self.refreshes + 1, true, FOO
      return true
    end
    return restmapper.on { discovery = discovery }, discovery
  end

  it("asks the server when what is remembered is old and has no answer", function()
    local mapper, discovery = remembering({}, false)
    assert.equal("Foo", assert(mapper:kind_for { group = "a", version = "v1", resource = "foo" })
      .kind)
    assert.same({ true, 1 }, { discovery.is_fresh, discovery.refreshes })
    assert.equal("Foo", assert(mapper:kind_for { group = "a", resource = "f" }).kind)
    assert.equal(1, discovery.refreshes)
  end)

  it("does not ask when it has", function()
    local mapper, discovery = remembering(FOO, false)
    for _ = 1, 3 do assert.truthy(mapper:resource_for("foo")) end
    assert.equal(0, discovery.refreshes)
  end)

  it("finds with what is there when a part is not", function()
    local partial = errors.new { reason = "Partial", message = "b/v1: b failed" }
    local mapper = remembering(FOO, true, partial)
    assert.equal("root", assert(mapper:mapping("Foo.a")).scope)
    local found, err = mapper:mapping("Bar.b")
    assert.is_nil(found)
    assert.equal('no matches for kind "Bar" in group "b": is its CRD installed?; b/v1: b failed',
      err.message)
  end)

  it("follows what another reads", function()
    local mapper, discovery = remembering(FOO, true)
    assert.truthy(mapper:resource_for("foo"))
    discovery.list = { { group = "b", version = "v1", resource = "bar", kind = "Bar" } }
    assert.truthy(mapper:resource_for("bar"))
    assert.equal(0, discovery.refreshes)
  end)
end)
