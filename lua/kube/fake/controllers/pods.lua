--- The scheduler and the kubelets: pods get a node, run, and end.
--
--   Pending -> (scheduled_after) a node, containers waiting -> (ready_after) Running and Ready
--   deleted -> (gone_after) gone
-- Seconds are counted from when the pod was made or deleted. What already has another phase than
-- Pending is left alone, so that a test may set the status of pods itself.
local deletion = require("kube.fake.deletion")
local encoding = require("kube.fake.encoding")
local json = require("kube.json")
local lifecycle = require("kube.fake.lifecycle")
local work = require("kube.fake.work")

local pods = {}

local HOST = "127.0.0.1"

--- The next node that is there; the name of none that is, when all were deleted.
local function node_for(world)
  local nodes = world.store:list(world.catalog.nodes, "")
  world.turn = (world.turn or 0) + 1
  local node = nodes[(world.turn - 1) % math.max(#nodes, 1) + 1]
  return node and node.object.metadata.name or "fake-node"
end

--- The next address of 198.18.0.0/15, a range for benchmarks.
local function next_address(world)
  world.addresses = (world.addresses or 0) + 1
  local n = world.addresses
  return string.format("198.%d.%d.%d", 18 + math.floor(n / 65536) % 2, math.floor(n / 256) % 256,
    n % 256)
end

-- ---- status ----

local function condition(kind, is, why, generation, time)
  return {
    type = kind, status = is and "True" or "False", reason = why, lastProbeTime = json.null,
    lastTransitionTime = time, observedGeneration = generation,
  }
end

--- The conditions of a pod; those that stay as they were keep their time.
local function conditions_of(pod, ready, time)
  local before, why = {}, not ready and "ContainersNotReady" or nil
  for _, one in ipairs(pod.status.conditions or {}) do before[one.type] = one end
  local generation = pod.metadata.generation
  local all = json.array {
    condition("PodReadyToStartContainers", ready, nil, generation, time),
    condition("Initialized", true, nil, generation, time),
    condition("Ready", ready, why, generation, time),
    condition("ContainersReady", ready, why, generation, time),
    condition("PodScheduled", true, nil, generation, time),
  }
  for _, one in ipairs(all) do
    local old = before[one.type]
    if old and old.status == one.status then one.lastTransitionTime = old.lastTransitionTime end
  end
  return all
end

local function container_status(container, ready, time)
  local repository = container.image:gsub(":[^:/]*$", "")
  local id = encoding.hash(container.image)
  return {
    name = container.name, image = container.image, ready = ready, started = ready,
    restartCount = 0, lastState = {}, imageID = ready and repository .. "@sha256:" .. id or "",
    containerID = ready and "containerd://" .. encoding.suffix(20) or nil,
    state = ready and { running = { startedAt = time } }
      or { waiting = { reason = "ContainerCreating" } },
  }
end

--- Writes what a kubelet says of a pod that waits for its containers, or runs.
local function report(world, pod, ready)
  local status, time = pod.status, encoding.time(world.time())
  local containers = json.array()
  for i, container in ipairs(pod.spec.containers) do
    containers[i] = container_status(container, ready, time)
  end
  status.phase = ready and "Running" or "Pending"
  status.conditions = conditions_of(pod, ready, time)
  status.containerStatuses = containers
  status.startTime = status.startTime or time
  status.hostIP, status.hostIPs = HOST, json.array { { ip = HOST } }
  status.observedGeneration = pod.metadata.generation
  if not ready then return end
  status.podIP = pod.spec.hostNetwork and HOST or next_address(world)
  status.podIPs = json.array { { ip = status.podIP } }
end

-- ---- steps ----

--- The pod of a key, if it waits to run.
local function pending(world, key)
  local record = world.store:get(world.catalog.pods, key)
  if not record or record.object.metadata.deletionTimestamp then return nil end
  return (record.object.status.phase or "Pending") == "Pending" and record or nil
end

local function schedule(world, key)
  local record = pending(world, key)
  if not record then return end
  lifecycle.change(world, record, function(pod)
    local spec = {}
    for name, value in pairs(pod.spec) do spec[name] = value end
    if (spec.nodeName or "") == "" then spec.nodeName = node_for(world) end
    pod.spec = spec
    report(world, pod, false)
  end)
end

local function run(world, key)
  local record = pending(world, key)
  if not record or (record.object.spec.nodeName or "") == "" then return end
  lifecycle.change(world, record, function(pod) report(world, pod, true) end)
end

--- Ends a pod; one with finalizers stays, its grace period spent.
local function stop(world, key)
  local record = world.store:get(world.catalog.pods, key)
  if not record or not record.object.metadata.deletionTimestamp then return end
  deletion.delete(world, record, { grace = 0 })
end

--- Starts it.
-- @param script  { scheduled_after =, ready_after =, gone_after = } in seconds; false for never
function pods.start(world, script)
  local steps = {}
  for name, step in pairs { scheduled_after = schedule, ready_after = run, gone_after = stop } do
    steps[name] = work.queue(world, function(key) step(world, key) end)
  end
  local function plan(name, key)
    if script[name] then steps[name]:add(key, script[name]) end
  end
  local function plan_all(record)
    local metadata = record.object.metadata
    if metadata.deletionTimestamp then return plan("gone_after", record.key) end
    plan("scheduled_after", record.key)
    plan("ready_after", record.key)
  end
  for _, record in ipairs(world.store:list(world.catalog.pods, "")) do plan_all(record) end
  world.store:listen(function(event)
    if event.resource ~= world.catalog.pods then return end
    local deleted = event.record.object.metadata.deletionTimestamp
    local before = event.previous and event.previous.object.metadata.deletionTimestamp
    if event.type == "ADDED" or event.type == "MODIFIED" and deleted and not before then
      plan_all(event.record)
    end
  end)
end

return pods
