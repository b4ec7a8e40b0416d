--- What one waits for, as goals: each judges an object, and says what it saw instead.
--
--   title      what is waited for, for messages: "the condition Ready"
--   judge      function (object) -> true | false, what is missing (a text) | nil, err
--   describe   function (object, what was missing) -> what an object that is not so says of it
local conditions = require("kube.api.conditions")

local goals = {}

-- ---- options ----

--- A text, or a list of some.
local function are_texts(value)
  if type(value) == "string" then return true end
  local good = type(value) == "table" and #value > 0
  for _, text in ipairs(good and value or {}) do good = good and type(text) == "string" end
  return good, "a text, or a list of texts"
end

local function is_value(value)
  local kind = type(value)
  return kind == "string" or kind == "number" or kind == "boolean", "a text, a number or a boolean"
end

--- What one can wait for.
goals.SPEC = {
  condition = are_texts, jsonpath = are_texts, value = is_value, create = "boolean",
  delete = "boolean", predicate = "function",
}

local function list_of(given)
  return type(given) == "table" and given or { given } -- nil: none
end

local function names_no_condition(given)
  for _, text in ipairs(list_of(given.condition)) do
    if conditions.parse(text) == "" then return true end
  end
end

--- What is wrong with options that their types cannot say | nil.
local function fault_of(given)
  local others = given.condition or given.jsonpath or given.create or given.predicate
  if not (others or given.delete) then
    return "what to wait for is needed: condition, jsonpath, create, delete or predicate"
  elseif others and given.delete then
    return "delete excludes all else that one can wait for"
  elseif given.value ~= nil and type(given.jsonpath) ~= "string" then
    return "the option value needs the one jsonpath whose value it is"
  elseif names_no_condition(given) then
    return 'the option condition must name one: "Ready", "Available=False"'
  end
end

-- ---- goals ----

local function of_condition(text)
  local kind, status = conditions.parse(text)
  return {
    title = "the condition " .. text,
    judge = function(object) return conditions.is_met(object, kind, status) end,
    describe = function(object) return conditions.describe(object, kind) end,
  }
end

local function of_jsonpath(text, value)
  require("kube.jsonpath") -- so that it knows kube.json
  local wanted, err = require("kube.api.jsonpath.wanted").parse(text, value)
  if not wanted then return nil, err end
  return {
    title = wanted:title(),
    judge = function(object) return wanted:judge(object) end,
    describe = function(object) return wanted:describe(object) end,
  }
end

local function of_predicate(fn)
  return {
    title = "what the predicate asks",
    judge = function(object)
      local met, missing = fn(object)
      return met and true or false, missing
    end,
    describe = function(_, missing)
      return missing ~= nil and tostring(missing) or "the predicate says no"
    end,
  }
end

--- An object that is there has been created.
local CREATION = { title = "the creation", judge = function() return true end }

--- What holds up a deletion. Whether one is over, group.lua sees.
local function describe_deletion(object)
  local metadata = object.metadata
  if not metadata.deletionTimestamp then return "it is there, and nobody deletes it" end
  local text = "it is being deleted since " .. tostring(metadata.deletionTimestamp)
  local finalizers = {}
  for i, name in ipairs(type(metadata.finalizers) == "table" and metadata.finalizers or {}) do
    finalizers[i] = tostring(name)
  end
  if not finalizers[1] then return text end
  return text .. ", with the finalizers " .. table.concat(finalizers, ", ")
end

local DELETION = {
  title = "the deletion", judge = function() return false end, describe = describe_deletion,
}

--- The goals that options ask for: a list, with the fields creates and deletes | nil, err (reason
-- BadRequest: a jsonpath that is none). Throws at the caller of the function that asks.
function goals.of(given)
  local fault = fault_of(given)
  if fault then error("wait: " .. fault, 3) end
  if given.delete then return { DELETION, deletes = true } end
  local all = { given.create and CREATION or nil, creates = given.create }
  for _, text in ipairs(list_of(given.condition)) do all[#all + 1] = of_condition(text) end
  for _, text in ipairs(list_of(given.jsonpath)) do
    local goal, err = of_jsonpath(text, given.value)
    if not goal then return nil, err end
    all[#all + 1] = goal
  end
  if given.predicate then all[#all + 1] = of_predicate(given.predicate) end
  return all
end

--- What all of them ask for, for messages.
function goals.title(all)
  local titles = {}
  for i, goal in ipairs(all) do titles[i] = goal.title end
  return table.concat(titles, " and ")
end

return goals
