--- Waits in place: nothing else runs meanwhile. For scripts.
local host = require("kube.driver.host")

local blocking = { name = "blocking", now = host.now, time = os.time, in_place = true }

--- Waits for the engine until it did something, at `deadline` at the latest: true | nil, err.
function blocking.park(waiter, deadline)
  waiter.parked = true -- this coroutine goes on whatever it is
  local ran, ok, err = pcall(host.wait, deadline and deadline - host.now())
  if not ran then -- an interrupt, no memory
    waiter.parked = nil
    error(ok, 0)
  end
  return ok, err
end

--- Who waits looks by himself.
function blocking.unpark() end

--- There is nobody to let run but the network.
function blocking.yield() host.step() end

return blocking
