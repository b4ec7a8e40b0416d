--- Decimal fractions of any size and precision, exact: sign * limbs * 10^scale.
--
-- A decimal is the list of its limbs (natural.lua) with the fields sign (-1, 0 or 1) and scale. It
-- is a value: nothing changes it once it is made. The same number may have several scales; 0 has
-- the scale 0.
local natural = require("kube.api.quantity.natural")

local decimal = {}

--- Makes limbs that nobody else holds a decimal.
local function new(limbs, sign, scale)
  local zero = #limbs == 0
  limbs.sign, limbs.scale = zero and 0 or sign, zero and 0 or scale
  return limbs
end

--- The decimal of a whole number from 0 to 2^53.
function decimal.of_number(n, scale) return new(natural.of_number(n), 1, scale) end

--- The decimal of a text of digits.
function decimal.of_digits(digits, sign, scale)
  return new(natural.of_digits(digits), sign, scale)
end

local function copy(a, sign)
  local limbs = {}
  for i = 1, #a do limbs[i] = a[i] end
  return new(limbs, sign, a.scale)
end

decimal.KIBI = decimal.of_number(1024, 0)

function decimal.neg(a) return copy(a, -a.sign) end

--- a * 10^scale.
function decimal.scaled(a, scale)
  local moved = copy(a, a.sign)
  return new(moved, a.sign, a.scale + scale)
end

function decimal.abs(a) return a.sign < 0 and copy(a, 1) or a end

--- How many digits stand before the point: 1 for 5, 3 for 100, 0 for 0.5, -1 for 0.05.
function decimal.places(a) return natural.length(a) + a.scale end

--- The limbs of both at the finer of their scales, and that scale.
local function align(a, b)
  if a.scale == b.scale then return a, b, a.scale end
  if a.scale < b.scale then return a, natural.shift(b, b.scale - a.scale), a.scale end
  return natural.shift(a, a.scale - b.scale), b, b.scale
end

--- -1, 0 or 1 as a is less than, equal to or greater than b. What differs in size is told apart by
-- that: 1e9999 is not written out to find that it is more than 1.
function decimal.cmp(a, b)
  if a.sign ~= b.sign then return a.sign < b.sign and -1 or 1 end
  if a.sign == 0 then return 0 end
  local m, n = decimal.places(a), decimal.places(b)
  if m ~= n then return m < n and -a.sign or a.sign end
  local x, y = align(a, b)
  if a.sign < 0 then x, y = y, x end
  return natural.cmp(x, y)
end

--- a + sign * b.
local function combine(a, b, sign)
  if b.sign == 0 then return a end
  if a.sign == 0 then return sign < 0 and decimal.neg(b) or b end
  local x, y, scale = align(a, b)
  if a.sign == b.sign * sign then return new(natural.add(x, y), a.sign, scale) end
  if natural.cmp(x, y) < 0 then return new(natural.sub(y, x), -a.sign, scale) end
  return new(natural.sub(x, y), a.sign, scale)
end

function decimal.add(a, b) return combine(a, b, 1) end

function decimal.sub(a, b) return combine(a, b, -1) end

function decimal.mul(a, b)
  return new(natural.mul(a, b), a.sign * b.sign, a.scale + b.scale)
end

local ONE = { 1 }

--- The multiple of 10^scale next to a, away from zero: the decimal, whether it is a itself. What
-- has a coarser scale stays as it is.
function decimal.round_up(a, scale)
  if a.scale >= scale then return a, true end
  local limbs, exact = natural.cut(a, scale - a.scale)
  if not exact then limbs = natural.add(limbs, ONE) end
  return new(limbs, a.sign, scale), exact
end

--- The digits of a, and the power of ten that they count: as few digits as possible.
function decimal.digits(a)
  local digits = natural.digits(a)
  local last = #digits
  while last > 1 and digits:byte(last) == 48 do last = last - 1 end -- "0"
  return digits:sub(1, last), a.scale + #digits - last
end

--- The limbs of a as units of 10^scale, rounded up.
local function units(a, scale)
  local rounded = decimal.round_up(a, scale)
  return natural.shift(rounded, math.max(0, rounded.scale - scale))
end

--- The digits, and the sign, of a as units of 10^scale, rounded up.
function decimal.whole(a, scale)
  return (a.sign < 0 and "-" or "") .. natural.digits(units(a, scale))
end

--- The digits of a whole number that is not 0 without its factors 1024, and how many those were.
function decimal.of_1024(a)
  local rest, times = units(a, 0), 0
  while true do
    local quotient, remainder = natural.divide(rest, 1024)
    if remainder ~= 0 then return natural.digits(rest), times end
    rest, times = quotient, times + 1
  end
end

return decimal
