--- The ReplicaSet controller: as many pods as are wanted.
local deletion = require("kube.fake.deletion")
local json = require("kube.json")
local lifecycle = require("kube.fake.lifecycle")
local owners = require("kube.fake.owners")
local tables = require("kube.fake.tables")
local work = require("kube.fake.work")

local replicasets = {}

local OVER = { Succeeded = true, Failed = true }

local function is_ready(pod)
  for _, condition in ipairs(tables.get(pod, "status", "conditions") or {}) do
    if condition.type == "Ready" then return condition.status == "True" end
  end
  return false
end

--- The pods of a ReplicaSet: those that count, and how many are on their way out.
local function pods_of(world, record)
  local active, terminating = {}, 0
  local owned = world.owners:dependents(record.object.metadata.uid, world.catalog.pods)
  for _, pod in ipairs(owned) do
    if pod.object.metadata.deletionTimestamp then
      terminating = terminating + 1
    elseif not OVER[tables.get(pod.object, "status", "phase")] then
      active[#active + 1] = pod
    end
  end
  return active, terminating
end

local function create_pod(world, record)
  local template = record.object.spec.template
  local metadata = template.metadata or {}
  return lifecycle.create(world, world.catalog.pods, tables.deep {
    apiVersion = "v1", kind = "Pod", spec = template.spec,
    metadata = {
      generateName = record.object.metadata.name .. "-", labels = metadata.labels,
      annotations = metadata.annotations, namespace = record.object.metadata.namespace,
      ownerReferences = json.array { owners.reference(record) },
    },
  })
end

--- Those that are not ready go first, then the youngest.
local function delete_pods(world, pods, n)
  table.sort(pods, function(a, b)
    local ready_a, ready_b = is_ready(a.object), is_ready(b.object)
    if ready_a ~= ready_b then return ready_b end
    return a.version > b.version
  end)
  for i = 1, n do deletion.delete(world, pods[i], {}) end
end

local function scale(world, record, active)
  local wanted = record.object.spec.replicas or 1
  for _ = #active + 1, wanted do
    if not create_pod(world, record) then return end -- a namespace that ends: nothing to be done
  end
  if #active > wanted then delete_pods(world, active, #active - wanted) end
end

local function some(n) return n > 0 and n or nil end

local function write_status(world, record)
  local active, terminating = pods_of(world, record)
  local ready = 0
  for _, pod in ipairs(active) do
    if is_ready(pod.object) then ready = ready + 1 end
  end
  lifecycle.change(world, record, function(object)
    object.status = {
      replicas = #active, fullyLabeledReplicas = some(#active), readyReplicas = some(ready),
      availableReplicas = some(ready), terminatingReplicas = terminating,
      observedGeneration = object.metadata.generation,
    }
  end)
end

local function reconcile(world, key)
  local record = world.store:get(world.catalog.replicasets, key)
  if not record then return end
  if not record.object.metadata.deletionTimestamp then
    scale(world, record, (pods_of(world, record)))
  end
  record = world.store:get(world.catalog.replicasets, key)
  if record then write_status(world, record) end
end

--- Starts it.
function replicasets.start(world)
  local queue = work.queue(world, function(key) reconcile(world, key) end)
  for _, record in ipairs(world.store:list(world.catalog.replicasets, "")) do
    queue:add(record.key)
  end
  world.store:listen(function(event)
    if event.resource == world.catalog.replicasets then
      queue:add(event.record.key)
    elseif event.resource == world.catalog.pods then
      local owner = owners.controller_of(event.record)
      if owner and owner.kind == "ReplicaSet" then
        queue:add(event.record.object.metadata.namespace .. "/" .. owner.name)
      end
    end
  end)
end

return replicasets
