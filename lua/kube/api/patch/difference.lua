--- The JSON patch (RFC 6902) that makes one document of another. Pure.
--
-- Members in the order of their names. In arrays what both have in common stays (a longest common
-- subsequence); between that, elements are changed in place, and the surplus is removed or added.
local values = require("kube.api.patch.values")

local difference = {}

--- Past so many pairs of elements to compare, arrays are compared place by place.
local MAX_PAIRS = 250000

local function escape(name) return (name:gsub("~", "~0"):gsub("/", "~1")) end

local function put(operations, op, path, value)
  operations[#operations + 1] = { op = op, path = path, value = value }
end

local differ

-- ---- objects ----

local function names_of(a, b)
  local names = {}
  for name in pairs(a) do names[#names + 1] = name end
  for name in pairs(b) do
    if a[name] == nil then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

local function differ_members(operations, path, a, b, json)
  a, b = values.members(a, json), values.members(b, json)
  for _, name in ipairs(names_of(a, b)) do
    local inner = path .. "/" .. escape(name)
    if b[name] == nil then
      put(operations, "remove", inner)
    elseif a[name] == nil then
      put(operations, "add", inner, b[name])
    else
      differ(operations, inner, a[name], b[name], json)
    end
  end
end

-- ---- arrays ----

--- Elements as texts, which are faster to compare.
local function texts_of(array, first, last, json)
  local texts = {}
  for i = first, last do
    local text, err = json.encode(array[i], { sort_keys = true })
    if not text then error(err.message, 0) end
    texts[#texts + 1] = text
  end
  return texts
end

--- lengths[i][j]: how many elements a from i on and b from j on have in common.
local function common_lengths(a, b)
  local lengths = { [#a + 1] = {} }
  for j = 1, #b + 1 do lengths[#a + 1][j] = 0 end
  for i = #a, 1, -1 do
    local row, below = { [#b + 1] = 0 }, lengths[i + 1]
    for j = #b, 1, -1 do
      row[j] = a[i] == b[j] and below[j + 1] + 1 or math.max(below[j], row[j + 1])
    end
    lengths[i] = row
  end
  return lengths
end

--- What to keep: a list of { place in a, place in b }, in order.
local function common(a, b)
  local lengths, kept = common_lengths(a, b), {}
  local i, j = 1, 1
  while i <= #a and j <= #b do
    if a[i] == b[j] then
      kept[#kept + 1] = { i, j }
      i, j = i + 1, j + 1
    elseif lengths[i + 1][j] >= lengths[i][j + 1] then
      i = i + 1
    else
      j = j + 1
    end
  end
  return kept
end

--- Makes the elements i until i_end of a those from j until j_end of b. All before are done, so
-- that their places are those in b.
local function replace_run(operations, path, a, i, i_end, b, j, j_end, json)
  while i < i_end and j < j_end do
    differ(operations, path .. "/" .. j - 1, a[i], b[j], json)
    i, j = i + 1, j + 1
  end
  for _ = i, i_end - 1 do put(operations, "remove", path .. "/" .. j - 1) end
  for k = j, j_end - 1 do put(operations, "add", path .. "/" .. k - 1, b[k]) end
end

local function differ_elements(operations, path, a, b, json)
  local first, a_last, b_last = 1, #a, #b
  while first <= a_last and first <= b_last and values.same(a[first], b[first], json) do
    first = first + 1
  end
  while a_last >= first and b_last >= first and values.same(a[a_last], b[b_last], json) do
    a_last, b_last = a_last - 1, b_last - 1
  end
  local i, j, kept = first, first, {}
  if (a_last - first + 1) * (b_last - first + 1) <= MAX_PAIRS then
    kept = common(texts_of(a, first, a_last, json), texts_of(b, first, b_last, json))
  end
  for _, pair in ipairs(kept) do
    local i_next, j_next = pair[1] + first - 1, pair[2] + first - 1
    replace_run(operations, path, a, i, i_next, b, j, j_next, json)
    i, j = i_next + 1, j_next + 1
  end
  replace_run(operations, path, a, i, a_last + 1, b, j, b_last + 1, json)
end

-- ---- all together ----

function differ(operations, path, a, b, json)
  local is_array = values.is_array(a, json)
  if type(a) ~= "table" or type(b) ~= "table" or is_array ~= values.is_array(b, json) then
    if not values.same(a, b, json) then put(operations, "replace", path, b) end
  elseif is_array then
    differ_elements(operations, path, a, b, json)
  else
    differ_members(operations, path, a, b, json)
  end
end

--- See kube.api.patch.create_json.
function difference.create(original, modified, json)
  local operations = json.array {}
  differ(operations, "", original, modified, json)
  return operations
end

return difference
