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
--   | parked    | it waits here, and nowhere else: it may be resumed             |
--   | queued    | it stands in the queue                                         |
--   | alarm     | the earliest deadline of it among the timers; nil              |
--   | scheduler | that knows it                                                  |
local scope = require("kube.driver.scope")
local timers = require("kube.driver.timers")

local scheduler = {}

local Scheduler = {}
Scheduler.__index = Scheduler

local unpack = table.unpack or unpack

-- coroutine -> fiber. Weak both ways: tasks are held by their scheduler, whatever sleeps by its
-- timer.
local fibers = setmetatable({}, { __mode = "kv" })

--- A scheduler.
-- @param notify  function () called when somebody can run who could not; may be nil
function scheduler.new(notify)
  return setmetatable({
    tasks = {}, -- fibers of those that have not ended; this alone keeps one that waits alive
    queue = {}, first = 1, last = 0, -- those that can run
    timers = timers.new(), -- those that wait with a deadline
    parked = 0, -- how many wait here
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
  self.tasks[fiber] = true
  self:ready(fiber)
  return true
end

--- Lets the others run until the waiter is woken, at `deadline` at the latest. A timer that is due
-- earlier will do: who waits looks at the clock himself, and waits again.
function Scheduler:park(waiter, deadline)
  local thread = coroutine.running()
  local fiber = fibers[thread]
  if not fiber or fiber.scheduler ~= self then fiber = new_fiber(self, thread) end
  if deadline and not (fiber.alarm and fiber.alarm <= deadline) then
    self.timers:add(deadline, fiber)
    fiber.alarm = deadline
  end
  waiter.fiber, fiber.parked = fiber, true
  self.parked = self.parked + 1
  coroutine.yield()
  waiter.fiber = nil
  return true
end

--- The waiter was woken: who waits in it can run.
function Scheduler:unpark(waiter)
  if waiter.fiber then self:ready(waiter.fiber) end
end

--- Lets all who can run do so before the code that asks goes on.
function Scheduler:yield()
  local thread = coroutine.running()
  local fiber = fibers[thread]
  if not fiber or fiber.scheduler ~= self then fiber = new_fiber(self, thread) end
  fiber.parked = true
  self.parked = self.parked + 1
  self:ready(fiber)
  coroutine.yield()
end

--- A task whose main one threw does not go on.
local function was_dropped(fiber)
  local group = fiber.task and fiber.task.scope.group
  return group and group.failed
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
  if task then
    self.tasks[fiber] = nil
    if ok then return task:finish(true, ...) end
    task:finish(false, problem_of(fiber, (...)))
  elseif not ok then
    self.report("kube: a coroutine failed: " .. tostring(problem_of(fiber, (...))))
  end
end

local function resume(self, fiber)
  local task = fiber.task
  local parked = fiber.parked
  fiber.queued, fiber.parked = false, false
  if parked then self.parked = self.parked - 1 end
  if was_dropped(fiber) then
    self.tasks[fiber] = nil
  elseif parked then
    went(self, fiber, coroutine.resume(fiber.thread))
  elseif task and task.arguments then
    local arguments = task.arguments
    task.fn, task.arguments = nil, nil
    went(self, fiber, coroutine.resume(fiber.thread, unpack(arguments, 1, arguments.n)))
  end
end

--- Runs those that can run now; what they make ready waits for the next turn.
function Scheduler:turn()
  local last = self.last
  while self.first <= last do
    local fiber = self.queue[self.first]
    self.queue[self.first] = nil
    self.first = self.first + 1
    resume(self, fiber)
  end
end

--- Whether somebody can run.
function Scheduler:has_work() return self.first <= self.last end

--- Lets those run whose time has come by `now`.
function Scheduler:wake_sleepers(now)
  local fiber = self.timers:take(now)
  while fiber do
    if fiber.alarm and fiber.alarm <= now then fiber.alarm = nil end
    if fiber.parked then self:ready(fiber) end
    fiber = self.timers:take(now)
  end
end

--- Seconds until the next one wants to be woken; nil for ever.
function Scheduler:time_left(now)
  local due = self.timers:next_due()
  return due and math.max(0, due - now)
end

return scheduler
