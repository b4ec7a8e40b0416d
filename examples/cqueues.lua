-- A watch beside a timer, in two coroutines of cqueues.
--   lua examples/cqueues.lua [SECONDS]
-- (Not from inside examples: require("cqueues") would find this file there.)
local cqueues = require("cqueues")
local kube = require("kube")

local k = assert(kube.connect())
local seconds = tonumber(arg[1]) or 10
local controller = cqueues.new()
local done = false

controller:wrap(function() -- every call of kube waits by cqueues in here
  local watch, err = k:watch("pods", { timeout = seconds })
  local event
  if watch then event, err = watch:next() end
  while event do
    print(event.type, event.object.metadata.name, event.object.status.phase)
    event, err = watch:next()
  end
  done = true
  if err then error(tostring(err)) end
end)

controller:wrap(function()
  while not done do
    print("tick")
    cqueues.sleep(0.25)
  end
end)

assert(controller:loop())
