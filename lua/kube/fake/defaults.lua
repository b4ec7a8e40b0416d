--- What kube-apiserver fills in, as far as scripts look for it: data, and the walk along it.
--
-- A default is { path, value }: a path ends in the field to set and goes through "[]" for each
-- element of an array; where its parent is not there, nothing is set. A value may be a function of
-- the table that gets it.
local encoding = require("kube.fake.encoding")
local json = require("kube.json")

local defaults = {}

local function pull_policy(container)
  local tag = (container.image or ""):match(":([^:/]*)$")
  return (not tag or tag == "latest") and "Always" or "IfNotPresent"
end

local function empty() return {} end

--- The defaults of a pod spec below a path.
local function pod_spec(at, out)
  for _, list in ipairs { "containers", "initContainers" } do
    local container = at .. "." .. list .. ".[]."
    out[#out + 1] = { container .. "imagePullPolicy", pull_policy }
    out[#out + 1] = { container .. "resources", empty }
    out[#out + 1] = { container .. "terminationMessagePath", "/dev/termination-log" }
    out[#out + 1] = { container .. "terminationMessagePolicy", "File" }
    out[#out + 1] = { container .. "ports.[].protocol", "TCP" }
  end
  out[#out + 1] = { at .. ".restartPolicy", "Always" }
  out[#out + 1] = { at .. ".terminationGracePeriodSeconds", 30 }
  out[#out + 1] = { at .. ".dnsPolicy", "ClusterFirst" }
  out[#out + 1] = { at .. ".securityContext", empty }
  out[#out + 1] = { at .. ".schedulerName", "default-scheduler" }
  return out
end

local function tolerate(key)
  return { key = key, operator = "Exists", effect = "NoExecute", tolerationSeconds = 300 }
end

--- A value for the services that have an address of their own.
local function with_address(value)
  return function(spec) return spec.type ~= "ExternalName" and value() or nil end
end

local function rolling_update(strategy)
  if strategy.type ~= "RollingUpdate" then return nil end
  return { maxSurge = "25%", maxUnavailable = "25%" }
end

local function string_data(secret)
  if not secret.stringData then return secret.data end
  local data = secret.data or {}
  for name, text in pairs(secret.stringData) do data[name] = encoding.base64(text) end
  secret.stringData = nil
  return data
end

local function own_label(namespace)
  local labels = namespace.metadata.labels or {}
  labels["kubernetes.io/metadata.name"] = namespace.metadata.name
  return labels
end

--- kind -> its defaults, in order. A path that begins with "!" is set whatever is there.
local KINDS = {
  Pod = pod_spec("spec", {
    { "spec.enableServiceLinks", true },
    { "spec.preemptionPolicy", "PreemptLowerPriority" },
    { "spec.priority", 0 },
    { "spec.tolerations", function()
      return json.array { tolerate "node.kubernetes.io/not-ready",
        tolerate "node.kubernetes.io/unreachable" }
    end },
    { "status", empty },
    { "status.phase", "Pending" },
    { "status.qosClass", "BestEffort" },
  }),
  Deployment = pod_spec("spec.template.spec", {
    { "spec", empty },
    { "spec.replicas", 1 },
    { "spec.strategy", empty },
    { "spec.strategy.type", "RollingUpdate" },
    { "spec.strategy.rollingUpdate", rolling_update },
    { "spec.strategy.rollingUpdate.maxSurge", "25%" },
    { "spec.strategy.rollingUpdate.maxUnavailable", "25%" },
    { "spec.revisionHistoryLimit", 10 },
    { "spec.progressDeadlineSeconds", 600 },
    { "status", empty },
  }),
  ReplicaSet = pod_spec("spec.template.spec", {
    { "spec", empty },
    { "spec.replicas", 1 },
    { "status", empty },
    { "status.replicas", 0 },
  }),
  Service = {
    { "spec", empty },
    { "spec.type", "ClusterIP" },
    { "spec.sessionAffinity", "None" },
    { "spec.internalTrafficPolicy", with_address(function() return "Cluster" end) },
    { "spec.ipFamilies", with_address(function() return json.array { "IPv4" } end) },
    { "spec.ipFamilyPolicy", with_address(function() return "SingleStack" end) },
    { "spec.ports.[].protocol", "TCP" },
    { "spec.ports.[].targetPort", function(port) return port.port end },
    { "status", empty },
    { "status.loadBalancer", empty },
  },
  Secret = {
    { "!data", string_data },
    { "type", "Opaque" },
  },
  Namespace = {
    { "spec", empty },
    { "spec.finalizers", function() return json.array { "kubernetes" } end },
    { "status", empty },
    { "status.phase", "Active" },
    { "!metadata.labels", own_label },
  },
  Node = {
    { "spec", empty },
    { "status", empty },
  },
}

--- Maps and lists that are left out when they are empty (omitempty in Go's types).
local METADATA_EMPTY = { "labels", "annotations", "finalizers", "ownerReferences" }
local EMPTY = { "data", "binaryData" }

local function drop_empty(object, names)
  for _, name in ipairs(names) do
    if type(object[name]) == "table" and next(object[name]) == nil then object[name] = nil end
  end
end

local function set(parent, name, value, root)
  local force = name:sub(1, 1) == "!"
  if force then name = name:sub(2) end
  if type(parent) ~= "table" or (parent[name] ~= nil and not force) then return end
  if type(value) == "function" then value = value(force and root or parent) end
  parent[name] = value
end

local function walk(at, steps, i, value, root)
  if type(at) ~= "table" then return end
  if i == #steps then return set(at, steps[i], value, root) end
  if steps[i] ~= "[]" then return walk(at[steps[i]], steps, i + 1, value, root) end
  for _, element in ipairs(at) do walk(element, steps, i + 1, value, root) end
end

local function steps_of(path)
  local steps, force = {}, path:sub(1, 1) == "!"
  for step in path:gmatch("[^.]+") do steps[#steps + 1] = step end
  if force and #steps > 1 then
    steps[1], steps[#steps] = steps[1]:sub(2), "!" .. steps[#steps]
  end
  return steps
end

for _, list in pairs(KINDS) do
  for _, default in ipairs(list) do default[1] = steps_of(default[1]) end
end

--- Fills in the defaults of an object, which is changed, and leaves out what is empty.
function defaults.fill(resource, object)
  drop_empty(object.metadata, METADATA_EMPTY)
  if resource.custom then return end
  drop_empty(object, EMPTY)
  for _, default in ipairs(KINDS[resource.kind] or {}) do
    walk(object, default[1], 1, default[2], object)
  end
end

return defaults
