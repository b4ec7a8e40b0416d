--- JSON without loss: bytes to Lua values and back.
--
-- Objects are plain tables, arrays carry a metatable (so that [] and {} stay what they are),
-- integers stay integers. A member that is null is not in the table, but remembered: encode writes
-- it back unless the member has a value by then; a null in an array is `json.null`.
--
--   | Lua value              | JSON                                                            |
--   |------------------------|-----------------------------------------------------------------|
--   | {}                     | {}; json.array() is []                                          |
--   | keys 1..n, no other    | an array; keys of both kinds, or holes, are an error            |
--   | json.null              | null, wherever it stands                                        |
--   | 1.0 (5.3 and later)    | 1.0; older Luas cannot tell it from 1 and write 1               |
--   | 2^53 + 1 on LuaJIT     | an int64 cdata: exact; 5.1 and 5.2 have only the nearest number |
--   | 18446744073709551615   | a float, as in Go: more than 64 bits with a sign hold           |
--
-- The options of decode are those that reads of the API use too:
--   strip_managed_fields   leave out metadata.managedFields, also of the items of a list
--   fields                 decode only these: a json.projection or the list of paths it takes
--   api_version, kind      set in the object when it has none
local core = require("kube.core").json
local errors = require("kube.api.errors")

local json = {
  null = core.null,             -- null; the same value as cjson.null and ngx.null
  array_mt = core.array_mt,     -- the metatable of arrays
  array = core.array,           -- array([t]) -> t, marked as an array
  is_array = core.is_array,     -- is_array(value) -> whether it is marked so
  nulls = core.nulls,           -- nulls(t) -> the names of its null members, sorted
  projection = core.projection, -- projection{ "metadata.name", ... } -> for the option fields
}

--- The value that the text is: value | nil, err. `err.offset` counts the bytes before the fault.
-- The text "null" is json.null.
---@param text string
---@param options table?
function json.decode(text, options)
  local value, message, offset = core.decode(text, options)
  if value ~= nil then return value end
  local err = errors.new({ reason = "Decode", message = message })
  err.offset = offset
  return nil, err
end

--- The JSON of a value: text | nil, err. Options: sort_keys, and indent, the spaces a level.
-- Messages name the path of what has no JSON, never its value.
---@param value any
---@param options table?
function json.encode(value, options)
  local text, message = core.encode(value, options)
  if text then return text end
  return nil, errors.new({ reason = "BadRequest", message = message })
end

return json
