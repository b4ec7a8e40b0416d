--- The requirements of a text: tokens first, as upstream does. Pure.
-- Source: apimachinery pkg/labels/selector.go, whose messages these are.
local requirement = require("kube.api.selector.requirement")

local OPERATOR_NAMES = "in, notin, =, ==, !=, gt, lt"
local SPECIAL = "^[=!(),><]"
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
    if text:find(SPECIAL, at) then
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
  local fault = requirement.key_fault(text, "<nil>")
  if fault then return nil, fault end
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
  return requirement.new(text, how[1], values)
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
    local one, fault = self:requirement()
    if not one then return nil, "unable to parse requirement: " .. fault end
    requirements[#requirements + 1] = one
    kind, text = self:take()
    if kind == "end" then return requirements end
    if kind ~= "," then return found(text, "',' or 'end of string'") end
    kind, text = self:look()
    if kind ~= "word" and kind ~= "!" then return found(text, "identifier after ','") end
  end
end

return function(text)
  return setmetatable({ tokens = scan(text), at = 1 }, Parser):all()
end
