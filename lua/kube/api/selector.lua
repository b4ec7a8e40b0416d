--- Selectors: which objects, by their labels or their fields. Pure.
--
--   local chosen = assert(selector.labels("app=web,tier in (front, back),!canary"))
--   chosen:matches{ app = "web", tier = "front" }        --> true
--   local named = assert(selector.fields("metadata.name=web-0"))
--   named:matches{ ["metadata.name"] = "web-0" }         --> true
--
-- Both kinds have requirements, a sorted list of { key =, operator =, values = { ... } }, print as
-- a text that parses to the same selector, and can be asked :empty() (chooses everything).
-- Sources: apimachinery pkg/labels/selector.go, pkg/fields/selector.go, api/validate/content;
-- messages are those that the API server gives.
local selector = {}

-- ---- the syntax of names and labels ----

local SUBDOMAIN = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
local KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
local KEY_FAULT = "must consist of alphanumeric characters, '-', '_' or '.', and must start and "
  .. "end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
  .. "for validation is '" .. KEY .. "')"
local VALUE_FAULT = "a valid label must be an empty string or consist of alphanumeric characters, "
  .. "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
  .. "'my_value',  or '12345', regex used for validation is '(" .. KEY .. ")?')"

local function is_word(text) -- KEY, as Lua's patterns have it
  return text:find("^%w[-%w_.]*$") ~= nil and text:find("%w$") ~= nil
end

local function is_subdomain(text)
  if text == "" or text:find("[^-a-z0-9.]") then return false end
  for label in (text .. "."):gmatch("(.-)%.") do
    if not label:find("^[a-z0-9]") or not label:find("[a-z0-9]$") then return false end
  end
  return true
end

--- What is wrong with a DNS-1123 subdomain ("example.com", the name of most objects): a list of
-- messages, empty when it is good.
-- @param unit  "characters" for a name, as upstream says it there; "bytes" if left out
function selector.subdomain_faults(text, unit)
  local faults = {}
  if #text > 253 then faults[1] = "must be no more than 253 " .. (unit or "bytes") end
  if not is_subdomain(text) then
    faults[#faults + 1] = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric "
      .. "characters, '-' or '.', and must start and end with an alphanumeric character (e.g. "
      .. "'example.com', regex used for validation is '" .. SUBDOMAIN .. "')"
  end
  return faults
end

local function prefix_faults(prefix)
  if prefix == "" then return { "prefix part must be non-empty" } end
  local faults = selector.subdomain_faults(prefix)
  for i, fault in ipairs(faults) do faults[i] = "prefix part " .. fault end
  return faults
end

--- What is wrong with the key of a label ("app", "example.com/app"), of an annotation or a
-- finalizer: a list of messages.
function selector.key_faults(text)
  local prefix, name = text:match("^([^/]*)/(.*)$")
  if prefix and name:find("/", 1, true) then
    return { "a valid label key " .. KEY_FAULT .. " with an optional DNS subdomain prefix and '/' "
      .. "(e.g. 'example.com/MyName')" }
  end
  local faults = prefix and prefix_faults(prefix) or {}
  name = name or text
  if name == "" then
    faults[#faults + 1] = "name part must be non-empty"
  elseif #name > 63 then
    faults[#faults + 1] = "name part must be no more than 63 bytes"
  end
  if not is_word(name) then faults[#faults + 1] = "name part " .. KEY_FAULT end
  return faults
end

--- What is wrong with the value of a label: a list of messages.
function selector.value_faults(text)
  local faults = {}
  if #text > 63 then faults[1] = "must be no more than 63 bytes" end
  if text ~= "" and not is_word(text) then faults[#faults + 1] = VALUE_FAULT end
  return faults
end

-- ---- 64-bit integers, which not all Luas have ----

local LIMITS = { [""] = "9223372036854775807", ["-"] = "9223372036854775808" }

local function less(a, b) -- digits without leading zeros
  if #a ~= #b then return #a < #b end
  return a < b
end

--- A comparable integer of a text: { negative =, digits = } | nil.
local function integer_of(text)
  local sign, digits = text:match("^([+-]?)0*(%d+)$")
  if not sign then return nil end
  sign = sign == "-" and "-" or ""
  if less(LIMITS[sign], digits) then return nil end
  return { negative = sign == "-" and digits ~= "0", digits = digits }
end

local function is_less(a, b)
  if a.negative ~= b.negative then return a.negative end
  if a.negative then return less(b.digits, a.digits) end
  return less(a.digits, b.digits)
end

-- ---- requirements on labels ----

local function has(requirement, value)
  for _, one in ipairs(requirement.values) do
    if one == value then return true end
  end
  return false
end

--- value | nil -> whether a bound of the requirement lies on the right side of it.
local function compares(requirement, value, before)
  local own, bound = value and integer_of(value), integer_of(requirement.values[1])
  if not own or not bound then return false end
  if before then return is_less(own, bound) end
  return is_less(bound, own)
end

local function is_in(requirement, value) return value ~= nil and has(requirement, value) end
local function is_not_in(requirement, value) return not is_in(requirement, value) end

--- operator -> function (requirement, value | nil) -> whether it is fulfilled
local OPERATORS = {
  ["in"] = is_in, ["="] = is_in, ["=="] = is_in,
  ["notin"] = is_not_in, ["!="] = is_not_in,
  ["exists"] = function(_, value) return value ~= nil end,
  ["!"] = function(_, value) return value == nil end,
  gt = function(requirement, value) return compares(requirement, value, false) end,
  lt = function(requirement, value) return compares(requirement, value, true) end,
}

local function set_text(values) return "(" .. table.concat(values, ",") .. ")" end

--- operator -> how a requirement is written
local WRITTEN = {
  ["in"] = function(r) return r.key .. " in " .. set_text(r.values) end,
  ["notin"] = function(r) return r.key .. " notin " .. set_text(r.values) end,
  ["exists"] = function(r) return r.key end,
  ["!"] = function(r) return "!" .. r.key end,
  gt = function(r) return r.key .. ">" .. r.values[1] end,
  lt = function(r) return r.key .. "<" .. r.values[1] end,
}

local Labels = {}
Labels.__index = Labels

function Labels.__tostring(self)
  local texts = {}
  for i, r in ipairs(self.requirements) do
    local write = WRITTEN[r.operator]
    texts[i] = write and write(r) or r.key .. r.operator .. r.values[1]
  end
  return table.concat(texts, ",")
end

--- Whether labels (a table name -> value, nil for none) fulfil all requirements.
function Labels:matches(labels)
  if self.nothing then return false end
  for _, requirement in ipairs(self.requirements) do
    local value = labels and labels[requirement.key]
    if not OPERATORS[requirement.operator](requirement, value) then return false end
  end
  return true
end

--- Whether it chooses everything.
function Labels:empty() return not self.nothing and #self.requirements == 0 end

--- Sorts by key, and keeps the order of equal keys, which table.sort alone would not.
local function sorted(requirements)
  local place = {}
  for i, requirement in ipairs(requirements) do place[requirement] = i end
  table.sort(requirements, function(a, b)
    if a.key ~= b.key then return a.key < b.key end
    return place[a] < place[b]
  end)
  return requirements
end

local function new_labels(requirements)
  return setmetatable({ requirements = sorted(requirements) }, Labels)
end

local function invalid(field, value, why)
  return string.format('%s: Invalid value: "%s": %s', field, value, why)
end

local function check_key(key)
  local faults = selector.key_faults(key)
  if faults[1] then return nil, invalid("<nil>", key, table.concat(faults, "; ")) end
  return true
end

--- The faults of a requirement's values, in upstream's order.
local function check_values(key, operator, values)
  local faults = {}
  if operator == "gt" or operator == "lt" then
    if not integer_of(values[1]) then
      faults[1] = invalid("values[0]", values[1], "for 'Gt', 'Lt' operators, the value must be an "
        .. "integer")
    end
  end
  for i, value in ipairs(values) do
    local wrong = selector.value_faults(value)
    if wrong[1] then
      faults[#faults + 1] = invalid(string.format("values[%d][%s]", i - 1, key), value,
        table.concat(wrong, "; "))
    end
  end
  if #faults > 1 then return nil, "[" .. table.concat(faults, ", ") .. "]" end
  return faults[1] == nil or nil, faults[1]
end

-- ---- parsing label selectors: tokens first, as upstream does ----

local OPERATOR_NAMES = "in, notin, =, ==, !=, gt, lt"
local SPECIAL = "[=!(),><]"
local SYMBOLS = { ["=="] = true, ["!="] = true, ["="] = true, ["!"] = true, ["("] = true,
  [")"] = true, [","] = true, [">"] = true, ["<"] = true }

--- The tokens of a text: { kind = "word" | "end" | a symbol | "in" | "notin", text = }.
local function scan(text)
  local tokens, at = {}, 1
  text = text:match("^[^%z]*") -- a NUL ends it, as upstream's lexer has it
  while true do
    at = text:find("[^ \t\r\n]", at)
    if not at then break end
    local found
    if text:find(SPECIAL, at) == at then
      found = text:sub(at, at + 1)
      if not SYMBOLS[found] then found = text:sub(at, at) end
      tokens[#tokens + 1] = { kind = found, text = found }
    else
      found = text:match("^[^=!(),>< \t\r\n]+", at)
      local keyword = found == "in" or found == "notin"
      tokens[#tokens + 1] = { kind = keyword and found or "word", text = found }
    end
    at = at + #found
  end
  tokens[#tokens + 1] = { kind = "end", text = "" }
  return tokens
end

local Parser = {}
Parser.__index = Parser

--- The kind of the next token; "in" and "notin" are plain words where values may stand.
function Parser:look(operators)
  local token = self.tokens[self.at]
  local keyword = token.kind == "in" or token.kind == "notin"
  return keyword and not operators and "word" or token.kind, token.text
end

function Parser:take(operators)
  local kind, text = self:look(operators)
  self.at = self.at + 1
  return kind, text
end

local function found(text, expected)
  return nil, string.format("found '%s'%s expected: %s", text, expected == "'('" and "" or ",",
    expected)
end

--- A set becomes a sorted list without doubles.
local function list_of(set)
  local list = {}
  for value in pairs(set) do list[#list + 1] = value end
  table.sort(list)
  return list
end

--- The values between parentheses; empty places are the empty value.
function Parser:identifiers()
  local set = {}
  while true do
    local kind, text = self:take()
    local after, after_text = self:look()
    if kind == "word" then
      set[text] = true
      if after == ")" then return set end
      if after ~= "," then return found(after_text, "',' or ')'") end
    elseif kind == "," then
      if next(set) == nil or after == "," or after == ")" then set[""] = true end
      if after == ")" then return set end
    else
      return found(text, "',', or identifier")
    end
  end
end

function Parser:set()
  local kind, text = self:take()
  if kind ~= "(" then return found(text, "'('") end
  kind, text = self:look()
  if kind == ")" then
    self:take()
    return { "" }
  elseif kind ~= "word" and kind ~= "," then
    return found(text, "',', ')' or identifier")
  end
  local set, fault = self:identifiers()
  if not set then return nil, fault end
  self:take()
  return list_of(set)
end

function Parser:value()
  local kind, text = self:look()
  if kind == "end" or kind == "," then return { "" } end
  self:take()
  if kind ~= "word" then return found(text, "identifier") end
  return { text }
end

local READ = {
  ["in"] = { "in", Parser.set }, ["notin"] = { "notin", Parser.set },
  ["="] = { "=", Parser.value }, ["=="] = { "==", Parser.value }, ["!="] = { "!=", Parser.value },
  [">"] = { "gt", Parser.value }, ["<"] = { "lt", Parser.value },
}

--- One requirement | nil, what is wrong.
function Parser:requirement()
  local kind, text = self:take()
  local absent = kind == "!"
  if absent then kind, text = self:take() end
  if kind ~= "word" then return found(text, "identifier") end
  local good, fault = check_key(text)
  if not good then return nil, fault end
  if absent then return { key = text, operator = "!", values = {} } end
  local after = self:look()
  if after == "end" or after == "," then
    return { key = text, operator = "exists", values = {} }
  end
  local operator, literal = self:take(true)
  local how = READ[operator]
  if not how then return found(literal, OPERATOR_NAMES) end
  local values
  values, fault = how[2](self)
  if not values then return nil, fault end
  good, fault = check_values(text, how[1], values)
  if not good then return nil, fault end
  return { key = text, operator = how[1], values = values }
end

--- The requirements of a text | nil, what is wrong.
function Parser:all()
  local requirements = {}
  while true do
    local kind, text = self:look()
    if kind == "end" then return requirements end
    if kind ~= "word" and kind ~= "!" then
      return found(text, "!, identifier, or 'end of string'")
    end
    local requirement, fault = self:requirement()
    if not requirement then return nil, "unable to parse requirement: " .. fault end
    requirements[#requirements + 1] = requirement
    kind, text = self:take()
    if kind == "end" then return requirements end
    if kind ~= "," then return found(text, "',' or 'end of string'") end
    kind, text = self:look()
    if kind ~= "word" and kind ~= "!" then return found(text, "identifier after ','") end
  end
end

--- The label selector that a text is: selector | nil, message.
function selector.labels(text)
  local requirements, fault = setmetatable({ tokens = scan(text), at = 1 }, Parser):all()
  if not requirements then return nil, fault end
  return new_labels(requirements)
end

local OBJECT_OPERATORS = { In = "in", NotIn = "notin", Exists = "exists", DoesNotExist = "!" }

--- The selector of a meta/v1 LabelSelector { matchLabels =, matchExpressions = }: selector
-- | nil, message. nil chooses nothing, an empty one everything.
function selector.of_object(object)
  if object == nil then return setmetatable({ requirements = {}, nothing = true }, Labels) end
  local requirements = {}
  for key, value in pairs(object.matchLabels or {}) do
    requirements[#requirements + 1] = { key = key, operator = "=", values = { value } }
  end
  for _, expression in ipairs(object.matchExpressions or {}) do
    local operator = OBJECT_OPERATORS[expression.operator]
    if not operator then
      return nil, string.format("%q is not a valid label selector operator",
        tostring(expression.operator))
    end
    requirements[#requirements + 1] = {
      key = expression.key, operator = operator, values = expression.values or {},
    }
  end
  return new_labels(requirements)
end

-- ---- field selectors ----

local Fields = {}
Fields.__index = Fields

--- How a value is written in a field selector: commas, equals signs and backslashes escaped.
function selector.escape_field(value) return (value:gsub("[\\,=]", "\\%0")) end

--- The value behind its escapes | nil, message.
function selector.unescape_field(text)
  local out, at = {}, 1
  while at <= #text do
    local character = text:match("^[%z\1-\127\194-\244][\128-\191]*", at) or text:sub(at, at)
    at = at + #character
    if character == "\\" then
      character = text:match("^[%z\1-\127\194-\244][\128-\191]*", at) or ""
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

--- The field selector that a text is: selector | nil, message. Spaces count, and so they do on the
-- server.
function selector.fields(text)
  local terms, requirements = terms_of(text), {}
  table.sort(terms)
  for _, term in ipairs(terms) do
    if term ~= "" then
      local key, operator, escaped = split_term(term)
      if not key then
        return nil, string.format("invalid selector: '%s'; can't understand '%s'", text, term)
      end
      local value, fault = selector.unescape_field(escaped)
      if not value then return nil, fault end
      if key ~= "" or value ~= "" then
        requirements[#requirements + 1] = {
          key = key, operator = operator == "!=" and "!=" or "=", values = { value },
        }
      end
    end
  end
  return setmetatable({ requirements = requirements }, Fields)
end

function Fields.__tostring(self)
  local texts = {}
  for i, r in ipairs(self.requirements) do
    texts[i] = r.key .. r.operator .. selector.escape_field(r.values[1])
  end
  return table.concat(texts, ",")
end

--- Whether fields (a table path -> text; one that is not there counts as "") fulfil all.
function Fields:matches(fields)
  for _, requirement in ipairs(self.requirements) do
    local same = (fields[requirement.key] or "") == requirement.values[1]
    if same ~= (requirement.operator == "=") then return false end
  end
  return true
end

--- Whether it chooses everything.
function Fields:empty() return #self.requirements == 0 end

--- The value that a field must have, or nil when it is free.
function Fields:exact(key)
  for _, requirement in ipairs(self.requirements) do
    if requirement.key == key and requirement.operator == "=" then return requirement.values[1] end
  end
end

return selector
