--- Copies and comparisons of objects, which are never changed once stored.
local json = require("kube.json")

local tables = {}

--- A copy of one level; what is below is shared.
function tables.shallow(value)
  local copy = {}
  for name, member in pairs(value) do copy[name] = member end
  return setmetatable(copy, getmetatable(value))
end

--- A copy all the way down, without null members: they mean nothing in the kinds that have types.
function tables.deep(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for name, member in pairs(value) do
    if member ~= json.null then copy[name] = tables.deep(member) end
  end
  return json.is_array(value) and json.array(copy) or copy
end

--- The value as it comes out of its own JSON: nulls hidden, arrays marked. value | nil, err
function tables.canonical(value)
  local text, err = json.encode(value)
  if not text then return nil, err end
  return json.decode(text)
end

--- Whether two values have the same JSON.
function tables.same(a, b)
  if a == nil or b == nil then return a == b end
  local sort = { sort_keys = true }
  return json.encode(a, sort) == json.encode(b, sort)
end

--- The value at a path, or nil: tables.get(pod, "status", "phase").
function tables.get(value, ...)
  for i = 1, select("#", ...) do
    if type(value) ~= "table" then return nil end
    value = value[(select(i, ...))]
  end
  return value
end

--- The names of the members of a map, or of nil, in order.
function tables.names(map)
  local names = {}
  for name in pairs(map or {}) do names[#names + 1] = name end
  table.sort(names)
  return names
end

--- Whether a list has a value.
tables.has = require("kube.api.list").has

--- The list without a value.
function tables.without(list, value)
  local rest = {}
  for _, one in ipairs(list or {}) do
    if one ~= value then rest[#rest + 1] = one end
  end
  return json.array(rest)
end

--- The list with a value at its end, unless it has it.
function tables.with(list, value)
  local more = tables.without(list, value)
  more[#more + 1] = value
  return more
end

return tables
