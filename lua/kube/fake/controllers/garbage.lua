--- The garbage collector: what all owners left goes too; the finalizers orphan and
-- foregroundDeletion are its own.
local deletion = require("kube.fake.deletion")
local json = require("kube.json")
local lifecycle = require("kube.fake.lifecycle")
local tables = require("kube.fake.tables")
local work = require("kube.fake.work")

local garbage = {}

--- Whether an owner is there; one of a kind that is not served cannot be missed.
local function is_alive(world, owner)
  return world.owners:by_uid(owner.uid) ~= nil
    or not world.catalog:of_kind(owner.apiVersion, owner.kind)
end

--- The references of a record without those to owners for which drop(owner) holds.
local function remove_references(world, record, drop)
  lifecycle.change(world, record, function(object)
    local rest = json.array()
    for _, owner in ipairs(object.metadata.ownerReferences) do
      if not drop(owner) then rest[#rest + 1] = owner end
    end
    object.metadata.ownerReferences = rest[1] and rest or nil
  end)
end

--- Deletes an object whose owners are all gone; forgets single ones that are.
local function collect(world, record)
  local references = record.object.metadata.ownerReferences or {}
  local gone = {}
  for _, owner in ipairs(references) do
    if not is_alive(world, owner) then gone[owner.uid] = true end
  end
  if next(gone) == nil then return end
  for _, owner in ipairs(references) do
    if not gone[owner.uid] then
      return remove_references(world, record, function(one) return gone[one.uid] end)
    end
  end
  if not record.object.metadata.deletionTimestamp then deletion.delete(world, record, {}) end
end

local function drop_finalizer(world, record, name)
  lifecycle.change(world, record, function(object)
    local rest = tables.without(object.metadata.finalizers, name)
    object.metadata.finalizers = rest[1] and rest or nil
  end)
end

local function orphan(world, record)
  local uid = record.object.metadata.uid
  for _, dependent in ipairs(world.owners:dependents(uid)) do
    remove_references(world, dependent, function(owner) return owner.uid == uid end)
  end
  drop_finalizer(world, record, "orphan")
end

--- Deletes what an object owns, and lets go of it when that is gone.
local function foreground(world, record)
  local dependents = world.owners:dependents(record.object.metadata.uid)
  if not dependents[1] then return drop_finalizer(world, record, "foregroundDeletion") end
  for _, dependent in ipairs(dependents) do
    if not dependent.object.metadata.deletionTimestamp then
      deletion.delete(world, dependent, { policy = "Foreground" })
    end
  end
end

local function reconcile(world, uid)
  local record = world.owners:by_uid(uid)
  if not record then return end
  local metadata = record.object.metadata
  if metadata.deletionTimestamp and tables.has(metadata.finalizers, "orphan") then
    orphan(world, record)
  elseif metadata.deletionTimestamp and tables.has(metadata.finalizers, "foregroundDeletion") then
    foreground(world, record)
  elseif metadata.ownerReferences then
    collect(world, record)
  end
end

--- Starts it.
function garbage.start(world)
  local queue = work.queue(world, function(uid) reconcile(world, uid) end)
  world.store:listen(function(event)
    local metadata = event.record.object.metadata
    if event.type ~= "DELETED" then
      if metadata.ownerReferences or metadata.deletionTimestamp then queue:add(metadata.uid) end
      return
    end
    for _, owner in ipairs(metadata.ownerReferences or {}) do queue:add(owner.uid) end
    for _, dependent in ipairs(world.owners:dependents(metadata.uid)) do
      queue:add(dependent.object.metadata.uid)
    end
  end)
end

return garbage
