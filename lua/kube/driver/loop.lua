--- A small loop of our own: kube.run(fn) runs fn and all that it spawns as coroutines on the
-- engine.
--
-- A task runs until it waits: for the server, in kube.sleep, for another task. Code in a coroutine
-- of its own inside a task is no task: while it waits, all do.
local host = require("kube.driver.host")
local scheduler = require("kube.driver.scheduler")
local task = require("kube.driver.task")

local loop = { name = "loop", now = host.now, time = os.time }

local running -- the scheduler while kube.run runs

function loop.start(new) return running:start(new) end

function loop.park(waiter, deadline) return running:park(waiter, deadline) end

--- A waiter of a run that is over has nobody to wake.
function loop.unpark(waiter)
  if running then running:unpark(waiter) end
end

function loop.yield() return running:yield() end

--- Where nobody waits for what a task threw.
function loop.report(text) io.stderr:write(text, "\n") end

local function wait_for_work()
  if running:has_work() then return host.turn() end
  if not running:is_awaited() then return nil, "kube.run: a task yielded to nobody" end
  return host.wait(running:time_left(host.now()))
end

local function go(group, begin)
  begin()
  while not task.is_over(group) do
    running:turn(task.is_over, group)
    if task.is_over(group) then return end
    local ok, err = wait_for_work()
    if not ok then error(err, 0) end
    running:wake_sleepers(host.now())
  end
end

--- Runs a group of tasks until it is over: true | nil, err (no engine). Throws what comes in
-- between.
function loop.drive(group, begin)
  local engine, err = host.engine()
  if not engine then return nil, err end
  running = scheduler.new()
  running.report = loop.report
  local ran, problem = pcall(go, group, begin)
  running = nil
  if ran then return true end
  group.failed = true -- its tasks are dropped: memory that ran out, an interrupt
  error(problem, 0)
end

--- Whether kube.run runs.
function loop.is_running() return running ~= nil end

return loop
