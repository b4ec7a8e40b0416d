--- Quantities: "250m" of a processor, "1Gi" of memory; exact on every Lua. Pure.
--
--   local quantity = kube.quantity
--   local used = quantity.must_parse("100m") + "1.5"
--   tostring(used)                                       --> 1600m
--   used < quantity.must_parse("2"), used:cmp("2")       --> true, -1
--   used:value(), used:milli_value()                     --> 2, 1600
--
-- A quantity is a value: nothing changes it, arithmetic gives new ones. + and - take a text or a
-- number on either side, * an integer; <, <= and == work between quantities, < and <= also with a
-- text or a number on Lua 5.2 and later. == with another type is false in every Lua: ask :cmp.
-- The field format says which suffixes it has, as written: 1Ki is BinarySI, 1k DecimalSI, 1e3
-- DecimalExponent. Zero takes the format of what is added to it.
--
-- tostring gives the canonical form: a whole number and the largest suffix that keeps it exact.
-- That is what goes into an object: { memory = tostring(q) }; as it is, a quantity has no JSON, and
-- kube.json.encode says so.
--
-- Sources: apimachinery pkg/api/resource. Where we differ:
--
--   | case                            | client-go                  | kube                         |
--   |---------------------------------|----------------------------|------------------------------|
--   | tostring of parsed +1, 007, 1E3 | as written                 | canonical: 1, 7, 1e3         |
--   | "Mi", "-", "." (no digit)       | 0; "Ei", ".Ei" are errors  | an error                     |
--   | 1000E prints                    | 1                          | 1000E                        |
--   | 4Ei + 4Ei prints                | 8Ei, which reads as 2^63-1 | 9223372036854775808          |
--   | 1Ei * 1024 prints               | 1                          | 1180591620717411303424       |
--   | 1e4294967296                    | 1: 32 bits overflow        | an error: e9999 is the last  |
--   | value() of -100.0005Ki          | -102399                    | -102401: away from zero      |
--   | value() past 64 bits            | 0 or what is left          | a float, the nearest         |
--   | as_integer() of 1.0, of 1000m   | none                       | 1                            |
--   | as_float() of 377.796869504     | 377.79686950400003         | the nearest: 377.796869504   |
--   | new_scaled(1, -12)              | kept, prints 1             | 1n                           |
--   | a format that there is not      | DecimalExponent            | throws                       |
local decimal = require("kube.api.quantity.decimal")
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local read = require("kube.api.quantity.read")
local whole = require("kube.api.quantity.whole")

local quantity = {
  --- The three ways of writing: quantity.format.BinarySI has the suffixes Ki to Ei, DecimalSI those
  -- from n to E, DecimalExponent e-9, e3 and so on.
  format = { DecimalSI = "DecimalSI", BinarySI = "BinarySI", DecimalExponent = "DecimalExponent" },
}

local Quantity = { __name = "kube.quantity" }
Quantity.__index = Quantity

local NANO, FURTHEST = -9, 9999

--- Finer than a billionth there is nothing, and what there is is not nothing. The amount is at [1]
-- beside the name format so that an encoder refuses it: no JSON has keys of both kinds.
local function new(amount, format)
  return setmetatable({ (decimal.round_up(amount, NANO)), format = format }, Quantity)
end

--- Whether a value is a quantity.
function quantity.is(value) return type(value) == "table" and getmetatable(value) == Quantity end

-- ---- making ----

--- The quantity of a text or a number | nil, what is wrong.
local function parse(given)
  local text = type(given) == "string" and given or read.text_of(given)
  local amount, format = read.amount(text)
  if not amount then return nil, format end
  return new(amount, type(given) == "string" and format or "DecimalSI")
end

--- What a text, a number or a quantity stands for; anything else is the programmer's error.
local function parse_any(given, what, level)
  if quantity.is(given) then return given end
  if type(given) ~= "string" and not read.text_of(given) then
    error(string.format("%s: a quantity, a text or a number is needed, not %s", what,
      type(given) == "number" and tostring(given) or type(given)), level + 1)
  end
  return parse(given)
end

--- The quantity that a text or a number is, "1.5Gi", "100m", 0.5: quantity | nil, err (reason
-- BadRequest). What is finer than 1n is rounded away from zero, what has a binary suffix ends at
-- 2^63-1. A number has the format DecimalSI. Throws on what is neither, and on NaN; a quantity is
-- given back.
function quantity.parse(value)
  local parsed, fault = parse_any(value, "quantity.parse", 2)
  if parsed then return parsed end
  return errors.bad_request(fault)
end

--- The quantity that a text or a number is, where there is no doubt: throws if it is none.
function quantity.must_parse(value)
  local parsed, fault = parse_any(value, "quantity.must_parse", 2)
  return parsed or error(fault, 2)
end

local function check_integer(value, what)
  return whole.decimal(value)
    or error(string.format("%s must be an integer, not %s", what,
      type(value) == "number" and tostring(value) or type(value)), 3)
end

local function check_format(format, what)
  if format == nil then return "DecimalSI" end
  if quantity.format[format] then return format end
  error(string.format("%s: the format must be DecimalSI, BinarySI or DecimalExponent, not %s", what,
    tostring(format)), 3)
end

local function check_scale(scale, what)
  options.check_type(scale, "integer", what .. ": the scale", 3)
  if math.abs(scale) <= FURTHEST then return scale end
  error(string.format("%s: the scale must be from -%d to %d, not %s", what, FURTHEST, FURTHEST,
    tostring(scale)), 3)
end

--- The quantity of an integer.
-- @param format one of quantity.format (DecimalSI)
function quantity.new(integer, format)
  local amount = check_integer(integer, "quantity.new: the value")
  return new(amount, check_format(format, "quantity.new"))
end

--- The quantity of an integer of thousandths: quantity.new_milli(250) is 250m.
-- @param format one of quantity.format (DecimalSI)
function quantity.new_milli(integer, format)
  local amount = check_integer(integer, "quantity.new_milli: the value")
  return new(decimal.scaled(amount, -3), check_format(format, "quantity.new_milli"))
end

--- The quantity integer * 10^scale: quantity.new_scaled(5, 6) is 5M.
-- @param format one of quantity.format (DecimalSI)
function quantity.new_scaled(integer, scale, format)
  local amount = check_integer(integer, "quantity.new_scaled: the value")
  amount = decimal.scaled(amount, check_scale(scale, "quantity.new_scaled"))
  return new(amount, check_format(format, "quantity.new_scaled"))
end

-- ---- asking ----

--- An operand: a quantity, or a text or number that is one; throws otherwise.
local function operand(given, what)
  local parsed, fault = parse_any(given, what, 3)
  return parsed or error(what .. ": " .. fault, 3)
end

--- -1, 0 or 1 as the quantity is less than, equal to or greater than another, a text or a number.
function Quantity:cmp(other) return decimal.cmp(self[1], operand(other, "quantity:cmp")[1]) end

--- -1, 0 or 1: less than zero, zero, greater.
function Quantity:sign() return self[1].sign end

--- Whether it is zero.
function Quantity:is_zero() return self[1].sign == 0 end

--- The number of units of 10^scale, rounded away from zero to an integer: 1500m has 2 of scale 0,
-- 15 of scale -1. On LuaJIT it is an int64 past 2^53, as in decoded JSON; past 64 bits, and on 5.1
-- and 5.2 past 2^53, it is the nearest float.
function Quantity:scaled_value(scale)
  return whole.number(decimal.whole(self[1], check_scale(scale, "quantity:scaled_value")))
end

--- The number of units, rounded away from zero to an integer: see scaled_value.
function Quantity:value() return whole.number(decimal.whole(self[1], 0)) end

--- The number of thousandths, rounded away from zero to an integer: see scaled_value.
function Quantity:milli_value() return whole.number(decimal.whole(self[1], -3)) end

--- The number of units if that is an integer which this Lua can hold | nil.
function Quantity:as_integer()
  local _, exact = decimal.round_up(self[1], 0)
  return exact and whole.exact(decimal.whole(self[1], 0)) or nil
end

--- The nearest float; what is too large for one is infinite.
function Quantity:as_float()
  local digits, exponent = decimal.digits(self[1])
  return self[1].sign * tonumber(digits .. "e" .. exponent)
end

-- ---- arithmetic ----

--- The sum with a quantity, a text or a number; also q + other.
function Quantity:add(other)
  other = operand(other, "quantity:add")
  return new(decimal.add(self[1], other[1]), (self:is_zero() and other or self).format)
end

--- The difference to a quantity, a text or a number; also q - other. It may be below zero.
function Quantity:sub(other)
  other = operand(other, "quantity:sub")
  return new(decimal.sub(self[1], other[1]), (self:is_zero() and other or self).format)
end

--- The negative of it; also -q.
function Quantity:neg() return new(decimal.neg(self[1]), self.format) end

--- The product with an integer; also q * integer. Exact however large it is.
function Quantity:mul(integer)
  return new(decimal.mul(self[1], check_integer(integer, "quantity:mul: the factor")), self.format)
end

--- Rounded away from zero to a multiple of 10^scale: the quantity, whether nothing was lost. So
-- 9.01 gives 9100m at scale -1, 10 at 0 and at 1, 100 at 2.
function Quantity:round_up(scale)
  local amount, exact = decimal.round_up(self[1], check_scale(scale, "quantity:round_up"))
  return new(amount, self.format), exact
end

-- ---- writing ----

--- Whether it is written with a binary suffix: a whole number from 1024 that can be read back.
local function is_binary(q)
  if q.format ~= "BinarySI" or decimal.places(q[1]) < 4 then return false end
  local size = decimal.abs(q[1])
  return decimal.cmp(size, decimal.KIBI) >= 0 and decimal.cmp(size, read.LARGEST) <= 0
    and select(2, decimal.round_up(size, 0))
end

--- The digits and the exponent for a suffix: a multiple of three, for DecimalSI at most that of E.
local function in_thousands(q)
  local digits, exponent = decimal.digits(q[1])
  local chosen = exponent - exponent % 3
  if q.format ~= "DecimalExponent" then chosen = math.min(chosen, 18) end
  return digits .. ("0"):rep(exponent - chosen), chosen
end

--- The canonical form.
function Quantity.__tostring(q)
  if q:is_zero() then return "0" end
  local sign = q:sign() < 0 and "-" or ""
  if is_binary(q) then
    local digits, times = decimal.of_1024(q[1])
    return sign .. digits .. read.BINARY[times]
  end
  local digits, exponent = in_thousands(q)
  if q.format ~= "DecimalExponent" then return sign .. digits .. read.DECIMAL[exponent] end
  return sign .. digits .. (exponent == 0 and "" or "e" .. exponent)
end

-- ---- operators ----

function Quantity.__add(a, b) return operand(a, "quantity +"):add(operand(b, "quantity +")) end

function Quantity.__sub(a, b) return operand(a, "quantity -"):sub(operand(b, "quantity -")) end

function Quantity.__mul(a, b)
  local q, integer = a, b
  if not quantity.is(a) then q, integer = b, a end
  local factor = check_integer(integer, "quantity *: the factor")
  return new(decimal.mul(q[1], factor), q.format)
end

function Quantity.__unm(q) return q:neg() end

function Quantity.__eq(a, b) return decimal.cmp(a[1], b[1]) == 0 end

function Quantity.__lt(a, b)
  return decimal.cmp(operand(a, "quantity <")[1], operand(b, "quantity <")[1]) < 0
end

function Quantity.__le(a, b)
  return decimal.cmp(operand(a, "quantity <=")[1], operand(b, "quantity <=")[1]) <= 0
end

function Quantity.__concat(a, b) return tostring(a) .. tostring(b) end

return quantity
