-- Follows the pods of a namespace: what there is first, then every change, until interrupted.
--   lua watch.lua [NAMESPACE] [SECONDS]
local kube = require("kube")

local k = assert(kube.connect { namespace = arg[1] })
local ends = arg[2] and kube.now() + tonumber(arg[2])

local function ready(pod)
  for _, condition in ipairs(pod.status.conditions or {}) do
    if condition.type == "Ready" then return condition.status == "True" end
  end
  return false
end

local watch = assert(k:watch("pods"))
while true do
  local event, err = watch:next(ends and ends - kube.now())
  if not event then
    if not kube.is_timeout(err) then error(err) end
    break
  end
  local pod = event.object
  print(string.format("%-8s %s %s%s", event.type, pod.metadata.name, pod.status.phase or "",
    ready(pod) and " ready" or ""))
  io.flush()
end
watch:close()
