--- What was found, as text. Pure. Source: client-go util/jsonpath/jsonpath.go, PrintResults.
--
--   | case                             | kubectl      | kube                                  |
--   | a number written as 8.0 or 1e6   | 8 and 1e+06  | 1000000 on a Lua without integers     |
--   | 1.0, 0.00001 in objects, arrays  | 1, 0.00001   | as kube.json has them: 1.0, 1e-05     |
--   | a text that is no UTF-8, in JSON | mended       | an error, that of kube.json.encode    |
local numbers = require("kube.api.jsonpath.numbers")

local output = {}

--- Go's encoder writes these so, for JSON that stands in HTML.
local ESCAPED = { ["<"] = "\\u003c", [">"] = "\\u003e", ["&"] = "\\u0026",
  ["\226\128\168"] = "\\u2028", ["\226\128\169"] = "\\u2029" }

local SORTED = { sort_keys = true }
local READABLE = { sort_keys = true, indent = 4 }

local function encode(value, options, json)
  local text, err = json.encode(value, options)
  if not text then return nil, err.message end
  return (text:gsub("[<>&]", ESCAPED):gsub("\226\128[\168\169]", ESCAPED))
end

--- One value: an object or array as JSON, others as they are | nil, what is wrong.
local function value_text(value, json)
  if type(value) == "table" then return encode(value, SORTED, json) end
  if type(value) == "string" then return value end
  if numbers.is(value) then return numbers.text(value) end
  if value == json.null then return "null" end
  if type(value) == "boolean" then return tostring(value) end
  return nil, "can't print type " .. type(value)
end

--- One list of values, with spaces between them, or as JSON | nil, what is wrong.
local function list_text(values, as_json, json)
  if as_json then
    local text, fault = encode(json.array(values), READABLE, json)
    return text and text .. "\n", fault
  end
  local texts = {}
  for i, value in ipairs(values) do
    local text, fault = value_text(value, json)
    if not text then return nil, fault end
    texts[i] = text
  end
  return table.concat(texts, " ")
end

--- The text of lists of values, one after the other | nil, what is wrong.
-- @param as_json  each list as an array
function output.text(lists, as_json, json)
  local texts = {}
  for i, values in ipairs(lists) do
    local text, fault = list_text(values, as_json, json)
    if not text then return nil, fault end
    texts[i] = text
  end
  return table.concat(texts)
end

return output
