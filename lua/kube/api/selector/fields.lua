--- Selectors of fields: "metadata.name=web-0,status.phase!=Running". Pure.
--
--   local chosen = assert(kube.selector.fields.parse("metadata.name=web-0"))
--   chosen:matches{ ["metadata.name"] = "web-0" }  --> true
--   tostring(kube.selector.fields.from_set{ ["spec.nodeName"] = "node-1" })
--
-- Which fields there are, the server knows: metadata.name and metadata.namespace of every kind. A
-- selector is not changed once it is made. Spaces count, and so they do on the server.
-- Source: apimachinery pkg/fields/selector.go, whose messages these are.
local errors = require("kube.api.errors")
local options = require("kube.api.options")

local Fields = {}
Fields.__index = Fields

local fields = {}

local failed = errors.bad_request

-- ---- escapes ----

--- How a value is written in a selector: commas, equals signs and backslashes escaped.
function fields.escape(value) return (value:gsub("[\\,=]", "\\%0")) end

--- The character at a place, however many bytes it has.
local function character_at(text, at)
  return text:match("^[%z\1-\127\194-\244][\128-\191]*", at) or text:sub(at, at)
end

--- The value behind its escapes | nil, what is wrong.
local function unescape(text)
  local out, at = {}, 1
  while at <= #text do
    local character = character_at(text, at)
    at = at + #character
    if character == "\\" then
      character = character_at(text, at)
      at = at + #character
      if not character:find("^[\\,=]$") then
        return nil, "invalid field selector: invalid escape sequence: \\" .. character
      end
    elseif character == "," or character == "=" then
      return nil, "invalid field selector: unescaped character in value: " .. character:byte()
    end
    out[#out + 1] = character
  end
  return table.concat(out)
end

--- The value behind its escapes: text | nil, err (reason BadRequest).
function fields.unescape(text)
  local value, fault = unescape(text)
  if not value then return failed(fault) end
  return value
end

-- ---- what a selector can do ----

--- The text that the server takes. That of nothing is "", as in client-go, and would be everything.
function Fields.__tostring(self)
  local texts = {}
  for i, r in ipairs(self._requirements) do
    texts[i] = r.key .. r.operator .. fields.escape(r.values[1])
  end
  return table.concat(texts, ",")
end

function Fields.__eq(a, b)
  return a._nothing == b._nothing and tostring(a) == tostring(b)
end

--- Whether fields (a table path -> text; one that is not there counts as "") fulfil all.
function Fields:matches(values)
  if self._nothing then return false end
  for _, r in ipairs(self._requirements) do
    local same = (values[r.key] or "") == r.values[1]
    if same ~= (r.operator == "=") then return false end
  end
  return true
end

--- Whether it chooses everything.
function Fields:empty() return not self._nothing and #self._requirements == 0 end

--- Whether it is kube.selector.fields.nothing().
function Fields:is_nothing() return self._nothing == true end

--- The requirements, in the order of their texts: a list of { key =, operator = "=" | "!=",
-- values = { value } }; nil for nothing.
function Fields:requirements()
  if self._nothing then return nil end
  local list = {}
  for i, r in ipairs(self._requirements) do
    list[i] = { key = r.key, operator = r.operator, values = { r.values[1] } }
  end
  return list
end

--- The value that a field must have, or nil when it is free.
function Fields:exact(key)
  for _, r in ipairs(self._requirements) do
    if r.key == key and r.operator == "=" then return r.values[1] end
  end
  return nil
end

local function new(requirements)
  return setmetatable({ _requirements = requirements }, Fields)
end

--- A selector of other fields and values: what fn(field, value) -> field, value | nil, err makes of
-- each; two empty texts leave it out: selector | nil, err.
function Fields:transform(fn)
  if self._nothing then return self end
  local requirements = {}
  for _, r in ipairs(self._requirements) do
    local key, value = fn(r.key, r.values[1])
    if key == nil then return nil, value end
    if key ~= "" or value ~= "" then
      requirements[#requirements + 1] = { key = key, operator = r.operator, values = { value } }
    end
  end
  return new(requirements)
end

--- Whether a value is a selector of fields.
function fields.is(value) return getmetatable(value) == Fields end

-- ---- parsing ----

--- The terms between unescaped commas.
local function terms_of(text)
  local terms, from, at = {}, 1, 1
  while at <= #text do
    local character = text:sub(at, at)
    if character == "\\" then
      at = at + 1
    elseif character == "," then
      terms[#terms + 1] = text:sub(from, at - 1)
      from = at + 1
    end
    at = at + 1
  end
  terms[#terms + 1] = text:sub(from)
  return terms
end

--- Splits a term at its first operator: field, operator ("=", "==", "!="), text | nil.
local function split_term(term)
  local at = term:find("!=", 1, true)
  local equals = term:find("=", 1, true)
  if not equals then return nil end
  if at and at < equals then return term:sub(1, at - 1), "!=", term:sub(at + 2) end
  local double = term:sub(equals, equals + 1) == "=="
  return term:sub(1, equals - 1), double and "==" or "=", term:sub(equals + (double and 2 or 1))
end

--- The requirement of a term of a text | nil, what is wrong.
local function requirement_of(term, text)
  local key, operator, escaped = split_term(term)
  if not key then
    return nil, string.format("invalid selector: '%s'; can't understand '%s'", text, term)
  end
  local value, fault = unescape(escaped)
  if not value then return nil, fault end
  return { key = key, operator = operator == "!=" and "!=" or "=", values = { value } }
end

--- The selector that a text is: selector | nil, err (reason BadRequest).
function fields.parse(text)
  options.check_type(text, "string", "kube.selector.fields.parse: the text")
  local terms, requirements = terms_of(text), {}
  table.sort(terms)
  for _, term in ipairs(terms) do
    if term ~= "" then
      local one, fault = requirement_of(term, text)
      if not one then return failed(fault) end
      local counts = one.key ~= "" or one.values[1] ~= ""
      if counts then requirements[#requirements + 1] = one end
    end
  end
  return new(requirements)
end

-- ---- making one ----

--- The selector that chooses everything.
function fields.everything() return new {} end

--- The selector that chooses nothing.
function fields.nothing() return setmetatable({ _requirements = {}, _nothing = true }, Fields) end

--- The selector that wants one field to be "=" or "!=" a value: term("status.phase", "!=",
-- "Running").
function fields.term(key, operator, value)
  options.check_type(key, "string", "kube.selector.fields.term: the field")
  options.check_type(value, "string", "kube.selector.fields.term: the value")
  if operator ~= "=" and operator ~= "!=" then
    error('kube.selector.fields.term: the operator must be "=" or "!="', 2)
  end
  return new { { key = key, operator = operator, values = { value } } }
end

--- The selector that wants what all the given ones want.
function fields.all_of(...)
  local all = {}
  for i = 1, select("#", ...) do
    local one = select(i, ...)
    if not fields.is(one) then
      error("kube.selector.fields.all_of: selectors of fields are needed", 2)
    end
    if one._nothing then return one end
    for _, r in ipairs(one._requirements) do all[#all + 1] = r end
  end
  return new(all)
end

--- The selector of fields that must all be so: from_set{ ["spec.nodeName"] = "node-1" }. Without a
-- set it chooses everything.
function fields.from_set(set)
  if set ~= nil then options.check_type(set, "table", "kube.selector.fields.from_set: the set") end
  local requirements = {}
  for key, value in pairs(set or {}) do
    options.check_type(key, "string", "kube.selector.fields.from_set: a field")
    options.check_type(value, "string", "kube.selector.fields.from_set: the value of " .. key)
    requirements[#requirements + 1] = { key = key, operator = "=", values = { value } }
  end
  table.sort(requirements, function(a, b) return a.key < b.key end)
  return new(requirements)
end

--- Whether all members of a table are texts.
local function is_set(value)
  for key, one in pairs(value) do
    if type(key) ~= "string" or type(one) ~= "string" then return false end
  end
  return getmetatable(value) == nil
end

--- The selector of what the option fieldSelector takes: a text, a selector, or fields that must all
-- be so: selector | nil, err (reason BadRequest).
function fields.of(value)
  if fields.is(value) then return value end
  if type(value) == "string" then return fields.parse(value) end
  options.check_type(value, "table", "kube.selector.fields.of: the selector")
  if not is_set(value) then return failed("a table of fields and the texts that they must be") end
  return fields.from_set(value)
end

return fields
