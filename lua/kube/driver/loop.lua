--- A small scheduler: kube.run(fn) runs fn and all that it spawns as coroutines on one engine.
--
-- A task runs until it waits: for the server, in kube.sleep, for another task. What it throws,
-- task:join gives; where nobody waits there at that moment, it goes to the standard error stream
-- too. Code in a coroutine of its own inside a task is no task: while it waits, all do.
local errors = require("kube.api.errors")
local host = require("kube.driver.host")
local timers = require("kube.driver.timers")

local loop = { name = "loop", now = host.now, time = os.time }

local unpack = table.unpack or unpack

local running -- the scheduler while kube.run runs: see new_scheduler
local current -- the task that runs

local function pack(...) return { n = select("#", ...), ... } end

-- ---- tasks ----

local Task = {}
Task.__index = Task

--- Puts a task at the end of the queue of those that can run. One of a run that was thrown out of
-- stays where it is.
local function make_ready(task)
  if task.queued or task.done or task.scheduler ~= running then return end
  running.queue[running.last + 1] = task -- first: without memory for it nothing changes
  running.last, task.queued = running.last + 1, true
end

--- Lets the others run until this task is made ready again, at `deadline` at the latest. A timer
-- that is due earlier will do: who waits looks at the clock himself, and waits again.
local function park(task, deadline)
  if deadline and not (task.alarm and task.alarm <= deadline) then
    running.timers:add(deadline, task)
    task.alarm = deadline
  end
  coroutine.yield()
end

--- An error that nobody waits for is not lost: it goes to the standard error stream at once. That a
-- canceled task says so is no news.
local function report(task)
  if task.canceled and errors.predicates.is_canceled(task.problem) then return end
  io.stderr:write("kube: a spawned task failed: ", tostring(task.problem), "\n")
end

local function finish(task, ok, ...)
  if coroutine.status(task.thread) ~= "dead" then return end
  task.done = true
  running.tasks[task] = nil
  running.live = running.live - 1
  if ok then
    task.results = pack(...)
  else
    task.problem = (...)
    if task.problem == nil then task.problem = "error(nil)" end
    if type(task.problem) == "string" then
      task.problem = debug.traceback(task.thread, task.problem)
    end
    if #task.joiners == 0 and not task.main then report(task) end
  end
  for _, waiter in ipairs(task.joiners) do waiter:wake() end
end

local function resume(task)
  local before = current
  current = task
  if task.arguments then
    local arguments = task.arguments
    task.arguments = nil
    finish(task, coroutine.resume(task.thread, unpack(arguments, 1, arguments.n)))
  else
    finish(task, coroutine.resume(task.thread))
  end
  current = before
end

local function new_task(fn, ...)
  local task = setmetatable({
    thread = coroutine.create(fn), arguments = pack(...), joiners = {}, scheduler = running,
  }, Task)
  running.tasks[task] = true
  make_ready(task)
  running.live = running.live + 1 -- it will end: all there was to allocate for it is there
  return task
end

local function remove(list, value)
  for i = #list, 1, -1 do
    if list[i] == value then table.remove(list, i) end
  end
end

--- Waits until the task ended: what its function returned | nil, what it threw | nil, err (reason
-- Timeout, or Canceled: the task that waits was, or the one waited for was dropped because the main
-- one threw).
-- @param timeout  seconds, or nil for ever
function Task:join(timeout)
  local deadline = timeout and host.now() + timeout
  while not self.done do
    if self.scheduler ~= running then return nil, errors.from_wait("canceled", "task:join") end
    if not loop.is_here() then
      error("task:join: call it in a task, not in a coroutine inside one", 2)
    end
    local waiter = loop.waiter()
    self.joiners[#self.joiners + 1] = waiter
    local ok, why = waiter:wait(deadline)
    if not ok then
      remove(self.joiners, waiter) -- or an error would be kept for someone who has gone
      return nil, errors.from_wait(why, "task:join")
    end
  end
  if self.results then return unpack(self.results, 1, self.results.n) end
  return nil, self.problem
end

--- Asks the task to end: whatever it waits for, now or later, gives nil and a Canceled error.
function Task:cancel()
  self.canceled = true
  if not self.done and self ~= current then make_ready(self) end
end

-- ---- waiting ----

local Waiter = {}
Waiter.__index = Waiter

function Waiter:wake()
  self.woken = true
  if self.task then make_ready(self.task) end
end

--- Whether another task waits: the one that asks does not, whatever threw while it did.
function Waiter:is_waiting()
  return self.task ~= nil and self.task ~= current and not self.task.done
end

--- Waits for wake: true | nil, "timeout" | nil, "canceled".
function Waiter:wait(deadline)
  local task = current
  while not self.woken do
    if task.canceled then return nil, "canceled" end
    if deadline and host.now() >= deadline then return nil, "timeout" end
    self.task = task
    park(task, deadline)
  end
  self.task, self.woken = nil, false
  return true
end

function loop.waiter() return setmetatable({}, Waiter) end

--- Waits some seconds: true | nil, err (reason Canceled).
function loop.sleep(seconds)
  local _, why = loop.waiter():wait(host.now() + seconds)
  if why == "timeout" then return true end
  return nil, errors.from_wait(why, "sleep")
end

--- Lets every other task that can run do so.
function loop.yield()
  make_ready(current)
  coroutine.yield()
end

--- Starts a function beside the others: task, with :join(timeout) and :cancel().
function loop.spawn(fn, ...)
  if type(fn) ~= "function" then error("kube.spawn: a function is needed", 2) end
  return new_task(fn, ...)
end

--- Whether the code that asks is a task of the loop itself, and not in a coroutine inside one: a
-- yield from there would go to whoever resumed it.
function loop.is_here() return current ~= nil and coroutine.running() == current.thread end

-- ---- running ----

local function wake_sleepers(scheduler)
  local now = host.now()
  local task = scheduler.timers:take(now)
  while task do
    if task.alarm and task.alarm <= now then task.alarm = nil end
    make_ready(task)
    task = scheduler.timers:take(now)
  end
end

--- Runs those that can run now; what they make ready waits for the next round.
local function run_queue(scheduler)
  local last = scheduler.last
  while scheduler.first <= last do
    local task = scheduler.queue[scheduler.first]
    scheduler.queue[scheduler.first] = nil
    scheduler.first = scheduler.first + 1
    task.queued = false
    resume(task)
    if scheduler.main.problem ~= nil then return end
  end
end

local function wait_for_work(scheduler)
  if scheduler.first <= scheduler.last then return host.step() end
  local due = scheduler.timers:next_due()
  return host.wait(due and math.max(0, due - host.now()))
end

local function new_scheduler()
  return {
    tasks = {}, live = 0, -- all that have not ended; this alone keeps one that waits alive
    queue = {}, first = 1, last = 0, -- those that can run
    timers = timers.new(), -- those that wait with a deadline
  }
end

--- Under pcall from its first line on: whatever throws, memory that runs out too, nothing keeps
-- running.
local function start(fn, ...)
  running = new_scheduler()
  local scheduler = running
  scheduler.main = new_task(fn, ...)
  scheduler.main.main = true
  while scheduler.live > 0 and scheduler.main.problem == nil do
    run_queue(scheduler)
    if scheduler.live == 0 or scheduler.main.problem ~= nil then break end
    local ok, err = wait_for_work(scheduler)
    if not ok then error(err, 0) end
    wake_sleepers(scheduler)
  end
end

--- Runs fn(...) as a task, and returns what it returns once it and all it spawned have ended. What
-- it throws is thrown from here, and then its tasks are dropped.
function loop.run(fn, ...)
  if running then error("kube.run: already inside kube.run; use kube.spawn", 2) end
  if type(fn) ~= "function" then error("kube.run: a function is needed", 2) end
  local engine, err = host.engine()
  if not engine then return nil, err end
  local ok, problem = pcall(start, fn, ...)
  local scheduler = running
  running, current = nil, nil
  if ok then problem = scheduler.main.problem end
  if problem ~= nil then
    host.forget_waiters()
    error(problem, 0)
  end
  return unpack(scheduler.main.results, 1, scheduler.main.results.n)
end

return loop
