--- Finalizers: names in metadata.finalizers that keep an object until they are removed. Pure.
--
--   if object.metadata.deletionTimestamp then
--     clean_up(object)
--     if kube.finalizers.remove(object, NAME) then assert(k:update(object)) end
--   elseif kube.finalizers.add(object, NAME) then
--     object = assert(k:update(object))
--   end
--
-- The object is changed in place. A list that becomes empty is taken out of it, as Go leaves out
-- what is empty. Source: controller-runtime pkg/controller/controllerutil.
local has = require("kube.api.list").has
local options = require("kube.api.options")

local finalizers = {}

local function list_of(object, name, what)
  options.check_type(object, "table", what .. ": the object", 3)
  options.check_type(name, "string", what .. ": the name", 3)
  local metadata = object.metadata
  local list = type(metadata) == "table" and metadata.finalizers
  return type(list) == "table" and list or nil
end

--- Whether an object has a finalizer.
function finalizers.contains(object, name)
  local list = list_of(object, name, "kube.finalizers.contains")
  return has(list, name)
end

--- Adds a finalizer to an object that does not have it yet.
-- @return whether the object changed
function finalizers.add(object, name)
  local list = list_of(object, name, "kube.finalizers.add")
  if has(list, name) then return false end
  if not list then
    list = {}
    object.metadata = object.metadata or {}
    object.metadata.finalizers = list
  end
  list[#list + 1] = name
  return true
end

--- Removes a finalizer from an object.
-- @return whether the object changed
function finalizers.remove(object, name)
  local list = list_of(object, name, "kube.finalizers.remove")
  if not has(list, name) then return false end
  for i = #list, 1, -1 do
    if list[i] == name then table.remove(list, i) end
  end
  if #list == 0 then object.metadata.finalizers = nil end
  return true
end

return finalizers
