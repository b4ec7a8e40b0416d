--- Patches made and applied here, without a server: merge patches (RFC 7396) and JSON patches
-- (RFC 6902).
--
--   local change = kube.patch.create_merge(pod, modified)   --> { metadata = { labels = ... } }
--   k:patch("pods", "web-0", change, { type = kube.patch.MERGE })
--
-- What is given is never changed. A result may share parts with what was given, so that neither
-- should be changed in place afterwards; what apply_json gives is a copy of its own. A member that
-- is null is kube.null in a result.
local json = require("kube.json")
local options = require("kube.api.options")
local pure = require("kube.api.patch")

-- Types of patches: apimachinery pkg/types/patch.go. Server-side apply has a method of its own.
local patch = {
  --- The type of a JSON patch, "json": an array of operations.
  JSON = "json",
  --- The type of a merge patch, "merge".
  MERGE = "merge",
  --- The type of a strategic merge patch, "strategic": the server merges lists by their keys.
  STRATEGIC = "strategic",
  --- The type of server-side apply, "apply": patch then needs a fieldManager, as apply does not.
  APPLY = "apply",
}

local function check_value(value, what)
  if value == nil then error(what .. " must be a value, not nil (null is kube.null)", 3) end
end

local function check_object(value, what)
  if type(value) ~= "table" or json.is_array(value) or value[1] ~= nil then
    error(what .. " must be an object", 3)
  end
  return value
end

--- The merge patch that makes modified of original: an object, in which kube.null removes a
-- member. Where one of the two is no object, it is modified.
--
-- A merge patch cannot say that a member becomes null: that removes it. create_json can.
function patch.create_merge(original, modified)
  check_value(original, "create_merge: original")
  check_value(modified, "create_merge: modified")
  return pure.create_merge(original, modified, json)
end

--- The merge patch by which what is there becomes what is wanted, as kubectl apply makes it for
-- custom resources: it sets what modified has and current has not, or has with another value, and
-- removes what original has and modified has not: patch | nil, err (reason BadRequest: a
-- precondition does not hold).
-- @param original  what was wanted last time; nil for nothing
-- @param modified  what is wanted now
-- @param current   what is there; nil for nothing
-- @param given { preconditions = a list of functions that take the patch and return true, or
--   false and why: kube.patch.require_key_unchanged("kind") is one }
function patch.create_three_way_merge(original, modified, current, given)
  given = options.check(given, { preconditions = "table" }, "create_three_way_merge")
  original = check_object(original or {}, "create_three_way_merge: original")
  check_object(modified, "create_three_way_merge: modified")
  current = check_object(current or {}, "create_three_way_merge: current")
  return pure.create_three_way_merge(original, modified, current, json, given.preconditions)
end

--- A precondition: the patch leaves the member of that name alone.
function patch.require_key_unchanged(key) return pure.require_key_unchanged(key, json) end

--- A precondition: the patch leaves the member of that name of metadata alone.
function patch.require_metadata_key_unchanged(key)
  return pure.require_metadata_key_unchanged(key, json)
end

--- The JSON patch that makes modified of original: an array of { op =, path =, value = }, the same
-- for the same two. Elements of arrays are inserted and removed where they are.
function patch.create_json(original, modified)
  check_value(original, "create_json: original")
  check_value(modified, "create_json: modified")
  return pure.create_json(original, modified, json)
end

--- The document with a merge patch applied, as the API server does it.
-- @param change  an object: kube.null removes a member, other values replace or are merged
function patch.apply_merge(document, change)
  check_value(document, "apply_merge: the document")
  check_value(change, "apply_merge: the patch")
  return pure.apply_merge(document, change, json)
end

--- The document with the operations of a JSON patch applied, one after the other, all or none:
-- document | nil, err (reason Invalid: one of them does not apply).
-- @param operations  an array of { op =, path =, value =, from = }
-- @param given { rfc = true for what RFC 6902 says; the API server, and kube without this option,
--   take negative indexes, missing values for null, and more }
function patch.apply_json(document, operations, given)
  given = options.check(given, { rfc = "boolean" }, "apply_json")
  check_value(document, "apply_json: the document")
  options.check_type(operations, "table", "apply_json: the operations")
  return pure.apply_json(document, operations, json, given.rfc or false)
end

--- Whether two merge patches, or documents, have different values where both have one.
function patch.has_conflicts(left, right) return pure.has_conflicts(left, right, json) end

return patch
