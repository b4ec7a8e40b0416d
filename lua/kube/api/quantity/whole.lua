--- Integers of the Lua that runs, from and to decimal digits without loss: those of 5.3 and later,
-- doubles up to 2^53, on LuaJIT int64 past that.
local decimal = require("kube.api.quantity.decimal")
local int64 = require("kube.api.int64")

local whole = {}

local EXACT = 2 ^ 53
local make_int64 = (loadstring or load)("return 1LL") -- LuaJIT alone can read that
local ONE = make_int64 and make_int64()

--- The digits of an integer, with its sign | nil for what is none.
function whole.text(value)
  if type(value) == "cdata" then return (tostring(value):match("^(-?[0-9]+)U?LL$")) end
  if type(value) ~= "number" or value % 1 ~= 0 then return nil end
  if math.type and math.type(value) == "integer" then return string.format("%d", value) end
  return string.format("%.0f", value)
end

--- The decimal of an integer | nil for what is none.
function whole.decimal(value)
  local text = whole.text(value)
  if not text then return nil end
  local sign, digits = text:match("^(-?)([0-9]+)$")
  return decimal.of_digits(digits, sign == "-" and -1 or 1, 0)
end

--- The int64 of LuaJIT.
local function cdata_of(sign, digits)
  local step = sign == "-" and -1 or 1
  local value = ONE * 0
  for digit in digits:gmatch("[0-9]") do value = value * 10 + step * tonumber(digit) end
  return value
end

--- The integer of a text of digits with a sign | nil if no integer of this Lua is that.
function whole.exact(text)
  local number = tonumber(text)
  if math.type then return math.type(number) == "integer" and number or nil end
  if number > -EXACT and number < EXACT then return number end
  local sign, digits = text:match("^(-?)([0-9]+)$")
  if ONE then return int64.fits(sign, digits) and cdata_of(sign, digits) or nil end
  return string.format("%.0f", number) == text and number or nil
end

--- The integer of a text of digits with a sign, or else the nearest float.
function whole.number(text) return whole.exact(text) or tonumber(text) end

return whole
