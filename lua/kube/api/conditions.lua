--- Conditions of an object: what status.conditions says. Pure.
--
--   kube.conditions.is_met(deployment, "Available", "True")  -- as kubectl wait judges
--   kube.conditions.is_true(node, "Ready")                   -- as a controller does
--   kube.conditions.set(object.status.conditions, { type = "Ready", status = "False",
--     reason = "NoPods", message = "no pod is running" }, os.time())
--
-- Two sets of rules live here. kubectl wait's (find in an object, is_met, describe): case does not
-- matter, and for is_met a condition from before the last change of the spec does not count.
-- apimachinery's (find in a list, is_true and all that follow): what is written is what counts.
--
-- Sources: kubectl pkg/cmd/wait/condition.go; apimachinery pkg/api/meta/conditions.go.
local options = require("kube.api.options")
local time = require("kube.api.time")

local conditions = {}

--- Case does not matter in the types and states of conditions.
local function same(a, b) return type(a) == "string" and a:lower() == b:lower() end

--- The list of conditions: that of an object, or the given one itself.
local function list_of(object)
  if type(object) ~= "table" then return {} end
  local list = type(object.status) == "table" and object.status.conditions or object
  return type(list) == "table" and list or {}
end

local function is_exactly(a, b) return a == b end

--- The condition of a type: { type =, status =, reason =, message =, ... } | nil
-- @param object  an object, where the case of the type does not matter, or a list of conditions,
--   where it does
function conditions.find(object, kind)
  local list = list_of(object)
  local is = list == object and is_exactly or same
  for _, condition in ipairs(list) do
    if type(condition) == "table" and is(condition.type, kind) then return condition end
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
  local generation = type(object.metadata) == "table" and integer(object.metadata.generation)
  local observed = integer(condition.observedGeneration)
    or type(object.status) == "table" and integer(object.status.observedGeneration)
  return not (generation and observed) or observed >= generation
end

--- Whether an object has a condition: conditions.is_met(deployment, "Available", "True"). The first
-- one of its type that has a status is asked.
function conditions.is_met(object, kind, status)
  for _, condition in ipairs(list_of(object)) do
    if type(condition) == "table" and same(condition.type, kind)
        and type(condition.status) == "string" then
      return is_observed(object, condition) and same(condition.status, status)
    end
  end
  return false
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

-- ---- what controllers do ----

--- Whether there is a condition of a type, and its status is the given one.
-- @param object  an object or a list of conditions; nil has none
function conditions.is_present_and_equal(object, kind, status)
  local condition = conditions.find(list_of(object), kind)
  return condition ~= nil and condition.status == status
end

--- Whether the status of a condition is "True"; false, too, when there is no such condition.
function conditions.is_true(object, kind)
  return conditions.is_present_and_equal(object, kind, "True")
end

--- Whether the status of a condition is "False"; false, too, when there is no such condition.
function conditions.is_false(object, kind)
  return conditions.is_present_and_equal(object, kind, "False")
end

-- What Go has where there is nothing: a field that is not there is equal to it.
local NOTHING = { status = "", reason = "", message = "", observedGeneration = 0 }

local function differ(a, b, field)
  local nothing = NOTHING[field]
  return (a[field] == nil and nothing or a[field]) ~= (b[field] == nil and nothing or b[field])
end

--- When a condition came to its status, if it says so; or now.
local function transition_of(condition, now)
  local own = condition.lastTransitionTime
  return own ~= nil and own ~= "" and own or time.format(now)
end

--- Puts a condition into a list: over the one of its type, if there is one. lastTransitionTime
-- changes only with the status.
-- @param list  status.conditions, kube.array() if there is none yet; changed in place
-- @param condition  { type =, status =, reason =, message =, observedGeneration =,
--   lastTransitionTime = now if left out }
-- @param now  seconds since 1970: os.time()
-- @return whether the list changed
function conditions.set(list, condition, now)
  options.check_type(list, "table", "kube.conditions.set: the list")
  options.check_type(condition, "table", "kube.conditions.set: the condition")
  options.check_type(condition.type, "string", "kube.conditions.set: the type of the condition")
  options.check_type(now, "number", "kube.conditions.set: now")
  local old = conditions.find(list, condition.type)
  if not old then
    local new = {}
    for field, value in pairs(condition) do new[field] = value end
    new.lastTransitionTime = transition_of(condition, now)
    list[#list + 1] = new
    return true
  end
  local changed = false
  if differ(old, condition, "status") then
    old.lastTransitionTime = transition_of(condition, now)
  end
  for field in pairs(NOTHING) do
    if differ(old, condition, field) then old[field], changed = condition[field], true end
  end
  return changed
end

--- Takes the condition of a type out of a list.
-- @param list  status.conditions; changed in place
-- @param json  kube.json, for a list that is not marked as an array (a decoded one is): it will be,
--   so that it is [] when it is empty
-- @return whether the list changed
function conditions.remove(list, kind, json)
  options.check_type(list, "table", "kube.conditions.remove: the list")
  local changed = false
  for i = #list, 1, -1 do
    if type(list[i]) == "table" and list[i].type == kind then
      table.remove(list, i)
      changed = true
    end
  end
  if json then json.array(list) end
  return changed
end

return conditions
