--- How this program waits: looked up at every wait, so that a client made anywhere works
-- everywhere.
--
--   | driver   | chosen                                                          |
--   |----------|-----------------------------------------------------------------|
--   | loop     | inside kube.run                                                 |
--   | nginx    | in a worker of nginx or OpenResty                               |
--   | cqueues  | in a coroutine of a cqueues controller                          |
--   | luv      | in Neovim; elsewhere after kube.use("luv")                      |
--   | blocking | else                                                            |
--
-- A driver has
--   name                     what kube.use and messages call it
--   now()                    seconds of the engine's monotonic clock
--   time()                   seconds of the wall clock
--   park(waiter, deadline)   suspends the code that asks until unpark(waiter), at the deadline at
--                            the latest; it may return earlier: true | nil, err
--   unpark(waiter)           lets who is parked go on, soon; may be called when nobody is
--   yield()                  lets the neighbours run
--   start(task)              runs task:run() in a coroutine, soon: true | nil, err
--   drive(group, begin)      begins a kube.run and returns when it is over: true | nil, err
--   report(text)             says what nobody else would hear of
--   can_wait()               true | nil, why not; absent: it always can
--   is_here()                whether it is that of the code that asks; absent: it is
--   in_place                 whether it waits without letting others run
--   drops_coroutines         whether the host may end code in the middle, and run other code in its
--                            coroutine
-- The rest (waiters, tasks, deadlines, cancellation) is the same for all: waiter.lua, task.lua,
-- scope.lua; scheduler.lua for those that resume coroutines themselves.
local blocking = require("kube.driver.blocking")
local errors = require("kube.api.errors")
local loop = require("kube.driver.loop")
local scope = require("kube.driver.scope")
local task = require("kube.driver.task")
local waiter = require("kube.driver.waiter")

local driver = {}

local loaded = package.loaded
local chosen -- by kube.use

--- The driver of a host whose loop this code runs in, or nil. The one place that looks for hosts.
local function find_host()
  if loaded.ngx and loaded.ngx.get_phase and loaded.ngx.get_phase() ~= "init" then
    return require("kube.driver.nginx")
  elseif rawget(_G, "vim") and vim.loop then -- luacheck: ignore 113
    return require("kube.driver.luv")
  elseif loaded.cqueues then
    return require("kube.driver.cqueues")
  end
end

--- The driver of the code that asks.
function driver.current()
  local inside = scope.current()
  if inside then return inside.driver end
  local found = chosen or find_host()
  return found and (not found.is_here or found.is_here()) and found or blocking
end

--- Makes a driver that of all code that is not inside kube.run: "luv", "blocking", or nil for the
-- one that fits.
function driver.use(name)
  if name ~= nil and name ~= "luv" and name ~= "blocking" then
    error('kube.use: there are "luv" and "blocking" to choose from; the others are found by '
      .. "themselves", 3)
  end
  chosen = name and require("kube.driver." .. name)
end

--- Whether the code that asks may wait: true | nil, err (reason CannotWait).
function driver.can_wait() return waiter.may_wait(driver.current()) end

--- A waiter for the code that asks.
function driver.waiter() return waiter.new(driver.current()) end

--- Waits some seconds: true | nil, err (reason Canceled; Timeout: the deadline around it).
function driver.sleep(seconds)
  local ok, err = driver.can_wait()
  if not ok then return nil, err end
  if seconds <= 0 then return driver.yield("sleep") end
  local current = driver.current()
  local _, why = waiter.new(current):wait(current.now() + seconds)
  if why == "timeout" then return true end
  return nil, errors.from_wait(why, "sleep")
end

--- Lets the neighbours run: true | nil, err, as sleep.
function driver.yield(what)
  if not driver.can_wait() then return true end
  local current, inside = driver.current(), scope.current()
  current.yield()
  local over = inside and inside:over(current.now())
  if over then return nil, errors.from_wait(over, what or "yield") end
  return true
end

--- Starts fn(...) beside the others: task | nil, err.
function driver.spawn(fn, ...)
  if type(fn) ~= "function" then error("kube.spawn: a function is needed", 3) end
  local current = driver.current()
  if current.in_place then
    error("kube.spawn needs a loop that runs tasks: call it inside kube.run(function() ... end) or "
      .. "in a coroutine of the host's loop (cq:wrap), and not in a coroutine inside a task", 3)
  end
  return task.spawn(current, fn, ...)
end

--- Runs fn(...) and all that it spawns: what it returns | nil, err.
function driver.run(fn, ...)
  local inside = scope.current()
  if inside and inside.group or loop.is_running() then
    error("kube.run: already inside kube.run; use kube.spawn", 3)
  end
  if type(fn) ~= "function" then error("kube.run: a function is needed", 3) end
  local current = driver.current()
  return task.run(current.in_place and loop or current, fn, ...)
end

--- Calls fn(...), in which every wait ends after some seconds at the latest: what it returns.
function driver.with_timeout(seconds, fn, ...)
  local current = driver.current()
  return task.with_deadline(current, current.now() + seconds, fn, ...)
end

return driver
