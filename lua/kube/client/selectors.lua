--- The options labelSelector and fieldSelector: texts, or what kube.selector makes texts of.
local selector = require("kube.api.selector")

local selectors = {}

--- The type of an option, for kube.api.options.
-- @param of  what makes a selector of a value
local function type_of(of, what)
  return function(value)
    if type(value) == "string" then return true end
    if type(value) ~= "table" then return false, what end
    local chosen, err = of(value)
    if not chosen then return false, what .. " (" .. err.message .. ")" end
    if chosen:is_nothing() then return false, "a selector that chooses something" end
    return true
  end
end

--- What they are, as options.check takes it. Texts are left to the server: it knows what is right.
selectors.SPEC = {
  labelSelector = type_of(selector.of,
    'a text, a selector, labels { app = "web" } or { matchLabels =, matchExpressions = }'),
  fieldSelector = type_of(selector.fields.of,
    'a text, a selector or fields { ["metadata.name"] = "web-0" }'),
}

local function text_of(value, of)
  if value == nil or type(value) == "string" then return value end
  return tostring(of(value))
end

--- The given options with the ones over them, and selectors as texts: for the core.
function selectors.as_texts(given, over)
  over.labelSelector = text_of(given.labelSelector, selector.of)
  over.fieldSelector = text_of(given.fieldSelector, selector.fields.of)
  return setmetatable(over, { __index = given })
end

return selectors
