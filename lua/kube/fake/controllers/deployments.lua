--- The Deployment controller: one ReplicaSet a template, rolled from the old ones to the new.
-- Source: kube-controller-manager pkg/controller/deployment (rolling.go, recreate.go, sync.go).
local deletion = require("kube.fake.deletion")
local deployment_status = require("kube.fake.controllers.deployment_status")
local encoding = require("kube.fake.encoding")
local json = require("kube.json")
local lifecycle = require("kube.fake.lifecycle")
local owners = require("kube.fake.owners")
local rollout = require("kube.fake.controllers.rollout")
local tables = require("kube.fake.tables")
local work = require("kube.fake.work")

local deployments = {}

local HASH = "pod-template-hash"
local REVISION = "deployment.kubernetes.io/revision"

-- ---- its ReplicaSets ----

local function hash_of(deployment)
  return encoding.hash(assert(json.encode(deployment.spec.template, { sort_keys = true })))
end

--- The ReplicaSet of the template as it is now, or nil, and the others.
local function sets_of(world, record)
  local hash, new, old = hash_of(record.object), nil, {}
  local uid = record.object.metadata.uid
  for _, set in ipairs(world.owners:dependents(uid, world.catalog.replicasets)) do
    if tables.get(set.object, "metadata", "labels", HASH) == hash then
      new = set
    else
      old[#old + 1] = set
    end
  end
  return new, old
end

local function revision_of(record)
  return tonumber(tables.get(record.object, "metadata", "annotations", REVISION)) or 0
end

local function next_revision(old)
  local last = 0
  for _, set in ipairs(old) do last = math.max(last, revision_of(set)) end
  return string.format("%d", last + 1)
end

--- The annotations that say what a ReplicaSet is a part of.
local function sizes(deployment)
  return {
    ["deployment.kubernetes.io/desired-replicas"] = string.format("%d", deployment.spec.replicas),
    ["deployment.kubernetes.io/max-replicas"] = string.format("%d",
      rollout.most(deployment.spec)),
  }
end

--- Adds annotations to a copy of an object.
local function note(object, annotations)
  local all = tables.deep(object.metadata.annotations or {})
  for name, value in pairs(annotations) do all[name] = value end
  object.metadata.annotations = all
end

local function with_hash(labels, hash)
  local more = tables.deep(labels or {})
  more[HASH] = hash
  return more
end

--- Creates the ReplicaSet of the template: record | nil.
local function create_set(world, record, old, replicas)
  local object, hash = record.object, hash_of(record.object)
  local selector = tables.deep(object.spec.selector)
  selector.matchLabels = with_hash(selector.matchLabels, hash)
  local template = tables.deep(object.spec.template)
  template.metadata = template.metadata or {}
  template.metadata.labels = with_hash(template.metadata.labels, hash)
  local annotations = sizes(object)
  annotations[REVISION] = next_revision(old)
  return lifecycle.create(world, world.catalog.replicasets, {
    apiVersion = "apps/v1", kind = "ReplicaSet",
    metadata = {
      name = object.metadata.name .. "-" .. hash, namespace = object.metadata.namespace,
      labels = tables.deep(template.metadata.labels),
      annotations = annotations,
      ownerReferences = json.array { owners.reference(record) },
    },
    spec = { replicas = replicas, selector = selector, template = template },
  })
end

--- Sets how many pods a ReplicaSet is to have, and notes of how many of all.
local function scale(world, deployment, set, replicas)
  lifecycle.change(world, set, function(object)
    note(object, sizes(deployment))
    if object.spec.replicas == replicas then return end
    object.spec = tables.shallow(object.spec)
    object.spec.replicas = replicas
    object.metadata.generation = (object.metadata.generation or 0) + 1
  end)
end

--- Gives the new ReplicaSet the highest revision: after a rollback it is an old one.
local function renew(world, set, old)
  local wanted = next_revision(old)
  if revision_of(set) >= tonumber(wanted) then return set end
  return lifecycle.change(world, set, function(object) note(object, { [REVISION] = wanted }) end)
end

-- ---- rolling ----

--- What rollout.plan reads of a ReplicaSet.
local function figures(set)
  return {
    replicas = set.object.spec.replicas or 0,
    available = tables.get(set.object, "status", "availableReplicas") or 0,
  }
end

local function all_figures(sets)
  local all = {}
  for i, set in ipairs(sets) do all[i] = figures(set) end
  return all
end

--- Whether pods of old ReplicaSets are there in any state.
local function has_pods(world, sets)
  for _, set in ipairs(sets) do
    if world.owners:dependents(set.object.metadata.uid, world.catalog.pods)[1] then return true end
  end
  return false
end

--- One step towards the template.
local function roll(world, record, new, old)
  local spec = record.object.spec
  local recreate = tables.get(spec, "strategy", "type") == "Recreate"
  if recreate then
    for _, set in ipairs(old) do scale(world, record.object, set, 0) end
    if has_pods(world, old) then return end
  end
  if not new then
    local first = recreate and spec.replicas or rollout.first(spec, all_figures(old))
    create_set(world, record, old, first)
    return
  end
  new = renew(world, new, old)
  if recreate then
    scale(world, record.object, new, spec.replicas)
    return
  end
  local plan = rollout.plan(spec, figures(new), all_figures(old))
  scale(world, record.object, new, plan.new)
  for i, set in ipairs(old) do scale(world, record.object, set, plan.old[i]) end
end

--- Deletes old ReplicaSets without pods beyond the history that is kept.
local function clean(world, record, old)
  local empty = {}
  for _, set in ipairs(old) do
    local status = set.object.status or {}
    if set.object.spec.replicas == 0 and (status.replicas or 0) == 0 then
      empty[#empty + 1] = set
    end
  end
  table.sort(empty, function(a, b) return revision_of(a) < revision_of(b) end)
  for i = 1, #empty - (record.object.spec.revisionHistoryLimit or 10) do
    deletion.delete(world, empty[i], {})
  end
end

-- ---- status ----

--- Whether a rollout that is under way has stood still for too long. Has it looked at again when
-- it would have.
local function is_overdue(world, queue, record, status)
  local moved = world.moved or {}
  world.moved = moved
  local uid, deadline = record.object.metadata.uid, record.object.spec.progressDeadlineSeconds
  local figure = json.encode({ status.replicas or 0, status.updatedReplicas or 0,
    status.availableReplicas or 0, record.object.metadata.generation })
  if not moved[uid] or moved[uid].figure ~= figure then
    moved[uid] = { figure = figure, since = world.now() }
  end
  local left = moved[uid].since + (deadline or 600) - world.now()
  if left > 0 then queue:add(record.key, left + 0.01) end
  return left <= 0
end

local function write_status(world, queue, record, new, old)
  local deployment = record.object
  local status = deployment_status.figures(deployment, new, old)
  status.conditions = deployment_status.conditions(deployment, status, new,
    encoding.time(world.time()), is_overdue(world, queue, record, status))
  lifecycle.change(world, record, function(object)
    object.status = status
    if not new then return end
    note(object, { [REVISION] = string.format("%d", revision_of(new)) })
  end)
end

-- ---- the controller ----

local function reconcile(world, queue, key)
  local resource = world.catalog.deployments
  local record = world.store:get(resource, key)
  if not record or record.object.metadata.deletionTimestamp then return end
  local new, old = sets_of(world, record)
  if not record.object.spec.paused then
    roll(world, record, new, old)
    clean(world, record, old)
    new, old = sets_of(world, record)
  end
  record = world.store:get(resource, key)
  if record then write_status(world, queue, record, new, old) end
end

--- Starts it.
function deployments.start(world)
  local queue
  queue = work.queue(world, function(key) reconcile(world, queue, key) end)
  for _, record in ipairs(world.store:list(world.catalog.deployments, "")) do
    queue:add(record.key)
  end
  world.store:listen(function(event)
    local metadata = event.record.object.metadata
    if event.resource == world.catalog.deployments then
      queue:add(event.record.key)
    elseif event.resource == world.catalog.replicasets then
      local owner = owners.controller_of(event.record)
      if owner and owner.kind == "Deployment" then
        queue:add(metadata.namespace .. "/" .. owner.name)
      end
    end
  end)
end

return deployments
