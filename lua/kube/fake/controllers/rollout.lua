--- How many pods the ReplicaSets of a Deployment are to have, step by step. Pure.
-- Source: kube-controller-manager pkg/controller/deployment/rolling.go, util/deployment_util.go.
--
-- ReplicaSets are given as { replicas = wanted, available = there and ready }.
local rollout = {}

--- A number of pods, given as a number or a percentage of the wanted ones.
local function pods(value, wanted, round)
  if type(value) == "string" then
    local percent = tonumber(value:match("^(%d+)%%$"))
    return percent and round(percent * wanted / 100) or 0
  end
  return tonumber(value) or 0
end

local function rolling_update(spec)
  local strategy = type(spec.strategy) == "table" and spec.strategy.rollingUpdate
  return type(strategy) == "table" and strategy or {}
end

--- How many pods there may be beyond the wanted number, and how many may be missing.
local function bounds(spec)
  local given = rolling_update(spec)
  local surge = pods(given.maxSurge or "25%", spec.replicas, math.ceil)
  local missing = pods(given.maxUnavailable or "25%", spec.replicas, math.floor)
  if surge == 0 and missing == 0 then missing = 1 end
  return surge, math.min(missing, spec.replicas)
end

--- How many pods there may be at most.
function rollout.most(spec) return spec.replicas + (bounds(spec)) end

--- How many pods may be missing: floor of the percentage.
function rollout.unavailable(spec)
  if type(spec.strategy) == "table" and spec.strategy.type == "Recreate" then return 0 end
  local _, missing = bounds(spec)
  return missing
end

local function total(sets, field)
  local sum = 0
  for _, set in ipairs(sets) do sum = sum + set[field] end
  return sum
end

--- How many pods the new ReplicaSet may have now.
local function new_replicas(spec, replicas, old)
  if replicas >= spec.replicas then return spec.replicas end
  local room = spec.replicas + (bounds(spec)) - replicas - total(old, "replicas")
  return replicas + math.max(0, math.min(room, spec.replicas - replicas))
end

--- How many pods a ReplicaSet begins with, beside old ones.
function rollout.first(spec, old) return new_replicas(spec, 0, old) end

--- Takes away up to n pods, from the front; each set gives what give(set) says.
local function take(sets, n, give)
  for _, set in ipairs(sets) do
    local some = math.max(0, math.min(n, give(set)))
    set.replicas, n = set.replicas - some, n - some
  end
  return n
end

--- The next step: { new = replicas, old = { replicas, ... } }.
function rollout.plan(spec, new, old)
  local plan = { new = new_replicas(spec, new.replicas, old), old = {} }
  local left = {}
  for i, set in ipairs(old) do left[i] = { replicas = set.replicas, available = set.available } end
  if plan.new == new.replicas then
    local needed = spec.replicas - rollout.unavailable(spec)
    local spare = new.replicas + total(old, "replicas") - needed - (new.replicas - new.available)
    take(left, spare, function(set) return set.replicas - set.available end) -- those not ready
    local ready = new.available
    for _, set in ipairs(left) do ready = ready + math.min(set.available, set.replicas) end
    take(left, ready - needed, function(set) return set.replicas end)
  end
  for i, set in ipairs(left) do plan.old[i] = set.replicas end
  return plan
end

return rollout
