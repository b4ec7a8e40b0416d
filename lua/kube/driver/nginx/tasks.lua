--- Runs tasks in a worker of nginx: light threads of one timer, the supervisor, so that they
-- outlive the request that spawned them, and cost no timer each.
--
-- nginx keeps a light thread that has ended for whoever might ask what it returned, until it is
-- killed, and a few hundred bytes for it until its timer has ended: so the supervisor kills those
-- that have ended, and now and then another one takes over. The old timer ends with the last of its
-- tasks.
--
-- When the worker is to quit they have GRACE to end; and one for which a request waits has as long
-- as that waits: nginx lets requests end, too.
local exit = require("kube.driver.nginx.exit")
local host = require("kube.driver.host")
local ngx = require("ngx")
local semaphore = require("ngx.semaphore")
local is_awaited = require("kube.driver.task").is_awaited

local tasks = {}

local LONG = 1e6     -- seconds
local PATIENCE = 5   -- seconds until nginx must have started a supervisor
local RENEWAL = 1000 -- tasks that one supervisor starts
local GRACE = 1      -- seconds to end, for the calls that are under way

local queue, first, last = {}, 1, 0 -- those that were not started yet
local live = {} -- those that run
local ending -- semaphore: the last of them has ended; nil while the worker is not to quit
-- { bell = semaphore, began = when, runs = whether nginx has started it,
--   ended = threads of it that have }; nil while none runs
local supervisor

--- Whether who waits in a waiter is a request, or a task for which one waits.
local function is_of_a_request(waiter)
  if waiter.in_request then return true end
  local owner = waiter.inside and waiter.inside.owner
  return owner ~= nil and is_awaited(owner, is_of_a_request)
end

--- The worker is to quit: cancels those that are still there after GRACE, and looks again and again
-- until none is.
local function end_all()
  if ending then return end
  ending = semaphore.new()
  local due = host.now() + GRACE
  while next(live) do
    ending:wait(math.max(0.001, due - host.now()))
    if host.now() >= due then
      due = host.now() + GRACE
      for task in pairs(live) do
        if not is_awaited(task, is_of_a_request) then task.scope:cancel() end
      end
    end
  end
  ending = nil
end

local function run(task, self)
  if exit.is_near() and not ending then ngx.thread.spawn(end_all) end
  task:run()
  live[task] = nil
  if ending and not next(live) then ending:post(1) end
  self.ended[#self.ended + 1] = coroutine.running()
end

--- Starts all that wait to be: how many they were.
local function start_all(self)
  local n, ended = 0, self.ended
  self.ended = {}
  for _, thread in ipairs(ended) do ngx.thread.kill(thread) end
  while first <= last do
    local task = queue[first]
    queue[first] = nil
    first, n = first + 1, n + 1
    live[task] = true
    ngx.thread.spawn(run, task, self)
  end
  return n
end

local function supervise(_, self)
  self.runs = true
  local n = start_all(self)
  while supervisor == self and n < RENEWAL and not exit.is_near() and not exit.is_transient() do
    self.bell:wait(LONG)
    n = n + start_all(self)
  end
  if supervisor == self then supervisor = nil end
end

local function need_supervisor()
  local now = ngx.now()
  if supervisor and (supervisor.runs or now - supervisor.began < PATIENCE) then return true end
  local ok, err = exit.watch()
  if not ok then return nil, err end
  local new = { bell = semaphore.new(), began = now, ended = {} }
  ok, err = exit.timer(supervise, new)
  if not ok then return nil, err end
  supervisor = new
  return true
end

--- Starts a task soon: true | nil, err (no timer left).
function tasks.start(task)
  queue[last + 1] = task
  last = last + 1
  local ok, err = need_supervisor()
  if not ok then
    queue[last] = nil
    last = last - 1
    return nil, err
  end
  supervisor.bell:post(1)
  return true
end

exit.listen(function()
  if supervisor then supervisor.bell:post(1) end
  end_all()
end)

return tasks
