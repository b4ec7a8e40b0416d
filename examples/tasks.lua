-- Several things at the same time: two watches and a ticker, for some seconds.
--   lua tasks.lua [SECONDS]
local kube = require("kube")

local k = assert(kube.connect())
local seconds = tonumber(arg[1]) or 5

-- A watch that is asked for a time ends like a list: next gives nil without an error.
local function follow(namespace)
  local watch = assert(k:watch("pods", { namespace = namespace, timeout = seconds }))
  local event, err = watch:next()
  while event do
    print(namespace, event.type, event.object.metadata.name, event.object.status.phase)
    event, err = watch:next()
  end
  if err then error(err) end
end

local function tick()
  while true do
    local ok, err = kube.sleep(1)
    if not ok then return print("no more ticks: " .. err.reason) end
    print("tick")
  end
end

kube.run(function()
  local ticker = kube.spawn(tick)
  local watchers = { kube.spawn(follow, "default"), kube.spawn(follow, "kube-system") }
  for _, watcher in ipairs(watchers) do
    local _, err = watcher:join()
    if err then print("a watch failed: " .. tostring(err)) end
  end
  local pods, problem = kube.with_timeout(2, k.list, k, "pods") -- no wait in it lasts longer
  if pods then print(#pods.items .. " pods at the end") else print("no list: " .. problem) end
  ticker:cancel() -- what it waits for gives nil and an error with reason Canceled
end)
