--- JSON without loss: bytes to Lua values and back.
--
-- Objects are plain tables, arrays carry a metatable (so that [] and {} stay what they are),
-- integers stay integers. A member that is null is not in the table, but remembered: encode writes
-- it back unless the member has a value by then; a null in an array is kube.null.
--
--   | Lua value              | JSON                                                            |
--   |------------------------|-----------------------------------------------------------------|
--   | {}                     | {}; kube.array() is []                                          |
--   | keys 1..n, no other    | an array; keys of both kinds, or holes, are an error            |
--   | kube.null              | null, wherever it stands                                        |
--   | 1.0 (5.3 and later)    | 1.0; older Luas cannot tell it from 1 and write 1               |
--   | 2^53 + 1 on LuaJIT     | an int64 cdata: exact; 5.1 and 5.2 have only the nearest number |
--   | 18446744073709551615   | a float, as in Go: more than 64 bits with a sign hold           |
local core = require("kube.core").json
local errors = require("kube.api.errors")

local json = {
  --- Null as a value, the same as kube.null, cjson.null and ngx.null.
  null = core.null,
  --- The metatable of arrays.
  array_mt = core.array_mt,
  --- array(list): the list, marked as an array; without a list a new one.
  array = core.array,
  --- is_array(value): whether a value is a table that is marked as an array.
  is_array = core.is_array,
  --- nulls(object): the names of the members that came as null and have no value since, sorted.
  nulls = core.nulls,
  --- projection(paths): a list of paths, { "metadata.name", "spec.containers.image" }, ready for
  -- the option fields: for many reads it is made once. Throws on what is no path. A path goes
  -- through arrays by itself; names with dots stand in brackets:
  -- "metadata.labels['app.kubernetes.io/name']".
  projection = core.projection,
}

--- The value that a text is: value | nil, err (reason Decode; err.offset: the bytes before the
-- fault). The text "null" is kube.null.
-- @param options { strip_managed_fields = true to leave out metadata.managedFields, also in the
--   items of a list, fields = only these: a kube.json.projection or a list of paths,
--   api_version =, kind = (set in the object when it has none) }
function json.decode(text, options)
  local value, message, offset = core.decode(text, options)
  if value ~= nil then return value end
  local err = errors.new({ reason = "Decode", message = message })
  err.offset = offset
  return nil, err
end

--- The JSON of a value: text | nil, err (reason BadRequest: it has none, and the path of the
-- culprit; OutOfMemory).
-- @param options { sort_keys = true for members in the order of their names, indent = spaces a
--   level (0: all in one line) }
function json.encode(value, options)
  local text, message, reason = core.encode(value, options)
  if text then return text end
  return nil, errors.new({ reason = reason, message = message })
end

return json
