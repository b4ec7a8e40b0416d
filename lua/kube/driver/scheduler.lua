--- Who can run, and who sleeps until when: the part that drivers share which resume coroutines
-- themselves (loop, luv).
--
-- A fiber is a coroutine as the scheduler knows it: a task's, or one of the user's in which a call
-- waits.
--
--   | field     |                                                                |
--   |-----------|----------------------------------------------------------------|
--   | thread    | the coroutine                                                  |
--   | task      | whose it is; nil for a user's own                              |
--   | queued    | it stands in the queue                                         |
--   | scheduler | that knows it                                                  |
local scope = require("kube.driver.scope")
local timers = require("kube.driver.timers")

local scheduler = {}

local Scheduler = {}
Scheduler.__index = Scheduler

local unpack = table.unpack or unpack

-- coroutine -> fiber. Weak both ways: a scheduler holds those that can run and those that wait.
local fibers = setmetatable({}, { __mode = "kv" })

--- A scheduler.
-- @param notify  function () called when there is something new to run or to wait for; may be nil
function scheduler.new(notify)
  return setmetatable({
    queue = {}, first = 1, last = 0, -- fibers that can run
    parked = {}, -- a set of those that wait here, and nowhere else
    timers = timers.new(), -- until when
    notify = notify or function() end,
  }, Scheduler)
end

--- Puts a fiber at the end of the queue of those that can run. One of a scheduler that has ended
-- stays where it is.
function Scheduler:ready(fiber)
  if fiber.queued or fiber.scheduler ~= self then return end
  self.queue[self.last + 1] = fiber -- first: without memory for it nothing changes
  self.last, fiber.queued = self.last + 1, true
  self.notify()
end

local function new_fiber(self, thread, task)
  local fiber = { thread = thread, task = task, scheduler = self }
  fibers[thread] = fiber
  return fiber
end

--- Starts a task: true.
function Scheduler:start(task)
  local thread = coroutine.create(task.fn)
  local fiber = new_fiber(self, thread, task)
  scope.enter(task.scope, thread)
  self:ready(fiber)
  return true
end

--- The fiber of the code that asks.
local function here(self)
  local thread = coroutine.running()
  local fiber = fibers[thread]
  if fiber and fiber.scheduler == self then return fiber end
  return new_fiber(self, thread)
end

--- Gives up control. Whoever resumes a coroutine of his own gets past this as well.
local function yield(self, fiber)
  self.parked[fiber] = true
  self.notify()
  coroutine.yield()
  self.parked[fiber] = nil
end

--- Lets the others run until the waiter is woken, at `deadline` at the latest.
function Scheduler:park(waiter, deadline)
  local fiber = here(self)
  local alarm = deadline and self.timers:add(deadline, fiber)
  waiter.fiber = fiber
  yield(self, fiber)
  waiter.fiber = nil
  if alarm then self.timers:remove(alarm) end
  return true
end

--- The waiter was woken: who waits in it can run.
function Scheduler:unpark(waiter)
  if waiter.fiber then self:ready(waiter.fiber) end
end

--- Lets all who can run do so before the code that asks goes on.
function Scheduler:yield()
  local fiber = here(self)
  self:ready(fiber)
  yield(self, fiber)
end

--- What a coroutine threw, with where that was, if it is a text.
local function problem_of(fiber, problem)
  if type(problem) ~= "string" then return problem end
  return debug.traceback(fiber.thread, problem)
end

--- A coroutine gave up control: was that its end?
local function went(self, fiber, ok, ...)
  local task = fiber.task
  if coroutine.status(fiber.thread) ~= "dead" then return end
  self.parked[fiber] = nil
  if task then
    if ok then return task:finish(true, ...) end
    task:finish(false, problem_of(fiber, (...)))
  elseif not ok then
    self.report("kube: a coroutine failed: " .. tostring(problem_of(fiber, (...))))
  end
end

local function resume(self, fiber)
  local task = fiber.task
  fiber.queued = false
  if self.parked[fiber] then
    went(self, fiber, coroutine.resume(fiber.thread))
  elseif task and task.arguments then
    local arguments = task.arguments
    task.fn, task.arguments = nil, nil
    went(self, fiber, coroutine.resume(fiber.thread, unpack(arguments, 1, arguments.n)))
  end
end

--- Runs those that can run now; what they make ready waits for the next turn.
-- @param is_over  function (group) -> whether to stop after one of them; may be nil
function Scheduler:turn(is_over, group)
  local last = self.last
  while self.first <= last and not (is_over and is_over(group)) do
    local fiber = self.queue[self.first]
    self.queue[self.first] = nil
    self.first = self.first + 1
    resume(self, fiber)
  end
end

--- Whether somebody can run.
function Scheduler:has_work() return self.first <= self.last end

--- Whether somebody waits here.
function Scheduler:is_awaited() return next(self.parked) ~= nil end

--- Lets those run whose time has come by `now`.
function Scheduler:wake_sleepers(now)
  local fiber = self.timers:take(now)
  while fiber do
    if self.parked[fiber] then self:ready(fiber) end
    fiber = self.timers:take(now)
  end
end

--- Seconds until the next one wants to be woken; nil for ever.
function Scheduler:time_left(now)
  local due = self.timers:next_due()
  return due and math.max(0, due - now)
end

return scheduler
