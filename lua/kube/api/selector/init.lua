--- Selectors: which objects, by their labels or their fields. Pure.
--
--   local chosen = assert(kube.selector.parse("app=web,tier in (front, back),!canary"))
--   chosen:matches(pod.metadata.labels)
--   k:list("pods", { labelSelector = chosen })
--   k:list("pods", { labelSelector = deployment.spec.selector })
--   k:list("pods", { fieldSelector = { ["spec.nodeName"] = "node-1" } })
--
-- What is told here is for labels; kube.selector.fields has the same for fields. A selector is not
-- changed once it is made, and prints as the text that the server takes, always in the same order.
--
--   | case                               | client-go           | kube                    |
--   |------------------------------------|---------------------|-------------------------|
--   | a set of labels that are none      | sent as it is       | an error                |
--   | nothing, asked for from the server | "", so everything   | an error: options throw |
--   | fields of a set: their order       | any, each time anew | by their names          |
--
-- Sources: apimachinery pkg/labels/selector.go, pkg/apis/meta/v1/helpers.go; messages are those
-- that the API server gives.
local errors = require("kube.api.errors")
local fields = require("kube.api.selector.fields")
local options = require("kube.api.options")
local parse = require("kube.api.selector.parse")
local requirement = require("kube.api.selector.requirement")

local selector = { fields = fields }

local Labels = {}
Labels.__index = Labels

local failed = errors.bad_request

-- ---- what a selector can do ----

--- The text that the server takes. That of nothing is "", as in client-go, and would be everything.
function Labels.__tostring(self)
  local texts = {}
  for i, one in ipairs(self._requirements) do texts[i] = requirement.text(one) end
  return table.concat(texts, ",")
end

function Labels.__eq(a, b)
  return a._nothing == b._nothing and tostring(a) == tostring(b)
end

--- Whether labels (a table name -> value, nil for none) fulfil all requirements.
function Labels:matches(labels)
  if self._nothing then return false end
  for _, one in ipairs(self._requirements) do
    if not requirement.matches(one, labels) then return false end
  end
  return true
end

--- Whether it chooses everything.
function Labels:empty() return not self._nothing and #self._requirements == 0 end

--- Whether it is kube.selector.nothing(). One whose requirements exclude each other is not.
function Labels:is_nothing() return self._nothing == true end

local function copy_of(one)
  local values = {}
  for i, value in ipairs(one.values) do values[i] = value end
  return { key = one.key, operator = one.operator, values = values }
end

--- The requirements, in the order of their keys: a list of { key =, operator = "in" | "notin" | "="
-- | "==" | "!=" | "exists" | "!" | "gt" | "lt", values = { ... } }; nil for nothing.
function Labels:requirements()
  if self._nothing then return nil end
  local list = {}
  for i, one in ipairs(self._requirements) do list[i] = copy_of(one) end
  return list
end

local EXACT = { ["="] = true, ["=="] = true, ["in"] = true }

--- The value that a label must have, or nil when it is free.
function Labels:exact(label)
  for _, one in ipairs(self._requirements) do
    if one.key == label then
      return EXACT[one.operator] and #one.values == 1 and one.values[1] or nil
    end
  end
  return nil
end

--- Sorts by key, and keeps the order of equal keys, which table.sort alone would not.
local function sorted(requirements)
  local place = {}
  for i, one in ipairs(requirements) do place[one] = i end
  table.sort(requirements, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return place[a] < place[b]
  end)
  return requirements
end

local function new(requirements)
  return setmetatable({ _requirements = sorted(requirements) }, Labels)
end

--- A selector with further requirements, which kube.selector.requirement makes; nothing stays
-- nothing.
function Labels:add(...)
  if self._nothing then return self end
  local all = self:requirements()
  for _, one in ipairs { ... } do all[#all + 1] = copy_of(one) end
  return new(all)
end

local OBJECT_OPERATORS = { In = "in", NotIn = "notin", Exists = "exists", DoesNotExist = "!" }
local WRITTEN = { ["in"] = "In", notin = "NotIn", exists = "Exists", ["!"] = "DoesNotExist" }

--- The LabelSelector that objects have, { matchLabels =, matchExpressions = }: table | nil, err
-- (reason BadRequest: it has no "!=", no ">" and no "<").
function Labels:label_selector()
  local object = {}
  for _, one in ipairs(self._requirements) do
    local operator = WRITTEN[one.operator]
    if one.operator == "=" or one.operator == "==" then
      object.matchLabels = object.matchLabels or {}
      object.matchLabels[one.key] = one.values[1]
    elseif operator then
      object.matchExpressions = object.matchExpressions or {}
      table.insert(object.matchExpressions, { key = one.key, operator = operator,
        values = #one.values > 0 and copy_of(one).values or nil })
    elseif one.operator == "!=" then
      return failed('"!=" is not a valid label selector operator')
    else
      return failed(string.format("%q isn't supported in label selectors", one.operator))
    end
  end
  return object
end

-- ---- making one ----

--- Whether a value is a selector of labels.
function selector.is(value) return getmetatable(value) == Labels end

--- The selector that a text is: selector | nil, err (reason BadRequest).
function selector.parse(text)
  options.check_type(text, "string", "kube.selector.parse: the text")
  local requirements, fault = parse(text)
  if not requirements then return failed(fault) end
  return new(requirements)
end

--- The selector that chooses everything.
function selector.everything() return new {} end

--- The selector that chooses nothing.
function selector.nothing() return setmetatable({ _requirements = {}, _nothing = true }, Labels) end

--- A requirement: requirement("tier", "in", { "front", "back" }), for selector:add: requirement
-- | nil, err (reason BadRequest).
-- @param operator  as selector:requirements has them
-- @param values  a list; none for "exists" and "!"
function selector.requirement(key, operator, values)
  options.check_type(key, "string", "kube.selector.requirement: the key")
  options.check_type(operator, "string", "kube.selector.requirement: the operator")
  if values ~= nil then
    options.check_type(values, "table", "kube.selector.requirement: the values")
  end
  local made, fault = requirement.new(key, operator, values or {})
  if not made then return failed(fault) end
  return copy_of(made)
end

--- The selector of labels that must all be there: from_set{ app = "web" }: selector | nil, err
-- (reason BadRequest: they are no labels). Without a set it chooses everything.
function selector.from_set(set)
  if set ~= nil then options.check_type(set, "table", "kube.selector.from_set: the set") end
  local requirements = {}
  for key, value in pairs(set or {}) do
    local one, fault = requirement.new(key, "=", { value })
    if not one then return failed(fault) end
    requirements[#requirements + 1] = one
  end
  return new(requirements)
end

--- One of matchExpressions as a requirement | nil, what is wrong.
local function of_expression(expression)
  if type(expression) ~= "table" then return nil, "matchExpressions must hold tables" end
  local operator = OBJECT_OPERATORS[expression.operator]
  if not operator then
    return nil, string.format("%q is not a valid label selector operator",
      tostring(expression.operator))
  end
  local values = type(expression.values) == "table" and #expression.values > 0
    and copy_of(expression).values or nil
  return requirement.new(expression.key, operator, values)
end

--- The selector of a LabelSelector, as spec.selector of a Deployment: { matchLabels =,
-- matchExpressions = }: selector | nil, err (reason BadRequest). nil chooses nothing, an empty one
-- everything.
function selector.from_label_selector(object)
  if object == nil then return selector.nothing() end
  options.check_type(object, "table", "kube.selector.from_label_selector: the LabelSelector")
  for _, name in ipairs { "matchLabels", "matchExpressions" } do
    if object[name] ~= nil and type(object[name]) ~= "table" then
      return failed(name .. " must be a table, not a " .. type(object[name]))
    end
  end
  local from_labels, err = selector.from_set(object.matchLabels)
  if not from_labels then return nil, err end
  local requirements = from_labels._requirements
  for _, expression in ipairs(object.matchExpressions or {}) do
    local one, fault = of_expression(expression)
    if not one then return failed(fault) end
    requirements[#requirements + 1] = one
  end
  return new(requirements)
end

--- Whether all members of a table are texts: labels, as spec.selector of a Service has them.
local function is_set(value)
  for name, one in pairs(value) do
    if type(name) ~= "string" or type(one) ~= "string" then return false end
  end
  return true
end

local function check_label_selector(object)
  for name, value in pairs(object) do
    if name ~= "matchLabels" and name ~= "matchExpressions" or type(value) ~= "table" then
      return failed(string.format("a table must have matchLabels and matchExpressions, or texts "
        .. "alone, and the value of %s is a %s", tostring(name), type(value)))
    end
  end
  return true
end

--- The selector of what the option labelSelector takes: a text, a selector, a LabelSelector, or
-- labels that must all be there: selector | nil, err (reason BadRequest).
function selector.of(value)
  if selector.is(value) then return value end
  if type(value) == "string" then return selector.parse(value) end
  options.check_type(value, "table", "kube.selector.of: the selector")
  if fields.is(value) then
    return failed("a selector of labels is needed, not one of fields")
  end
  if is_set(value) then return selector.from_set(value) end
  local good, err = check_label_selector(value)
  if not good then return nil, err end
  return selector.from_label_selector(value)
end

return selector
