-- The heap of deadlines, and time.
local cluster = require("spec.support.cluster")
local core = require("kube.core")
local driver = require("kube.driver")
local host = require("kube.driver.host")
local kube = require("kube")
local timers = require("kube.driver.timers")

local k = cluster.connect()
local namespace = cluster.namespace("timers")

describe("timers", function()
  it("give the values in the order of their deadlines", function()
    local heap = timers.new()
    for _, due in ipairs { 5, 1, 4, 2, 3 } do heap:add(due, "at " .. due) end
    assert.equal(1, heap:next_due())
    assert.is_nil(heap:take(0.5))
    local taken = {}
    for now = 1, 5 do taken[now] = heap:take(now) end
    assert.same({ "at 1", "at 2", "at 3", "at 4", "at 5" }, taken)
    assert.is_nil(heap:next_due())
    assert.is_nil(heap:take(100))
  end)

  it("agree with a sorted list whatever happens", function()
    math.randomseed(20)
    for _ = 1, 200 do
      local heap, list, serial = timers.new(), {}, 0
      for _ = 1, 200 do
        local dice = math.random()
        if dice < 0.6 then
          local due = math.random(0, 50)
          serial = serial + 1
          list[#list + 1] = { due = due, value = serial, entry = heap:add(due, serial) }
        elseif dice < 0.75 and #list > 0 then
          local removed = table.remove(list, math.random(#list))
          for _ = 1, 2 do heap:remove(removed.entry) end
        else
          local now = math.random(0, 50)
          local value = heap:take(now)
          table.sort(list, function(a, b) return a.due < b.due end)
          local first = list[1]
          if not first or first.due > now then
            assert.is_nil(value)
          else
            local place -- any of those that are due at that time will do
            for i, entry in ipairs(list) do
              if entry.value == value then place = i end
            end
            assert.equal(first.due, assert(list[place]).due)
            table.remove(list, place)
          end
        end
        table.sort(list, function(a, b) return a.due < b.due end)
        assert.equal(list[1] and list[1].due, heap:next_due())
      end
      local left = 0
      while heap:take(50) do left = left + 1 end
      assert.equal(#list, left)
    end
  end)

  it("keep nothing of what was taken", function()
    local heap = timers.new()
    for i = 1, 100 do heap:add(i, i) end
    while heap:take(1000) do end -- luacheck: ignore 542
    assert.same({ n = 0 }, setmetatable(heap, nil))
  end)
end)

describe("time", function()
  it("that passed in the moment before a wait is not waited for, least of all for ever", function()
    local engine = assert(core.engine()) -- one on which nothing else happens
    for _, seconds in ipairs { -1e-9, -0.001, -5, 0 } do
      local before = kube.now()
      assert.is_false(engine:wait(seconds))
      assert.is_true(kube.now() - before < 5)
    end
  end)

  it("goes on by as much as a sleep asked for", function()
    for _, run in ipairs { function(fn) return fn() end, kube.run } do
      run(function()
        local before = kube.now()
        assert.is_true(kube.sleep(0.02))
        assert.is_true(kube.now() - before > 0.0199) -- the clock counts whole milliseconds
        assert.is_true(kube.sleep(0))
        assert.is_true(kube.sleep(-1))
      end)
    end
  end)

  it("wakes sleepers in the order of their deadlines", function()
    local order = {}
    kube.run(function()
      for _, ms in ipairs { 30, 10, 20, 0 } do
        kube.spawn(function()
          kube.sleep(ms / 1000)
          order[#order + 1] = ms
        end)
      end
    end)
    assert.same({ 0, 10, 20, 30 }, order)
  end)

  it("is the engine's: who moves it wakes those who sleep", function()
    local before, slept = kube.now(), nil
    kube.run(function()
      kube.spawn(function()
        assert.is_true(kube.sleep(3600))
        slept = kube.now() - before
      end)
      kube.sleep(0.001)
      assert.is_nil(slept)
      assert(host.engine()):advance(1800)
      kube.sleep(0.001)
      assert.is_nil(slept)
      host.engine():advance(1800)
    end)
    assert.is_true(slept >= 3600 and slept < 3700)
  end)

  it("ends a stream's patience when it is moved", function()
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace, timeoutSeconds = 10000,
        fieldSelector = "metadata.name=never" }))
      local reader = kube.spawn(function() return watch:next(200) end)
      kube.sleep(0.01)
      host.engine():advance(200)
      local event, err = reader:join()
      assert.is_nil(event)
      -- join gives the task's own results
      assert.is_true(kube.is_timeout(err))
      watch:close()
    end)
  end)

  it("costs a task that waits again and again one timer, not one a wait", function()
    kube.run(function()
      local ping, pong, rounds = driver.waiter(), driver.waiter(), 20000
      collectgarbage()
      collectgarbage()
      local before = collectgarbage("count")
      local other = kube.spawn(function()
        for _ = 1, rounds do
          assert(ping:wait(kube.now() + 3600))
          pong:wake()
        end
      end)
      for _ = 1, rounds do
        ping:wake()
        assert(pong:wait(kube.now() + 3600))
      end
      other:join()
      collectgarbage()
      collectgarbage()
      assert.is_true(collectgarbage("count") - before < 500)
    end)
  end)

  it("still keeps a deadline that is nearer than the one before", function()
    kube.run(function()
      local waiter = driver.waiter()
      local other = kube.spawn(function()
        assert(waiter:wait(kube.now() + 3600))
        local before = kube.now()
        local ok, why = waiter:wait(before + 0.01)
        assert.is_nil(ok)
        assert.equal("timeout", why)
        return kube.now() - before
      end)
      kube.sleep(0.001)
      waiter:wake()
      local took = other:join()
      assert.is_true(took > 0.009 and took < 20)
    end)
  end)
end)
