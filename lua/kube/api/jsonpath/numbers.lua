--- Numbers as Go reads, compares and prints them, on Luas that have only floats too. Pure.
--
-- A number is one of Lua's, or an int64 cdata, which the decoder makes on LuaJIT of integers that
-- no float holds. On a Lua without integers a float that has no fraction and fits 64 bits counts
-- as one.
local int64 = require("kube.api.int64")

local numbers = {}

--- The integer that a text is, as strconv.Atoi has it: digits that JSON knows too | nil.
function numbers.integer_text(text)
  local sign, digits = int64.parse(text)
  return sign and sign .. digits
end

--- The index that a text is, a number of Lua's | nil.
function numbers.index(text)
  local digits = numbers.integer_text(text)
  return digits and tonumber(digits)
end

--- The float that a text of digits and dots is | nil.
function numbers.float(text)
  if not text:find("^[+-]?%d*%.?%d*$") then return nil end
  return tonumber(text)
end

function numbers.is(value) return type(value) == "number" or type(value) == "cdata" end

function numbers.is_integer(value)
  if type(value) == "cdata" then return true end
  if math.type then return math.type(value) == "integer" end
  return value % 1 == 0 and value >= -2 ^ 63 and value < 2 ^ 63
end

--- The two as they can be compared: LuaJIT would make an int64 of a float, which must fit one.
local function comparable(a, b)
  if type(a) == type(b) then return a, b end
  local float = type(a) == "number" and a or b
  if float >= -2 ^ 63 and float < 2 ^ 63 then return a, b end
  return tonumber(a), tonumber(b)
end

function numbers.equal(a, b)
  a, b = comparable(a, b)
  return a == b
end

function numbers.less(a, b)
  a, b = comparable(a, b)
  return a < b
end

-- ---- printing ----

--- The shortest digits that are read as the same float: sign, digits, exponent.
local function shortest(value)
  local text
  for precision = 0, 16 do
    text = string.format("%." .. precision .. "e", value)
    if tonumber(text) == value then break end
  end
  local sign, digits, exponent = text:match("^(%-?)([%d.]+)e(.+)$")
  return sign, digits, tonumber(exponent)
end

--- Digits with an exponent, without one.
local function plain(digits, exponent)
  digits = digits:gsub("%.", "")
  if exponent < 0 then return "0." .. ("0"):rep(-exponent - 1) .. digits end
  local whole = digits:sub(1, exponent + 1)
  local fraction = digits:sub(exponent + 2)
  whole = whole .. ("0"):rep(exponent + 1 - #whole)
  return fraction == "" and whole or whole .. "." .. fraction
end

--- A float as Go's %v prints it: with an exponent below -4 and from 6 on.
local function float_text(value)
  if value ~= value then return "NaN" end
  if value == math.huge then return "+Inf" end
  if value == -math.huge then return "-Inf" end
  local sign, digits, exponent = shortest(value)
  if exponent >= -4 and exponent < 6 then return sign .. plain(digits, exponent) end
  return string.format("%s%se%s%02d", sign, digits, exponent < 0 and "-" or "+",
    math.abs(exponent))
end

--- A number as Go's %v prints it.
function numbers.text(value)
  if type(value) == "cdata" then return (tostring(value):gsub("U?LL$", "")) end
  if not numbers.is_integer(value) then return float_text(value) end
  if value == 0 then return "0" end -- which a float writes as "-0" when it is one
  return string.format(math.type and "%d" or "%.0f", value)
end

return numbers
