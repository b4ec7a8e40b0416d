--- From a text to the amount and the format of a quantity.
-- Source: apimachinery pkg/api/resource/quantity.go and suffix.go; init.lua has the deviations.
local decimal = require("kube.api.quantity.decimal")
local whole = require("kube.api.quantity.whole")

local read = {
  --- The suffix of a power of ten, and of one of 1024.
  DECIMAL = { [-9] = "n", [-6] = "u", [-3] = "m", [0] = "", [3] = "k", [6] = "M", [9] = "G",
    [12] = "T", [15] = "P", [18] = "E" },
  BINARY = { [0] = "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei" },
  --- 2^63-1: where what has a binary suffix ends.
  LARGEST = decimal.of_digits("9223372036854775807", 1, 0),
}

local SCALES, FACTORS, POWERS = {}, {}, {} -- by their suffixes; POWERS are decimals

for scale, suffix in pairs(read.DECIMAL) do SCALES[suffix] = scale end
for i, suffix in ipairs(read.BINARY) do
  FACTORS[suffix] = 1024 ^ i
  POWERS[suffix] = decimal.mul(POWERS[read.BINARY[i - 1]] or decimal.of_number(1, 0), decimal.KIBI)
end

local FORM = "quantities must match the regular expression "
  .. "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
local NUMERIC = "unable to parse numeric part of quantity"
local SUFFIX = "unable to parse quantity's suffix"
local ADVICE = ": there are n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei and exponents, as e3"

local FURTHEST = 9999 -- exponent: a text of a few bytes must not fill the memory
local SHOWN = 64      -- bytes of a text in a message
local EXACT = 2 ^ 53

local function fail(text, fault)
  if #text > SHOWN then text = text:sub(1, SHOWN) .. "..." end
  text = text:gsub("%c", function(c) return "\\" .. c:byte() end) -- the 0 of a text ends it on 5.1
  return nil, string.format("cannot parse '%s': %s", text, fault)
end

--- The text of a number, as exact as it is | nil for what is none, or not finite.
function read.text_of(value)
  local digits = whole.text(value)
  if digits or type(value) ~= "number" then return digits end
  if value ~= value or value == math.huge or value == -math.huge then return nil end
  for precision = 15, 17 do
    local text = string.format("%." .. precision .. "g", value)
    if tonumber(text) == value or precision == 17 then return text end
  end
end

--- The parts of a text: sign, digits before the point, point, digits after it, suffix | nil when it
-- has another form. Each step begins where the last ended, so that a long text is read only once.
local function split(text)
  local sign, before, at = text:match("^([+-]?)([0-9]*)()")
  local point, after, rest = text:match("^(%.?)([0-9]*)()", at)
  local suffix = text:match("^[eEinumkKMGTP]*[+-]?[0-9]*$", rest)
  if not suffix then return nil end
  return sign == "-" and -1 or 1, before, point, after, suffix
end

--- What a suffix means: format, scale, factor | nil.
local function interpret(suffix)
  if SCALES[suffix] then return "DecimalSI", SCALES[suffix] end
  if POWERS[suffix] then return "BinarySI", 0, POWERS[suffix] end
  local exponent = tonumber(suffix:match("^[eE]([+-]?[0-9]+)$"))
  return exponent and "DecimalExponent", exponent
end

--- An amount with a binary suffix: it has a ceiling, and is decimal when it is a part of one.
local function limit(amount)
  amount = decimal.round_up(amount, -9)
  if decimal.places(amount) <= 0 and amount.sign ~= 0 then return amount, "DecimalSI" end
  if decimal.cmp(decimal.abs(amount), read.LARGEST) <= 0 then return amount, "BinarySI" end
  return amount.sign < 0 and decimal.neg(read.LARGEST) or read.LARGEST, "BinarySI"
end

local function slowly(text)
  local sign, before, point, after, suffix = split(text)
  if not sign then return fail(text, FORM) end
  local format, scale, factor = interpret(suffix)
  if not format then return fail(text, SUFFIX .. ADVICE) end
  if math.abs(scale) > FURTHEST then
    return fail(text, SUFFIX .. ": exponents go from -9999 to 9999")
  end
  local digits = before .. after
  if digits == "" then return fail(text, point == "" and FORM or NUMERIC) end
  local amount = decimal.of_digits(digits, sign, scale - #after)
  if not factor then return amount, format end
  return limit(decimal.mul(amount, factor))
end

--- The amount and the format of a text | nil, what is wrong. The amount may be finer than 1n.
function read.amount(text)
  local digits, suffix = text:match("^([0-9]+)([numkMGTPEKi]*)$")
  if digits and #digits <= 15 then -- what nearly all texts are
    if SCALES[suffix] then
      return decimal.of_number(tonumber(digits), SCALES[suffix]), "DecimalSI"
    end
    local number = FACTORS[suffix] and tonumber(digits) * FACTORS[suffix]
    if number and number < EXACT then return decimal.of_number(number, 0), "BinarySI" end
  end
  return slowly(text)
end

return read
