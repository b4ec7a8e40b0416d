local cluster = require("spec.support.cluster")
local driver = require("kube.driver")
local host = require("kube.driver.host")
local kube = require("kube")
local loop = require("kube.driver.loop")
local process = require("spec.support.process")
local timers = require("kube.driver.timers")

-- PUC 5.1 cannot yield in an iterator of `for`
local yields_in_for = pcall(coroutine.wrap(function() for _ in coroutine.yield do end end))

local k = cluster.connect()
local namespace = cluster.namespace("driver")

local function config_map(name, data)
  return {
    apiVersion = "v1", kind = "ConfigMap", data = data,
    metadata = { name = name, namespace = namespace },
  }
end

--- Runs a text as a program of its own: what it printed on both outputs, and its exit status.
local function run_child(program)
  local path = process.file(program)
  local said, status = process.run_lua { path }
  os.remove(path)
  return said, status
end

--- A server that takes one connection and never answers: client, and function () -> "closed" once
-- the connection is closed ("open" if it is not after 20 s).
local function silent_server()
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write([[
import socket
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen(1); s.settimeout(20)
print(s.getsockname()[1], flush=True)
try:
  c, _ = s.accept(); c.settimeout(20)
  while c.recv(65536): pass
  print("closed", flush=True)
except ConnectionResetError: print("closed", flush=True)
except socket.timeout: print("open", flush=True)
]])
  file:close()
  local pipe = assert(io.popen("exec python3 " .. path))
  local port = assert(pipe:read("*l"))
  local config = assert(kube.config.load {
    kubeconfig = cluster.kubeconfig("anonymous"), server = "http://127.0.0.1:" .. port,
  })
  local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
  return pods:namespace("default"), function()
    local state = pipe:read("*l")
    pipe:close()
    os.remove(path)
    return state
  end
end

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

describe("kube.run", function()
  it("gives what its function gives, nil among it", function()
    local results = { n = select("#", kube.run(function() return 1, nil, "c", nil end)),
      kube.run(function() return 1, nil, "c", nil end) }
    assert.equal(4, results.n)
    assert.equal(1, results[1])
    assert.is_nil(results[2])
    assert.equal("c", results[3])
    assert.equal(0, select("#", kube.run(function() end)))
  end)

  it("hands its arguments on", function()
    assert.same({ "a", 3 }, { kube.run(function(first, second, ...)
      assert.is_nil(second)
      return first, 1 + select("#", ...) + 1
    end, "a", nil, nil) })
  end)

  it("is the driver inside, and the blocking one is outside", function()
    assert.equal("blocking", driver.current().name)
    assert.equal("loop", kube.run(function() return driver.current().name end))
    assert.equal("blocking", driver.current().name)
  end)

  it("cannot be nested", function()
    local message
    kube.run(function()
      local ok, problem = pcall(kube.run, function() end)
      assert.is_false(ok)
      message = problem
    end)
    assert.truthy(message:find("kube.run: already inside kube.run; use kube.spawn", 1, true))
    assert.equal("still fine", kube.run(function() return "still fine" end))
  end)

  it("needs a function, and works after it was called without one", function()
    for _, value in ipairs { "fn", {}, 1 } do
      local ok, message = pcall(kube.run, value)
      assert.is_false(ok)
      assert.truthy(message:find("kube.run: a function is needed", 1, true))
    end
    assert.is_false((pcall(kube.run)))
    assert.equal(1, kube.run(function() return 1 end))
  end)

  it("throws the error table that its function throws, unchanged", function()
    local err
    local ok, caught = pcall(kube.run, function()
      local _
      _, err = k:get("pods", "nobody", { namespace = namespace })
      error(err)
    end)
    assert.is_false(ok)
    assert.equal(err, caught)
    assert.is_true(kube.is_not_found(caught))
  end)

  it("throws the text that its function throws, with where it was", function()
    local ok, caught = pcall(kube.run, function()
      kube.sleep(0.001)
      error("all is lost", 0)
    end)
    assert.is_false(ok)
    assert.equal("all is lost", caught:match("^[^\n]+"))
    assert.truthy(caught:find("driver_spec.lua", 1, true))
  end)

  it("throws even where nothing was thrown but nil", function()
    assert.is_false((pcall(kube.run, function() error() end)))
    assert.equal(1, kube.run(function() return 1 end))
  end)

  it("drops the other tasks when its function throws", function()
    local went_on = false
    assert.is_false((pcall(kube.run, function()
      kube.spawn(function() kube.sleep(0.02); went_on = true end)
      kube.sleep(0.001)
      error("all is lost", 0)
    end)))
    kube.run(function() kube.sleep(0.05) end)
    assert.is_false(went_on)
  end)

  it("does not let a dropped task come back in the next run when its answer arrives", function()
    local went_on, order = false, {}
    assert.is_false((pcall(kube.run, function()
      kube.spawn(function()
        k:get("namespaces", namespace)
        went_on = true
      end)
      kube.sleep(0) -- the other one has sent its request
      error("all is lost", 0)
    end)))
    kube.run(function()
      local other = kube.spawn(function()
        for i = 1, 20 do
          assert(k:get("namespaces", namespace))
          order[i] = i
        end
      end)
      assert(k:get("namespaces", namespace))
      other:join()
    end)
    assert.is_false(went_on)
    assert.equal(20, #order)
  end)

  it("leaves a stream that a dropped task read for the next reader, at once", function()
    local watch = assert(k:watch("configmaps", { namespace = namespace,
      fieldSelector = "metadata.name=later" }))
    collectgarbage("stop") -- the task is still there
    assert.is_false((pcall(kube.run, function()
      kube.spawn(function() watch:next(20) end)
      kube.sleep(0.01)
      error("all is lost", 0)
    end)))
    local event, err = watch:next(0.02)
    collectgarbage("restart")
    assert.is_nil(event)
    assert.is_true(kube.is_timeout(err))
    assert(k:create(config_map("later")))
    assert.equal("later", assert(watch:next(20)).object.metadata.name)
    watch:close()
  end)

  it("ends when all that it spawned have ended", function()
    local ended = 0
    kube.run(function()
      for _ = 1, 3 do
        kube.spawn(function()
          kube.sleep(0.01)
          kube.spawn(function() kube.sleep(0.01); ended = ended + 1 end)
          ended = ended + 1
        end)
      end
    end)
    assert.equal(6, ended)
  end)
end)

describe("kube.spawn", function()
  it("is the programmer's error outside of kube.run", function()
    local ok, message = pcall(kube.spawn, function() end)
    assert.is_false(ok)
    assert.truthy(message:find("call it inside kube.run", 1, true))
  end)

  it("needs a function", function()
    kube.run(function()
      local ok, message = pcall(kube.spawn, "fn")
      assert.is_false(ok)
      assert.truthy(message:find("kube.spawn: a function is needed", 1, true))
    end)
  end)

  it("starts tasks in their order, after the one that spawned them waits", function()
    local order = {}
    kube.run(function()
      for i = 1, 3 do
        kube.spawn(function(name) order[#order + 1] = name end, "task " .. i)
      end
      order[#order + 1] = "main"
    end)
    assert.same({ "main", "task 1", "task 2", "task 3" }, order)
  end)

  it("reports on the standard error stream what a task throws that nobody joins", function()
    local said, status = run_child([[
      local kube = require("kube")
      kube.run(function()
        kube.spawn(function() error("a text") end)
        kube.spawn(function() error(select(2, kube.connect { kubeconfig = "/no/such" })) end)
        kube.sleep(0.01)
        print("main went on")
      end)
    ]])
    assert.equal(0, status)
    assert.truthy(said:find("kube: a spawned task failed: [^\n]*a text\n"), said)
    assert.truthy(said:find("stack traceback", 1, true), said)
    assert.truthy(said:find("kube: a spawned task failed: [^\n]*/no/such[^\n]*%(Config%)"), said)
    assert.truthy(said:find("main went on", 1, true), said)
  end)

  it("does not report what a joiner is given", function()
    local said, status = run_child([[
      local kube = require("kube")
      kube.run(function()
        local task = kube.spawn(function() kube.sleep(0.01) error("a text") end)
        local value, problem = task:join()
        assert(value == nil and problem:find("a text", 1, true))
      end)
    ]])
    assert.equal("", said)
    assert.equal(0, status)
  end)

  it("reports again once the joiner has given up", function()
    local said, status = run_child([[
      local kube = require("kube")
      kube.run(function()
        local task = kube.spawn(function() kube.sleep(0.02) error("a text") end)
        assert(kube.is_timeout(select(2, task:join(0.001))))
      end)
    ]])
    assert.equal(0, status)
    assert.truthy(said:find("kube: a spawned task failed: [^\n]*a text\n"), said)
  end)
end)

describe("a task", function()
  it("gives its results to who joins it, before and after its end", function()
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.005) return 1, nil, 3 end)
      for _ = 1, 2 do
        local a, b, c = task:join()
        assert.equal(1, a)
        assert.is_nil(b)
        assert.equal(3, c)
        assert.equal(3, select("#", task:join()))
      end
    end)
  end)

  it("gives its results to several joiners", function()
    local got = {}
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.005) return "result" end)
      for i = 1, 3 do kube.spawn(function() got[i] = task:join() end) end
    end)
    assert.same({ "result", "result", "result" }, got)
  end)

  it("gives the error table that it throws to who joins it", function()
    kube.run(function()
      local thrown
      local task = kube.spawn(function()
        kube.sleep(0.005)
        thrown = select(2, k:get("pods", "nobody", { namespace = namespace }))
        error(thrown)
      end)
      local value, err = task:join()
      assert.is_nil(value)
      assert.equal(thrown, err)
      assert.is_true(kube.is_not_found(err))
    end)
  end)

  it("is joined for no longer than the time-out", function()
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.1) return "result" end)
      local value, why = task:join(0.005)
      assert.is_nil(value)
      assert.equal("Timeout", why.reason)
      assert.is_true(kube.is_timeout(select(2, task:join(0))))
      assert.equal("result", task:join(20))
    end)
  end)

  it("may be asked for its results after the run", function()
    local task
    kube.run(function() task = kube.spawn(function() return "result" end) end)
    assert.equal("result", task:join())
  end)

  it("that was dropped counts as canceled, and may be canceled without harm", function()
    local task
    pcall(kube.run, function()
      task = kube.spawn(function() kube.sleep(60) end)
      kube.sleep(0.001)
      error("all is lost", 0)
    end)
    task:cancel()
    assert.is_true(kube.is_canceled(select(2, task:join())))
    local _, err = kube.run(function() return task:join() end)
    assert.is_true(kube.is_canceled(err))
  end)

  it("says so when a coroutine inside a task joins, which could never end", function()
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.01) end)
      local ok, message = pcall(coroutine.wrap(function() task:join() end))
      assert.is_false(ok)
      assert.truthy(message:find("not in one inside those", 1, true))
      assert.is_nil((task:join()))
    end)
  end)
end)

describe("cancel", function()
  it("ends a sleep at once", function()
    local value, why
    local started = kube.now()
    kube.run(function()
      local task = kube.spawn(function() value, why = kube.sleep(60) end)
      kube.sleep(0.005)
      task:cancel()
      task:join()
    end)
    assert.is_nil(value)
    assert.equal("Canceled", why.reason)
    assert.is_true(kube.now() - started < 20)
  end)

  it("before a task waits ends its first wait", function()
    local why
    kube.run(function()
      local task = kube.spawn(function() why = select(2, kube.sleep(60)) end)
      task:cancel()
    end)
    assert.equal("Canceled", why.reason)
  end)

  it("ends every later wait as well", function()
    local reasons = {}
    kube.run(function()
      local task = kube.spawn(function()
        for i = 1, 3 do reasons[i] = select(2, kube.sleep(60)).reason end
        local _, err = k:get("namespaces", namespace)
        reasons[4] = err.reason
      end)
      kube.sleep(0.001)
      task:cancel()
    end)
    assert.same({ "Canceled", "Canceled", "Canceled", "Canceled" }, reasons)
  end)

  it("ends a join, and not what is joined", function()
    local why, result
    kube.run(function()
      local slow = kube.spawn(function() kube.sleep(0.02) return "result" end)
      local joiner = kube.spawn(function() why = select(2, slow:join()) end)
      kube.sleep(0.001)
      joiner:cancel()
      result = slow:join()
    end)
    assert.equal("Canceled", why.reason)
    assert.equal("result", result)
  end)

  it("of a task that has ended changes nothing", function()
    kube.run(function()
      local task = kube.spawn(function() return "result" end)
      task:join()
      task:cancel()
      assert.equal("result", task:join())
    end)
  end)

  it("ends a get with a Canceled error, and its connection is closed", function()
    local pods, state = silent_server()
    local err
    kube.run(function()
      local task = kube.spawn(function() err = select(2, pods:get("web-0")) end)
      kube.sleep(0.02)
      task:cancel()
      task:join()
    end)
    assert.is_true(kube.is_canceled(err))
    assert.truthy(err.message:find("/default/pods/web-0: the task was canceled", 1, true))
    assert.equal("closed", state())
  end)

  it("ends a list with a Canceled error, and its connection is closed", function()
    local pods, state = silent_server()
    local err
    kube.run(function()
      local task = kube.spawn(function() err = select(2, pods:list()) end)
      kube.sleep(0.02)
      task:cancel()
    end)
    assert.is_true(kube.is_canceled(err))
    assert.equal("closed", state())
  end)

  it("ends the wait for a watch's next event; closing the watch closes the connection", function()
    local pods, state = silent_server()
    local err
    kube.run(function()
      local watch = pods:watch()
      local task = kube.spawn(function() err = select(2, watch:next()) end)
      kube.sleep(0.02)
      task:cancel()
      task:join()
      watch:close()
    end)
    assert.is_true(kube.is_canceled(err))
    assert.equal("closed", state())
  end)
end)

describe("a stream", function()
  if not yields_in_for then
    it("says what to do instead of a for loop inside kube.run", function()
      assert.error_matches(function()
        kube.run(function() for _ in k:each("namespaces") do end end)
      end, "cannot wait in a for loop inside kube.run: call stream:next%(%) there")
    end)
  end

  it("that another task closes ends for the one that reads it", function()
    local ended, value, err = false, nil, nil
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace,
        fieldSelector = "metadata.name=never" }))
      kube.spawn(function()
        value, err = watch:next(20)
        ended = true
      end)
      kube.sleep(0.02)
      assert.is_false(ended)
      watch:close()
      watch:close()
    end)
    assert.is_true(ended)
    assert.is_nil(value)
    assert.is_nil(err)
  end)

  it("closed in the middle of a list gives nothing more", function()
    for i = 1, 3 do assert(k:create(config_map("middle-" .. i))) end
    local configmaps = k:each("configmaps", { namespace = namespace })
    assert.truthy(configmaps:next())
    configmaps:close()
    assert.is_nil(configmaps:next())
  end)

  it("has one reader at a time", function()
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace,
        fieldSelector = "metadata.name=never" }))
      local reader = kube.spawn(function() watch:next() end)
      kube.sleep(0.01)
      local second = kube.spawn(function() watch:next(20) end)
      local _, problem = second:join()
      assert.truthy(tostring(problem):find("one reader a stream", 1, true))
      watch:close()
      reader:join()
    end)
  end)

  it("goes on after a time-out", function()
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace,
        fieldSelector = "metadata.name=after" }))
      local event, err = watch:next(0.02)
      assert.is_nil(event)
      assert.is_true(kube.is_timeout(err))
      assert(k:create(config_map("after")))
      event = assert(watch:next(20))
      assert.equal("ADDED", event.type)
      assert.equal("after", event.object.metadata.name)
      watch:close()
    end)
  end)

  if yields_in_for then
    it("is read by for inside kube.run, where this Lua can yield there", function()
      local names = kube.run(function()
        local found = {}
        for namespaces in k:each("namespaces") do found[namespaces.metadata.name] = true end
        return found
      end)
      assert.is_true(names[namespace])
      assert.is_true(names.default)
    end)
  end

  it("is read by for outside of kube.run", function()
    local found
    for one in k:each("namespaces") do
      if one.metadata.name == namespace then found = true end
    end
    assert.is_true(found)
  end)
end)

describe("a client", function()
  it("made outside of kube.run works inside, and the reverse", function()
    local outside = cluster.connect()
    assert.equal(namespace, kube.run(function()
      return assert(outside:get("ns", namespace)).metadata.name
    end))
    assert.equal(namespace, assert(outside:get("ns", namespace)).metadata.name)
    local inside = kube.run(function()
      local made = cluster.connect()
      assert(made:get("ns", namespace))
      return made
    end)
    assert.equal(namespace, assert(inside:get("ns", namespace)).metadata.name)
  end)

  it("has streams that may be begun outside and read on inside, and the reverse", function()
    local first, second = k:each("namespaces", { limit = 1 }), nil
    local names = { assert(first:next()).metadata.name }
    kube.run(function()
      names[2] = assert(first:next()).metadata.name
      second = k:each("namespaces", { limit = 1 })
      assert.equal(names[1], assert(second:next()).metadata.name)
    end)
    assert.equal(names[2], assert(second:next()).metadata.name)
    first:close()
    second:close()
  end)
end)

describe("a coroutine inside a task", function()
  it("waits in place: a generator may read from the server", function()
    local seen = {}
    kube.run(function()
      local generator = coroutine.wrap(function()
        for _, kind in ipairs { "namespaces", "nodes" } do
          local stream = k:each(kind)
          local object = assert(stream:next(20))
          while object do
            coroutine.yield(object)
            object = stream:next(20)
          end
        end
      end)
      local object = generator()
      while object do
        seen[object.kind] = (seen[object.kind] or 0) + 1
        object = generator()
      end
    end)
    assert.equal(2, seen.Node)
    assert.is_true(seen.Namespace >= 4)
  end)

  it("does not cost its neighbours their answers", function()
    local answers = 0
    kube.run(function()
      for _ = 1, 20 do
        kube.spawn(function()
          assert(k:get("namespaces", namespace, { timeout = 20 }))
          answers = answers + 1
        end)
      end
      kube.sleep(0)
      coroutine.wrap(function()
        kube.sleep(0.02)
        for _ = 1, 5 do assert(k:get("namespaces", namespace)) end
      end)()
    end)
    assert.equal(20, answers)
  end)
end)

describe("time", function()
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

describe("many tasks at once", function()
  local ROUNDS, GETS, WATCHES = 20, 160, 40

  it("all end: gets and watches mixed, over and over", function()
    assert(k:create(config_map("watched")))
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
          local big = config_map("big-" .. i, data)
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
    local said, status = run_child(string.format([[
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
