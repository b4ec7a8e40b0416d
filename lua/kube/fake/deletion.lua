--- How objects end: grace periods, finalizers, propagation, namespaces.
local encoding = require("kube.fake.encoding")
local lifecycle = require("kube.fake.lifecycle")
local status = require("kube.fake.status")
local tables = require("kube.fake.tables")

local deletion = {}

local function check_preconditions(record, wanted)
  local resource, metadata = record.resource, record.object.metadata
  if wanted.uid and wanted.uid ~= metadata.uid then
    return nil, status.precondition(resource, metadata.name, string.format("the UID in the "
      .. "precondition (%s) does not match the UID in record (%s). The object might have been "
      .. "deleted and then recreated", wanted.uid, metadata.uid))
  end
  if wanted.resourceVersion and wanted.resourceVersion ~= metadata.resourceVersion then
    return nil, status.precondition(resource, metadata.name, string.format("the ResourceVersion "
      .. "in the precondition (%s) does not match the ResourceVersion in record (%s). The object "
      .. "might have been modified", wanted.resourceVersion, metadata.resourceVersion))
  end
  return true
end

-- ---- what a delete leaves ----

local POLICY_FINALIZERS = { Orphan = "orphan", Foreground = "foregroundDeletion" }

--- The finalizers under a propagation policy: the garbage collector takes its own off again.
local function finalizers_for(finalizers, policy)
  if not policy then return finalizers end
  local wanted = POLICY_FINALIZERS[policy]
  for _, name in pairs(POLICY_FINALIZERS) do
    if tables.has(finalizers, name) ~= (name == wanted) then
      finalizers = name == wanted and tables.with(finalizers, name)
        or tables.without(finalizers, name)
    end
  end
  return finalizers
end

local OVER = { Succeeded = true, Failed = true }

--- The seconds that an object is given: only pods that run on a node have any.
local function grace_of(world, record, asked)
  if record.resource ~= world.catalog.pods then return 0 end
  local spec, phase = record.object.spec, tables.get(record.object, "status", "phase")
  if (spec.nodeName or "") == "" or OVER[phase] then return 0 end
  return asked or spec.terminationGracePeriodSeconds or 30
end

local AGES = 1e10 -- seconds: what os.date can still tell

--- Marks an object as deleted; generation counts that once.
local function mark(world, object, grace)
  local metadata = object.metadata
  if metadata.generation and not metadata.deletionTimestamp then
    metadata.generation = metadata.generation + 1
  end
  metadata.deletionTimestamp = encoding.time(world.time() + math.min(grace, AGES))
  metadata.deletionGracePeriodSeconds = grace
end

local function remove(world, record, object)
  if record.resource ~= world.catalog.pods then object = record.object end
  return world.store:remove(record.resource, record.key, object)
end

--- Deletes an object, or marks it as deleted where somebody still has to agree.
-- @return its record, whether it is gone
local function delete(world, record, given)
  local old = record.object.metadata
  local finalizers = finalizers_for(old.finalizers, given.policy)
  local grace = grace_of(world, record, given.grace)
  local waits = grace > 0 or #(finalizers or {}) > 0
  local before = old.deletionTimestamp and (old.deletionGracePeriodSeconds or 0)
  if before and waits and before <= grace and tables.same(finalizers, old.finalizers) then
    return record, false
  end
  local object = tables.shallow(record.object)
  object.metadata = tables.shallow(old)
  object.metadata.finalizers = finalizers
  if not before or grace < before or not waits then mark(world, object, grace) end
  if given.dry_run then return record, not waits end
  if waits then return world.store:put(record.resource, object), false end
  return remove(world, record, object), true
end

-- ---- namespaces ----

local IMMORTAL = { default = true, ["kube-system"] = true, ["kube-public"] = true }

--- A namespace waits for its controller, which empties it.
local function delete_namespace(world, record, given)
  local name = record.object.metadata.name
  if IMMORTAL[name] then
    return nil, status.forbidden(record.resource, name, "this namespace may not be deleted")
  end
  if given.dry_run or record.object.metadata.deletionTimestamp then return record, false end
  return lifecycle.change(world, record, function(object)
    object.metadata.deletionTimestamp = encoding.time(world.time())
    object.status = object.status or {}
    object.status.phase = "Terminating"
  end), false
end

--- Deletes an object: its record as it is now, whether it is gone | nil, failure.
-- @param given  { grace = seconds, policy = "Background" | "Foreground" | "Orphan",
--   preconditions = { uid =, resourceVersion = }, dry_run = }, all optional
function deletion.delete(world, record, given)
  local ok, failure = check_preconditions(record, given.preconditions or {})
  if not ok then return nil, failure end
  if record.resource == world.catalog.namespaces then
    return delete_namespace(world, record, given)
  end
  return delete(world, record, given)
end

return deletion
