--- kube.with_timeout: no wait in it lasts longer, whatever is waited for; inside of another one the
-- earlier of both counts.
local kube = require("kube")

local function case(name, run, alone) return { name = name, run = run, alone = alone } end

--- Runs fn, which must take at least and at most so many seconds.
local function takes(least, most, fn, ...)
  local before = kube.now()
  local function check(...)
    local took = kube.now() - before
    if took < least - 0.002 then error("it took only " .. took .. " s", 3) end
    if took > most then error("it took " .. took .. " s", 3) end
    return ...
  end
  return check(fn(...))
end

local SOON = 5 -- seconds: at once, on a busy machine

local function read_all(stream)
  local n = 0
  while true do
    local object, err = stream:next()
    if not object then return n, err end
    n = n + 1
  end
end

--- Deadlines end the reading of a stream that never has to wait. On a busy machine nothing may come
-- in the time of one: so they follow each other until one of them came amid many objects.
local function deadlines_end(world, stream)
  world.eventually("a deadline amid many objects", function()
    local n, err = takes(0, SOON, kube.with_timeout, 0.05, read_all, stream)
    world.fails("Timeout", nil, err)
    return n > 10
  end)
  stream:close()
end

return {
  case("a deadline ends each kind of wait", function(world)
    local waits = {
      sleep = function() return kube.sleep(60) end,
      get = function() return world.pods("silent"):get("slowly") end,
      list = function() return world.pods("silent"):list() end,
      each = function() return world.pods("silent"):each():next() end,
      watch = function() return world.pods("silent"):watch():next() end,
      patient = function() return world.pods("silent"):watch():next(60) end,
    }
    for name, wait in pairs(waits) do
      local result, err = takes(0.01, SOON, kube.with_timeout, 0.01, wait)
      if result ~= nil or not kube.is_timeout(err) then
        error(name .. ": " .. tostring(result) .. " " .. tostring(err))
      end
    end
  end, true),

  case("a deadline ends a join, and what was spawned inside", function(world)
    local reason, inner
    local endless = assert(kube.spawn(function() kube.sleep(60) end))
    takes(0.01, SOON, kube.with_timeout, 0.01, function()
      inner = assert(kube.spawn(function() reason = select(2, kube.sleep(60)).reason end))
      world.fails("Timeout", endless:join())
      world.fails("Timeout", endless:join(60))
    end)
    endless:cancel()
    world.finish { { what = "the inner task", task = inner } }
    world.equal("Timeout", reason, "the inner task's sleep")
  end),

  case("what was spawned inside keeps the deadline after with_timeout has returned", function(world)
    local reason
    local task = kube.with_timeout(0.02, function()
      return assert(kube.spawn(function()
        assert(kube.spawn(function() reason = select(2, kube.sleep(60)).reason end)):join()
      end))
    end)
    world.finish { { what = "the task", task = task } }
    world.equal("Timeout", reason)
    assert(kube.sleep(0.001)) -- the one who called it is free
  end),

  case("what it returns comes back, nil among it, and what it throws is thrown", function(world)
    local function results(...) return select("#", ...), ... end
    local n, first, second = results(kube.with_timeout(5, function(...)
      kube.sleep(0)
      return ..., nil
    end, "a"))
    world.equal(2, n, "results")
    world.equal("a", first)
    world.equal(nil, second)
    world.equal(0, (results(kube.with_timeout(5, function() end))))
    local thrown = {}
    local function throw() kube.with_timeout(5, function() error(thrown) end) end
    local ok, problem
    if world.host_has_tasks then ok, problem = world.try(throw) else ok, problem = pcall(throw) end
    world.equal(false, ok, "the call")
    world.equal(thrown, problem, "what was thrown")
    assert(kube.sleep(0.001)) -- no deadline is left behind
  end, true),

  case("one inside another one: the earlier counts, whichever it is", function(world)
    takes(0.01, SOON, kube.with_timeout, 0.01, function()
      world.fails("Timeout", kube.with_timeout(60, kube.sleep, 60))
      world.fails("Timeout", kube.sleep(60)) -- the outer one is over, too
    end)
    takes(0.01, SOON, kube.with_timeout, 60, function()
      world.fails("Timeout", kube.with_timeout(0.01, kube.sleep, 60))
      assert(kube.sleep(0.002)) -- the outer one is not
    end)
    assert(kube.sleep(0.002))
  end, true),

  case("a deadline that is over already, and one that never comes", function(world)
    for _, seconds in ipairs { 0, -1 } do
      takes(0, SOON, kube.with_timeout, seconds, function()
        world.fails("Timeout", kube.sleep(60))
        world.fails("Timeout", kube.sleep(0))
        world.fails("Timeout", world.pods("silent"):list())
        world.fails("Timeout", world.pods("silent"):watch():next())
      end)
    end
    for _, seconds in ipairs { 1e9, 1e300, math.huge } do
      kube.with_timeout(seconds, function()
        assert(kube.sleep(0.001))
        world.equal(world.LENGTH, #assert(world.pods("slow"):list()).items, "objects")
      end)
    end
  end, true),

  case("a number that is none is refused", function(world)
    local nan = 0 / 0
    for _, fn in ipairs {
      function() kube.sleep(nan) end,
      function() kube.with_timeout(nan, function() end) end,
      function() world.pods("silent"):watch():next(nan) end,
    } do
      local ok, problem = pcall(fn)
      world.equal(false, ok, "the call")
      assert(tostring(problem):find("number", 1, true), problem)
    end
  end, true),

  case("very long sleeps, which are canceled", function(world)
    local tasks = {}
    for i, seconds in ipairs { 1e7, 1e10, 1e300, math.huge } do
      tasks[i] = world.start("sleep " .. seconds, function()
        local ok, err = kube.sleep(seconds)
        return ok == nil and err.reason
      end)
    end
    kube.sleep(0.003)
    for _, entry in ipairs(tasks) do entry.task:cancel() end
    for _, reason in ipairs(world.finish(tasks)) do world.equal("Canceled", reason) end
  end),

  case("a deadline ends a list in its middle, a slow one and a fast one", function(world)
    local n, err = kube.with_timeout(0.004, function()
      return read_all(world.pods("slow"):each())
    end)
    assert(n <= world.LENGTH, n)
    if err then world.fails("Timeout", nil, err) else world.equal(world.LENGTH, n) end
    deadlines_end(world, world.pods("endless"):each())
  end, true),

  case("a deadline ends a watch that never has to wait", function(world)
    deadlines_end(world, world.pods("torrent"):watch())
  end, true),

  case("cancel ends a watch that never has to wait", function(world)
    local n, event, err = 0, nil, nil
    local task = world.start("the reader", function()
      local watch = world.pods("torrent"):watch()
      repeat
        event, err = watch:next()
        n = n + 1
      until not event
    end)
    world.eventually("some events", function() return n > 10 end)
    task.task:cancel()
    world.finish { task }
    world.fails("Canceled", event, err)
  end),

  case("a stream out of time goes on afterwards where it was", function(world)
    local list, n = world.pods("slow"):each(), 0
    local deadline = kube.now() + world.PATIENCE
    while kube.now() < deadline do
      local object, err = kube.with_timeout(0.001, function() return list:next() end)
      if object then
        n = n + 1
        world.equal("pod-" .. n, object.metadata.name)
      elseif err then
        world.fails("Timeout", nil, err)
      else
        break
      end
    end
    world.equal(world.LENGTH, n, "objects")
  end, true),
}
