--- Waits in place: nothing else runs meanwhile. For scripts.
local host = require("kube.driver.host")

local blocking = { name = "blocking", now = host.now, time = os.time }

local Waiter = {}
Waiter.__index = Waiter

function Waiter:wake() self.woken = true end

function Waiter:is_waiting() return self.waiting end

local function wait_in_place(self, deadline)
  while not self.woken do
    local left = deadline and deadline - host.now()
    if left and left <= 0 then return nil, "timeout" end
    local ok, err = host.wait(left)
    if not ok then return nil, err end
  end
  self.woken = false
  return true
end

--- Waits for wake: true | nil, "timeout" | nil, err.
function Waiter:wait(deadline)
  self.waiting = true
  local ran, ok, why = pcall(wait_in_place, self, deadline) -- an interrupt, no memory
  self.waiting = false
  if not ran then error(ok, 0) end
  return ok, why
end

function blocking.waiter() return setmetatable({}, Waiter) end

--- Waits some seconds: true | nil, err.
function blocking.sleep(seconds)
  local _, why = blocking.waiter():wait(host.now() + seconds)
  if why == "timeout" then return true end
  return nil, why
end

--- There is nobody to let run.
function blocking.yield() end

function blocking.spawn()
  error("kube.spawn needs a driver that runs tasks: call it inside kube.run(function() ... end), "
    .. "and not in a coroutine inside a task", 2)
end

return blocking
