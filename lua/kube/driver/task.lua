--- Tasks: functions that run beside others, whichever loop resumes them.
--
-- What a task throws, task:join gives; where nobody waits there at that moment, it is reported: to
-- stderr, nginx's error log, Neovim's messages. A task that was spawned inside another one lies in
-- it: canceling that one, or its deadline, reaches it too, also when that one has ended.
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local scope = require("kube.driver.scope")
local waiter = require("kube.driver.waiter")
local yields = require("kube.driver.yields")

local task = {}

-- The tasks of one kube.run are a group:
--
--   | field  |                                                              |
--   |--------|--------------------------------------------------------------|
--   | main   | the first of them                                            |
--   | live   | how many have not ended                                      |
--   | failed | the main one threw: the others are dropped, or canceled      |
--   | ended  | kube.run has returned                                        |
--   | waiter | where kube.run waits, if a loop of somebody else's runs them |

local Task = {}
Task.__index = Task

local unpack = table.unpack or unpack

local function pack(...) return { n = select("#", ...), ... } end

-- ---- the end of a task ----

local function text_of(problem)
  local plain = type(problem) == "table" and getmetatable(problem) == nil
  if plain and type(problem.message) == "string" then return problem.message end
  local ok, text = pcall(tostring, problem)
  return ok and text or "a " .. type(problem) .. " that cannot be printed"
end

--- That a canceled task says so is no news. Whatever happens to a report, the task has ended.
local function report(self)
  if self.scope.canceled and errors.predicates.is_canceled(self.problem) then return end
  pcall(self.scope.driver.report, "kube: a spawned task failed: " .. text_of(self.problem))
end

--- Whether somebody waits in a task:join for it; with is_one, one for whom is_one(waiter) is true.
local function is_joined(self, is_one)
  for _, joiner in ipairs(self.joiners) do
    if joiner:is_waiting() and (not is_one or is_one(joiner)) then return true end
  end
  return false
end

--- Whether somebody waits for the end of a task for whom is_one(waiter) is true: who joins it, or
-- runs the group it belongs to.
function task.is_awaited(self, is_one)
  local group = self.scope.group
  local runs_it = group and group.waiter
  return runs_it and runs_it:is_waiting() and is_one(runs_it) or is_joined(self, is_one)
end

--- Whether somebody waits to hear what a task threw: kube.run, or one who joins it.
local function is_heard(self)
  local group = self.scope.group
  return group and group.main == self or is_joined(self)
end

local function leave_group(self)
  local group = self.scope.group
  if not group then return end
  group.live = group.live - 1
  if group.waiter and task.is_over(group) then group.waiter:wake() end
end

--- Notes how the function of a task ended: ok, and what it returned or threw.
function Task:finish(ok, ...)
  self.done = true
  self.scope:close()
  if ok then
    self.results = pack(...)
  else
    self.problem = (...)
    if self.problem == nil then self.problem = "error(nil)" end
    if not is_heard(self) then report(self) end
  end
  leave_group(self)
  for _, joiner in ipairs(self.joiners) do joiner:wake() end
end

--- Adds where a text was thrown, while the stack is still there.
local function with_traceback(problem)
  if type(problem) ~= "string" then return problem end
  return debug.traceback(problem, 2)
end

--- A pcall that can yield in PUC 5.1: the function runs in a coroutine of its own, and whatever it
-- yields is yielded here.
local function drive(thread, ...)
  local results = pack(coroutine.resume(thread, ...))
  if coroutine.status(thread) == "dead" then
    if not results[1] and type(results[2]) == "string" then
      results[2] = debug.traceback(thread, results[2])
    end
    return results
  end
  return drive(thread, coroutine.yield(unpack(results, 2, results.n)))
end

--- Runs the function of a task to its end in the coroutine that somebody else's loop made for it.
function Task:run()
  local fn, arguments = self.fn, self.arguments
  self.fn, self.arguments = nil, nil
  if yields then
    scope.enter(self.scope)
    self:finish(xpcall(function() return fn(unpack(arguments, 1, arguments.n)) end,
      with_traceback))
    return scope.enter(nil) -- the host may run other code in this coroutine
  end
  local thread = coroutine.create(fn)
  scope.enter(self.scope, thread)
  local results = drive(thread, unpack(arguments, 1, arguments.n))
  self:finish(unpack(results, 1, results.n))
end

-- ---- the beginning ----

local function new_task(driver, outer, group, fn, ...)
  local new = setmetatable({
    fn = fn, arguments = pack(...), joiners = {}, scope = scope.new(outer, driver),
  }, Task)
  new.scope.group, new.scope.owner = group, new
  return new
end

local function start(new)
  local group = new.scope.group
  local ok, err = new.scope.driver.start(new)
  if not ok then
    new.scope:close()
    return nil, err
  end
  if group then group.live = group.live + 1 end -- it will end
  return new
end

--- Starts fn(...) as a task of a driver: task | nil, err (the host cannot run one).
function task.spawn(driver, fn, ...)
  local outer = scope.current()
  return start(new_task(driver, outer, outer and outer.group, fn, ...))
end

-- ---- what users see ----

local function remove(list, value)
  for i = #list, 1, -1 do
    if list[i] == value then table.remove(list, i) end
  end
end

--- Waits until the task has ended.
-- @param timeout  seconds, or nil for ever
-- @return what its function returned | nil, what it threw | nil, err (reason Timeout; Canceled:
--   the task that waits was, or the one waited for was dropped because the main one threw;
--   CannotWait: not here)
function Task:join(timeout)
  if timeout ~= nil then options.check_type(timeout, "number", "task:join: the timeout") end
  local driver, inside = require("kube.driver").current(), scope.current()
  local deadline = timeout and driver.now() + timeout
  if inside and inside.owner == self then
    error("task:join: a task cannot wait for its own end", 2)
  end
  while not self.done do
    local group = self.scope.group
    if group and (group.failed or group.ended) then
      return nil, errors.from_wait("canceled", "task:join")
    end
    if driver.in_place then
      error("task:join: it would wait in place, and the task could not go on: call it in a task, "
        .. "or in a coroutine of the loop that runs it (cq:wrap), not in one inside those", 2)
    end
    local joiner = waiter.new(driver)
    self.joiners[#self.joiners + 1] = joiner
    local ok, why = joiner:wait(deadline)
    if not ok then
      remove(self.joiners, joiner) -- or an error would be kept for someone who has gone
      return nil, errors.from_wait(why, "task:join")
    end
  end
  if self.results then return unpack(self.results, 1, self.results.n) end
  return nil, self.problem
end

--- Asks the task to end, and all that it has spawned: whatever they wait for, now or later, gives
-- nil and a Canceled error; what had come before, but was not taken yet, is given still.
function Task:cancel() self.scope:cancel() end

-- ---- kube.run ----

--- Whether a group has come to its end.
function task.is_over(group)
  return group.main ~= nil and (group.live == 0 or group.main.problem ~= nil)
end

--- Waits in a coroutine of somebody else's loop until the group is over: a driver's drive.
function task.wait_for_group(driver, group, begin)
  local ok, err = waiter.may_wait(driver)
  if not ok then return nil, err end
  group.waiter = waiter.new(driver)
  group.waiter.regardless = true -- a cancellation reaches its tasks, and they end
  ok, err = begin()
  if not ok then return nil, err end
  while not task.is_over(group) do
    ok, err = group.waiter:wait()
    if not ok then return nil, err end
  end
  return true
end

--- Runs fn(...) as the main task of a group, and returns what it returns once all have ended | nil,
-- err. What it throws is thrown from here; the others are dropped then.
function task.run(driver, fn, ...)
  local group = { live = 0 }
  local main = new_task(driver, scope.current(), group, fn, ...)
  local function begin()
    group.main = main
    return start(main)
  end
  local ok, err = driver.drive(group, begin)
  group.ended = true
  if main.problem ~= nil then
    group.failed = true
    main.scope:cancel()
    error(main.problem, 0)
  end
  if not ok then return nil, err end
  return unpack(main.results, 1, main.results.n)
end

-- ---- deadlines ----

--- fn(...) in a task of its own: for a Lua that cannot yield out of a pcall.
local function in_a_task(driver, deadline, fn, ...)
  local outer = scope.current()
  local new = new_task(driver, outer, outer and outer.group, fn, ...)
  if not (new.scope.deadline and new.scope.deadline < deadline) then
    new.scope.deadline = deadline
  end
  new.scope.owner = outer and outer.owner
  local joiner = waiter.new(driver)
  joiner.regardless = true -- it ends soon after it must
  new.joiners[1] = joiner
  local ok, err = start(new)
  if not ok then return nil, err end
  ok, err = joiner:wait()
  if not ok then return nil, err end
  if new.problem ~= nil then error(new.problem, 0) end
  return unpack(new.results, 1, new.results.n)
end

--- Calls fn(...), in which no wait lasts longer than to a deadline: what it returns.
function task.with_deadline(driver, deadline, fn, ...)
  if not driver.in_place and not yields then
    return in_a_task(driver, deadline, fn, ...)
  end
  local inner = scope.new(scope.current(), driver, deadline)
  if driver.drops_coroutines then inner.frame = scope.within end
  return scope.within(inner, fn, ...)
end

return task
