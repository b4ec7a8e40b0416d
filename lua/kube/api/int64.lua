--- Integers of 64 bits as texts, for Luas that have no such numbers. Pure.
local int64 = {}

local LIMITS = { [""] = "9223372036854775807", ["-"] = "9223372036854775808" }

--- Whether one fits: its sign, "-" or "", and its digits without zeros in front.
function int64.fits(sign, digits)
  local limit = LIMITS[sign]
  return #digits < #limit or #digits == #limit and digits <= limit
end

--- The integer that a text is, as Go's strconv.Atoi has it: sign, digits, as above | nil.
function int64.parse(text)
  local sign, digits = text:match("^([+-]?)0*(%d+)$")
  if not sign then return nil end
  sign = sign == "-" and digits ~= "0" and "-" or ""
  if not int64.fits(sign, digits) then return nil end
  return sign, digits
end

return int64
