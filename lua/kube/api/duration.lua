--- Durations: seconds from and to the texts that Go writes ("1h30m", "300ms"), and those that
-- kubectl shows ("3m10s", "8d"). Pure. kube.time has these functions as its own.
--
--   | case                            | Go              | kube                                  |
--   |---------------------------------|-----------------|---------------------------------------|
--   | what a duration is              | 64 bits of 1 ns | seconds, a number: 15 decimal digits  |
--   | "9007199254740993ns", formatted | the same again  | what 15 digits say: "...59.25474099s" |
--
-- Sources: Go's time.ParseDuration and Duration.String; apimachinery pkg/util/duration.
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local quoted = require("kube.api.quoted")

local duration = {}

local BILLION = 1000000000

-- The longest duration of Go: 2^63 - 1 ns; the shortest has one more.
local LONGEST = { seconds = 9223372036, nanoseconds = 854775807 }
local MOST = "9223372036854775808"

-- digits: how many digits of a number of this unit lie behind the point of its seconds.
-- nanoseconds: how many there are in one of the last of these digits.
local UNITS = {
  ns = { digits = 9, nanoseconds = 1, in_all = 1 },
  us = { digits = 6, nanoseconds = 1000, in_all = 1e3 },
  ms = { digits = 3, nanoseconds = 1000000, in_all = 1e6 },
  s = { digits = 0, seconds = 1, in_all = 1e9 },
  m = { digits = 0, seconds = 60, in_all = 6e10 },
  h = { digits = 0, seconds = 3600, in_all = 3.6e12 },
}
UNITS["\194\181s"], UNITS["\206\188s"] = UNITS.us, UNITS.us -- U+00B5 and U+03BC

-- ---- reading ----

--- Whether a number of a text, without zeros in front, is more than 2^63.
local function is_over(digits) return #digits > #MOST or (#digits == #MOST and digits > MOST) end

--- Nanoseconds of a fraction. Digits that have no room in 64 bits do not count, and the order of
-- the operations is Go's: then the result is the same to the last digit.
local function of_fraction(digits, unit)
  local zeros, rest = digits:match("^(0*)(%d*)$")
  local kept = rest:sub(1, #MOST)
  if is_over(kept) then kept = rest:sub(1, #MOST - 1) end
  if kept == "" then return 0 end
  return math.floor(tonumber(kept) * (unit.in_all / 10 ^ (#zeros + #kept)))
end

--- Seconds and nanoseconds of a number of a unit; halves apart, so that both are exact.
local function of_whole(digits, unit)
  if unit.digits > 0 then
    digits = ("0"):rep(unit.digits + 1) .. digits
    return tonumber(digits:sub(1, -unit.digits - 1)),
      tonumber(digits:sub(-unit.digits)) * unit.nanoseconds
  end
  local count = tonumber("0" .. digits)
  if count > LONGEST.seconds / unit.seconds then return LONGEST.seconds + 1, 0 end
  return count * unit.seconds, 0
end

local function is_longer(seconds, nanoseconds, most)
  return seconds > LONGEST.seconds or (seconds == LONGEST.seconds and nanoseconds > most)
end

--- "1h30m", without its sign: seconds, nanoseconds | nil, what is wrong.
local function sum_of(text)
  local seconds, nanoseconds, at = 0, 0, 1
  repeat
    local whole_digits, point, fraction, rest = text:match("^(%d*)(%.?)(%d*)()", at)
    local digits = whole_digits:match("^0*(.*)$")
    if whole_digits .. fraction == "" or is_over(digits) then return nil, "invalid duration" end
    if point == "" then fraction = "" end
    local name = text:match("^[^.%d]*", rest)
    local unit = UNITS[name]
    if name == "" then return nil, "missing unit in duration" end
    if not unit then return nil, "unknown unit " .. quoted(name) .. " in duration" end
    local whole, part = of_whole(digits, unit)
    part = nanoseconds + part + of_fraction(fraction, unit)
    seconds = seconds + whole + math.floor(part / BILLION)
    nanoseconds = part % BILLION
    if is_longer(seconds, nanoseconds, LONGEST.nanoseconds + 1) then
      return nil, "invalid duration"
    end
    at = rest + #name
  until at > #text
  return seconds, nanoseconds
end

--- The seconds of a duration in Go's syntax: "300ms", "-1.5h", "2h45m"; the units are ns, us (or
-- µs), ms, s, m and h.
-- @return seconds | nil, err (reason Decode)
function duration.parse_duration(text)
  options.check_type(text, "string", "kube.time.parse_duration: the text")
  local sign, rest = text:match("^([-+]?)(.*)$")
  if rest == "0" then return 0 end
  local seconds, nanoseconds = sum_of(rest)
  if seconds and sign ~= "-" and is_longer(seconds, nanoseconds, LONGEST.nanoseconds) then
    seconds, nanoseconds = nil, "invalid duration"
  end
  if not seconds then
    return nil, errors.new { reason = "Decode",
      message = "time: " .. nanoseconds .. " " .. quoted(text) }
  end
  if nanoseconds > 0 then seconds = seconds + nanoseconds / BILLION end
  return sign == "-" and seconds ~= 0 and -seconds or seconds
end

-- ---- writing ----

local function check_seconds(seconds, what)
  options.check_type(seconds, "number", what .. ": the seconds", 3)
  if math.abs(seconds) > LONGEST.seconds + 1 then
    error(what .. ": more seconds than a duration may have", 3)
  end
end

--- Whole seconds and nanoseconds of a number: no more digits than a double is sure of, 15.
local function split(seconds)
  local whole = math.floor(seconds)
  local digits = math.min(9, 15 - #string.format("%d", whole))
  local part = math.floor((seconds - whole) * 10 ^ digits + 0.5) * 10 ^ (9 - digits)
  if part >= BILLION then return whole + 1, 0 end
  return whole, part
end

--- A count of 10^-digits as a decimal number: 1500, 3 is "1.5".
local function decimal(count, digits)
  local one = 10 ^ digits
  local text = string.format("%d.%0" .. digits .. "d", math.floor(count / one), count % one)
  return (text:gsub("%.?0+$", ""))
end

local function below_a_second(nanoseconds)
  if nanoseconds < 1000 then return string.format("%dns", nanoseconds) end
  if nanoseconds < 1000000 then return decimal(nanoseconds, 3) .. "\194\181s" end
  return decimal(nanoseconds, 6) .. "ms"
end

--- The text of a duration, as Go writes it: 5400 is "1h30m0s", 0.3 is "300ms".
function duration.format_duration(seconds)
  check_seconds(seconds, "kube.time.format_duration")
  local whole, part = split(math.abs(seconds))
  if whole == 0 and part == 0 then return "0s" end
  local sign = seconds < 0 and "-" or ""
  if whole == 0 then return sign .. below_a_second(part) end
  local text = decimal(whole % 60 * BILLION + part, 9) .. "s"
  local minutes = math.floor(whole / 60)
  if minutes == 0 then return sign .. text end
  text = string.format("%dm%s", minutes % 60, text)
  if minutes < 60 then return sign .. text end
  return string.format("%s%dh%s", sign, math.floor(minutes / 60), text)
end

--- Two figures, the second one only if it is not 0: "3m10s", "3m".
local function figures(large, large_unit, small, small_unit)
  if small == 0 then return string.format("%d%s", large, large_unit) end
  return string.format("%d%s%d%s", large, large_unit, small, small_unit)
end

--- What is shown before there is a whole unit | nil. The clocks of two machines may differ: what is
-- less than two seconds ahead is now.
local function barely(seconds)
  if seconds <= -2 then return "<invalid>" end
  return seconds < 0 and "0s" or nil
end

--- A duration for people, in two or three figures, as kubectl shows ages: "70s", "3m10s", "47h",
-- "2d1h", "2y1d". Those below -2 seconds are "<invalid>".
function duration.human_duration(seconds)
  check_seconds(seconds, "kube.time.human_duration")
  if barely(seconds) then return barely(seconds) end
  local minutes, hours = math.floor(seconds / 60), math.floor(seconds / 3600)
  local days, years = math.floor(hours / 24), math.floor(hours / 24 / 365)
  if minutes < 2 then return string.format("%ds", math.floor(seconds)) end
  if minutes < 10 then return figures(minutes, "m", math.floor(seconds) % 60, "s") end
  if hours < 3 then return string.format("%dm", minutes) end
  if hours < 8 then return figures(hours, "h", minutes % 60, "m") end
  if hours < 48 then return string.format("%dh", hours) end
  if days < 8 then return figures(days, "d", hours % 24, "h") end
  if years < 2 then return string.format("%dd", days) end
  return figures(years, "y", years < 8 and days % 365 or 0, "d")
end

--- A duration for people in one figure: "59s", "1m", "23h", "364d", "1y".
function duration.short_human_duration(seconds)
  check_seconds(seconds, "kube.time.short_human_duration")
  if barely(seconds) then return barely(seconds) end
  local hours = math.floor(seconds / 3600)
  if seconds < 60 then return string.format("%ds", math.floor(seconds)) end
  if hours < 1 then return string.format("%dm", math.floor(seconds / 60)) end
  if hours < 24 then return string.format("%dh", hours) end
  if hours < 24 * 365 then return string.format("%dd", math.floor(hours / 24)) end
  return string.format("%dy", math.floor(hours / 24 / 365))
end

return duration
