--- Steps the engine of a worker of nginx when there is something to do, and never else.
--
-- A thread in C (core/waker) waits for the engine's descriptor and writes a byte to a Unix socket.
-- One light thread, the pump, reads it by a cosocket, steps, and lets the thread look again. It
-- starts with the first wait and lasts as long as the worker; where Lua states come and go
-- (lua_code_cache off) as long as somebody waits.
local core = require("kube.core")
local exit = require("kube.driver.nginx.exit")
local host = require("kube.driver.host")
local ngx = require("ngx")
local semaphore = require("ngx.semaphore")

local pump = {}

local LONG = 1e6   -- seconds
local PATIENCE = 5 -- seconds until nginx must have started the pump
local LOOK = 1     -- seconds at most between two looks whether somebody waits still, at the end

-- Those who wait. Weak: nginx drops in the middle whose client has gone.
local waiters = setmetatable({}, { __mode = "k" })

local turns = {} -- semaphores of those who let the neighbours run

-- { waker =, began = when, runs = whether nginx has started it, over = semaphore: it has ended,
--   looks = whether somebody looks now and then, failure = why it ended }; nil while none runs
local current

local function is_last() return exit.is_near() or exit.is_transient() end

--- Whether somebody waits: one whom nginx dropped does not, though he is still there.
local function somebody_waits()
  for waiter in pairs(waiters) do
    if waiter.sema:count() < 0 then return true end
  end
  return false
end

-- ---- the pump ----

local SOCKET = "the socket that wakes kube: "

--- Those go on who let the neighbours run.
local function end_turns()
  local ended = turns
  turns = {}
  for _, sema in ipairs(ended) do sema:post(1) end
end

local function read_and_step(self, socket)
  repeat
    local ok, err = host.turn()
    end_turns()
    if not ok then return nil, err end
    if is_last() and not somebody_waits() then return true end
    self.waker:arm()
    local _, why = socket:receiveany(64)
    if why and why ~= "timeout" then return nil, exit.failure(SOCKET .. why) end
  until false
end

local function connect(self)
  local socket = ngx.socket.tcp()
  socket:settimeouts(1000 * PATIENCE, 1000 * PATIENCE, 1000 * LONG)
  local ok, err = socket:connect("unix:" .. self.waker:path())
  if not ok then return nil, exit.failure(SOCKET .. err) end
  return socket
end

--- Near the end: whoever was dropped leaves without a word, and so does the worker.
local function look_now_and_then(self)
  if self.looks then return end
  self.looks = true
  local pause = 0.01
  while current == self do
    self.over:wait(pause)
    pause = math.min(2 * pause, LOOK)
    exit.look()
    if current == self and is_last() and not somebody_waits() then self.waker:ring() end
  end
end

local function run(_, self)
  if current ~= self then return end -- it came too late
  local socket, err = connect(self)
  local ok
  if socket then
    self.runs = true
    if is_last() then ngx.thread.spawn(look_now_and_then, self) end
    ok, err = read_and_step(self, socket)
    socket:close()
  end
  current = nil
  self.over:post(1)
  self.waker:close()
  if ok then return end
  self.failure = err
  ngx.log(ngx.ERR, "kube: the engine's pump ended: ", tostring(err))
  for waiter in pairs(waiters) do waiter:nudge() end
end

-- ---- for the driver ----

--- Sees to it that the engine is stepped: true | nil, err.
function pump.need()
  if current then return true end
  local ok, waker, err
  ok, err = exit.watch()
  if not ok then return nil, err end
  waker, err = core.waker(host.engine():fd())
  if not waker then return nil, err end
  local new = { waker = waker, began = host.now(), over = semaphore.new() }
  ok, err = exit.timer(run, new)
  if not ok then
    waker:close()
    return nil, err
  end
  current = new
  return true
end

--- Seconds that one wait may last at most. (nginx counts in milliseconds, from a moment before.)
function pump.patience() return current and current.runs and LONG or PATIENCE + 0.1 end

--- nginx has not started it in time: the next one who waits tries again.
local function give_up(self)
  current = nil
  self.waker:close()
  self.failure = exit.failure("kube's timer was not started within " .. PATIENCE .. " s",
    "raise lua_max_running_timers, or worker_connections")
end

--- Whether all is well after a wait: true | nil, err.
-- @param self  what pump.enter gave
function pump.check(self)
  local is_late = not self.runs and host.now() - self.began >= PATIENCE
  if current == self and is_late then give_up(self) end
  if self.failure then return nil, self.failure end
  return true
end

--- Waits until nginx has looked at all its sockets: those who are ready come first. (A sleep of no
-- time does not look at them, one of a millisecond wastes it.)
function pump.turn()
  local sema = pump.need() and semaphore.new()
  if not sema then return ngx.sleep(0.001) end
  turns[#turns + 1] = sema
  if #turns == 1 then current.waker:ring() end
  sema:wait(PATIENCE)
end

--- Somebody waits, for the pump that this returns.
function pump.enter(waiter)
  waiters[waiter] = true
  return current
end

--- He waits no longer.
function pump.leave(waiter)
  waiters[waiter] = nil
  if is_last() and current and current.runs and not somebody_waits() then current.waker:ring() end
end

-- The worker is to quit: what has no end of its own ends.
exit.listen(function()
  for waiter in pairs(waiters) do
    if waiter.lasts then waiter:nudge() end
  end
  local self = current
  if not self then return end
  self.waker:ring()
  look_now_and_then(self)
end)

return pump
