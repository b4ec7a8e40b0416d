-- Lists in pages: the rows of client-go v0.36.3 tools/pager/pager_test.go, whose pages of 10 are
-- here of 500 where the size is our own; then continue tokens that expire on servers that mean it.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local eventually = require("spec.support.eventually")
local fake = require("kube.fake")
local faults = require("spec.support.faults")
local kube = require("kube")

-- ---- a server that has so many objects ----

--- A page of the objects from..to, of which there are so many.
local function page(from, to, count, version)
  local items = {}
  for i = from, to do items[#items + 1] = string.format('{"metadata":{"name":"%d"}}', i) end
  local more = to + 1 < count and string.format(',"continue":"%s:%d"', version, to + 1) or ""
  return string.format('{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"%s"%s},'
    .. '"items":[%s]}', version, more, table.concat(items, ","))
end

local function pages(count, size, version)
  local steps, from = {}, 0
  repeat
    local to = math.min(from + size, count) - 1
    steps[#steps + 1] = page(from, to, count, version or "rv:20")
    from = to + 1
  until from >= count
  return steps
end

local function expired(token)
  return faults.status(410, "Expired", "this list has expired", {
    metadata = { continue = token },
  })
end

--- That the items are 0, 1, ... up to so many.
local function are_in_order(items, count)
  assert.equal(count, #items)
  for i, item in ipairs(items) do assert.equal(tostring(i - 1), item.metadata.name) end
end

--- What was asked, as "limit=10 continue=rv%3A20%3A10".
local function asked(script)
  local lines = {}
  for i, request in ipairs(script.requests()) do
    local said = {}
    for _, name in ipairs { "limit", "continue", "resourceVersion", "resourceVersionMatch" } do
      local value = request.query[name]
      if value then said[#said + 1] = name .. "=" .. value end
    end
    lines[i] = table.concat(said, " ")
  end
  return lines
end

describe("list", function()
  -- name, objects, options, requests
  local ROWS = {
    { "empty page", 0, {}, { "limit=500" } },
    { "one page", 450, {}, { "limit=500" } },
    { "one full page", 500, {}, { "limit=500" } },
    { "two pages", 501, {}, { "limit=500", "limit=500 continue=rv%3A20%3A500" } },
    { "three pages", 1001, {}, {
      "limit=500", "limit=500 continue=rv%3A20%3A500", "limit=500 continue=rv%3A20%3A1000",
    } },
    { "two pages with resourceVersion", 501, { resourceVersion = "10" }, {
      "limit=500 resourceVersion=10", "limit=500 continue=rv%3A20%3A500",
    } },
    { "two pages with resourceVersion and resourceVersionMatch", 501,
      { resourceVersion = "10", resourceVersionMatch = "NotOlderThan" }, {
        "limit=500 resourceVersion=10 resourceVersionMatch=NotOlderThan",
        "limit=500 continue=rv%3A20%3A500",
      } },
    { "resourceVersion 0, which a cache answers whole", 501, { resourceVersion = "0" }, {
      "limit=500 resourceVersion=0", "limit=500 continue=rv%3A20%3A500",
    } },
  }

  for _, row in ipairs(ROWS) do
    it(row[1], function()
      local script = faults.script(pages(row[2], 500))
      local list = assert(faults.pods { server = script.server }:list(row[3]))
      are_in_order(list.items, row[2])
      assert.equal("rv:20", list.metadata.resourceVersion)
      assert.is_nil(list.metadata.continue)
      assert.same(row[4], asked(script))
    end)
  end

  local given = { resourceVersion = "10", resourceVersionMatch = "NotOlderThan" }

  it("expires on second page", function()
    local script = faults.script { pages(1001, 500)[1], expired("t") }
    local list, err = faults.pods { server = script.server }:list { on_expired = "error" }
    assert.is_nil(list)
    assert.is_true(kube.is_expired(err))
    assert.equal("t", err.status.metadata.continue)
    assert.equal(2, #script.requests())
  end)

  it("expires on second page and then lists", function()
    local script = faults.script {
      pages(1001, 500)[1], expired("t"), pages(1001, 1001, "rv:30")[1],
    }
    local list = assert(faults.pods { server = script.server }:list(given))
    are_in_order(list.items, 1001)
    assert.equal("rv:30", list.metadata.resourceVersion)
    assert.same({
      "limit=500 resourceVersion=10 resourceVersionMatch=NotOlderThan",
      "limit=500 continue=rv%3A20%3A500",
      "resourceVersion=10 resourceVersionMatch=NotOlderThan",
    }, asked(script))
  end)

  it("expires again: that is the error", function()
    local script = faults.script { pages(1001, 500)[1], expired("t"), expired("u") }
    local list, err = faults.pods { server = script.server }:list()
    assert.is_nil(list)
    assert.equal("u", err.status.metadata.continue)
    assert.equal(3, #script.requests())
  end)

  it("that is too old from the first page on, or a page by itself, is asked for once", function()
    local script = faults.script { expired("t") }
    local pods = faults.pods { server = script.server }
    for _, one in ipairs { given, { limit = 2, continue = "x" }, { continue = "x" } } do
      local list, err = pods:list(one)
      assert.is_nil(list)
      assert.is_true(kube.is_expired(err))
    end
    assert.equal(3, #script.requests())
  end)

  it("goes on with the rest where that is wanted", function()
    local script = faults.script {
      pages(1001, 500)[1], expired("t"), page(500, 999, 1001, "rv:30"),
      page(1000, 1000, 1001, "rv:30"),
    }
    local list = assert(faults.pods { server = script.server }:list { on_expired = "continue" })
    are_in_order(list.items, 1001)
    assert.equal("rv:30", list.metadata.resourceVersion)
    assert.same({
      "limit=500", "limit=500 continue=rv%3A20%3A500", "limit=500 continue=t",
      "limit=500 continue=rv%3A30%3A1000",
    }, asked(script))
  end)

  it("fails where there is no rest to be had", function()
    local script = faults.script { pages(1001, 500)[1], expired(nil) }
    local list, err = faults.pods { server = script.server }:list { on_expired = "continue" }
    assert.is_nil(list)
    assert.is_true(kube.is_expired(err))
    assert.equal(2, #script.requests())
  end)

  it("fails with other errors of a later page", function()
    local script = faults.script { pages(1001, 500)[1], faults.status(403, "Forbidden", "no") }
    local list, err = faults.pods { server = script.server }:list()
    assert.is_nil(list)
    assert.is_true(kube.is_forbidden(err))
    assert.equal(2, #script.requests())
  end)
end)

describe("each", function()
  --- Reads up to n items: they, and the error.
  local function read(stream, n)
    local items = {}
    while not n or #items < n do
      local item, err = stream:next()
      if item == nil then return items, err end
      items[#items + 1] = item
    end
    return items
  end

  for name, count in pairs { ["empty page"] = 0, ["one page"] = 9, ["one full page"] = 10,
    ["two pages"] = 11, ["three pages"] = 21 } do
    it(name, function()
      local script = faults.script(pages(count, 10))
      local items, err = read(faults.pods { server = script.server }:each { limit = 10 })
      assert.is_nil(err)
      are_in_order(items, count)
    end)
  end

  it("expires on second page: the items of the first, then the error", function()
    local script = faults.script { pages(21, 10)[1], expired("t") }
    local stream = faults.pods { server = script.server }:each { limit = 10 }
    local items, err = read(stream)
    are_in_order(items, 10)
    assert.is_true(kube.is_expired(err))
    local again
    items, again = read(stream)
    assert.same({}, items)
    assert.equal(err.message, again.message)
  end)

  it("goes on with the rest where that is wanted, and gives nothing twice", function()
    local script = faults.script {
      pages(21, 10)[1], expired("t"), page(10, 19, 21, "rv:30"), page(20, 20, 21, "rv:30"),
    }
    local items, err = read(faults.pods { server = script.server }:each {
      limit = 10, on_expired = "continue",
    })
    assert.is_nil(err)
    are_in_order(items, 21)
  end)

  it("error processing item", function()
    local script = faults.script(pages(51, 10))
    local items = {}
    local ok, problem = pcall(function()
      for item in faults.pods { server = script.server }:each { limit = 10 } do
        items[#items + 1] = item
        if #items == 3 then error("processor error", 0) end
      end
    end)
    assert.is_false(ok)
    assert.equal("processor error", problem)
    are_in_order(items, 3)
  end)

  it("is canceled while processing", function()
    local script = faults.script(pages(51, 10))
    local items, failure = {}, nil
    kube.run(function()
      local task
      task = assert(kube.spawn(function()
        local stream = faults.pods { server = script.server }:each { limit = 10 }
        local item
        repeat
          item, failure = stream:next()
          items[#items + 1] = item
          if #items == 3 then task:cancel() end
        until item == nil
      end))
      task:join()
    end)
    assert.is_true(#items >= 3 and #items < 51, tostring(#items)) -- what is there is not waited for
    are_in_order(items, #items)
    assert.equal("Canceled", failure.reason)
  end)

  -- total pages, of which are read, and then have been asked for
  local AHEAD = { { 1, 1, 1 }, { 5, 1, 2 }, { 5, 2, 3 }, { 5, 5, 5 } }
  for _, row in ipairs(AHEAD) do
    it(string.format("with %d/%d pages read has asked for %d", row[2], row[1], row[3]), function()
      local script = faults.script(pages(10 * row[1], 10))
      local stream = faults.pods { server = script.server }:each { limit = 10 }
      are_in_order(read(stream, 10 * row[2] - 5), 10 * row[2] - 5)
      eventually(function() return #script.requests() == row[3] end)
      for _ = 1, 5 do kube.sleep(0.01) end -- which lets the engine send what there might be
      assert.equal(row[3], #script.requests())
      stream:close()
    end)
  end

  it("uses two connections at most", function()
    local script = faults.script(pages(50, 10))
    are_in_order(read(faults.pods { server = script.server }:each { limit = 10 }), 50)
    local connections, n = {}, 0
    for _, request in ipairs(script.requests()) do
      if not connections[request.connection] then n = n + 1 end
      connections[request.connection] = true
    end
    assert.is_true(n <= 2, n .. " connections")
  end)

  it("asks for nothing ahead of one page, or of a list that says what leads on at its end",
    function()
      local script = faults.script(pages(50, 10))
      local list = assert(faults.pods { server = script.server }:list { limit = 10 })
      assert.equal("rv:20:10", list.metadata.continue)
      for _ = 1, 5 do kube.sleep(0.01) end
      assert.equal(1, #script.requests())

      script = faults.script {
        '{"items":[{"n":1},{"n":2}],"metadata":{"continue":"x"}}', '{"items":[{"n":3}]}',
      }
      local stream = faults.pods { server = script.server }:each()
      assert.equal(1, assert(stream:next()).n)
      for _ = 1, 5 do kube.sleep(0.01) end
      assert.equal(1, #script.requests())
      assert.equal(2, assert(stream:next()).n)
      assert.equal(3, assert(stream:next()).n)
      assert.is_nil(stream:next())
    end)

  it("sends again what was sent ahead and met the end of its connection", function()
    local script = faults.script {
      { body = pages(20, 10)[1] }, { raw = "", ["then"] = "close" }, pages(20, 10)[2],
    }
    local stream = faults.pods { server = script.server }:each { limit = 10 }
    are_in_order(read(stream, 5), 5)
    eventually(function() return #script.requests() >= 2 end)
    local items, err = read(stream)
    assert.is_nil(err)
    assert.equal(15, #items)
  end)
end)

-- ---- servers that mean it ----

local function names(items)
  local found = {}
  for i, item in ipairs(items) do found[i] = item.metadata.name end
  return table.concat(found, " ")
end

--- What holds on every server: forget makes its continue tokens expire.
local function expires(k, namespace, forget)
  local here = { namespace = namespace, labelSelector = "set=pager", limit = 2 }
  for i = 1, 5 do
    assert(k:create(cluster.config_map(namespace, "page-" .. i, nil, { set = "pager" })))
  end
  here.continue = assert(k:list("configmaps", here)).metadata.continue
  assert.truthy(here.continue)
  assert(k:delete("configmap", "page-4", { namespace = namespace }))
  forget()

  local list, err = k:list("configmaps", here)
  assert.is_nil(list)
  assert.is_true(kube.is_expired(err), tostring(err))
  assert.equal(410, err.code)
  assert.truthy(err.status.metadata.continue)

  assert.is_true(kube.is_expired((select(2, k:each("configmaps", here):next()))))

  here.on_expired = "continue"
  local items = {}
  for one in k:each("configmaps", here) do items[#items + 1] = one end
  assert.equal("page-3 page-5", names(items)) -- as it is now, without what is gone
end

describe("a continue token that has expired", function()
  it("leads to the rest on kube.fake", function()
    local server = assert(fake.start { history = 4 })
    local k = assert(server:connect())
    expires(k, "default", function()
      for i = 1, 8 do
        assert(k:create(cluster.config_map("default", "filler-" .. i)))
      end
    end)
    server:close()
  end)

  it("leads to the rest on the real API server", function()
    local k, namespace = cluster.connect(), cluster.namespace("pager")
    expires(k, namespace, function()
      control.post("/compact")
      control.post("/apiserver/restart")
    end)
  end)
end)
