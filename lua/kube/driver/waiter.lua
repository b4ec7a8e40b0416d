--- A place to wait in for one coroutine, the same under every driver: a flag, and how the driver
-- suspends and wakes who waits for it.
local errors = require("kube.api.errors")
local scope = require("kube.driver.scope")

local waiter = {}

local Waiter = {}
Waiter.__index = Waiter

local running, status = coroutine.running, coroutine.status

--- A waiter of a driver. Whoever waits in it holds it: nobody else needs to.
-- @param lasts  whether what is waited for has no end of its own (a watch): a host that wants to
--   end does not wait for that
function waiter.new(driver, lasts)
  return setmetatable({ driver = driver, lasts = lasts }, Waiter)
end

--- Whether the code that asks may wait under a driver: true | nil, err (reason CannotWait).
function waiter.may_wait(driver)
  if not driver.can_wait then return true end
  local ok, why = driver.can_wait()
  if ok then return true end
  return nil, errors.new { reason = "CannotWait", message = why }
end

--- Suspends the code that asks: true | nil, err.
local function park(self, deadline)
  local ok, err = waiter.may_wait(self.driver)
  if not ok then return nil, err end
  self.parked = running() or true
  ok, err = self.driver.park(self, deadline)
  self.parked = nil
  return ok, err
end

--- Ends the wait that is under way, or else the next one.
function Waiter:wake()
  self.woken = true
  if self.parked then self.driver.unpark(self) end
end

--- Lets who waits look whether he still may.
function Waiter:nudge()
  if self.parked then self.driver.unpark(self) end
end

--- Whether somebody waits in it who will go on when it is woken.
function Waiter:is_waiting()
  local parked, inside = self.parked, self.inside
  if not parked or inside and inside.group and inside.group.failed then return false end
  return type(parked) ~= "thread" or parked ~= running() and status(parked) ~= "dead"
end

local function earlier(a, b)
  if a and b then return a < b and a or b end
  return a or b
end

--- Waits for wake: true | nil, "timeout" | nil, "deadline" (of kube.with_timeout around it)
-- | nil, "canceled" | nil, err.
-- @param deadline  of the driver's clock, or nil
function Waiter:wait(deadline)
  local driver, inside = self.driver, not self.regardless and scope.current() or nil
  local until_when = earlier(deadline, inside and inside.deadline)
  self.inside = inside
  if inside then inside.waiting[1] = self end
  while not self.woken do
    local now = driver.now()
    local over = inside and inside:over(now)
    if over then return nil, over end
    if deadline and now >= deadline then return nil, "timeout" end
    local ok, err = park(self, until_when)
    if not ok then return nil, err end
  end
  self.woken = false
  return true
end

return waiter
