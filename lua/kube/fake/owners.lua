--- Who owns whom: an index over metadata.ownerReferences, kept by the events of the store.
local owners = {}

local Owners = {}
Owners.__index = Owners

local function id_of(record) return record.resource.id .. " " .. record.key end

local function each_owner(record, visit)
  for _, owner in ipairs(record.object.metadata.ownerReferences or {}) do visit(owner) end
end

function Owners:_forget(record)
  each_owner(record, function(owner)
    local dependents = self._dependents[owner.uid]
    if dependents then dependents[id_of(record)] = nil end
    if dependents and next(dependents) == nil then self._dependents[owner.uid] = nil end
  end)
end

function Owners:_learn(record)
  each_owner(record, function(owner)
    local dependents = self._dependents[owner.uid] or {}
    dependents[id_of(record)] = record
    self._dependents[owner.uid] = dependents
  end)
end

--- Takes note of an event.
function Owners:note(event)
  if event.previous then self:_forget(event.previous) end
  local gone = event.type == "DELETED"
  if not gone then self:_learn(event.record) end
  self._alive[event.record.object.metadata.uid] = not gone and event.record or nil
end

--- The record of an object by its uid, or nil.
function Owners:by_uid(uid) return self._alive[uid] end

--- The records that an object owns, in order of their keys; of one resource, if given.
function Owners:dependents(uid, resource)
  local found = {}
  for _, record in pairs(self._dependents[uid] or {}) do
    if not resource or record.resource == resource then found[#found + 1] = record end
  end
  table.sort(found, function(a, b) return id_of(a) < id_of(b) end)
  return found
end

--- The reference to an owner that is the controller of it, or nil.
function owners.controller_of(record)
  for _, owner in ipairs(record.object.metadata.ownerReferences or {}) do
    if owner.controller then return owner end
  end
end

--- The reference that makes a record the controller of another object.
function owners.reference(record)
  local object = record.object
  return {
    apiVersion = object.apiVersion, kind = object.kind, name = object.metadata.name,
    uid = object.metadata.uid, controller = true, blockOwnerDeletion = true,
  }
end

--- The index over a store, which is empty yet.
function owners.of(store)
  local index = setmetatable({ _dependents = {}, _alive = {} }, Owners)
  store:listen(function(event) index:note(event) end)
  return index
end

return owners
