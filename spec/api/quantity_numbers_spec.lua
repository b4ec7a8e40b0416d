-- What is below quantities: natural numbers, decimals. The tables are those of apimachinery v0.36:
-- pkg/api/resource/amount_test.go, math_test.go, scale_int_test.go, quantity_test.go. Where int64
-- overflows there, these are exact.
local decimal = require("kube.api.quantity.decimal")
local natural = require("kube.api.quantity.natural")
local whole = require("kube.api.quantity.whole")

local MOST, LEAST = "9223372036854775807", "-9223372036854775808"

--- The decimal of an integer, a number or its digits, times 10^scale.
local function of(value, scale)
  local sign, digits = (type(value) == "string" and value or string.format("%.0f", value))
    :match("^(-?)([0-9]+)$")
  return decimal.of_digits(digits, sign == "-" and -1 or 1, scale or 0)
end

local function assert_equal(expected, got, what)
  assert(decimal.cmp(expected, got) == 0 and decimal.cmp(got, expected) == 0,
    string.format("%s: %s, not %s", what, decimal.whole(got, got.scale),
      decimal.whole(expected, got.scale)))
end

describe("a decimal", function()
  it("has the digits of its text", function()
    for _, row in ipairs { { 1, 0, "1" }, { 1, 1, "10" }, { 5, 2, "500" }, { 8, 3, "8000" },
        { 2, 0, "2" }, { "9223372036854775808", 0, "9223372036854775808" },
        { "9223372036854775808", 1, "92233720368547758080" },
        { "9223372036854775808", 2, "922337203685477580800" },
        { "-9223372036854775809", 0, "-9223372036854775809" },
        { "-9223372036854775809", 1, "-92233720368547758090" },
        { "-9223372036854775809", 2, "-922337203685477580900" } } do
      assert.equal(row[3], decimal.whole(of(row[1], row[2]), 0))
    end
    for _, row in ipairs { { 1, -1, "1" }, { 3, -2, "3" }, { 4, -3, "4" },
        { "9223372036854775808", -2, "9223372036854775808" } } do
      assert.equal(row[3], decimal.whole(of(row[1], row[2]), row[2]))
    end
  end)

  it("compares with another at any scale", function()
    for _, row in ipairs {
      { 901, -2, 901, -2, 0 }, { 90, -1, 901, -2, -1 }, { 901, -2, 900, -2, 1 }, { 0, 0, 0, 0, 0 },
      { 0, 1, 0, -1, 0 }, { 0, -1, 0, 1, 0 }, { 800, -3, 1, 0, -1 }, { 800, -3, 79, -2, 1 },
      { MOST, 0, 1, -1, 1 }, { MOST, 1, 1, 0, 1 }, { MOST, 1, 1, 1, 1 }, { MOST, 1, 0, 1, 1 },
      { MOST, -16, 1, 3, -1 }, { LEAST, 0, 0, 0, -1 }, { LEAST, -18, -1, 0, -1 },
      { LEAST, -19, -1, 0, 1 }, { "1000000000000000000", -17, 1, 1, 0 },
      { "1000000000000000000", -17, -10, 0, 1 },
      { "-1000000000000000000", -17, -10, 0, 0 },
      { "1000000000000000000", -17, 1, 0, 1 },
      { "1000000000000000001", -17, 1, 1, 1 },
      { "999999999999999999", -17, 1, 1, -1 },
      { "1000000000000000000", 100, 1, 118, 0 }, { 1, -100, 1, 100, -1 },
    } do
      local a, b = of(row[1], row[2]), of(row[3], row[4])
      assert.same({ row[5], -row[5] }, { decimal.cmp(a, b), decimal.cmp(b, a) })
      assert.same({ -row[5], row[5] }, { decimal.cmp(decimal.neg(a), decimal.neg(b)),
        decimal.cmp(decimal.neg(b), decimal.neg(a)) })
    end
  end)

  it("adds, in either order", function()
    for _, row in ipairs { { 100, 1, 10, 2, 200, 1 }, { 100, 1, 1, 2, 110, 1 },
        { 100, 1, 1, 100, "1" .. ("0"):rep(96) .. "100", 1 }, { -5, 2, 50, 1, 0, 1 },
        { -5, 2, 5, 2, 0, 2 }, { MOST, -1, 1, -1, "9223372036854775808", -1 },
        { MOST, -1, 0, -1, MOST, -1 }, { "922337203685477580", 1, 10, 0, "922337203685477581", 1 },
        -- the integers of math_test.go
        { -1, 0, 1, 0, 0, 0 }, { 2, 0, 2, 0, 4, 0 }, { -2, 0, -2, 0, -4, 0 },
        { LEAST, 0, -1, 0, "-9223372036854775809", 0 },
        { LEAST, 0, 1, 0, "-9223372036854775807", 0 },
        { MOST, 0, -1, 0, "9223372036854775806", 0 }, { MOST, 0, 1, 0, "9223372036854775808", 0 },
        { LEAST, 0, MOST, 0, -1, 0 }, { MOST, 0, MOST, 0, "18446744073709551614", 0 },
        { LEAST, 0, LEAST, 0, "-18446744073709551616", 0 } } do
      local a, b, sum = of(row[1], row[2]), of(row[3], row[4]), of(row[5], row[6])
      assert_equal(sum, decimal.add(a, b), row[1])
      assert_equal(sum, decimal.add(b, a), row[1])
      assert_equal(a, decimal.sub(sum, b), row[1])
      assert_equal(decimal.neg(b), decimal.sub(a, sum), row[1])
    end
  end)

  it("multiplies, in either order", function()
    for _, row in ipairs { { 100, 1, 1000, 100000, 1 }, { 100, -1, 1000, 100000, -1 },
        { 1, 100, 10, 1, 101 }, { 1, -100, 10, 1, -99 }, { -5, 2, 500, -2500, 2 },
        { -5, -2, 500, -2500, -2 }, { 0, 1, 0, 0, 0 }, { MOST, -1, 10, MOST, 0 },
        { MOST, -1, 0, 0, 0 }, { MOST, 0, 1, MOST, 0 }, { MOST, 0, -1, "-" .. MOST, 0 },
        { LEAST, 0, 1, LEAST, 0 }, { LEAST, 1, 0, 0, 0 }, { LEAST, 1, 1, LEAST, 1 },
        { "922337203685477580", 1, 10, "922337203685477580", 2 },
        -- the integers of math_test.go
        { -1, 0, -1, 1, 0 }, { 2, 0, -2, -4, 0 }, { LEAST, 0, -1, "9223372036854775808", 0 },
        { LEAST, 0, MOST, "-85070591730234615856620279821087277056", 0 },
        { MOST, 0, MOST, "85070591730234615847396907784232501249", 0 },
        { LEAST, 0, LEAST, "85070591730234615865843651857942052864", 0 } } do
      local a, b, product = of(row[1], row[2]), of(row[3]), of(row[4], row[5])
      assert_equal(product, decimal.mul(a, b), row[1])
      assert_equal(product, decimal.mul(b, a), row[1])
    end
  end)

  it("rounds away from zero", function()
    for _, row in ipairs { { 1234567, 0, 1234567, true }, { 1234567, 1, 123457, false },
        { 1234567, 2, 12346, false }, { 1234567, 3, 1235, false }, { 1234567, 4, 124, false },
        { 1000, 0, 1000, true }, { 1000, 1, 100, true }, { 1000, 2, 10, true },
        { 1000, 3, 1, true }, { 1000, 4, 1, false }, { 0, 0, 0, true }, { 0, 1, 0, true },
        { 0, 2, 0, true }, { 1000, -1, 1000, true } } do
      for _, sign in ipairs { 1, -1 } do
        local rounded, exact = decimal.round_up(of(sign * row[1]), row[2])
        assert_equal(of(sign * row[3], math.max(0, row[2])), rounded, row[1])
        assert.equal(row[4], exact)
      end
    end
  end)

  it("has so many units of a scale", function()
    for _, row in ipairs { { 100, 0, 5, "1" }, { 100, 1, 1, "100" }, { 100, 5, 2, "100000" },
        { 876, 30, 4, "876" .. ("0"):rep(26) }, { 93, -1, 0, "10" }, { 100, -1, 0, "10" },
        { -1932, 2, 4, "-20" }, { -1900, 2, 4, "-19" },
        -- scale_int_test.go, whose scales have the other sign
        { 1000, 0, 0, "1000" }, { 1000, 0, 3, "1" }, { 1000, -3, 0, "1" }, { 0, -3, 0, "0" },
        { 999, -3, 0, "1" }, { 500, -3, 0, "1" }, { 499, -3, 0, "1" }, { 1, -3, 0, "1" },
        { "9223372036854775806", -1, 0, "922337203685477581" },
        { "1" .. ("0"):rep(100), -100, 0, "1" }, { 0, 0, -3, "0" }, { 1, 0, -3, "1000" },
        { 1, 3, 0, "1000" }, { 1000, 3, -2, "100000000" },
        { "9223372036854775", 0, -3, "9223372036854775000" } } do
      assert.equal(row[4], decimal.whole(of(row[1], row[2]), row[3]))
    end
  end)

  it("has a sign", function()
    for _, row in ipairs { { -50, 1, -1 }, { 0, 1, 0 }, { 300, 1, 1 }, { -50, -8, -1 },
        { 50, -8, 1 }, { 0, -8, 0 }, { -50, 0, -1 }, { 50, 0, 1 }, { 0, 0, 0 } } do
      assert.equal(row[3], of(row[1], row[2]).sign)
    end
  end)

  it("loses its factors 10 and 1024", function()
    for _, row in ipairs { { 100, 0, "1", 2 }, { 100, 1, "1", 3 }, { 100, -1, "1", 1 },
        { 10800, -10, "108", -8 }, { 1, 0, "1", 0 } } do
      assert.same({ row[3], row[4] }, { decimal.digits(of(row[1], row[2])) })
    end
    for _, row in ipairs { { 2048, "2", 1 }, { 1025, "1025", 0 }, { 1024 ^ 5, "1", 5 },
        { 1023 * 1024, "1023", 1 } } do
      assert.same({ row[2], row[3] }, { decimal.of_1024(of(row[1])) })
    end
  end)
end)

describe("a natural number", function()
  it("is what its digits are", function()
    for _, digits in ipairs { "0", "1", "9999999", "10000000", "10000001", "99999999999999",
        "100000000000000", "9007199254740992" } do
      local limbs = natural.of_digits(digits)
      assert.equal(digits, natural.digits(limbs))
      assert.equal(digits, natural.digits(natural.of_number(tonumber(digits))))
      assert.equal(digits, natural.digits(natural.of_digits("00000000" .. digits)))
      assert.equal(digits == "0" and 0 or #digits, natural.length(limbs))
    end
  end)

  it("shifts by digits, and back", function()
    for power = 0, 30 do
      local limbs = natural.of_digits("1234567890123456789")
      local shifted = natural.shift(limbs, power)
      assert.equal("1234567890123456789" .. ("0"):rep(power), natural.digits(shifted))
      local back, exact = natural.cut(shifted, power)
      assert.same({ "1234567890123456789", true }, { natural.digits(back), exact })
      back, exact = natural.cut(limbs, power)
      local left = ("1234567890123456789"):sub(1, math.max(0, 19 - power))
      assert.same({ left == "" and "0" or left, power == 0 }, { natural.digits(back), exact })
    end
  end)

  it("divides with a remainder", function()
    local quotient, remainder = natural.divide(natural.of_digits("123456789012345678901"), 1024)
    assert.same({ "120563270519868827", 53 }, { natural.digits(quotient), remainder })
    assert.same({ {}, 5 }, { natural.divide({ 5 }, 7) })
  end)
end)

describe("an integer of Lua", function()
  it("is told from what is none", function()
    for _, value in ipairs { 1.5, math.huge, -math.huge, 0 / 0, "1", {}, true } do
      assert.is_nil(whole.text(value))
    end
    assert.same({ "0", "-5", "1000000000000000000000" },
      { whole.text(0), whole.text(-5), whole.text(1e21) })
  end)

  it("is exact, or is none", function()
    for _, text in ipairs { "0", "-1", "9007199254740991", "-9007199254740991" } do
      assert.equal(tonumber(text), whole.exact(text))
    end
    for _, text in ipairs { "9223372036854775809", "-9223372036854775809", ("9"):rep(30) } do
      assert.is_nil(whole.exact(text))
    end
  end)
end)
