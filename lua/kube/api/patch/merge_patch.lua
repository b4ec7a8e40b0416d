--- Merge patches (RFC 7396): applied, made of two documents or of three, compared. Pure.
--
-- Sources: evanphx/json-patch v4 merge.go, which the API server and kubectl use; apimachinery
-- pkg/util/jsonmergepatch, pkg/util/mergepatch. Where we differ:
--
--   | case                              | kubectl                    | kube                       |
--   |-----------------------------------|----------------------------|----------------------------|
--   | create_merge of two arrays        | a patch for each pair of   | the second (RFC 7396)      |
--   |                                   | elements, an error if they |                            |
--   |                                   | are not as many            |                            |
--   | create_merge of other mismatches  | an error                   | the second (RFC 7396)      |
--   | integers past 2^53 that differ    | may be the same            | differ                     |
--   | 1 and 1.0, where Lua has both     | the same                   | differ                     |
--   | has_conflicts: 0 and 0.0          | differ                     | the same on Lua 5.1, LuaJIT|
--   | a patch that is no object         | an error                   | replaces all (RFC 7396)    |
local errors = require("kube.api.errors")
local values = require("kube.api.patch.values")

local is_object, members, same = values.is_object, values.members, values.same

local merge_patch = {}

-- ---- applying ----

--- See kube.api.patch.apply_merge.
function merge_patch.apply(document, change, json)
  -- Without the null members of objects in arrays too: RFC 7396 would keep those, the API server's
  -- library does not.
  if not is_object(document, json) then return values.copy(change, json, false) end
  if not is_object(change, json) then return change end
  local result = {}
  for name, member in pairs(members(document, json)) do result[name] = member end
  for name, member in pairs(members(change, json)) do
    if member == json.null then
      result[name] = nil
    else
      result[name] = merge_patch.apply(result[name], member, json)
    end
  end
  return result
end

-- ---- making ----

local function difference(original, modified, json)
  local change = {}
  original, modified = members(original, json), members(modified, json)
  for name in pairs(original) do
    if modified[name] == nil then change[name] = json.null end
  end
  for name, member in pairs(modified) do
    local old = original[name]
    if not is_object(old, json) or not is_object(member, json) then
      if old == nil or not same(old, member, json) then change[name] = member end
    else
      local inner = difference(old, member, json)
      if next(inner) ~= nil then change[name] = inner end
    end
  end
  return change
end

--- See kube.api.patch.create_merge.
function merge_patch.create(original, modified, json)
  if is_object(original, json) and is_object(modified, json) then
    return difference(original, modified, json)
  end
  return modified
end

--- The part of a patch that only removes (nulls), or the part that only sets. An empty object in it
-- is a value, not an empty patch.
function merge_patch.part_of(change, json, nulls)
  local part = {}
  for name, member in pairs(members(change, json)) do
    if member == json.null then
      if nulls then part[name] = member end
    elseif is_object(member, json) and next(members(member, json)) ~= nil then
      local inner = merge_patch.part_of(member, json, nulls)
      if next(inner) ~= nil then part[name] = inner end
    elseif not nulls then
      part[name] = member
    end
  end
  return part
end

--- See kube.api.patch.create_three_way_merge. (Upstream asks whether the two parts conflict. They
-- cannot: one sets what modified has, the other removes what it has not.)
function merge_patch.create_three_way(original, modified, current, json, preconditions)
  local set = merge_patch.part_of(difference(current, modified, json), json, false)
  local removed = merge_patch.part_of(difference(original, modified, json), json, true)
  local change = merge_patch.apply(removed, set, json)
  for _, holds in ipairs(preconditions or {}) do
    local good, why = holds(change)
    if not good then
      return nil, errors.new {
        reason = "BadRequest", message = "precondition failed: " .. (why or "the patch is refused"),
      }
    end
  end
  return change
end

local function unchanged(object, name, json, path)
  if not is_object(object, json) or not values.has(object, name, json) then return true end
  return false, path .. " must not change"
end

--- See kube.api.patch.require_key_unchanged.
function merge_patch.require_key_unchanged(key, json)
  return function(change) return unchanged(change, key, json, key) end
end

--- See kube.api.patch.require_metadata_key_unchanged.
function merge_patch.require_metadata_key_unchanged(key, json)
  return function(change)
    local metadata = is_object(change, json) and change.metadata
    return unchanged(metadata, key, json, "metadata." .. key)
  end
end

-- ---- comparing ----

local function members_conflict(left, right, json)
  left, right = members(left, json), members(right, json)
  for name, member in pairs(left) do
    local other = right[name]
    if other ~= nil and merge_patch.has_conflicts(member, other, json) then return true end
  end
  return false
end

local function elements_conflict(left, right, json)
  if #left ~= #right then return true end
  for i, element in ipairs(left) do
    if merge_patch.has_conflicts(element, right[i], json) then return true end
  end
  return false
end

--- See kube.api.patch.has_conflicts.
function merge_patch.has_conflicts(left, right, json)
  if type(left) ~= "table" or type(right) ~= "table" then return not same(left, right, json) end
  if is_object(left, json) ~= is_object(right, json) then return true end
  if is_object(left, json) then return members_conflict(left, right, json) end
  return elements_conflict(left, right, json)
end

return merge_patch
