--- Tasks: what they throw is given to who joins them or reported, once and never lost; canceling
-- one reaches all that it has spawned, and nobody else.
local kube = require("kube")

--- A task that waits until it is canceled: what its wait gave.
local function wait_for_cancel(into, key)
  return assert(kube.spawn(function()
    local _, err = kube.sleep(60)
    into[key] = err and err.reason or "woke"
  end))
end

local function case(name, run) return { name = name, run = run } end

return {
  case("what a spawned function throws is reported, once", function(world)
    local text, table_text, late = world.marker(), world.marker(), world.marker()
    assert(kube.spawn(function() error(text) end))
    assert(kube.spawn(function()
      error(setmetatable({}, { __tostring = function() return table_text end }))
    end))
    assert(kube.spawn(function()
      kube.sleep(0.002)
      world.pods("short"):get("one")
      error(late, 0)
    end))
    for _, marker in ipairs { text, table_text, late } do world.reported_once(marker) end
  end),

  case("what a task throws where a task has spawned it is reported, once", function(world)
    local marker = world.marker()
    assert(kube.spawn(function()
      assert(kube.spawn(function()
        kube.sleep(0.001)
        kube.with_timeout(1, function()
          kube.sleep(0)
          error(marker)
        end)
      end))
    end))
    world.reported_once(marker)
  end),

  case("what is given to who joins is not reported, and the same for each of them", function(world)
    local marker, thrown = world.marker(), {}
    local task = assert(kube.spawn(function()
      kube.sleep(0.003)
      error(setmetatable(thrown, { __tostring = function() return marker end }))
    end))
    local joiners = {}
    for i = 1, 3 do
      joiners[i] = world.start("joiner " .. i, function()
        local result, problem = task:join()
        return result == nil and problem == thrown
      end)
    end
    for _, same in ipairs(world.finish(joiners)) do world.equal(true, same, "what was thrown") end
    world.equal(thrown, select(2, task:join()), "later")
    kube.sleep(0.01)
    world.equal(0, world.reported(marker), "reports")
  end),

  case("what a task throws whose joiner has given up is reported, once", function(world)
    local timed, canceled, deadline = world.marker(), world.marker(), world.marker()
    local all_gave_up = false
    local function failing(marker)
      return assert(kube.spawn(function()
        while not all_gave_up do kube.sleep(0.001) end
        error(marker)
      end))
    end
    world.fails("Timeout", failing(timed):join(0.001))
    local task = failing(canceled)
    local joiner = assert(kube.spawn(function() return task:join() end))
    kube.sleep(0.001)
    joiner:cancel()
    world.fails("Canceled", joiner:join())
    local last = failing(deadline)
    world.fails("Timeout", kube.with_timeout(0.001, function() return last:join() end))
    all_gave_up = true
    for _, marker in ipairs { timed, canceled, deadline } do world.reported_once(marker) end
  end),

  case("a task gives all that its function returns, nil among it", function(world)
    local task = assert(kube.spawn(function(...)
      kube.sleep(0)
      return ...
    end, nil, 2, nil))
    local n = select("#", task:join())
    world.equal(3, n, "results")
    world.equal(2, (select(2, task:join())))
    world.equal(0, select("#", assert(kube.spawn(function() end)):join()), "results of nothing")
  end),

  case("a task that cancels itself ends with its next wait, whatever that is", function(world)
    local task
    local reasons = {}
    task = assert(kube.spawn(function()
      kube.sleep(0)
      task:cancel()
      local waits = {
        function() return kube.sleep(60) end,
        function() return kube.sleep(0) end,
        function() return world.pods("short"):get("one") end,
        function() return world.pods("short"):list() end,
        function() return world.pods("silent"):watch():next() end,
        function() return assert(kube.spawn(function() return kube.sleep(60) end)):join() end,
        function() return kube.with_timeout(60, kube.sleep, 60) end,
      }
      for i, wait in ipairs(waits) do
        local result, err = wait()
        reasons[i] = result == nil and err and err.reason or "none"
      end
      return #waits
    end))
    world.equal(7, task:join(world.PATIENCE))
    world.equal("Canceled Canceled Canceled Canceled Canceled Canceled Canceled",
      table.concat(reasons, " "))
  end),

  case("cancel reaches what the task has spawned, however deep, and nobody else", function(world)
    local ended, tasks = {}, {}
    local beside = wait_for_cancel(ended, "beside")
    local parent = assert(kube.spawn(function()
      tasks.child = assert(kube.spawn(function()
        kube.with_timeout(60, function()
          tasks.grandchild = wait_for_cancel(ended, "grandchild")
        end)
        local _, err = kube.sleep(60)
        ended.child = err.reason
      end))
      local _, err = kube.sleep(60)
      ended.parent = err.reason
    end))
    world.eventually("the grandchild", function() return tasks.grandchild end)
    parent:cancel()
    world.finish {
      { what = "the parent", task = parent }, { what = "the child", task = tasks.child },
      { what = "the grandchild", task = tasks.grandchild },
    }
    for _, who in ipairs { "parent", "child", "grandchild" } do
      world.equal("Canceled", ended[who], who)
    end
    world.equal(nil, ended.beside, "beside")
    beside:cancel()
    world.finish { { what = "the one beside", task = beside } }
  end),

  case("cancel reaches those whose parents have ended long before", function(world)
    local ended, tasks = {}, {}
    local root = assert(kube.spawn(function()
      assert(kube.spawn(function()
        assert(kube.spawn(function()
          kube.with_timeout(60, function() tasks.deep = wait_for_cancel(ended, "deep") end)
        end))
        kube.sleep(0.001)
      end))
      kube.sleep(60)
    end))
    world.eventually("the deep one", function() return tasks.deep end)
    kube.sleep(0.005)
    collectgarbage()
    collectgarbage()
    root:cancel()
    world.finish { { what = "the deep one", task = tasks.deep }, { what = "root", task = root } }
    world.equal("Canceled", ended.deep)
  end),

  case("cancel of one that has ended reaches what it has spawned", function(world)
    local ended, tasks = {}, {}
    local root = assert(kube.spawn(function() tasks.child = wait_for_cancel(ended, "child") end))
    root:join()
    collectgarbage()
    root:cancel()
    world.finish { { what = "the child", task = tasks.child } }
    world.equal("Canceled", ended.child)
  end),

  case("a child cancels its parent, and with it itself", function(world)
    local reasons, parent = {}, nil
    parent = assert(kube.spawn(function()
      local child = assert(kube.spawn(function()
        kube.sleep(0.001)
        parent:cancel()
        reasons.child = select(2, kube.sleep(60)).reason
      end))
      local _, err = child:join() -- both end at the same time
      assert(err == nil or kube.is_canceled(err), err)
      reasons.parent = select(2, kube.sleep(60)).reason
      return child
    end))
    local child = parent:join(world.PATIENCE)
    world.finish { { what = "the child", task = child } }
    world.equal("Canceled", reasons.child, "the child")
    world.equal("Canceled", reasons.parent, "the parent")
  end),

  case("a task spawned by one that was canceled is canceled", function(world)
    local reason
    local task = assert(kube.spawn(function()
      kube.sleep(60)
      return assert(kube.spawn(function()
        reason = select(2, kube.sleep(60)).reason
      end))
    end))
    kube.sleep(0.001)
    task:cancel()
    world.finish { { what = "the late child", task = assert(task:join(world.PATIENCE)) } }
    world.equal("Canceled", reason)
  end),

  case("cancel before the task has begun, and twice", function(world)
    local reason
    local task = assert(kube.spawn(function()
      reason = select(2, kube.sleep(60)).reason
      return "ended"
    end))
    task:cancel()
    task:cancel()
    world.equal("ended", task:join(world.PATIENCE))
    world.equal("Canceled", reason)
    task:cancel()
    world.equal("ended", task:join(), "again")
  end),

  case("a chain of tasks, each spawned by the one before, needs no more memory as it grows",
    function(world)
      local n, done = 0, false
      local function link()
        n = n + 1
        if n % 500 == 0 then kube.sleep(0) end
        if n < 6000 then assert(kube.spawn(link)) else done = true end
      end
      collectgarbage()
      collectgarbage()
      local before = collectgarbage("count")
      assert(kube.spawn(link))
      world.eventually("the last link", function() return done end)
      collectgarbage()
      collectgarbage()
      local grown = collectgarbage("count") - before
      assert(grown < 800, grown .. " KB more")
    end),

  case("join gives up after its time, and takes none where the task has ended", function(world)
    local task = assert(kube.spawn(function()
      kube.sleep(0.05)
      return "late"
    end))
    world.fails("Timeout", task:join(0))
    world.fails("Timeout", task:join(0.002))
    world.equal("late", task:join(world.PATIENCE))
    world.equal("late", task:join(0))
  end),

  case("a task that joins itself is told that it would never end", function(world)
    local task, plain, inside
    task = assert(kube.spawn(function()
      kube.sleep(0)
      plain = select(2, pcall(task.join, task))
      inside = select(2, kube.with_timeout(5, function() return pcall(task.join, task) end))
      return "ended"
    end))
    world.equal("ended", task:join(world.PATIENCE))
    for _, problem in ipairs { plain, inside } do
      assert(tostring(problem):find("cannot wait for its own end", 1, true), problem)
    end
  end),

  case("what cannot be printed is reported as what it is, and the task has ended", function(world)
    local before = world.reported("a table that cannot be printed")
    local task = assert(kube.spawn(function()
      error(setmetatable({}, { __tostring = function() error("no text") end }))
    end))
    world.eventually("the report", function()
      return world.reported("a table that cannot be printed") == before + 1
    end)
    world.equal("table", type(select(2, task:join(world.PATIENCE))), "what was thrown")
  end),

  case("a coroutine inside a task may read from the server: a generator", function(world)
    local tasks = {}
    for i = 1, 3 do
      tasks[i] = world.start("the task", function()
        local list = world.pods("slow"):each()
        local generator = coroutine.wrap(function()
          while true do
            local object, err = list:next(world.PATIENCE)
            assert(not err, err)
            if not object then return nil end
            coroutine.yield(object)
          end
        end)
        local n = 0
        while generator() do n = n + 1 end
        return n
      end)
    end
    for _, n in ipairs(world.finish(tasks)) do world.equal(world.LENGTH, n, "objects") end
  end),

  case("kube.run: what its main function throws is thrown, and the others are not left behind",
    function(world)
      if not world.can_run() then return end
      local thrown, others = {}, {}
      local ok, problem = world.try(function()
        kube.run(function()
          for i = 1, 3 do
            others[i] = assert(kube.spawn(function() others.woke = kube.sleep(60) end))
          end
          kube.sleep(0.001)
          error(thrown)
        end)
      end)
      world.equal(false, ok, "the run")
      world.equal(thrown, problem, "what was thrown")
      for i = 1, 3 do
        local _, err = others[i]:join(world.PATIENCE)
        assert(err == nil or kube.is_canceled(err), err)
      end
      world.equal(nil, others.woke, "another task")
    end),

  case("kube.run returns when all that it spawned has ended", function(world)
    if not world.can_run() then return end
    local ended = 0
    local results = { kube.run(function(...)
      for i = 1, 5 do
        assert(kube.spawn(function()
          kube.sleep(i / 1000)
          assert(kube.spawn(function()
            kube.sleep(0.002)
            ended = ended + 1
          end))
        end))
      end
      return ...
    end, 1, nil, 3) }
    world.equal(5, ended, "tasks that ended")
    world.equal(3, results[3], "results")
  end),
}
