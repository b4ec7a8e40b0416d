--- The one engine of this Lua state, and who waits for what on it.
-- After each step every call that moved has its waiter woken, before anybody sleeps again: no
-- polling, no scan over all waiters. After a fork the child gets an engine of its own.
local core = require("kube.core")
local errors = require("kube.api.errors")
local lines = require("kube.driver.lines")
local waiter = require("kube.driver.waiter")

errors.adopt(core.error_mt)

local host = {}

local engine

-- id of a call -> the waiter of the one who reads it. Weak: who waits holds his waiter himself, and
-- a task that was dropped must not come back.
local function new_waiters() return setmetatable({}, { __mode = "v" }) end
local waiters = new_waiters()

--- The engine, made when it is first needed: engine | nil, err.
function host.engine()
  if engine and engine:is_ours() then return engine end
  local new, err = core.engine()
  if not new then return nil, err end
  engine, waiters = new, new_waiters()
  lines.attach(engine)
  return engine
end

--- Seconds of the engine's monotonic clock.
function host.now() return assert(host.engine()):now() end

--- Wakes the waiters of all calls that moved.
local function serve()
  local id = engine:next_ready()
  while id do
    local its_waiter = waiters[id]
    if its_waiter then its_waiter:wake() end
    id = engine:next_ready()
  end
  lines.drain()
end

--- When the driver last came back from looking at everything there is to serve: those who run since
-- then share what time they have until it looks again.
local began = 0

--- Seconds that have gone since.
function host.used() return engine:now() - began end

--- Steps after waiting up to `seconds` (nil: until something is due). Blocks the process.
-- @return true | nil, err
function host.wait(seconds)
  local ok, err = engine:wait(seconds)
  began = engine:now()
  serve()
  if ok == nil then return nil, err end
  return true
end

--- Steps without waiting: true | nil, err.
function host.step()
  if not engine then return true end
  local ok, err = engine:step()
  serve()
  return ok, err
end

--- Whether somebody waits for a call. A host may have killed him in the middle (nginx, when a
-- client goes away): then he is garbage, and his waiter with him.
local function has_reader(id)
  if not waiters[id] or not waiters[id]:is_waiting() then return false end
  collectgarbage()
  return waiters[id] ~= nil
end

--- Steps without waiting, where a driver's loop comes round: as step.
function host.turn()
  if engine then began = engine:now() end
  return host.step()
end

--- Waits until the call moved. Under each driver this is the one place where a call waits.
-- @param driver    how to wait
-- @param id        of the call
-- @param deadline  of driver.now(), or nil
-- @param lasts     whether the call has no end of its own
-- @return as Waiter:wait
function host.await(driver, id, deadline, lasts)
  if has_reader(id) then
    error("another task is waiting for this call already: one reader a stream", 0)
  end
  local its_waiter = waiter.new(driver, lasts)
  waiters[id] = its_waiter
  local ok, why = its_waiter:wait(deadline)
  if waiters[id] == its_waiter then waiters[id] = nil end -- and not the next reader's
  return ok, why
end

--- Wakes whoever waits for a call that was closed under him.
function host.disturb(id)
  local its_waiter = waiters[id]
  if its_waiter then its_waiter:wake() end
end

return host
