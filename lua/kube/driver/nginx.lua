--- Waits in a worker of nginx or OpenResty: never blocks it. All requests, timers and tasks of the
-- worker share one engine.
--
-- Who waits parks on a semaphore of his own. A thread in C watches the engine's descriptor
-- (nginx/pump.lua); tasks are light threads that outlive the request that spawned them
-- (nginx/tasks.lua). When the worker is to quit, watches end with Canceled, so that it can, and a
-- second later tasks; what a request asks for or waits for is answered still (nginx/exit.lua).
--
-- Its limits:
--
--   | case                        | what happens                                                 |
--   |-----------------------------|--------------------------------------------------------------|
--   | lua_code_cache off          | each request has a Lua state, and with it an engine, a       |
--   |                             | thread and connections of its own, until nobody in it waits; |
--   |                             | what one opened no other sees; where init_by_lua does not    |
--   |                             | load kube, one state stays as long as its worker             |
--   | a client that goes away     | its calls are closed when Lua next collects garbage          |
--   | a coroutine of the user's   | works; but ngx_lua (0.10.23) crashes if the client goes away |
--   | own that waits in a request | meanwhile and lua_check_client_abort is on: with ngx.sleep   |
--   |                             | too. Light threads (ngx.thread.spawn) have no such fault     |
--   | ssl_client_hello_by_lua,    | can wait where nginx can: in OpenResty. Another nginx ends   |
--   | ssl_session_fetch_by_lua    | the handshake, with ngx.sleep too                            |
--   | a task spawned when the     | runs; but ngx_lua (0.10.23) then leaves a line at level      |
--   | worker is to quit already   | alert in the log, "open socket #-2 left", of no meaning      |
--   | an error that is thrown     | nginx logs "unknown reason" for what is no text: throw       |
--   |                             | tostring(err). What a task throws is logged as it is         |
local exit = require("kube.driver.nginx.exit")
local host = require("kube.driver.host")
local lines = require("kube.driver.lines")
local ngx = require("ngx")
local pump = require("kube.driver.nginx.pump")
local semaphore = require("ngx.semaphore")
local task = require("kube.driver.task")
local tasks = require("kube.driver.nginx.tasks")
local waiter = require("kube.driver.waiter")

local nginx = { name = "nginx", now = host.now, time = os.time, drops_coroutines = true }

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

--- Seconds as nginx takes them, whole milliseconds at least: a wait of less is none, and who waits
-- again and again for the rest of one would not let anybody run.
local function whole(seconds) return (math.ceil(1000 * math.max(0, seconds)) + 0.5) / 1000 end

function nginx.start(new)
  if ngx.get_phase() == "exit_worker" then return waiter.may_wait(nginx) end
  return tasks.start(new)
end

--- As every driver's; and nil, "canceled" for what has no end of its own, if the worker is to quit.
function nginx.park(who, deadline)
  if exit.is_near() and who.lasts then return nil, "canceled" end
  local ok, err = pump.need()
  if not ok then return nil, err end
  if not who.sema then
    who.sema, who.in_request = semaphore.new(), ngx.get_phase() ~= "timer"
  end
  ok, err = host.step() -- what was just begun goes out
  if not ok or who.woken then return ok, err end
  local its_pump = pump.enter(who)
  local why
  ok, why = who.sema:wait(whole(math.min(pump.patience(),
    deadline and deadline - host.now() or LONG)))
  pump.leave(who)
  if not ok and why ~= "timeout" then return nil, exit.failure(why) end
  return pump.check(its_pump)
end

function nginx.unpark(who)
  if who.sema then who.sema:post(1) end
end

nginx.yield = pump.turn

function nginx.drive(group, begin) return task.wait_for_group(nginx, group, begin) end

lines.set_host(function(line, is_warning) ngx.log(is_warning and ngx.WARN or ngx.NOTICE, line) end)

--- Where nobody waits for what a task threw: nginx's error log.
function nginx.report(text) ngx.log(ngx.ERR, text) end

return nginx
