-- A watch beside a timer, on the loop of luv.
--   lua examples/luv.lua [SECONDS]
-- (Not from inside examples: require("luv") would find this file there.)
local kube = require("kube")
local uv = require("luv")

kube.use("luv") -- from here on kube waits by uv.run()

local k = assert(kube.connect())
local seconds = tonumber(arg[1]) or 10

local ticker = uv.new_timer()
ticker:start(0, 250, function() print("tick") end)

local watch, event, err
kube.spawn(function()
  watch, err = k:watch("pods", { timeout = seconds })
  if watch then event, err = watch:next() end
  while event do
    print(event.type, event.object.metadata.name, event.object.status.phase)
    event, err = watch:next()
  end
  ticker:close() -- a loop with nothing to wait for ends
end)

uv.run()
if err then error(tostring(err), 0) end
