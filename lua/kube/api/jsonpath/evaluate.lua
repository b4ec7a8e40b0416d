--- What the tree of a template finds in an object. Pure. Source: client-go util/jsonpath/
-- jsonpath.go, whose messages these are.
--
-- Each node takes a list of values and gives one. What is no error stays none as there: a filter
-- that asks whether something exists takes what was found before the fault.
--
--   | case                              | kubectl               | kube                         |
--   | the order of members: in *, in .. | any, each time anew   | by their names               |
--   | a path with a range, used again   | begins behind it      | as the first time            |
--   | a null that is ranged over, {@}   | <no value>            | null, as everywhere          |
--   | an index right in an empty range  | a panic               | nothing                      |
--   | a filter on what is no array      | tells the whole value | its type: it may be a secret |
--   | a cycle of tables, which no JSON  | cannot be             | an error                     |
local compare = require("kube.api.jsonpath.compare")
local numbers = require("kube.api.jsonpath.numbers")

--- More than JSON may be nested, see kube.json.
local DEEP = 1000

-- ---- values ----

local function is_array(value, json)
  return type(value) == "table" and (value[1] ~= nil or json.is_array(value))
end

--- The member of this name, which may be null | nil.
local function member(value, name, json)
  if type(value) ~= "table" then return nil end
  local found = value[name]
  if found ~= nil or getmetatable(value) == nil then return found end
  for _, null in ipairs(json.nulls(value)) do
    if null == name then return json.null end
  end
end

--- The values of all members, in the order of their names.
local function members(value, json)
  local names, values = json.nulls(value), {}
  for name in pairs(value) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  table.sort(names)
  for i, name in ipairs(names) do
    values[i] = value[name]
    if values[i] == nil then values[i] = json.null end
  end
  return values
end

--- What a value consists of; of a text, its bytes.
local function parts_of(value, json)
  local parts = {}
  if type(value) == "string" then
    for i = 1, #value do parts[i] = value:byte(i) end
  elseif is_array(value, json) then
    for i = 1, #value do parts[i] = value[i] end
  elseif type(value) == "table" then
    return members(value, json)
  end
  return parts
end

--- A value's type, in Go's words.
local function type_of(value, json)
  if is_array(value, json) then return "[]interface {}" end
  if type(value) == "table" then return "map[string]interface {}" end
  if value == json.null then return "<nil>" end
  if type(value) == "boolean" then return "bool" end
  if not numbers.is(value) then return type(value) end
  return numbers.is_integer(value) and "int64" or "float64"
end

-- ---- nodes: function (run, values, node) -> values, what is wrong | nil ----

local EVALUATE = {}

local function walk(run, values, node) return EVALUATE[node.kind](run, values, node) end

--- The value behind names, one after the other | nil.
local function follow(value, names)
  for i = 1, #names do
    if type(value) ~= "table" then return nil end
    value = value[names[i]]
  end
  return value
end

function EVALUATE.list(run, values, list)
  if list.names and #values == 1 then
    local value = follow(values[1], list.names)
    if value ~= nil then return { value } end
  end
  for i = 1, #list do
    local fault
    values, fault = walk(run, values, list[i])
    if fault then return values, fault end
  end
  return values
end

function EVALUATE.text(_, _, node) return { node.value } end

--- A number, or true or false: once for each value.
local function literal(_, values, node)
  local results = {}
  for i = 1, #values do results[i] = node.value end
  return results
end

EVALUATE.int, EVALUATE.float, EVALUATE.bool = literal, literal, literal

function EVALUATE.field(run, values, node)
  local results, name = {}, node.value
  for i = 1, #values do
    results[#results + 1] = member(values[i], name, run.json)
  end
  if results[1] == nil and #values > 0 and not run.allow_missing_keys then
    return results, name .. " is not found"
  end
  return results
end

function EVALUATE.wildcard(run, values)
  local results = {}
  for _, value in ipairs(values) do
    for _, part in ipairs(parts_of(value, run.json)) do results[#results + 1] = part end
  end
  return results
end

--- Adds a value that has parts, and all of them that have: true | nil, what is wrong.
local function descend(run, value, results, depth)
  if depth > DEEP then return nil, "nested too deep" end
  if type(value) == "string" then
    if value ~= "" then results[#results + 1] = value end
    return true
  end
  local parts = parts_of(value, run.json)
  if #parts == 0 then return true end
  results[#results + 1] = value
  for _, part in ipairs(parts) do
    local good, fault = descend(run, part, results, depth + 1)
    if not good then return nil, fault end
  end
  return true
end

function EVALUATE.recursive(run, values)
  local results = {}
  for _, value in ipairs(values) do
    local good, fault = descend(run, value, results, 1)
    if not good then return results, fault end
  end
  return results
end

--- Where a slice of so many elements begins and ends, from 0, the end not in it.
local function bounds_of(node, length)
  local from, to = node.from or 0, node.to or length
  if from < 0 then from = from + length end
  if to < 0 or to == 0 and node.single then to = to + length end
  return from, to
end

--- What is wrong with them | nil.
local function bounds_fault(from, to, length)
  local outside = (from >= length or from < 0) and from
    or (to > length or to < 0) and to - 1
  if outside then
    return string.format("array index out of bounds: index %.0f, length %d", outside, length)
  elseif from > to then
    return string.format("starting index %.0f is greater than ending index %.0f", from, to)
  end
end

function EVALUATE.array(run, values, node)
  local results = {}
  for _, value in ipairs(values) do
    if is_array(value, run.json) then
      local from, to = bounds_of(node, #value)
      if from == to then return results end
      local fault = bounds_fault(from, to, #value)
      if fault then return values, fault end
      local step = node.step or 1
      if step <= 0 then return values, "step must be > 0" end
      for i = from + 1, to, step do results[#results + 1] = value[i] end
    elseif value ~= run.json.null then
      return values, type_of(value, run.json) .. " is not array or slice"
    end
  end
  return results
end

function EVALUATE.union(run, values, node)
  local results = {}
  for _, list in ipairs(node) do
    local found, fault = walk(run, values, list)
    if fault then return values, fault end
    for _, value in ipairs(found) do results[#results + 1] = value end
  end
  return results
end

--- range and end do nothing themselves: `blocks` below does when their action is through.
function EVALUATE.identifier(run, values, node)
  if node.value == "range" then
    run.begun = run.begun + 1
    return values
  elseif node.value ~= "end" then
    return values, "unrecognized identifier " .. node.value
  elseif run.inside == 0 then
    return {}, "not in range, nothing to end"
  end
  run.ended = run.ended + 1
  return {}
end

-- ---- filters ----

--- The one value of a side of a comparison: value | nil for none | nil, what is wrong.
local function side(run, element, list)
  local found, fault = walk(run, { element }, list)
  if fault then return nil, fault end
  if #found > 1 then return nil, "can only compare one element at a time" end
  return found[1]
end

--- Whether an element passes, what is wrong | nil.
local function passes(run, element, node)
  if node.operator == "exists" then
    return #walk(run, { element }, node.left) > 0
  end
  local left, right, fault
  left, fault = side(run, element, node.left)
  if left == nil then return false, fault end
  right, fault = side(run, element, node.right)
  if right == nil then return false, fault end
  local holds = compare[node.operator]
  if not holds then return false, "unrecognized filter operator " .. node.operator end
  return holds(left, right)
end

function EVALUATE.filter(run, values, node)
  local results = {}
  for _, value in ipairs(values) do
    if not is_array(value, run.json) then
      return values, type_of(value, run.json) .. " is not array or slice and cannot be filtered"
    end
    for i = 1, #value do
      local good, fault = passes(run, value[i], node)
      if fault then return values, fault end
      if good then results[#results + 1] = value[i] end
    end
  end
  return results
end

-- ---- ranges ----

--- The place of the end that was met last, as seen from a range that began at `at`; without one
-- what follows is done again, for the object itself.
local function behind(run, at)
  return run.last_end and run.last_end > at and run.last_end or at
end

--- Adds what the nodes of the template from a place on find, one list each, up to the end of the
-- range they are in: true | nil, what is wrong.
local function blocks(run, object, from, found)
  local current, at = { object }, from
  while at <= #run.root do
    local values, fault = walk(run, current, run.root[at])
    if fault then return nil, fault end
    if run.ended > 0 and run.ended <= run.inside then
      run.ended = run.ended - 1
      run.last_end = at
      return true
    elseif run.begun > 0 then
      run.begun, run.inside = run.begun - 1, run.inside + 1
      local into = found
      -- A range over nothing is gone through all the same, to find its end.
      if #values == 0 then values, into = { run.json.null }, {} end
      for _, value in ipairs(values) do
        local good
        good, fault = blocks(run, value, at + 1, into)
        if not good then return nil, fault end
      end
      run.inside = run.inside - 1
      at = behind(run, at)
    else
      found[#found + 1] = values
    end
    at = at + 1
  end
  return true
end

--- The lists of values that a tree finds, one for each of its actions and texts | nil, what is
-- wrong.
local function evaluate(root, object, allow_missing_keys, json)
  local run = { root = root, json = json, allow_missing_keys = allow_missing_keys,
    begun = 0, inside = 0, ended = 0, last_end = nil }
  local found = {}
  if object == nil then object = json.null end
  local good, fault = blocks(run, object, 1, found)
  if not good then return nil, fault end
  return found
end

return evaluate
