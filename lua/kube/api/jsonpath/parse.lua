--- A template of JSONPath as a tree. Pure. Source: client-go util/jsonpath/parser.go, whose
-- messages and whose nodes these are:
--
--   { kind = "list", ... }                     one action, {...}; the whole template
--   { kind = "text", value = }                 what stands between actions, or is quoted in one
--   { kind = "field", value = }                .name
--   { kind = "array", from =, to =, step =, single = }   [from:to:step], nil for what is not told;
--                                              an index alone is single, and `to` the next one
--   { kind = "union", list, ... }              [a, b]
--   { kind = "filter", left =, right =, operator = }     [?(left operator right)]; or "exists"
--   { kind = "recursive" }, { kind = "wildcard" }        .. and .*
--   { kind = "int" | "float" | "bool", value = }
--   { kind = "identifier", value = }           range, end, and what evaluating finds to be unknown
--
-- A list of nothing but fields also has them as a list of names, so that it is followed at once.
--
--   | case                       | kubectl          | kube                                   |
--   | letters that are not ASCII | those of Unicode | all but blocks of punctuation, signs   |
local numbers = require("kube.api.jsonpath.numbers")
local runes = require("kube.api.jsonpath.runes")

--- What ends a name.
local TERMINATOR = "[ \t\r\n.,%[%]$@{}]"
local TERMINATOR_OR_ESCAPE = "[ \t\r\n.,%[%]$@{}\\]"

local Parser = {}
Parser.__index = Parser

local function add(list, kind, value) list[#list + 1] = { kind = kind, value = value } end

--- Notes the names of a list that is finished.
local function seal(list)
  local names = {}
  for i, node in ipairs(list) do
    if node.kind ~= "field" then return list end
    names[i] = node.value
  end
  if names[1] then list.names = names end
  return list
end

--- The tree of a template | nil, what is wrong.
local function parse(template, json)
  return setmetatable({ input = template, at = 1, json = json }, Parser):template()
end

--- The list that an action with this text is | nil, what is wrong.
local function parse_action(text, json)
  local root, fault = parse("{" .. text .. "}", json)
  if not root then return nil, fault end
  return root[1]
end

function Parser:template()
  local root = { kind = "list" }
  while self.at <= #self.input do
    local brace = self.input:find("{", self.at, true) or #self.input + 1
    if brace > self.at then add(root, "text", self.input:sub(self.at, brace - 1)) end
    self.at = brace + 1
    if brace <= #self.input then
      local list, fault = self:action()
      if not list then return nil, fault end
      root[#root + 1] = list
    end
  end
  return root
end

--- What is in braces, behind the first one.
function Parser:action()
  local list = { kind = "list" }
  while self.input:sub(self.at, self.at) ~= "}" do
    local good, fault = self:piece(list)
    if not good then return nil, fault end
  end
  self.at = self.at + 1
  return seal(list)
end

-- ---- the pieces of an action: true | nil, what is wrong ----

--- How a piece is read that begins with this character.
local READ = {}

function Parser:piece(list)
  local first = self.input:sub(self.at, self.at)
  local read = READ[first]
  if read then return read(self, list) end
  if first:find("^[-+%d]") then return self:number(list) end
  local code = runes.at(self.input, self.at)
  if code == nil or code == 10 or code == 13 then return nil, "unclosed action" end
  if runes.is_word(code) then return self:identifier(list) end
  return nil, "unrecognized character in action: " .. runes.named(code)
end

--- Spaces, and @ and $, which are the object at hand.
local function skip(self)
  self.at = self.at + 1
  return true
end

READ[" "], READ["@"], READ["$"] = skip, skip, skip

--- Takes everything up to a place.
function Parser:take(stop)
  local text = self.input:sub(self.at, stop - 1)
  self.at = stop
  return text
end

function Parser:identifier(list)
  local value = self:take(self.input:find(TERMINATOR, self.at) or #self.input + 1)
  if value == "true" or value == "false" then
    add(list, "bool", value == "true")
  else
    add(list, "identifier", value)
  end
  return true
end

function Parser:number(list)
  local text = self.input:match("^[-+]?[%d.]*", self.at)
  self.at = self.at + #text
  local digits = numbers.integer_text(text)
  if digits then
    add(list, "int", (self.json.decode(digits))) -- exact, also on LuaJIT
    return true
  end
  local value = numbers.float(text)
  if not value then return nil, "cannot parse number " .. text end
  add(list, "float", value)
  return true
end

--- A name, in which a backslash takes its meaning from the next character.
function Parser:field(list)
  local input, stop = self.input, self.at
  while true do
    stop = input:find(TERMINATOR_OR_ESCAPE, stop) or #input + 1
    if input:sub(stop, stop) ~= "\\" then break end
    stop = stop + 2
  end
  local value = self:take(stop)
  if value == "*" then
    add(list, "wildcard")
  else
    add(list, "field", (value:gsub("\\", "")))
  end
  return true
end

READ["."] = function(self, list)
  self.at = self.at + 1
  if self.input:sub(self.at, self.at) == "." then return self:recursive(list) end
  return self:field(list)
end

--- Behind the first dot of two.
function Parser:recursive(list)
  local last = list[#list]
  if last and last.kind == "recursive" then return nil, "invalid multiple recursive descent" end
  self.at = self.at + 1
  add(list, "recursive")
  local code = runes.at(self.input, self.at)
  if code and runes.is_word(code) then return self:field(list) end
  return true
end

--- Where quotes that are open at a place are closed: the quote itself, which has no backslash
-- before it | nil.
local function closing(input, at, quote)
  while true do
    at = input:find("[\n" .. quote .. "]", at)
    if not at or input:sub(at, at) == "\n" then return nil end
    if input:sub(at - 1, at - 1) ~= "\\" then return at end
    at = at + 1
  end
end

local function quoted(self, list)
  local close = closing(self.input, self.at + 1, self.input:sub(self.at, self.at))
  if not close then return nil, "unterminated quoted string" end
  local text = self:take(close + 1)
  local value = runes.unquote(text)
  if not value then return nil, "unquote string " .. text .. " error invalid syntax" end
  add(list, "text", value)
  return true
end

READ['"'], READ["'"] = quoted, quoted

-- ---- brackets ----

READ["["] = function(self, list)
  if self.input:sub(self.at, self.at + 2) == "[?(" then return self:filter(list) end
  local text = self.input:match("^[^]\n]*%]", self.at + 1)
  if not text then return nil, "unterminated array" end
  self.at = self.at + 1 + #text
  text = text:sub(1, -2)
  return self:brackets(list, text)
end

--- What is between brackets: a union, a name in quotes, or indexes.
function Parser:brackets(list, text)
  if text:find(",", 1, true) then return self:union(list, text) end
  local name = text:match("^'([^']*)'$")
  if not name then return self:slice(list, text == "*" and ":" or text) end
  local action, fault = parse_action("." .. name, self.json)
  if not action then return nil, fault end
  for _, node in ipairs(action) do list[#list + 1] = node end
  return true
end

function Parser:union(list, text)
  local union = { kind = "union" }
  for one in (text .. ","):gmatch("([^,]*),") do
    local action, fault = parse_action("[" .. one:match("^ *(.-) *$") .. "]", self.json)
    if not action then return nil, fault end
    union[#union + 1] = action
  end
  list[#list + 1] = union
  return true
end

--- The texts between colons | nil for what is no slice.
local function slice_of(text)
  local parts = {}
  for part in (text .. ":"):gmatch("([^:]*):") do
    if #parts == 3 or not part:find("^%-?%d*$") then return nil end
    parts[#parts + 1] = part
  end
  return parts
end

function Parser:slice(list, text) -- luacheck: no self
  local parts = slice_of(text)
  if not parts then return nil, "invalid array index " .. text end
  local values = {}
  for i, part in ipairs(parts) do
    values[i] = numbers.index(part)
    if part ~= "" and not values[i] then
      return nil, "array index " .. part .. " is not a number"
    end
  end
  local single = #parts == 1
  list[#list + 1] = {
    kind = "array", from = values[1], to = single and (values[1] or 0) + 1 or values[2],
    step = values[3], single = single or nil,
  }
  return true
end

--- Where a filter ends, whose inside begins at a place: its ")" | nil. Only the first text in
-- quotes may have parentheses.
local function filter_end(input, at)
  local quote, closed
  while true do
    at = input:find("[\n\"')]", at)
    local found = at and input:sub(at, at)
    if not at or found == "\n" then return nil end
    if found == ")" then
      if not quote or closed then return at end
    elseif not quote then
      quote = found
    elseif found == quote and input:sub(at - 1, at - 1) ~= "\\" then
      closed = true
    end
    at = at + 1
  end
end

function Parser:filter(list)
  local stop = filter_end(self.input, self.at + 3)
  if not stop then return nil, "unterminated filter" end
  if self.input:sub(stop + 1, stop + 1) ~= "]" then return nil, "unclosed array expect ]" end
  local text = self.input:sub(self.at + 3, stop - 1)
  self.at = stop + 2
  local before, operator, after = text:match("^([^!<>=]+)([!<>=]+)(.+)$")
  local left, right, fault
  left, fault = parse_action(before or text, self.json)
  if not left then return nil, fault end
  right, fault = parse_action(after or "", self.json)
  if not right then return nil, fault end
  list[#list + 1] = { kind = "filter", left = left, right = right, operator = operator or "exists" }
  return true
end

return parse
