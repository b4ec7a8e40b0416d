-- Every pod of the cluster, with what one wants to know when something is wrong with it:
-- IPs, the pod's message, and of each container its image, ID, state and restarts.
local kube = require("kube")

local k = assert(kube.connect())

local function ips(status)
  local all = {}
  for _, entry in ipairs(status.podIPs or {}) do all[#all + 1] = entry.ip end
  return #all > 0 and table.concat(all, ",") or "-"
end

-- { running = { startedAt = "..." } } says "running since ..."
local function describe(state)
  local name, detail = next(state or {})
  if not name then return "unknown" end
  local why = detail.reason or detail.startedAt
  return why and string.format("%s (%s)", name, why) or name
end

for pod in k:each("pods", { all_namespaces = true }) do
  local status = pod.status
  print(string.format("%s/%s  %s  %s", pod.metadata.namespace, pod.metadata.name,
    status.phase or "Unknown", ips(status)))
  if status.message then print("  message: " .. status.message) end
  for _, container in ipairs(status.containerStatuses or {}) do
    print(string.format("  %s: %s, %d restarts", container.name, describe(container.state),
      container.restartCount))
    print("    image: " .. container.image)
    print("    id:    " .. (container.containerID or "-"))
  end
end
