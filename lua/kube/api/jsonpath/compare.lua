--- Comparing the two sides of a filter. Pure. Source: client-go third_party/forked/golang/template.
--
--   | case                   | kubectl  | kube                                     |
--   | an integer and a float | an error | as numbers: not all Luas tell 8.0 from 8 |
local numbers = require("kube.api.jsonpath.numbers")

local TYPE = "invalid type for comparison"
local TYPES = "incompatible types for comparison"

local COMPARED = { boolean = "boolean", number = "number", cdata = "number", string = "string" }

--- What both values are: "boolean", "number" or "string" | nil, what is wrong.
local function kind_of(a, b)
  local kind, other = COMPARED[type(a)], COMPARED[type(b)]
  if not kind or not other then return nil, TYPE end
  if kind ~= other then return nil, TYPES end
  return kind
end

local function equal(a, b)
  local kind, fault = kind_of(a, b)
  if not kind then return nil, fault end
  if kind == "number" then return numbers.equal(a, b) end
  return a == b
end

local function less(a, b)
  local kind, fault = kind_of(a, b)
  if not kind then return nil, fault end
  if kind == "boolean" then return nil, TYPE end
  if kind == "number" then return numbers.less(a, b) end
  return a < b
end

--- Whether a comparison did not come out so | nil, what is wrong.
local function opposite(result, fault)
  if result == nil then return nil, fault end
  return not result
end

--- operator -> function (left, right) -> whether it holds | nil, what is wrong
return {
  ["=="] = equal,
  ["!="] = function(a, b) return opposite(equal(a, b)) end,
  ["<"] = less,
  [">"] = function(a, b) return less(b, a) end,
  ["<="] = function(a, b) return opposite(less(b, a)) end,
  [">="] = function(a, b) return opposite(less(a, b)) end,
}
