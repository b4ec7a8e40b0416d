--- Patches made and applied, on values: merge patches (RFC 7396) and JSON patches (RFC 6902). Pure:
-- `json` says what null and arrays are, a table with the fields null, nulls, array, is_array and
-- encode of kube.json. kube.patch has the same functions without it, and says what they promise.
--
-- What is given is never changed. Results share with it what stayed as it was, but for apply_json,
-- whose result is a copy. Null members of results are json.null.
local difference = require("kube.api.patch.difference")
local errors = require("kube.api.errors")
local json_patch = require("kube.api.patch.json_patch")
local merge_patch = require("kube.api.patch.merge_patch")

local patch = {
  --- apply_merge(document, change, json) -> document
  apply_merge = merge_patch.apply,
  --- create_merge(original, modified, json) -> change
  create_merge = merge_patch.create,
  --- create_three_way_merge(original, modified, current, json, preconditions | nil) -> change
  -- | nil, err; all three are objects
  create_three_way_merge = merge_patch.create_three_way,
  --- require_key_unchanged(key, json) -> function (change) -> true | false, why
  require_key_unchanged = merge_patch.require_key_unchanged,
  --- require_metadata_key_unchanged(key, json) -> function (change) -> true | false, why
  require_metadata_key_unchanged = merge_patch.require_metadata_key_unchanged,
  --- has_conflicts(left, right, json) -> boolean
  has_conflicts = merge_patch.has_conflicts,
  --- create_json(original, modified, json) -> operations
  create_json = difference.create,
}

--- All operations or none: document | nil, err (reason Invalid, as the API server says of a patch
-- that does not apply).
-- @param rfc  true for what RFC 6902 says, false for what the API server does
function patch.apply_json(document, operations, json, rfc)
  local result, why = json_patch.apply(document, operations, json, rfc)
  if result ~= nil then return result end
  return nil, errors.new { reason = "Invalid", message = "the JSON patch does not apply: " .. why }
end

return patch
