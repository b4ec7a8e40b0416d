-- Tables after Go's time/time_test.go (parseDurationTests, parseDurationErrorTests, durationTests)
-- and apimachinery pkg/util/duration/duration_test.go.
local duration = require("kube.api.duration")
local errors = require("kube.api.errors")

local MS, NS = 1e-3, 1e-9
local MINUTE, HOUR, DAY, YEAR = 60, 3600, 86400, 365 * 86400
local LONGEST = 9223372036 + 854775807 / 1e9

local function check_table(fn, cases)
  for _, case in ipairs(cases) do
    assert.equal(case[2], fn(case[1]), string.format("%.17g", case[1]))
  end
end

describe("a duration in Go's syntax", function()
  it("is read", function()
    for _, case in ipairs {
      { "0", 0 }, { "5s", 5 }, { "30s", 30 }, { "1478s", 1478 },
      { "-5s", -5 }, { "+5s", 5 }, { "-0", 0 }, { "+0", 0 },
      { "5.0s", 5 }, { "5.6s", 5.6 }, { "5.s", 5 }, { ".5s", 0.5 }, { "1.0s", 1 }, { "1.00s", 1 },
      { "1.004s", 1.004 }, { "1.0040s", 1.004 }, { "100.00100s", 100.001 },
      { "10ns", 10 / 1e9 }, { "11us", 11000 / 1e9 }, { "12µs", 12000 / 1e9 },
      { "12μs", 12000 / 1e9 }, { "13ms", 0.013 }, { "14s", 14 }, { "15m", 15 * MINUTE },
      { "16h", 16 * HOUR },
      { "3h30m", 3 * HOUR + 30 * MINUTE }, { "10.5s4m", 250.5 }, { "-2m3.4s", -123.4 },
      { "1h2m3s4ms5us6ns", 3723 + 4005006 / 1e9 }, { "39h9m14.425s", 140954.425 },
      { "52763797000ns", 52.763797 }, { "0.3333333333333333333h", 20 * MINUTE },
      { "9007199254740993ns", 9007199 + 254740993 / 1e9 },
      { "9223372036854775807ns", LONGEST }, { "9223372036854775.807us", LONGEST },
      { "9223372036s854ms775us807ns", LONGEST }, { "-9223372036854775808ns", -LONGEST },
      { "-9223372036854775.808us", -LONGEST }, { "-9223372036s854ms775us808ns", -LONGEST },
      { "-2562047h47m16.854775808s", -LONGEST },
      { "0.100000000000000000000h", 6 * MINUTE },
      { "0.830103483285477580700h", 2988 + 372539827 / 1e9 },
      -- ours
      { "300ms", 0.3 }, { "1h30m", 5400 }, { "1.5h", 5400 }, { "-1.5h", -5400 },
      { "1s1s", 2 }, { "0000000000000000000000001s", 1 }, { "0.9223372036854775809s", 0.922337203 },
    } do
      local seconds = assert(duration.parse_duration(case[1]))
      assert.equal(case[2], seconds, case[1])
      assert.is_true(seconds ~= 0 or 1 / seconds > 0, case[1])
    end
  end)

  it("is refused in Go's words", function()
    for _, case in ipairs {
      { "", 'invalid duration ""' }, { "3", 'missing unit in duration "3"' },
      { "-", 'invalid duration "-"' }, { "s", 'invalid duration "s"' },
      { ".", 'invalid duration "."' }, { "-.", 'invalid duration "-."' },
      { ".s", 'invalid duration ".s"' }, { "+.s", 'invalid duration "+.s"' },
      { "1d", 'unknown unit "d" in duration "1d"' },
      { "\133\133", [[invalid duration "\x85\x85"]] }, { "\255ff", [[invalid duration "\xffff"]] },
      { "hello \255ff world", [[invalid duration "hello \xffff world"]] },
      { "\239\191\189", [[invalid duration "\xef\xbf\xbd"]] },
      { "9223372036854775810ns", 'invalid duration "9223372036854775810ns"' },
      { "9223372036854775808ns", 'invalid duration "9223372036854775808ns"' },
      { "-9223372036854775809ns", 'invalid duration "-9223372036854775809ns"' },
      { "9223372036854776us", 'invalid duration "9223372036854776us"' },
      { "3000000h", 'invalid duration "3000000h"' },
      { "9223372036854775.808us", 'invalid duration "9223372036854775.808us"' },
      { "9223372036854ms775us808ns", 'invalid duration "9223372036854ms775us808ns"' },
      -- ours
      { "--1s", 'invalid duration "--1s"' }, { "1 s", 'unknown unit " s" in duration "1 s"' },
      { "1s ", 'unknown unit "s " in duration "1s "' }, { "1h-1m", 'unknown unit "h-" in duration '
        .. '"1h-1m"' },
      { "99999999999999999999d", 'invalid duration "99999999999999999999d"' },
      { "9223372036854775807h", 'invalid duration "9223372036854775807h"' },
      { "1.2.3s", 'missing unit in duration "1.2.3s"' }, { "0.", 'missing unit in duration "0."' },
    } do
      local seconds, err = duration.parse_duration(case[1])
      assert.is_nil(seconds, case[1])
      assert.is_true(errors.is(err))
      assert.equal("Decode", err.reason)
      assert.equal("time: " .. case[2], err.message)
    end
  end)

  it("is written", function()
    check_table(duration.format_duration, {
      { 0, "0s" }, { 1 * NS, "1ns" }, { 1100 * NS, "1.1µs" }, { 2200e-6, "2.2ms" }, { 3.3, "3.3s" },
      { 4 * MINUTE + 5, "4m5s" }, { 4 * MINUTE + 5.001, "4m5.001s" },
      { 5 * HOUR + 6 * MINUTE + 7.001, "5h6m7.001s" }, { 8 * MINUTE + 1 * NS, "8m0.000000001s" },
      { -1 * NS, "-1ns" }, { -1100 * NS, "-1.1µs" }, { -2200e-6, "-2.2ms" }, { -3.3, "-3.3s" },
      { -(4 * MINUTE + 5), "-4m5s" }, { -(5 * HOUR + 6 * MINUTE + 7.001), "-5h6m7.001s" },
      -- ours
      { 1, "1s" }, { 60, "1m0s" }, { 3600, "1h0m0s" }, { 5400, "1h30m0s" }, { 0.3, "300ms" },
      { -5400, "-1h30m0s" }, { -0.0, "0s" }, { 1e-10, "0s" }, { -1e-10, "0s" },
      { 0.9999999999, "1s" }, { 59.9999999999, "1m0s" }, { 0.000999, "999µs" },
      { 999 * NS, "999ns" }, { 10.01, "10.01s" }, { 100, "1m40s" }, { 0.1 + 0.2, "300ms" },
      { LONGEST, "2562047h47m16.85478s" }, { -LONGEST, "-2562047h47m16.85478s" },
    })
  end)

  it("is read as it was written", function()
    for _, text in ipairs { "1ns", "1.1µs", "2.2ms", "3.3s", "4m5.001s", "5h6m7.001s",
        "8m0.000000001s", "-39h9m14.425s", "1h2m3.004005006s", "876000h0m0s" } do
      assert.equal(text, duration.format_duration(assert(duration.parse_duration(text))))
    end
    for milliseconds = 1, 2147483647, 10737418 do
      local seconds = milliseconds / 1000
      assert.equal(seconds, duration.parse_duration(duration.format_duration(seconds)))
    end
  end)

  it("throws at what are no seconds", function()
    for _, fn in ipairs { duration.format_duration, duration.human_duration,
        duration.short_human_duration } do
      for _, value in ipairs { 0 / 0, "5", {}, 1 / 0, -1 / 0, 9300000000 } do
        local line = debug.getinfo(1, "l").currentline + 1
        local ok, message = pcall(function() fn(value) end)
        assert.is_false(ok)
        local place = "duration_spec.lua:" .. line .. ": kube.time."
        assert.truthy(message:find(place, 1, true), message)
      end
    end
    assert.has_error(function() duration.parse_duration(5) end,
      "kube.time.parse_duration: the text must be a string, not a number")
  end)
end)

describe("a duration for people", function()
  it("has two or three figures", function()
    check_table(duration.human_duration, {
      { 1, "1s" }, { 70, "70s" }, { 190, "3m10s" }, { 70 * MINUTE, "70m" }, { 47 * HOUR, "47h" },
      { 49 * HOUR, "2d1h" }, { (8 * 24 + 2) * HOUR, "8d" }, { 367 * 24 * HOUR, "367d" },
      { (365 * 2 * 24 + 25) * HOUR, "2y1d" }, { (365 * 8 * 24 + 2) * HOUR, "8y" },
    })
  end)

  it("changes them at the right moment", function()
    check_table(duration.human_duration, {
      { -2, "<invalid>" }, { -2 + NS, "0s" }, { 0, "0s" }, { 1 - MS, "0s" },
      { 2 * MINUTE - MS, "119s" }, { 2 * MINUTE, "2m" }, { 2 * MINUTE + 1, "2m1s" },
      { 10 * MINUTE - MS, "9m59s" }, { 10 * MINUTE, "10m" }, { 10 * MINUTE + 1, "10m" },
      { 3 * HOUR - MS, "179m" }, { 3 * HOUR, "3h" }, { 3 * HOUR + MINUTE, "3h1m" },
      { 8 * HOUR - MS, "7h59m" }, { 8 * HOUR, "8h" }, { 8 * HOUR + 59 * MINUTE, "8h" },
      { 2 * DAY - MS, "47h" }, { 2 * DAY, "2d" }, { 2 * DAY + HOUR, "2d1h" },
      { 8 * DAY - MS, "7d23h" }, { 8 * DAY, "8d" }, { 8 * DAY + 23 * HOUR, "8d" },
      { 2 * YEAR - MS, "729d" }, { 2 * YEAR, "2y" }, { 2 * YEAR + 23 * HOUR, "2y" },
      { 2 * YEAR + 23 * HOUR + 59 * MINUTE, "2y" }, { 2 * YEAR + DAY - MS, "2y" },
      { 2 * YEAR + DAY, "2y1d" }, { 3 * YEAR, "3y" }, { 4 * YEAR, "4y" }, { 5 * YEAR, "5y" },
      { 6 * YEAR, "6y" }, { 7 * YEAR, "7y" }, { 8 * YEAR - MS, "7y364d" }, { 8 * YEAR, "8y" },
      { 8 * YEAR + 364 * DAY, "8y" }, { 9 * YEAR, "9y" },
    })
  end)

  it("has one figure where it must be short", function()
    check_table(duration.short_human_duration, {
      { -2, "<invalid>" }, { -2 + NS, "0s" }, { 0, "0s" }, { 1 - MS, "0s" }, { 1, "1s" },
      { 2 - MS, "1s" }, { MINUTE - MS, "59s" }, { MINUTE, "1m" }, { 2 * MINUTE - MS, "1m" },
      { HOUR - MS, "59m" }, { HOUR, "1h" }, { 2 * HOUR - MS, "1h" }, { DAY - MS, "23h" },
      { DAY, "1d" }, { 2 * DAY - MS, "1d" }, { YEAR - MS, "364d" }, { YEAR, "1y" },
      { 2 * YEAR - MS, "1y" }, { 2 * YEAR, "2y" },
    })
  end)
end)
