--- Conditions of an object: what status.conditions says, judged as kubectl wait judges it.
-- Source of the rules: kubectl pkg/cmd/wait/condition.go.
local conditions = {}

--- Case does not matter in the types and states of conditions.
local function same(a, b) return type(a) == "string" and a:lower() == b:lower() end

--- The condition of a type, whatever its case: { type =, status =, reason =, message =, ... } | nil
function conditions.find(object, kind)
  local status = type(object.status) == "table" and object.status or {}
  local list = type(status.conditions) == "table" and status.conditions or {}
  for _, condition in ipairs(list) do
    if type(condition) == "table" and same(condition.type, kind) then return condition end
  end
end

--- Splits "Available" or "Available=False": the type, and the status it must have ("True").
function conditions.parse(text)
  local kind, status = text:match("^([^=]*)=(.*)$")
  return kind or text, status or "True"
end

--- A value that can be compared (a large one is cdata on LuaJIT), or nil: a custom resource may
-- hold anything.
local function integer(value)
  return (type(value) == "number" or type(value) == "cdata") and value or nil
end

--- Whether a controller has seen the object as it is now. A condition from before the last change
-- of the spec says nothing about the object of today.
local function is_observed(object, condition)
  local generation = object.metadata and integer(object.metadata.generation)
  local observed = integer(condition.observedGeneration)
    or integer(object.status.observedGeneration)
  return not (generation and observed) or observed >= generation
end

--- Whether an object has a condition: conditions.is_met(deployment, "Available", "True").
function conditions.is_met(object, kind, status)
  local condition = conditions.find(object, kind)
  return condition ~= nil and is_observed(object, condition) and same(condition.status, status)
end

--- What an object says of a condition, for people: "Available=False (MinimumReplicasUnavailable:
-- Deployment does not have minimum availability.)".
function conditions.describe(object, kind)
  local condition = conditions.find(object, kind)
  if not condition then return "no condition " .. kind end
  local text = tostring(condition.type) .. "=" .. tostring(condition.status)
  if not is_observed(object, condition) then text = text .. ", from before its last change" end
  local why = {}
  for _, field in ipairs { "reason", "message" } do
    if type(condition[field]) == "string" and condition[field] ~= "" then
      why[#why + 1] = condition[field]
    end
  end
  return #why > 0 and string.format("%s (%s)", text, table.concat(why, ": ")) or text
end

return conditions
