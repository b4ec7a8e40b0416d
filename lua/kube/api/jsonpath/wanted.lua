--- A value that JSONPath shall find: "{.status.phase}=Running", as kubectl wait takes it. Pure.
--
--   | case                          | kubectl wait         | kube                             |
--   |-------------------------------|----------------------|----------------------------------|
--   | no value: {.a}=               | an error             | the same, but value = "" is one  |
--   | a null                        | is <nil>, if asked   | the same                         |
--   | {.a}{.b}, {range .a}          | an error             | the same                         |
-- Source: kubectl pkg/cmd/wait/wait.go, json.go, whose messages these are.
local errors = require("kube.api.errors")
local jsonpath = require("kube.api.jsonpath")
local numbers = require("kube.api.jsonpath.numbers")

local wanted = {}

local Wanted = {}
Wanted.__index = Wanted

local failed = errors.bad_request

--- A text without the spaces around it. Read in one go, however many spaces are in it.
local function trim(text)
  if not text:find("%S") then return "" end
  return text:match("^%s*(.*%S)")
end

--- The texts between single "="; a double one belongs to the text.
local function split(text)
  local parts, from, at = {}, 1, 1
  while true do
    at = text:find("=", at, true)
    if not at then break end
    if text:sub(at + 1, at + 1) == "=" then
      at = at + 2
    else
      parts[#parts + 1] = text:sub(from, at - 1)
      at = at + 1
      from = at
    end
  end
  parts[#parts + 1] = text:sub(from)
  return parts
end

--- The template and the value (nil for any) that a text has: template, value | nil, err.
local function parts_of(text)
  local parts = split(text)
  if #parts > 2 then
    return failed("jsonpath wait format must be '{.status.readyReplicas}=3' or "
      .. "'{.status.readyReplicas}'")
  end
  if not parts[2] then return text end
  local value = parts[2]:gsub("^['\"]+", ""):gsub("['\"]+$", "")
  if value == "" then
    return failed("jsonpath wait has to have a value after equal sign, like "
      .. "{.status.readyReplicas}=3")
  end
  return parts[1], value
end

--- The text of a value as Go prints it.
local function text_of(value)
  if type(value) == "string" then return value end
  if type(value) == "boolean" then return tostring(value) end
  return numbers.is(value) and numbers.text(value) or "<nil>"
end

--- The path of a template in which something may be left out: path | nil, err.
local function path_of(text)
  local template, err = jsonpath.relaxed(text)
  if not template then return nil, err end
  if template == "" then return failed("jsonpath expression cannot be empty") end
  return jsonpath.parse(template)
end

--- What a text and perhaps a value ask for: wanted | nil, err (reason BadRequest).
-- @param text  "{.status.phase}=Running", "{.status.podIP}" for any value; braces and the first dot
--   may be left out
-- @param value  a text, number or boolean; then the text is the template alone
function wanted.parse(text, value)
  local template, rest = text, value
  if value == nil then template, rest = parts_of(text) end
  if not template then return nil, rest end
  local path, err = path_of(template)
  if not path then return nil, err end
  return setmetatable({ path = path, value = rest ~= nil and text_of(rest) or nil }, Wanted)
end

--- "the value Running at {.status.phase}".
function Wanted:title()
  if not self.value then return "a value at " .. self.path.template end
  return string.format("the value %s at %s", self.value, self.path.template)
end

--- The one value that is found: value | nil for none | nil, err.
local function find(self, object)
  local lists, err = self.path:find(object, { allow_missing_keys = true })
  if not lists then return nil, err end
  if not lists[1] or lists[1][1] == nil then return nil end
  if #lists[1] > 1 then return failed("given jsonpath expression matches more than one value") end
  return lists[1][1]
end

--- Whether an object has it: true | false | nil, err (reason BadRequest: the path leads to what
-- cannot be compared).
function Wanted:judge(object)
  local value, err = find(self, object)
  if err then return nil, err end
  if value == nil then return false end
  if not self.value then return true end
  if type(value) == "table" then
    return failed("jsonpath leads to a nested object or list which is not supported")
  end
  return trim(text_of(value)) == trim(self.value)
end

local LONG = 100 -- bytes of a value that are told

--- What is there instead: '{.status.phase} is "Pending"'. What a Secret holds is not told.
function Wanted:describe(object)
  local value = find(self, object)
  local template = self.path.template
  if value == nil then return template .. " is not there" end
  if object.kind == "Secret" then return template .. " is something else" end
  local text = text_of(value)
  if #text > LONG then text = text:sub(1, LONG) .. "..." end
  return string.format(type(value) == "string" and '%s is "%s"' or "%s is %s", template, text)
end

return wanted
