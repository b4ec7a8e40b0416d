-- Handles are closed, or dropped and collected, in every order, whatever they are doing: what
-- stands on others keeps them. KUBE_SPEC_EVERY = n leaves out rounds (under valgrind, see
-- spec/sanitize).
local core = require("kube.core")
local faults = require("spec.support.faults")
local kube = require("kube")

local every = tonumber(os.getenv("KUBE_SPEC_EVERY")) or 1

local PODS = { group = "", version = "v1", resource = "pods" }

local script = faults.script({ faults.json(faults.object("a", "1")) }, "http", {
  ["/api/v1/pods"] = { { chunks = {
    '{"kind":"PodList","items":[' .. faults.json(faults.object("a")) .. ",",
    faults.json(faults.object("b")) .. ",",
  }, ["then"] = "hang" } },
  ["/api/v1/namespaces/watched"] = { { chunks = {
    faults.event("ADDED", "a", "1"), faults.event("ADDED", "b", "2"),
  }, ["then"] = "hang" } },
  ["/api/v1/namespaces/silent"] = { { raw = "", ["then"] = "hang" } },
})
local kubeconfig = faults.kubeconfig { server = script.server }

--- How each kind of call is started.
local kinds = {
  get = function(client) return client:get(PODS, "ns", "a", {}) end,
  silent = function(client) return client:get(PODS, "silent", "a", {}) end,
  list = function(client) return client:list(PODS, nil, nil, {}) end,
  watch = function(client) return client:watch(PODS, "watched", nil, {}) end,
  create = function(client) return client:create(PODS, "ns", nil, {}, { metadata = {} }) end,
  text = function(client) return client:rest_get("/version") end,
  discovery = function(client) return client:openapi_v3() end,
}
local names = {}
for name in pairs(kinds) do names[#names + 1] = name end
table.sort(names)

local HANDLES = { "config", "engine", "client", "first", "second" }

local function open(first, second)
  local h = { engine = assert(core.engine()), config = assert(core.config {
    kubeconfig = kubeconfig,
  }) }
  h.client = assert(core.client(h.engine, h.config))
  h.first, h.second = assert(kinds[first](h.client)), assert(kinds[second](h.client))
  return h
end

--- Steps until each call that ever answers has something, or for a moment.
local function advance(h, stage)
  for _ = 1, stage * 4 do assert.is_not_nil((h.engine:wait(0.002))) end
  if stage < 2 then return end
  for _, name in ipairs { "first", "second" } do
    local object, err = h[name]:next()
    assert(object ~= nil or err == nil, err)
  end
end

--- What is left must still be good for something: how many objects came.
local function use(h)
  local came = 0
  if h.config then assert.equal(script.server, h.config:describe().server) end
  if h.engine then assert.is_not_nil((h.engine:wait(0))) end
  if h.client then h.client:rest_get("/healthz"):close() end
  for _, name in ipairs { "first", "second" } do
    local call = h[name]
    if call then
      assert.is_true(call:id() > 0)
      assert.equal(script.server, call:request():match("%u+ (http://[^/]+/[^/]+)"))
      call:info()
      local object, err = call:next()
      assert(object ~= nil or err == nil, err)
      if object then came = came + 1 end
    end
  end
  return came
end

local function let_go(h, name, collect)
  local handle = h[name]
  h[name] = nil
  if collect then
    handle = nil -- luacheck: ignore
    collectgarbage()
  else
    handle:close()
    handle:close()
  end
end

--- The order of that number, of all there are.
local function order_of(number)
  local left, order = { (unpack or table.unpack)(HANDLES) }, {}
  for n = #HANDLES, 1, -1 do
    order[#order + 1] = table.remove(left, number % n + 1)
    number = (number - number % n) / n
  end
  return order
end

describe("handles", function()
  it("are closed or collected in every order, at every stage", function()
    local came = 0
    for round = 0, 119, every do
      local first, second = names[round % #names + 1], names[round * 3 % #names + 1]
      local h = open(first, second)
      advance(h, round % 3)
      for i, name in ipairs(order_of(round)) do
        let_go(h, name, (round + i) % 3 == 0)
        came = came + use(h)
      end
    end
    collectgarbage()
    assert.is_true(came > 20 / every)
  end)

  it("are told that they are closed, each by its name", function()
    local h = open("get", "watch")
    for _, name in ipairs(HANDLES) do
      local method = ({ config = "describe", engine = "fd", client = "version" })[name] or "next"
      local handle = h[name]
      handle:close()
      local good, problem = pcall(handle[method], handle)
      assert.is_false(good)
      assert.matches("this kube%.%a+ is closed", problem)
    end
  end)

  it("of readers, projections, discoveries and streams go with their garbage", function()
    for _ = 1, 20 do
      kube.json.projection { "metadata.name" }
      kube.yaml.load_all("a: 1\n---\nb: [")
      local found = assert(core.discovery())
      assert.is_true(found:add('{"kind":"APIGroupDiscoveryList","items":[]}'))
      assert.same({}, found:resources())
      local stream = faults.pods { server = script.server }:watch()
      stream:open()
      if _ % 2 == 0 then stream:close() end
    end
    collectgarbage()
    collectgarbage()
  end)

  it("leave nothing behind, however often one connects, watches and closes", function()
    local function descriptors()
      local pipe = assert(io.popen("ls /proc/$PPID/fd | wc -l"))
      local n = tonumber(pipe:read("*a"))
      pipe:close()
      return n
    end
    local function rounds(n)
      for _ = 1, n do
        local k = faults.connect { server = script.server }
        local watch = assert(k:watch("pods", { namespace = "watched" }))
        assert.equal("ADDED", assert(watch:next(20)).type)
        watch:close()
      end
      collectgarbage()
      collectgarbage()
      return descriptors(), collectgarbage("count")
    end
    for _, run in ipairs { function(fn, n) return fn(n) end, kube.run } do
      local open_before, heap_before = run(rounds, 50)
      local open_after, heap_after = run(rounds, 300 / every)
      assert.is_true(open_after <= open_before + 1)
      assert.is_true(heap_after < heap_before + 40)
    end
  end)

  it("of a kube.run that an error ended are collected", function()
    for _ = 1, 5 do
      local good = pcall(kube.run, function()
        local pods = faults.pods { server = script.server }
        kube.spawn(function() pods:namespace("silent"):get("a") end)
        kube.spawn(function() pods:watch():next() end)
        kube.sleep(0.002)
        error("stop")
      end)
      assert.is_false(good)
    end
    collectgarbage()
    collectgarbage()
  end)
end)
