--- Waits in a worker of nginx or OpenResty: never blocks it. All requests, timers and tasks of the
-- worker share one engine.
--
-- Who waits parks on a semaphore of his own. A thread in C watches the engine's descriptor
-- (nginx/pump.lua); tasks are light threads that outlive the request that spawned them
-- (nginx/tasks.lua). When the worker is to quit, watches and tasks end with Canceled, so that it
-- can; what a request asks for is answered still (nginx/exit.lua).
local errors = require("kube.api.errors")
local exit = require("kube.driver.nginx.exit")
local host = require("kube.driver.host")
local ngx = require("ngx")
local pump = require("kube.driver.nginx.pump")
local semaphore = require("ngx.semaphore")
local task = require("kube.driver.task")
local tasks = require("kube.driver.nginx.tasks")

local nginx = {
  name = "nginx", now = host.now, time = os.time, start = tasks.start, drops_coroutines = true,
}

local LONG = 1e6 -- seconds: a wait without end is made of such ones

-- Phases in which nginx cannot suspend Lua. "init" is none of them: it is the master's, which may
-- block (driver/init.lua).
local CANNOT_WAIT = {
  init_worker = true, set = true, header_filter = true, body_filter = true, log = true,
  balancer = true, ssl_session_store = true, exit_worker = true,
}

--- true | nil, why not.
function nginx.can_wait()
  local phase = ngx.get_phase()
  if not CANNOT_WAIT[phase] then return true end
  local why = "nginx cannot wait in the phase " .. phase .. "_by_lua: "
  if phase == "exit_worker" then return nil, why .. "nothing runs after it" end
  return nil, why .. "ask in a timer, ngx.timer.at(0, function() ... end), or in "
    .. "kube.spawn(function() ... end)"
end

local function check_phase()
  local ok, why = nginx.can_wait()
  if ok then return true end
  return nil, errors.new { reason = "CannotWait", message = why }
end

--- What the wait ends with, if the worker is to quit: nil while it goes on.
function nginx.park(waiter, deadline)
  local ok, err = check_phase()
  if not ok then return nil, err end
  if exit.is_near() and waiter.lasts then return nil, "canceled" end
  ok, err = pump.need()
  if not ok then return nil, err end
  if not waiter.sema then waiter.sema = semaphore.new() end
  ok, err = host.step() -- what was just begun goes out
  if not ok or waiter.woken then return ok, err end
  pump.enter(waiter)
  local why
  ok, why = waiter.sema:wait(math.max(0, math.min(pump.patience(),
    deadline and deadline - host.now() or LONG)))
  pump.leave(waiter)
  if not ok and why ~= "timeout" then return nil, nginx.failure(why) end
  return pump.check()
end

function nginx.unpark(waiter)
  if waiter.sema then waiter.sema:post(1) end
end

nginx.yield = pump.turn

function nginx.drive(group, begin)
  local ok, err = check_phase()
  if not ok then return nil, err end
  return task.wait_for_group(nginx, group, begin)
end

--- Where nobody waits for what a task threw: nginx's error log.
function nginx.report(text) ngx.log(ngx.ERR, text) end

nginx.failure = exit.failure

return nginx
