--- One requirement on a label: { key =, operator =, values = { ... } }. Pure.
--
-- Operators are those of texts, "in", "notin", "=", "==", "!=", and "exists", "!", "gt", "lt".
-- Source: apimachinery pkg/labels/selector.go, whose messages these are.
local has = require("kube.api.list").has
local int64 = require("kube.api.int64")
local syntax = require("kube.api.selector.syntax")

local requirement = {}

-- ---- 64-bit integers, which not all Luas have ----

local function less(a, b) -- digits without leading zeros
  if #a ~= #b then return #a < #b end
  return a < b
end

--- A comparable integer of a text: { negative =, digits = } | nil.
local function integer_of(text)
  local sign, digits = int64.parse(text)
  return sign and { negative = sign == "-", digits = digits }
end

local function is_less(a, b)
  if a.negative ~= b.negative then return a.negative end
  if a.negative then return less(b.digits, a.digits) end
  return less(a.digits, b.digits)
end

-- ---- what fulfils it ----

--- value | nil -> whether a bound of the requirement lies on the right side of it.
local function compares(r, value, before)
  local own = type(value) == "string" and integer_of(value)
  local bound = integer_of(r.values[1])
  if not own or not bound then return false end
  if before then return is_less(own, bound) end
  return is_less(bound, own)
end

local function is_in(r, value) return value ~= nil and has(r.values, value) end
local function is_not_in(r, value) return not is_in(r, value) end

--- operator -> function (r, value | nil) -> whether it is fulfilled
local OPERATORS = {
  ["in"] = is_in, ["="] = is_in, ["=="] = is_in,
  ["notin"] = is_not_in, ["!="] = is_not_in,
  ["exists"] = function(_, value) return value ~= nil end,
  ["!"] = function(_, value) return value == nil end,
  gt = function(r, value) return compares(r, value, false) end,
  lt = function(r, value) return compares(r, value, true) end,
}

--- Whether labels (a table name -> value, nil for none) fulfil it.
function requirement.matches(r, labels)
  return OPERATORS[r.operator](r, type(labels) == "table" and labels[r.key] or nil)
end

-- ---- how it is written ----

local function set_text(values)
  local sorted = {}
  for i, value in ipairs(values) do sorted[i] = value end
  table.sort(sorted)
  return "(" .. table.concat(sorted, ",") .. ")"
end

--- operator -> how a requirement is written; all others stand between a key and a value
local WRITTEN = {
  ["in"] = function(r) return r.key .. " in " .. set_text(r.values) end,
  ["notin"] = function(r) return r.key .. " notin " .. set_text(r.values) end,
  ["exists"] = function(r) return r.key end,
  ["!"] = function(r) return "!" .. r.key end,
  gt = function(r) return r.key .. ">" .. r.values[1] end,
  lt = function(r) return r.key .. "<" .. r.values[1] end,
}

--- The text of it, with its values in order.
function requirement.text(r)
  local write = WRITTEN[r.operator]
  return write and write(r) or r.key .. r.operator .. r.values[1]
end

-- ---- making one ----

local function quoted(text) return '"' .. text:gsub('["\\]', "\\%0") .. '"' end

local function invalid(field, value, why)
  return string.format("%s: Invalid value: %s: %s", field, value, why)
end

--- What is wrong with a key: a message that begins with where it is | nil.
function requirement.key_fault(key, where)
  local faults = syntax.key_faults(key)
  return faults[1] and invalid(where, quoted(key), table.concat(faults, "; "))
end

--- Values as upstream shows them: JSON.
local function list_text(values)
  if not values then return "null" end
  local texts = {}
  for i, value in ipairs(values) do texts[i] = quoted(value) end
  return "[" .. table.concat(texts, ",") .. "]"
end

local SETS = { "for 'in', 'notin' operators, values set can't be empty",
  function(n) return n > 0 end }
local EXACT = { "exact-match compatibility requires one single value",
  function(n) return n == 1 end }
local PRESENCE = { "values set must be empty for exists and does not exist",
  function(n) return n == 0 end }
local BOUNDS = { "for 'Gt', 'Lt' operators, exactly one value is required",
  function(n) return n == 1 end }

--- operator -> what is wrong with the number of its values, whether so many are right
local COUNTS = {
  ["in"] = SETS, notin = SETS, ["="] = EXACT, ["=="] = EXACT, ["!="] = EXACT, gt = BOUNDS,
  lt = BOUNDS, exists = PRESENCE, ["!"] = PRESENCE,
}

local SUPPORTED = '"in", "notin", "=", "==", "!=", "gt", "lt", "exists", "!"'

--- What is wrong with the values for an operator, into faults.
local function check_operator(faults, operator, values)
  local count = COUNTS[operator]
  if not count then
    faults[#faults + 1] = string.format("operator: Unsupported value: %s: supported values: %s",
      quoted(operator), SUPPORTED)
    return
  end
  if not count[2](#(values or {})) then
    faults[#faults + 1] = invalid("values", list_text(values), count[1])
  end
  if count ~= BOUNDS then return end
  for i, value in ipairs(values or {}) do
    if not integer_of(value) then
      faults[#faults + 1] = invalid(string.format("values[%d]", i - 1), quoted(value),
        "for 'Gt', 'Lt' operators, the value must be an integer")
    end
  end
end

--- What is no text where Go could have nothing else: objects may come from anywhere | nil.
local function type_fault(key, values)
  if type(key) ~= "string" then return "key: must be a string, not a " .. type(key) end
  for i, value in ipairs(values or {}) do
    if type(value) ~= "string" then
      return string.format("values[%d][%s]: must be a string, not a %s", i - 1, key, type(value))
    end
  end
end

--- A requirement | nil, what is wrong, in upstream's order.
-- @param values  a list, which it keeps; nil for none
function requirement.new(key, operator, values)
  local wrong_type = type_fault(key, values)
  if wrong_type then return nil, wrong_type end
  local faults = { requirement.key_fault(key, "key") }
  check_operator(faults, operator, values)
  for i, value in ipairs(values or {}) do
    local wrong = syntax.value_faults(value)
    if wrong[1] then
      faults[#faults + 1] = invalid(string.format("values[%d][%s]", i - 1, key), quoted(value),
        table.concat(wrong, "; "))
    end
  end
  if #faults > 1 then return nil, "[" .. table.concat(faults, ", ") .. "]" end
  if faults[1] then return nil, faults[1] end
  return { key = key, operator = operator, values = values or {} }
end

return requirement
