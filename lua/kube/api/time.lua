--- Points of time and durations, as the API writes them. Pure: whoever wants to know what time it
-- is asks os.time().
--
--   kube.time.parse("1998-05-05T05:05:05Z")                   --> 894344705
--   kube.time.format(894344705)                               --> "1998-05-05T05:05:05Z"
--   kube.time.age(pod.metadata.creationTimestamp, os.time())  --> "5d3h"
--
-- A point of time is seconds since 1970 in UTC, with their fractions: a double holds them to a
-- quarter of a microsecond.
--
--   | case                              | client-go           | kube                          |
--   |-----------------------------------|---------------------|-------------------------------|
--   | a MicroTime without just 6 digits | an error            | is read, as a Time is         |
--   | nanoseconds of a MicroTime        | are cut             | are rounded to microseconds   |
--   | years past 9999                   | written as they are | throw: no one could read them |
--
-- Sources: apimachinery pkg/apis/meta/v1/time.go, micro_time.go; Go's time.Parse; RFC 3339.
local duration = require("kube.api.duration")
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local quoted = require("kube.api.quoted")

local time = {}

for name, fn in pairs(duration) do time[name] = fn end

-- ---- the calendar ----

--- Days from 1970-01-01 to a day; a year begins in March here, so that leap days come last.
local function days_of(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local day_of_year = math.floor((153 * (month - 3) + 2) / 5) + day - 1
  return year * 365 + math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
    + day_of_year - 719468
end

--- The year, month and day that is so many days after 1970-01-01.
local function date_of(days)
  local since = days + 719468 -- days since 0000-03-01
  local era, of_era = math.floor(since / 146097), since % 146097
  local year = math.floor((of_era - math.floor(of_era / 1460) + math.floor(of_era / 36524)
    - math.floor(of_era / 146096)) / 365)
  local of_year = of_era - (365 * year + math.floor(year / 4) - math.floor(year / 100))
  local month = math.floor((5 * of_year + 2) / 153)
  local day = of_year - math.floor((153 * month + 2) / 5) + 1
  year = year + era * 400
  if month >= 10 then return year + 1, month - 9, day end
  return year, month + 3, day
end

local function days_in(year, month)
  if month == 12 then return 31 end
  return days_of(year, month + 1, 1) - days_of(year, month, 1)
end

-- ---- reading ----

local LAYOUT = "2006-01-02T15:04:05Z07:00"

-- What stands in a text one after the other, by the parts of the layout that Go names in errors.
local PARTS = {
  { "2006", "^%d%d%d%d", "year", 0, 9999 }, { "-", "^%-" },
  { "01", "^%d%d", "month", 1, 12 }, { "-", "^%-" },
  { "02", "^%d%d", "day", 0, 99 }, { "T", "^T" },
  { "15", "^%d%d?", "hour", 0, 23 }, { ":", "^:" },
  { "04", "^%d%d", "minute", 0, 59 }, { ":", "^:" },
  { "05", "^%d%d", "second", 0, 59 },
}

local function out_of_range(name) return nil, ": " .. name .. " out of range" end

local function no_part(rest, part)
  return nil, string.format(" as %s: cannot parse %s as %s", quoted(LAYOUT), quoted(rest),
    quoted(part))
end

--- The date and the time of day: fields, what follows | nil, what is wrong.
local function fields_of(text)
  local fields = {}
  for _, part in ipairs(PARTS) do
    local found, name = text:match(part[2]), part[3]
    if not found then return no_part(text, part[1]) end
    text = text:sub(#found + 1)
    if name then
      fields[name] = tonumber(found)
      if fields[name] < part[4] or fields[name] > part[5] then return out_of_range(name) end
    end
  end
  return fields, text
end

--- "Z", "+01:00": how many seconds it is ahead of UTC | nil, what is wrong.
local function offset_of(text)
  if text:sub(1, 1) == "Z" then return 0, text:sub(2) end
  local sign, hours, minutes, rest = text:match("^([-+])(%d%d):(%d%d)(.*)$")
  if not sign then return no_part(text, "Z07:00") end
  local offset = (hours * 60 + minutes) * 60
  if tonumber(hours) > 24 then return out_of_range("time zone offset hour") end
  if tonumber(minutes) > 60 then return out_of_range("time zone offset minute") end
  return sign == "-" and -offset or offset, rest
end

--- Seconds and nanoseconds | nil, what is wrong.
local function read(text)
  local fields, rest = fields_of(text)
  if not fields then return nil, rest end
  local fraction = rest:match("^[.,](%d+)")
  if fraction then rest = rest:sub(#fraction + 2) end
  local offset
  offset, rest = offset_of(rest)
  if not offset then return nil, rest end
  if rest ~= "" then return nil, ": extra text: " .. quoted(rest) end
  if fields.day < 1 or fields.day > days_in(fields.year, fields.month) then
    return out_of_range("day")
  end
  local days = days_of(fields.year, fields.month, fields.day)
  local seconds = days * 86400 + (fields.hour * 60 + fields.minute) * 60 + fields.second
  return seconds - offset, tonumber(((fraction or "") .. "000000000"):sub(1, 9))
end

--- The seconds since 1970 of a time of the API (RFC 3339): creationTimestamp, the renewTime of a
-- Lease. It is read as Go reads it, which lets "T1:02:03", a comma before the fraction, and an
-- offset of 24 hours pass.
-- @return seconds | nil, err (reason Decode)
function time.parse(text)
  options.check_type(text, "string", "kube.time.parse: the text")
  local seconds, nanoseconds = read(text)
  if not seconds then
    return nil, errors.new { reason = "Decode",
      message = "parsing time " .. quoted(text) .. nanoseconds }
  end
  return nanoseconds > 0 and seconds + nanoseconds / 1e9 or seconds
end

-- ---- writing ----

local FIRST, LAST = -62167219200, 253402300799 -- of the years 0 and 9999

--- "1998-05-05T05:05:05" of whole seconds.
local function written(seconds)
  local days = math.floor(seconds / 86400)
  local year, month, day = date_of(days)
  local of_day = seconds - days * 86400
  return string.format("%04d-%02d-%02dT%02d:%02d:%02d", year, month, day,
    math.floor(of_day / 3600), math.floor(of_day / 60) % 60, of_day % 60)
end

local function check_seconds(seconds, what)
  options.check_type(seconds, "number", what .. ": the seconds", 3)
  if seconds < FIRST or seconds >= LAST + 1 then
    error(what .. ": the seconds must be of a year from 0 to 9999", 3)
  end
end

--- A time as the API writes it, "1998-05-05T05:05:05Z": what creationTimestamp and a condition's
-- lastTransitionTime are (metav1.Time). Fractions are left out.
function time.format(seconds)
  check_seconds(seconds, "kube.time.format")
  return written(math.floor(seconds)) .. "Z"
end

--- A time with its microseconds, "1998-05-05T05:05:05.000000Z": what acquireTime and renewTime of a
-- Lease and the eventTime of an Event are (metav1.MicroTime).
function time.format_micro(seconds)
  check_seconds(seconds, "kube.time.format_micro")
  local whole = math.floor(seconds)
  local micros = math.floor((seconds - whole) * 1000000 + 0.5)
  if micros == 1000000 then whole, micros = whole + 1, 0 end
  return string.format("%s.%06dZ", written(whole), micros)
end

local ZERO = -62135596800 -- 0001-01-01T00:00:00Z: no time, for Go
local LONGEST = 9223372036 -- seconds, the longest duration of Go: what is further away is that far

--- How long ago a time of the API is, as kubectl get's AGE: "5d3h"; without a time "<unknown>",
-- of a text that is none, and of a time that is still to come, "<invalid>".
-- @param text  pod.metadata.creationTimestamp, or nil
-- @param now  seconds since 1970: os.time()
function time.age(text, now)
  options.check_type(now, "number", "kube.time.age: now")
  if text == nil or text == "" or text == "null" then return "<unknown>" end
  local seconds = type(text) == "string" and time.parse(text)
  if seconds == ZERO then return "<unknown>" end
  if not seconds then return "<invalid>" end
  return time.human_duration(math.max(-LONGEST, math.min(now - seconds, LONGEST)))
end

return time
