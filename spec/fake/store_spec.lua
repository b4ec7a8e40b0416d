-- The store of kube.fake: versions, history, order.
local resources = require("kube.fake.resources")
local sorted = require("kube.fake.sorted")
local store = require("kube.fake.store")

local catalog = resources.catalog()
local MAPS = catalog.configmaps

local function map(name, value, namespace)
  return { metadata = { name = name, namespace = namespace or "a" }, data = { v = value } }
end

local function keys(records)
  local found = {}
  for i, record in ipairs(records) do found[i] = record.key .. "=" .. record.object.data.v end
  return table.concat(found, " ")
end

describe("the store", function()
  it("gives each write the next version, and says what it was", function()
    local all, told = store.new(100), {}
    local first = all.version
    all:listen(function(event)
      told[#told + 1] = string.format("%s %s %d%s", event.type, event.record.key,
        event.version - first, event.previous and " after " .. event.previous.version - first or "")
    end)
    all:put(MAPS, map("x", "1"))
    all:put(MAPS, map("y", "1"))
    all:put(MAPS, map("x", "2"))
    all:remove(MAPS, "a/x")
    assert.same({ "ADDED a/x 1", "ADDED a/y 2", "MODIFIED a/x 3 after 1", "DELETED a/x 4 after 3" },
      told)
    assert.is_nil(all:get(MAPS, "a/x"))
  end)

  it("keeps what is stored from who gave it", function()
    local all, object = store.new(100), map("x", "1")
    local record = all:put(MAPS, object)
    object.data.v, object.metadata.labels = "2", { a = "b" }
    assert.equal("1", record.object.data.v)
    assert.equal(string.format("%d", all.version), record.object.metadata.resourceVersion)
    assert.equal('{"kind":"ConfigMap","apiVersion":"v1","data":{"v":"1"},"metadata":{"name":"x",'
      .. '"namespace":"a","resourceVersion":"' .. string.format("%d", all.version) .. '"}}',
      store.text(record))
  end)

  it("lists in order of keys, all or those of a namespace", function()
    local all = store.new(10)
    for _, key in ipairs { "b/x", "a-b/x", "a/y", "a/x", "a0/x" } do
      local namespace, name = key:match("^(.*)/(.*)$")
      all:put(MAPS, map(name, "1", namespace))
    end
    assert.equal("a-b/x=1 a/x=1 a/y=1 a0/x=1 b/x=1", keys(all:list(MAPS, "")))
    assert.equal("a/x=1 a/y=1", keys(all:list(MAPS, "a/")))
    assert.equal("", keys(all:list(MAPS, "c/")))
    assert.equal("", keys(all:list(catalog.pods, "")))
  end)

  it("shows what was at any version that it remembers", function()
    local all, shown = store.new(1000), {}
    shown[all.version] = ""
    math.randomseed(7)
    for step = 1, 200 do
      local name = "n" .. math.random(6)
      if all:get(MAPS, "a/" .. name) and math.random(3) == 1 then
        all:remove(MAPS, "a/" .. name)
      else
        all:put(MAPS, map(name, tostring(step)))
      end
      shown[all.version] = keys(all:list(MAPS, ""))
    end
    for version, expected in pairs(shown) do
      assert.equal(expected, keys(assert(all:list_at(MAPS, "", version))))
    end
  end)

  it("forgets the oldest events, and says so", function()
    local all = store.new(3)
    local first = all.version
    assert.equal("", keys(all:list_at(MAPS, "", first)))
    for i = 1, 5 do all:put(MAPS, map("x", tostring(i))) end
    assert.is_nil(all:list_at(MAPS, "", first + 1))
    assert.is_nil(all:events_after(MAPS, first + 1))
    assert.equal("a/x=2", keys(all:list_at(MAPS, "", first + 2)))
    assert.equal(3, #all:events_after(MAPS, first + 2))
    assert.equal(0, #all:events_after(MAPS, first + 5))
    assert.equal(0, #all:events_after(catalog.pods, first + 2))
    all:forget()
    assert.is_nil(all:events_after(MAPS, first + 4))
    assert.equal(0, #all:events_after(MAPS, first + 5))
  end)

  it("forgets by bytes too, but never the newest event", function()
    local all, big = store.new(100, 1000), ("x"):rep(400)
    local first = all.version
    for _ = 1, 5 do all:put(MAPS, map("x", big)) end
    assert.equal(first + 3, all.oldest)
    assert.equal(2, #all:events_after(MAPS, first + 3))
    all:put(MAPS, map("x", big:rep(10)))
    assert.equal(first + 5, all.oldest)
    assert.equal(1, #all:events_after(MAPS, first + 5))
    all:put(MAPS, map("x", "1"))
    all:put(MAPS, map("x", "2"))
    assert.equal(first + 6, all.oldest)
    all:forget()
    for _ = 1, 2 do all:put(MAPS, map("x", big)) end
    assert.equal(2, #all:events_after(MAPS, first + 8))
  end)

  it("throws what a listener throws, when all have heard of all", function()
    local all, told = store.new(10), {}
    local leave = all:listen(function(event)
      if event.record.object.data.v == "1" then all:put(MAPS, map("x", "2")) end
      error("broken " .. event.record.object.data.v)
    end)
    all:listen(function(event) told[#told + 1] = event.record.object.data.v end)
    local ok, message = pcall(function() all:put(MAPS, map("x", "1")) end)
    assert.is_false(ok)
    assert.truthy(message:find("broken 1", 1, true))
    assert.same({ "1", "2" }, told)
    leave()
    all:put(MAPS, map("x", "3"))
    assert.same({ "1", "2", "3" }, told)
  end)

  it("tells events in order though a listener writes, and stops telling who left", function()
    local all, told, leave = store.new(10), {}, nil
    all:listen(function(event)
      if event.record.object.data.v == "1" then all:put(MAPS, map("x", "2")) end
    end)
    leave = all:listen(function(event)
      told[#told + 1] = event.record.object.data.v
      if event.record.object.data.v == "2" then leave() end
    end)
    all:put(MAPS, map("x", "1"))
    all:put(MAPS, map("x", "3"))
    assert.same({ "1", "2" }, told)
  end)

  it("knows when a write says nothing new", function()
    local all = store.new(10)
    local record = all:put(MAPS, map("x", "1"))
    assert.is_true(store.same(record, map("x", "1")))
    assert.is_false(store.same(record, map("x", "2")))
  end)
end)

describe("a sorted set", function()
  it("is in order whatever is added and removed", function()
    local set, has = sorted.new(), {}
    math.randomseed(3)
    for round = 1, 300 do
      for _ = 1, math.random(0, round % 50 == 0 and 200 or 3) do
        local text = "k" .. math.random(500)
        if math.random(3) == 1 then
          set:remove(text)
          has[text] = nil
        else
          set:add(text)
          has[text] = true
        end
      end
      local expected = {}
      for text in pairs(has) do expected[#expected + 1] = text end
      table.sort(expected)
      assert.same(expected, set:list())
    end
  end)

  it("finds the range of a prefix", function()
    local set = sorted.new()
    for _, text in ipairs { "a/1", "a/2", "a0", "b/1", "a", "a/" } do set:add(text) end
    local from, to = set:range("a/")
    assert.same({ "a/", "a/1", "a/2" }, { (table.unpack or unpack)(set:list(), from, to) })
    from, to = set:range("c/")
    assert.equal(0, to - from + 1)
  end)
end)
