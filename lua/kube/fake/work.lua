--- The queue of a controller: a key waits once, whatever happens to it meanwhile, and is looked at
-- after what is going on now. The earliest time counts.
local work = {}

local Queue = {}
Queue.__index = Queue

--- A queue that calls reconcile(key), whose errors are told and go no further.
function work.queue(world, reconcile)
  return setmetatable({ _world = world, _reconcile = reconcile, _due = {} }, Queue)
end

--- Has a key looked at after some seconds (0).
function Queue:add(key, delay)
  local world, due = self._world, self._world.now() + (delay or 0)
  local waiting = self._due[key]
  if waiting then
    if waiting.due <= due then return end
    waiting.cancel()
  end
  local cancel = world.after(delay or 0, function()
    self._due[key] = nil
    self._reconcile(key)
  end)
  self._due[key] = { due = due, cancel = cancel }
end

return work
