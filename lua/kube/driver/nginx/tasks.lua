--- Runs tasks in a worker of nginx: light threads of one timer, the supervisor, so that they
-- outlive the request that spawned them, and cost no timer each.
--
-- nginx keeps a light thread that has ended for whoever might ask what it returned, until it is
-- killed, and a few hundred bytes for it until its timer has ended: so the supervisor kills those
-- that have ended, and now and then another one takes over. The old timer ends with the last of its
-- tasks.
local exit = require("kube.driver.nginx.exit")
local ngx = require("ngx")
local semaphore = require("ngx.semaphore")

local tasks = {}

local LONG = 1e6     -- seconds
local PATIENCE = 5   -- seconds until nginx must have started a supervisor
local RENEWAL = 1000 -- tasks that one supervisor starts

local queue, first, last = {}, 1, 0 -- those that were not started yet
local live = {} -- those that run
-- { bell = semaphore, began = when, runs = whether nginx has started it,
--   ended = threads of it that have }; nil while none runs
local supervisor

local function run(task, self)
  if exit.is_near() then task.scope:cancel() end
  task:run()
  live[task] = nil
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

-- The worker is to quit: they end with the wait that they are in.
exit.listen(function()
  for task in pairs(live) do task.scope:cancel() end
  if supervisor then supervisor.bell:post(1) end
end)

return tasks
