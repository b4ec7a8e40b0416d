-- k:wait for conditions, values and what a predicate asks.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local worlds = require("spec.support.worlds")

local function config_map(name, data) return cluster.config_map(nil, name, data or { x = "1" }) end

worlds.describe("k:wait for a condition", function(connect)
  it("waits until it is there, and gives the object as it is then", function()
    local k = connect()
    assert(k:create(worlds.deployment("web")))
    local web = assert(k:wait("deploy/web", { condition = "Available", timeout = 30 }))
    assert.equal("web", web.metadata.name)
    assert.equal(2, web.status.availableReplicas)
    assert.same(web.metadata.uid,
      assert(k:wait("deploy", "web", { condition = "available=true" })).metadata.uid)
  end)

  it("does not take one from before the change for the one after it", function()
    local k = connect()
    assert(k:create(worlds.deployment("rolled")))
    assert(k:wait("deploy/rolled", { condition = "Available", timeout = 30 }))
    assert(k:patch("deploy/rolled", { spec = { replicas = 3 } }))
    local rolled = assert(k:wait("deploy/rolled", { condition = "Available", timeout = 30 }))
    assert.equal(2, rolled.metadata.generation)
    assert.is_true(rolled.status.observedGeneration >= 2)
  end)

  it("wants all that it is asked for at the same time", function()
    local k = connect()
    assert(k:create(worlds.deployment("web")))
    local web = assert(k:wait("deploy/web", {
      condition = { "Available", "Progressing" }, jsonpath = ".status.readyReplicas=2",
      predicate = function(object) return object.status.updatedReplicas == 2 end,
    }))
    assert.equal(2, web.status.readyReplicas)
    local _, err = k:wait("deploy/web", { condition = { "Available", "Nothing", "progressing" },
      jsonpath = { "{.status.readyReplicas}=7", "{.metadata.name}" }, timeout = 0 })
    assert.equal("timed out after 0 s waiting for the condition Available and the condition "
      .. "Nothing and the condition progressing and the value 7 at {.status.readyReplicas} and a "
      .. 'value at {.metadata.name} of deployments.apps "web" in namespace ' .. k.namespace
      .. "; last seen: no condition Nothing and {.status.readyReplicas} is 2", err.message)
  end)

  it("says at once that the object is not there", function()
    local k = connect()
    local before = kube.now()
    local _, err = k:wait("deploy/none", { condition = "Available", timeout = 20 })
    assert.is_true(kube.is_not_found(err))
    assert.equal('deployments.apps "none" in namespace ' .. k.namespace
      .. " not found (NotFound 404)", tostring(err))
    assert.is_true(kube.now() - before < 10)
  end)

  it("says what was seen last when time runs out", function()
    local k = connect()
    assert(k:create(config_map("plain")))
    local _, err = k:wait("cm/plain", { condition = "Ready", timeout = 0.2 })
    assert.is_true(kube.is_timeout(err))
    assert.matches("^timed out after 0.2 s waiting for the condition Ready of configmaps \"plain\" "
      .. "in namespace .-; last seen: no condition Ready %(Timeout%)$", tostring(err))
    assert(k:create(worlds.deployment("stuck")))
    assert(k:wait("deploy/stuck", { condition = "Available", timeout = 30 }))
    _, err = k:wait("deploy/stuck", { condition = "Available=False", timeout = 0 })
    assert.matches("last seen: Available=True %(MinimumReplicasAvailable: ", tostring(err))
  end)
end)

worlds.describe("k:wait for a value", function(connect)
  it("waits until JSONPath finds it", function()
    local k = connect()
    assert(k:create(worlds.deployment("web")))
    assert.equal(2, assert(k:wait("deploy/web",
      { jsonpath = "{.status.readyReplicas}=2" })).status.readyReplicas)
    for _, given in ipairs {
      { jsonpath = "{.status.readyReplicas}" }, { jsonpath = "status.readyReplicas", value = 2 },
      { jsonpath = "{.status.readyReplicas}", value = "2" },
      { jsonpath = '{.status.conditions[?(@.type=="Available")].status}=True' },
      { jsonpath = { ".metadata.name=web", "{.status.readyReplicas}='2'" } },
    } do
      given.timeout = 30
      assert(k:wait("deploy/web", given))
    end
  end)

  it("says which value was there instead", function()
    local k = connect()
    assert(k:create(config_map("plain")))
    for given, said in pairs {
      ["{.data.x}=2"] = 'the value 2 at {.data.x} of configmaps "plain" in namespace %s; last '
        .. 'seen: {.data.x} is "1"',
      ["{.data.y}"] = 'a value at {.data.y} of configmaps "plain" in namespace %s; last seen: '
        .. "{.data.y} is not there",
    } do
      local _, err = k:wait("cm/plain", { jsonpath = given, timeout = 0 })
      assert.equal("timed out after 0 s waiting for " .. said:format(k.namespace), err.message)
    end
  end)

  it("does not say what a Secret holds", function()
    local k = connect()
    assert(k:create { apiVersion = "v1", kind = "Secret", metadata = { name = "s" },
      data = { x = "aGlkZGVu" } })
    local _, err = k:wait("secret/s", { jsonpath = "{.data.x}=b", timeout = 0 })
    assert.matches("last seen: {.data.x} is something else", err.message, 1, true)
  end)

  it("ends with an error where there is no one value", function()
    local k = connect()
    assert(k:create(config_map("plain", { x = "1", y = "2" })))
    local _, err = k:wait("cm/plain", { jsonpath = "{.data.*}=1" })
    assert.equal("BadRequest", err.reason)
    assert.equal('configmaps "plain" in namespace ' .. k.namespace
      .. ": given jsonpath expression matches more than one value", err.message)
  end)
end)

worlds.describe("k:wait for what a predicate asks", function(connect)
  it("asks it about each state, and it may wait itself", function()
    local k = connect()
    assert(k:create(config_map("counter")))
    local seen = {}
    local function count(map)
      local x = map.data.x
      seen[#seen + 1] = x
      if x ~= "4" then
        assert(k:patch("cm/counter", { data = { x = tostring(tonumber(x) + 1) } }))
      end
      return x == "4"
    end
    assert.equal("4", assert(k:wait("cm/counter", { predicate = count, timeout = 30 })).data.x)
    assert.same({ "1", "2", "3", "4" }, seen)
    assert(k:patch("cm/counter", { data = { x = "1" } }))
    kube.run(function()
      assert.equal("4", assert(k:wait("cm/counter", { predicate = count, timeout = 30 })).data.x)
    end)
    assert.same({ "1", "2", "3", "4", "1", "2", "3", "4" }, seen)
  end)

  it("says what it misses", function()
    local k = connect()
    assert(k:create(config_map("plain")))
    local _, err = k:wait("cm/plain", { timeout = 0.1, predicate = function(map)
      return map.data.x == "2", "x is still " .. map.data.x
    end })
    assert.matches("waiting for what the predicate asks of configmaps.*; last seen: x is still 1$",
      err.message)
    _, err = k:wait("cm/plain", { timeout = 0, predicate = function() return nil end })
    assert.matches("last seen: the predicate says no", err.message, 1, true)
  end)

  it("throws what it throws", function()
    local k = connect()
    assert(k:create(config_map("plain")))
    local thrown = {}
    local ok, what = pcall(function()
      k:wait("cm/plain", { predicate = function() error(thrown) end })
    end)
    assert.is_false(ok)
    assert.equal(thrown, what)
  end)
end)
