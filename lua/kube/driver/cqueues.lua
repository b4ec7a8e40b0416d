--- Waits by cqueues: inside a coroutine of a controller (cq:wrap), beside sockets and conditions of
-- the user's own.
--
-- Each controller in which somebody waits has one coroutine more: it polls the engine's descriptor,
-- steps the engine, and ends when nobody waits there any more.
local condition = require("cqueues.condition")
local cqueues = require("cqueues")
local host = require("kube.driver.host")
local task = require("kube.driver.task")

local driver = { name = "cqueues", now = host.now, time = os.time }

-- controller -> { parked = how many wait in it, left = condition: the last of them has gone }
local pumps = setmetatable({}, { __mode = "k" })

--- Where nobody waits for what a task threw.
function driver.report(text) io.stderr:write(text, "\n") end

local function pump(self)
  while self.parked > 0 do
    cqueues.poll({ pollfd = host.engine():fd(), events = "r" }, self.left)
    local ok, err = host.turn()
    if not ok then driver.report("kube: " .. tostring(err)) end
  end
  self.runs = false
end

local function pump_of(controller)
  local self = pumps[controller]
  if not self then
    self = { parked = 0, left = condition.new() }
    pumps[controller] = self
  end
  return self
end

function driver.park(waiter, deadline)
  local controller = cqueues.running()
  local self = pump_of(controller)
  waiter.condition = waiter.condition or condition.new()
  self.parked = self.parked + 1
  if not self.runs then
    self.runs = true
    controller:wrap(pump, self)
  end
  host.engine():fd() -- which is to tell of what was just begun, too
  waiter.condition:wait(deadline and math.max(0, deadline - host.now()))
  self.parked = self.parked - 1
  if self.parked == 0 then self.left:signal() end
  return true
end

function driver.unpark(waiter)
  if waiter.condition then waiter.condition:signal() end
end

--- The network has its turn as well where nobody waits for it.
function driver.yield()
  cqueues.sleep(0)
  local ok, err = host.turn()
  if not ok then driver.report("kube: " .. tostring(err)) end
end

function driver.start(new)
  cqueues.running():wrap(function() new:run() end)
  return true
end

function driver.drive(group, begin) return task.wait_for_group(driver, group, begin) end

--- Whether the code that asks is a coroutine of a controller itself, and not one inside it: a yield
-- from there would go to whoever resumed it.
function driver.is_here() return (select(2, cqueues.running())) end

return driver
