-- Many tasks at once, long lists, and what is left behind.
local cluster = require("spec.support.cluster")
local host = require("kube.driver.host")
local kube = require("kube")
local loop = require("kube.driver.loop")
local process = require("spec.support.process")
local silent_server = require("spec.support.silent_server")

local k = cluster.connect()
local namespace = cluster.namespace("crowd")

describe("many tasks at once", function()
  local ROUNDS, GETS, WATCHES = 20, 160, 40

  it("all end: gets and watches mixed, over and over", function()
    assert(k:create(cluster.config_map(namespace, "watched")))
    for _ = 1, ROUNDS do
      local gets, events = 0, 0
      kube.run(function()
        for _ = 1, GETS do
          kube.spawn(function()
            assert.equal("watched", assert(k:get("configmaps", "watched",
              { namespace = namespace, timeout = 30 })).metadata.name)
            gets = gets + 1
          end)
        end
        for _ = 1, WATCHES do
          kube.spawn(function()
            local watch = assert(k:watch("configmaps", { namespace = namespace,
              fieldSelector = "metadata.name=watched", timeout = 30 }))
            local event = assert(watch:next(30))
            assert.equal("watched", event.object.metadata.name)
            assert.equal("ADDED", event.type)
            watch:close()
            events = events + 1
          end)
        end
      end)
      assert.equal(GETS, gets)
      assert.equal(WATCHES, events)
    end
  end)

  it("each hear of a change that all of them watch", function()
    local heard = 0
    kube.run(function()
      local ready = 0
      for _ = 1, 30 do
        kube.spawn(function()
          local watch = assert(k:watch("configmaps", { namespace = namespace,
            fieldSelector = "metadata.name=watched" }))
          assert(watch:next(30))
          ready = ready + 1
          local event = assert(watch:next(30))
          assert.equal("MODIFIED", event.type)
          assert.equal("new", event.object.data.key)
          watch:close()
          heard = heard + 1
        end)
      end
      cluster.eventually(function() return ready == 30 end)
      assert(k:patch("configmaps", "watched", { data = { key = "new" } },
        { namespace = namespace }))
    end)
    assert.equal(30, heard)
  end)
end)

describe("a long list", function()
  local COUNT, MEMBERS = 60, 2000

  setup(function()
    kube.run(function()
      for i = 1, COUNT do
        kube.spawn(function()
          local data = {}
          for j = 1, MEMBERS do data[string.format("key-%d", j)] = "value " .. j end
          local big = cluster.config_map(namespace, "big-" .. i, data)
          big.metadata.labels = { size = "big" }
          assert(k:create(big))
        end)
      end
    end)
  end)

  --- Runs fn as a task when much of what it reads has come already, so that it need not wait: how
  -- often it let its neighbours run all the same, and how often one of them did.
  local function turns(fn)
    local yields, ticks = 0, 0
    local yield = loop.yield
    kube.run(function()
      local reader = kube.spawn(fn)
      yield() -- it asks
      local filled = kube.now() + 0.3
      while kube.now() < filled do -- in place: the answer comes, and nobody runs
        assert(host.wait(filled - kube.now()))
      end
      loop.yield = function()
        yields = yields + 1
        yield()
      end
      local done
      kube.spawn(function()
        while not done do
          ticks = ticks + 1
          kube.sleep(0.001)
        end
      end)
      local results = { reader:join(30) }
      loop.yield = yield
      done = true
      assert.equal(COUNT, results[1])
    end)
    return yields, ticks
  end

  local BIG = { namespace = namespace, labelSelector = "size=big" }

  it("read one by one lets its neighbours run meanwhile", function()
    local yields, ticks = turns(function()
      local stream, n = k:each("configmaps", BIG), 0
      while stream:next(30) do n = n + 1 end
      return n
    end)
    assert.is_true(yields >= 1, "yields: " .. yields)
    assert.is_true(ticks >= 1, "ticks: " .. ticks)
  end)

  it("read as a whole lets its neighbours run meanwhile", function()
    local yields, ticks = turns(function() return #assert(k:list("configmaps", BIG)).items end)
    assert.is_true(yields >= 1, "yields: " .. yields)
    assert.is_true(ticks >= 1, "ticks: " .. ticks)
  end)
end)

describe("garbage", function()
  it("of a stream that nobody reads any more closes its connection", function()
    local pods, state = silent_server()
    local watch = pods:watch()
    assert.is_true(kube.is_timeout(select(2, watch:next(0.02))))
    watch = nil -- luacheck: ignore 311
    collectgarbage()
    collectgarbage()
    assert.equal("closed", state())
  end)

  it("of a task that was dropped closes the connection of its call", function()
    local pods, state = silent_server()
    pcall(kube.run, function()
      kube.spawn(function() pods:get("web-0") end)
      kube.sleep(0.02)
      error("drop all", 0)
    end)
    collectgarbage()
    collectgarbage()
    assert.equal("closed", state())
  end)

  it("of calls, streams, tasks and clients may be collected in any order", function()
    math.randomseed(7)
    for _ = 1, 6 do
      local kept = {}
      pcall(kube.run, function()
        for i = 1, 4 do
          local client = cluster.connect(i % 2 == 0 and "admin" or "token")
          local watch = client:watch("configmaps", { namespace = namespace })
          local list = client:each("configmaps", { namespace = namespace, limit = 1 })
          list:next(30)
          kept[#kept + 1], kept[#kept + 2], kept[#kept + 3] = client, watch, list
          kept[#kept + 1] = kube.spawn(function() watch:next() end)
          kept[#kept + 1] = kube.spawn(function() client:get("pods", "nobody") end)
        end
        kube.sleep(math.random() / 200)
        error("drop all", 0)
      end)
      while #kept > 0 do
        table.remove(kept, math.random(#kept))
        if math.random() < 0.2 then
          collectgarbage()
          assert(host.step())
        end
      end
      collectgarbage()
    end
    assert.equal(namespace, assert(k:get("ns", namespace)).metadata.name)
  end)

  it("is no trouble when the program ends in the middle of everything", function()
    local said, status = process.run_program(string.format([[
      local kube = require("kube")
      local k = assert(kube.connect { kubeconfig = %q })
      kept = { k, k:watch("pods"), k:each("namespaces", { limit = 1 }) }
      assert(kept[3]:next(30))
      pcall(kube.run, function()
        for i = 1, 10 do
          kept[#kept + 1] = kube.spawn(function() kept[2]:next() end)
          kept[#kept + 1] = kube.spawn(function() k:get("pods", "nobody") end)
          kept[#kept + 1] = assert(k:watch("configmaps"))
        end
        kube.sleep(0.01)
        error("drop all", 0)
      end)
      print("the end")
    ]], cluster.kubeconfig("admin")))
    assert.truthy(said:find("the end\n$"), said)
    assert.equal(0, status)
  end)
end)
