--- What the status of a Deployment says: figures of its ReplicaSets, and conditions. Pure; its
-- ReplicaSets are records (see kube.fake.store), the new one may be nil.
local json = require("kube.json")
local rollout = require("kube.fake.controllers.rollout")
local tables = require("kube.fake.tables")

local deployment_status = {}

local function some(n) return n > 0 and n or nil end

local function sum(sets, field)
  local total = 0
  for _, set in ipairs(sets) do
    total = total + (tables.get(set.object, "status", field) or 0)
  end
  return total
end

--- The figures of a deployment's status.
function deployment_status.figures(deployment, new, old)
  local all, mine = { new }, { new }
  for _, set in ipairs(old) do all[#all + 1] = set end
  local total, available = sum(all, "replicas"), sum(all, "availableReplicas")
  local wanted = deployment.spec.replicas
  return {
    observedGeneration = deployment.metadata.generation, replicas = some(total),
    updatedReplicas = some(sum(mine, "replicas")), readyReplicas = some(sum(all, "readyReplicas")),
    availableReplicas = some(available), unavailableReplicas = some(
      math.max(math.max(total, wanted) - available, 0)),
    terminatingReplicas = sum(all, "terminatingReplicas"),
  }
end

--- Puts a condition among those there are; times change only with what they are the times of.
local function set_condition(conditions, new, time)
  local rest = json.array()
  new.lastUpdateTime, new.lastTransitionTime = time, time
  for _, one in ipairs(conditions or {}) do
    if one.type ~= new.type then
      rest[#rest + 1] = one
    else
      if one.status == new.status then new.lastTransitionTime = one.lastTransitionTime end
      if one.status == new.status and one.reason == new.reason then
        new.lastUpdateTime = one.lastUpdateTime
      end
    end
  end
  rest[#rest + 1] = new
  return rest
end

local function available_condition(spec, status)
  local enough = (status.availableReplicas or 0) >= spec.replicas - rollout.unavailable(spec)
  return {
    type = "Available", status = enough and "True" or "False",
    reason = enough and "MinimumReplicasAvailable" or "MinimumReplicasUnavailable",
    message = enough and "Deployment has minimum availability."
      or "Deployment does not have minimum availability.",
  }
end

--- The condition Progressing.
-- @param overdue  whether nothing has moved for longer than the deployment allows
local function progressing_condition(spec, status, name, overdue)
  local complete = (status.updatedReplicas or 0) == spec.replicas
    and (status.replicas or 0) == spec.replicas
    and (status.availableReplicas or 0) == spec.replicas
  local is, reason, message = "True", "ReplicaSetUpdated", 'ReplicaSet "%s" is progressing.'
  if complete then
    reason, message = "NewReplicaSetAvailable", 'ReplicaSet "%s" has successfully progressed.'
  elseif overdue then
    is, reason, message = "False", "ProgressDeadlineExceeded",
      'ReplicaSet "%s" has timed out progressing.'
  elseif not status.updatedReplicas then
    reason, message = "NewReplicaSetCreated", 'Created new replica set "%s"'
  end
  return { type = "Progressing", status = is, reason = reason, message = message:format(name) }
end

--- The conditions that go with the figures: a list.
-- @param time     now, as the API writes it
-- @param overdue  whether nothing has moved for longer than the deployment allows
function deployment_status.conditions(deployment, status, new, time, overdue)
  local conditions = set_condition(deployment.status.conditions,
    available_condition(deployment.spec, status), time)
  if not new then return conditions end
  return set_condition(conditions, progressing_condition(deployment.spec, status,
    new.object.metadata.name, overdue), time)
end

return deployment_status
