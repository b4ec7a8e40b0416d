--- Values that are JSON, as patches see them: what is an array, which members an object has, when
-- two values are the same. Pure; `json` as in kube.api.patch.
local values = {}

--- What the encoder writes as an array: what is marked as one, or has elements.
function values.is_array(value, json)
  return type(value) == "table" and (json.is_array(value) or value[1] ~= nil)
end

function values.is_object(value, json)
  return type(value) == "table" and not values.is_array(value, json)
end

--- The members of an object, null ones as json.null. To be read only: it may be the object itself.
function values.members(object, json)
  local nulls = json.nulls(object)
  if nulls[1] == nil then return object end
  local members = {}
  for name, member in pairs(object) do members[name] = member end
  for _, name in ipairs(nulls) do members[name] = json.null end
  return members
end

--- Whether an object has a member, be it null.
function values.has(object, name, json) return values.members(object, json)[name] ~= nil end

--- A copy, all the way down, with all null members of objects (with_nulls), as members like others,
-- or with none of them. Null elements of arrays stay.
function values.copy(value, json, with_nulls)
  if type(value) ~= "table" then return value end
  local copy = {}
  if values.is_array(value, json) then
    for i, element in ipairs(value) do copy[i] = values.copy(element, json, with_nulls) end
    return json.array(copy)
  end
  for name, member in pairs(values.members(value, json)) do
    if with_nulls or member ~= json.null then
      copy[name] = values.copy(member, json, with_nulls)
    end
  end
  return copy
end

-- ---- sameness ----

--- The digits of LuaJIT's int64 and uint64. Their own == would not do: it cuts the other side to an
-- integer, or wraps it.
local function digits_of(number)
  if type(number) == "number" then return number % 1 == 0 and string.format("%.0f", number) end
  return (tostring(number):gsub("U?LL$", ""))
end

--- 1 and 1.0 are two, where Lua can tell them apart: they are written differently. Not so if loose.
local function same_number(a, b, loose)
  if type(a) ~= "number" or type(b) ~= "number" then return digits_of(a) == digits_of(b) end
  return a == b and (loose or not math.type or math.type(a) == math.type(b))
end

local function is_number(value) return type(value) == "number" or type(value) == "cdata" end

local function same_elements(a, b, json, loose)
  if #a ~= #b then return false end
  for i, element in ipairs(a) do
    if not values.same(element, b[i], json, loose) then return false end
  end
  return true
end

local function same_members(a, b, json, loose)
  a, b = values.members(a, json), values.members(b, json)
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  for name, member in pairs(a) do
    if b[name] == nil or not values.same(member, b[name], json, loose) then return false end
  end
  return true
end

--- Whether two values are the same JSON, the order of members aside.
-- @param loose  true if 1 and 1.0 are the same
function values.same(a, b, json, loose)
  if is_number(a) and is_number(b) then return same_number(a, b, loose) end
  if type(a) ~= type(b) then return false end
  if type(a) ~= "table" or rawequal(a, b) then return a == b end
  if values.is_array(a, json) ~= values.is_array(b, json) then return false end
  local same = values.is_array(a, json) and same_elements or same_members
  return same(a, b, json, loose)
end

return values
