-- k:wait for several objects.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local worlds = require("spec.support.worlds")

local function names_of(objects)
  local names = {}
  for i, object in ipairs(objects) do names[i] = object.metadata.name end
  return table.concat(names, " ")
end

worlds.describe("k:wait for several objects", function(connect)
  local function with_maps(...)
    local k = connect()
    for i, name in ipairs { ... } do
      assert(k:create(cluster.config_map(nil, name, { x = tostring(i) }, { kind = "waited" })))
    end
    return k
  end

  it("gives them in the order asked", function()
    local k = with_maps("a", "b", "c")
    local given = { jsonpath = "{.data.x}" }
    assert.equal("c a", names_of(assert(k:wait("cm", { "c", "a" }, given))))
    assert.equal("b c", names_of(assert(k:wait({ "cm/b", "configmaps/c" }, given))))
    local objects = { assert(k:get("cm/b")), "cm/a", assert(k:get("ns", k.namespace)) }
    assert.equal("b a " .. k.namespace, names_of(assert(k:wait(objects,
      { jsonpath = "{.metadata.name}" }))))
    assert.equal("a", assert(k:wait(k:get("cm/a"), given)).metadata.name)
    assert.equal("a b c", names_of(assert(k:wait("cm",
      { jsonpath = "{.data.x}", labelSelector = { kind = "waited" } }))))
    assert.equal("b", names_of(assert(k:wait("cm",
      { jsonpath = "{.data.x}", fieldSelector = { ["metadata.name"] = "b" } }))))
  end)

  it("waits for what was applied", function()
    local k = connect()
    local applied = assert(k:apply { worlds.deployment("one"), worlds.deployment("two") })
    assert.equal("one two", names_of(assert(k:wait(applied, { condition = "Available" }))))
    assert.equal(4, #assert(k:wait("pods", { all = true, condition = "Ready" })))
  end)

  it("waits for all of a kind that there are in all namespaces", function()
    local k = with_maps("a")
    local found = assert(k:wait("ns", { all = true, jsonpath = "{.metadata.uid}" }))
    assert.is_true(#found > 2)
    found = assert(k:wait("cm", { all_namespaces = true, jsonpath = "{.metadata.uid}",
      fieldSelector = { ["metadata.namespace"] = k.namespace, ["metadata.name"] = "a" } }))
    assert.equal("a", names_of(found))
  end)

  it("follows them within one time, and says which are not as they should be", function()
    local k = with_maps("a", "b", "c")
    local before = kube.now()
    local _, err = k:wait("cm", { "a", "b", "c" }, { jsonpath = "{.data.x}=2", timeout = 0.3 })
    assert.is_true(kube.now() - before < 5)
    assert.is_true(kube.is_timeout(err))
    assert.equal("timed out after 0.3 s waiting for the value 2 at {.data.x} of 2 of 3 objects; "
      .. 'last seen: configmaps "a" in namespace ' .. k.namespace .. ': {.data.x} is "1"; '
      .. 'configmaps "c" in namespace ' .. k.namespace .. ': {.data.x} is "3"', err.message)
    local _, other = k:wait("cm", { labelSelector = "kind=waited", jsonpath = "{.data.x}=2",
      timeout = 0.3 })
    assert.equal(err.message, other.message)
  end)

  it("looks again at those that it did not come to before time ran out", function()
    local k = with_maps("a", "b")
    local changed
    local _, err = k:wait("cm", { "a", "b" }, { timeout = 1.2, predicate = function(map)
      if map.metadata.name == "a" then return false, "never" end
      if not changed then -- at the first look; nobody follows b before it is too late
        changed = assert(k:patch("cm/b", { data = { x = "new" } }))
      end
      return map.data.x == "new"
    end })
    assert.matches('1 of 2 objects; last seen: configmaps "a" in namespace [^ ]+: never$',
      err.message)
  end)

  it("waits for those of selectors together, whatever their order", function()
    local k = with_maps("a", "b", "c")
    local after = { c = "a", a = "b" } -- the last one that is looked at changes first
    local found = assert(k:wait("cm", { labelSelector = "kind=waited", timeout = 30,
      predicate = function(map)
        local name, done = map.metadata.name, map.data.x == "done"
        local next_name = done and after[name] or not done and name == "c" and name
        if next_name then assert(k:patch("cm/" .. next_name, { data = { x = "done" } })) end
        return done
      end }))
    assert.equal("a b c", names_of(found))
    for _, map in ipairs(found) do assert.equal("done", map.data.x) end
  end)

  it("goes on waiting for one that its selectors lose", function()
    local k = with_maps("a", "b")
    local moved
    local function move(map)
      if map.metadata.name == "b" then return true end
      if not moved then
        moved = assert(k:patch("cm/a", { metadata = { labels = { kind = "lost" } } }))
      elseif map.data.x ~= "done" then
        assert(k:patch("cm/a", { data = { x = "done" } }))
      end
      return map.data.x == "done"
    end
    local found = assert(k:wait("cm", { labelSelector = "kind=waited", predicate = move,
      timeout = 30 }))
    assert.equal("a b", names_of(found))
    assert.equal("done", found[1].data.x)
  end)

  it("is not fooled by it when it waits for deletions", function()
    local k = with_maps("a", "b")
    assert(k:patch("cm/a", { metadata = { finalizers = { "example.com/hold" } } }))
    assert(k:delete("cm/a"))
    kube.run(function()
      local waiter = kube.spawn(function()
        return k:wait("cm", { labelSelector = "kind=waited", delete = true, timeout = 30 })
      end)
      kube.sleep(0.05)
      assert(k:patch("cm/a", { metadata = { labels = { kind = "lost" } } }))
      assert(k:delete("cm/b"))
      assert.is_nil((waiter:join(0.3)))
      assert(k:patch("cm/a", { metadata = { finalizers = kube.null } }))
      assert.equal("a b", names_of(assert(waiter:join(30))))
    end)
  end)

  it("says at once that one is not there, or that there is none", function()
    local k = with_maps("a")
    local _, err = k:wait({ "cm/a", "cm/none" }, { condition = "Ready" })
    assert.is_true(kube.is_not_found(err))
    assert.matches('configmaps "none"', err.message, 1, true)
    for _, none in ipairs {
      function(given) return k:wait("pods", { labelSelector = "no=one", condition = given }) end,
      function(given) return k:wait("pods", { all = true, condition = given }) end,
      function(given) return k:wait({}, { condition = given }) end,
      function(given) return k:wait("pods", {}, { condition = given }) end,
    } do
      _, err = none("Ready")
      assert.is_true(kube.is_not_found(err))
      assert.equal("no matching resources found", err.message)
    end
    assert.same({}, k:wait({}, { delete = true }))
  end)

  it("does not tell of more than ten", function()
    local k = connect()
    for i = 1, 12 do assert(k:create(cluster.config_map(nil, "m" .. i, { x = "1" }))) end
    local names = {}
    for i = 1, 12 do names[i] = "m" .. i end
    local _, err = k:wait("cm", names, { condition = "Ready", timeout = 0 })
    assert.matches("12 of 12 objects", err.message, 1, true)
    assert.matches('configmaps "m10" in namespace [^;]+; and 2 more$', err.message)
  end)
end)
