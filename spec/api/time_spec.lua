-- Tables after apimachinery pkg/apis/meta/v1/time_test.go, micro_time_test.go and Go's
-- time/time_test.go (TestUnmarshalInvalidTimes), time/format_test.go (dayOutOfRangeTests).
local errors = require("kube.api.errors")
local time = require("kube.api.time")

local MAY = 894344705 -- 1998-05-05T05:05:05Z

describe("a time of the API", function()
  it("is read", function()
    for _, case in ipairs {
      { "1998-05-05T05:05:05Z", MAY }, { "1998-05-05T05:05:05.123456789Z", MAY + 0.123456789 },
      { "1998-05-05T05:05:05.000000Z", MAY }, { "1998-05-05T05:05:05.000005Z", MAY + 0.000005 },
      { "1998-05-05T01:05:05-04:00", MAY }, { "1998-05-05T10:35:05.5+05:30", MAY + 0.5 },
      { "1970-01-01T00:00:00Z", 0 }, { "1960-01-01T00:00:00Z", -315619200 },
      { "0001-01-01T00:00:00Z", -62135596800 }, { "0000-01-01T00:00:00Z", -62167219200 },
      { "9999-12-31T23:59:59Z", 253402300799 }, { "1969-12-31T23:59:59.75Z", -0.25 },
      { "1900-03-01T00:00:00Z", -2203891200 }, { "2000-02-29T12:00:00Z", 951825600 },
      { "2011-11-06T08:00:00Z", 1320566400 }, { "2012-12-24T08:00:00Z", 1356336000 },
      -- what Go lets pass, too
      { "2000-01-01T1:12:34Z", 946689154 }, { "2000-01-01T00:00:00,000Z", 946684800 },
      { "2000-01-01T00:00:00+24:00", 946598400 }, { "2000-01-01T00:00:00+00:60", 946681200 },
      { "1970-01-01T00:00:00.0000000009Z", 0 },
    } do
      assert.equal(case[2], time.parse(case[1]), case[1])
    end
  end)

  it("is refused in Go's words", function()
    local as = ' as "2006-01-02T15:04:05Z07:00": cannot parse '
    for text, message in pairs {
      ["hello"] = as .. '"hello" as "2006"', [""] = as .. '"" as "2006"',
      ["2000-01-01T00:00:00+123:45"] = as .. '"+123:45" as "Z07:00"',
      ["2000-01-01T00:00:00z"] = as .. '"z" as "Z07:00"',
      ["2000-01-01T00:00:00"] = as .. '"" as "Z07:00"',
      ["2000-01-01T00:00:00.Z"] = as .. '".Z" as "Z07:00"',
      ["2000-01-01 00:00:00Z"] = as .. '" 00:00:00Z" as "T"',
      ["2000-1-01T00:00:00Z"] = as .. '"1-01T00:00:00Z" as "01"',
      ["20000-01-01T00:00:00Z"] = as .. '"0-01-01T00:00:00Z" as "-"',
      ["2000-01-01T00:0:00Z"] = as .. '"0:00Z" as "04"',
      ["-001-01-01T00:00:00Z"] = as .. [["-001-01-01T00:00:00Z" as "2006"]],
      ["2000-01-01T00:00:00Z\n"] = [[: extra text: "\x0a"]],
      ["2000-01-01T00:00:00Z07:00"] = ': extra text: "07:00"',
      ["2000-01-01T24:00:00Z"] = ": hour out of range",
      ["2000-01-01T00:60:00Z"] = ": minute out of range",
      ["2000-01-01T00:00:60Z"] = ": second out of range",
      ["2000-00-01T00:00:00Z"] = ": month out of range",
      ["2000-13-01T00:00:00Z"] = ": month out of range",
      ["2000-01-01T00:00:00+25:00"] = ": time zone offset hour out of range",
      ["2000-01-01T00:00:00-00:61"] = ": time zone offset minute out of range",
      ["1900-02-29T00:00:00Z"] = ": day out of range",
    } do
      local seconds, err = time.parse(text)
      assert.is_nil(seconds, text)
      assert.is_true(errors.is(err))
      assert.equal("Decode", err.reason)
      local shown = text:gsub("\n", "\\x0a")
      assert.equal('parsing time "' .. shown .. '"' .. message, err.message)
    end
  end)

  it("knows how long months are", function()
    for _, case in ipairs {
      { "2010-01-99", false }, { "2010-01-31", true }, { "2010-01-32", false },
      { "2012-02-28", true }, { "2012-02-29", true }, { "2010-02-29", false },
      { "2010-03-31", true }, { "2010-03-32", false }, { "2010-04-30", true },
      { "2010-04-31", false }, { "2010-05-31", true }, { "2010-05-32", false },
      { "2010-06-30", true }, { "2010-06-31", false }, { "2010-07-31", true },
      { "2010-07-32", false }, { "2010-08-31", true }, { "2010-08-32", false },
      { "2010-09-30", true }, { "2010-09-31", false }, { "2010-10-31", true },
      { "2010-10-32", false }, { "2010-11-30", true }, { "2010-11-31", false },
      { "2010-12-31", true }, { "2010-12-32", false }, { "2010-12-00", false },
    } do
      local seconds, err = time.parse(case[1] .. "T21:00:57Z")
      assert.equal(case[2], seconds ~= nil, case[1])
      assert.equal(not case[2], err ~= nil and err.message:find("day out of range") ~= nil)
    end
  end)

  it("is written, without or with microseconds", function()
    for _, case in ipairs {
      { MAY, "1998-05-05T05:05:05", "000000" }, { MAY + 50e-9, "1998-05-05T05:05:05", "000000" },
      { MAY + 0.123456, "1998-05-05T05:05:05", "123456" },
      { MAY + 0.000005, "1998-05-05T05:05:05", "000005" }, { 0, "1970-01-01T00:00:00", "000000" },
      { 123.123123, "1970-01-01T00:02:03", "123123" },
      { -315619200, "1960-01-01T00:00:00", "000000" }, { -0.25, "1969-12-31T23:59:59", "750000" },
      { -62167219200, "0000-01-01T00:00:00", "000000" },
      { 253402300799, "9999-12-31T23:59:59", "000000" },
      { 951825600, "2000-02-29T12:00:00", "000000" },
    } do
      assert.equal(case[2] .. "Z", time.format(case[1]))
      assert.equal(case[2] .. "." .. case[3] .. "Z", time.format_micro(case[1]))
    end
    assert.equal("1969-12-31T23:59:59Z", time.format(-1e-9))
    assert.equal("1970-01-01T00:00:00.000000Z", time.format_micro(-1e-9))
  end)

  it("is read as it was written", function()
    for seconds = -62167219200, 253402300799, 86400 * 365.25 * 7 + 3607 do
      assert.equal(seconds, time.parse(time.format(seconds)))
    end
    for micros = 0, 999999, 7919 do
      local text = ("2026-11-28T14:30:00.%06dZ"):format(micros)
      assert.equal(text, time.format_micro(time.parse(text)))
    end
    for day = 0, 366 * 4 do -- each day of four years follows the one before
      local seconds = 951782400 - 86400 * 1000 + day * 86400
      assert.equal(os.date("!%Y-%m-%dT%H:%M:%SZ", seconds), time.format(seconds))
    end
  end)

  it("is whole where it has no fraction", function()
    if not math.type then return end
    assert.equal("integer", math.type(time.parse("1998-05-05T05:05:05.000000Z")))
    assert.equal("integer", math.type(time.parse_duration("1h30m")))
  end)

  it("throws at what is no time", function()
    for _, value in ipairs { 0 / 0, 1 / 0, -1 / 0, 253402300800, -62167219201, "5", {} } do
      for _, fn in ipairs { time.format, time.format_micro } do
        assert.is_false((pcall(fn, value)))
      end
    end
    assert.has_error(function() time.parse(nil) end,
      "kube.time.parse: the text must be a string, not nil")
    assert.has_error(function() time.format(1e12) end,
      "kube.time.format: the seconds must be of a year from 0 to 9999")
  end)
end)

describe("an age", function()
  it("is shown as kubectl get does", function()
    for _, case in ipairs {
      { "1998-05-05T05:05:05Z", MAY + 190, "3m10s" }, { "1998-05-05T05:05:05Z", MAY, "0s" },
      { "1998-05-05T05:05:05Z", MAY - 1.5, "0s" }, { "1998-05-05T05:05:05Z", MAY - 2, "<invalid>" },
      { "1998-05-05T05:05:05.5Z", MAY + 1, "0s" }, { nil, MAY, "<unknown>" },
      { "", MAY, "<unknown>" }, { "null", MAY, "<unknown>" },
      { "0001-01-01T00:00:00Z", MAY, "<unknown>" }, { "yesterday", MAY, "<invalid>" },
      { {}, MAY, "<invalid>" },
      -- further away than a duration of Go can say
      { "9999-01-01T00:00:00Z", MAY, "<invalid>" }, { "0001-01-01T00:00:01Z", MAY, "292y" },
    } do
      assert.equal(case[3], time.age(case[1], case[2]))
    end
    assert.has_error(function() time.age("1998-05-05T05:05:05Z") end,
      "kube.time.age: now must be a number, not nil")
  end)

  it("of durations, too, kube.time tells", function()
    assert.equal(5400, time.parse_duration("1h30m"))
    assert.equal("1h30m0s", time.format_duration(5400))
    assert.equal("90m", time.human_duration(5400))
    assert.equal("1h", time.short_human_duration(5400))
  end)
end)
