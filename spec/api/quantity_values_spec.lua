-- The tables are those of apimachinery v0.36: pkg/api/resource/quantity_test.go.
local quantities = require("spec.support.quantities")
local quantity = require("kube.api.quantity")

local must = quantity.must_parse
local of, assert_equal = quantities.of, quantities.assert_equal
local D, B, E = "DecimalSI", "BinarySI", "DecimalExponent"
local MOST, LEAST = quantities.MOST, quantities.LEAST

--- An integer as text, whatever this Lua makes of it.
local function digits(value) return (tostring(value):gsub("LL$", "")) end

describe("a quantity", function()
  local TEXTS = {
    { 1024^3, 0, B, "1Gi", "1024Mi" }, { 300 * 1024^2, 0, B, "300Mi", "307200Ki" },
    { 6 * 1024, 0, B, "6Ki" }, { 1001 * 1024^3, 0, B, "1001Gi", "1025024Mi" },
    { 1024^4, 0, B, "1Ti", "1024Gi" }, { 5, 0, B, "5", "5000m" }, { 500, -3, B, "500m", "0.5" },
    { 1, 9, D, "1G", "1000M" }, { 1000, 6, D, "1G", "0.001T" }, { 1000000, 3, D, "1G" },
    { 1000000000, 0, D, "1G" }, { 1, -3, D, "1m", "1000u" }, { 80, -3, D, "80m" },
    { 1080, -3, D, "1080m", "1.08" }, { 108, -2, D, "1080m", "1080000000n" },
    { 10800, -4, D, "1080m" }, { 300, 6, D, "300M" }, { 1, 12, D, "1T" },
    { 1234567, 6, D, "1234567M" }, { 1234567, -3, B, "1234567m" }, { 3, 3, D, "3k" },
    { 1025, 0, B, "1025" }, { 0, 0, D, "0" }, { 0, 0, B, "0" }, { 1, 9, E, "1e9", ".001e12" },
    { 1, -3, E, "1e-3", "0.001e0" }, { 1, -9, E, "1e-9", "1000e-12" }, { 80, -3, E, "80e-3" },
    { 300, 6, E, "300e6" }, { 1, 12, E, "1e12" }, { 1, 3, E, "1e3" }, { 3, 3, E, "3e3" },
    { 3, 3, D, "3k" }, { 0, 0, E, "0", "00" }, { 1, -9, D, "1n" }, { 80, -9, D, "80n" },
    { 1080, -9, D, "1080n" }, { 108, -8, D, "1080n" }, { 10800, -10, D, "1080n" },
    { 1, -6, D, "1u" }, { 80, -6, D, "80u" }, { 1080, -6, D, "1080u" },
  }

  it("prints in the canonical form", function()
    for _, row in ipairs(TEXTS) do
      assert.equal(row[4], tostring(of(row[1], row[2], row[3])))
      assert.equal(row[4], tostring(must(row[4])))
      assert.equal(row[4], tostring(must(row[5] or row[4])))
      local minus = row[1] == 0 and "0" or "-" .. row[4]
      assert.equal(minus, tostring(-of(row[1], row[2], row[3])))
    end
  end)

  it("prints in the canonical form, however it was written", function()
    for text, expected in pairs {
      ["1Ki"] = "1Ki", ["1Mi"] = "1Mi", ["1Gi"] = "1Gi", ["1024Mi"] = "1Gi", ["1000M"] = "1G",
      [".001Ki"] = "1024m", [".000001Ki"] = "1024u", [".000000001Ki"] = "1024n",
      [".000000000001Ki"] = "2n", ["1.5Gi"] = "1536Mi", ["100.035Ki"] = "102435840m",
      -- as written in client-go
      ["+1"] = "1", ["007"] = "7", ["1E3"] = "1e3", ["5.444T"] = "5444G", ["149.Ki"] = "149Ki",
      ["0Ki"] = "0", ["0.0"] = "0", ["1E+6"] = "1e6", ["1000000e0"] = "1e6", ["1000000"] = "1M",
      -- what is lost in client-go
      ["1000E"] = "1000E", ["100000E"] = "100000E", ["1e30"] = "1e30", ["12345E"] = "12345E",
      ["1000000000000000000000"] = "1000E", ["8Ei"] = MOST, ["1023Ki"] = "1023Ki", ["7Ei"] = "7Ei",
    } do
      assert.equal(expected, tostring(must(text)))
      assert.equal(expected == "0" and "0" or "-" .. expected,
        tostring(must("-" .. text:gsub("^%+", ""))))
    end
  end)

  it("prints what can be read back when it is past 64 bits", function()
    local eight = must("4Ei") + "4Ei"
    assert.equal("9223372036854775808", tostring(eight))
    assert.equal("1180591620717411303424", tostring(must("1Ei") * 1024))
    assert.equal(eight, must(tostring(eight)))
  end)

  it("compares", function()
    for _, row in ipairs { { "0", "0", 0 }, { "100m", "50m", 1 }, { "50m", "100m", -1 },
        { "10000T", "100Gi", 1 }, { "1Ki", "1024", 0 }, { "1e3", "1k", 0 }, { "-1", "1", -1 },
        { "-2", "-1", -1 }, { "0", "-1n", 1 }, { "1e9999", "1", 1 }, { "-1e9999", "1n", -1 },
        { "1E", "999999999999999999999999999n", 1 }, { "0Ki", "0", 0 } } do
      local a, b, order = must(row[1]), must(row[2]), row[3]
      assert.same({ order, -order, order }, { a:cmp(b), b:cmp(a), a:cmp(row[2]) })
      assert.same({ order == 0, order < 0, order <= 0, order > 0, order >= 0 },
        { a == b, a < b, a <= b, a > b, a >= b })
    end
    assert.same({ 1, 0, -1 }, { must("1"):cmp(0.5), must("1"):cmp(1), must("1"):cmp(2) })
    assert.is_false(must("1") == 1)
  end)

  it("compares with texts and numbers where Lua allows it", function()
    local mixed = pcall(function() return setmetatable({}, { __lt = function() end }) < 1 end)
    if not mixed then return end
    local q = must("1500m")
    assert.same({ true, true, true, false }, { q < "2", q <= 1.5, 1 < q, "1500001u" <= q })
  end)

  it("has a sign", function()
    for text, sign in pairs { ["0"] = 0, ["0Ki"] = 0, ["-0"] = 0, ["1n"] = 1, ["-1n"] = -1 } do
      assert.same({ sign, sign == 0 }, { must(text):sign(), must(text):is_zero() })
    end
  end)

  it("scales to integers, away from zero", function()
    for _, row in ipairs { { -9, -9, 1 }, { -9, -6, 1 }, { -9, -3, 1 }, { -9, 0, 1 },
        { -6, -9, 1000 }, { -6, -6, 1 }, { -6, -3, 1 }, { -6, 0, 1 }, { -3, -9, 1000000 },
        { -3, -6, 1000 }, { -3, -3, 1 }, { -3, 0, 1 }, { 0, -9, 1000000000 }, { 0, -6, 1000000 },
        { 0, -3, 1000 }, { 0, 0, 1 }, { 2, -2, 10000 } } do
      assert.equal(row[3], quantity.new_scaled(1, row[1]):scaled_value(row[2]))
      assert.equal(-row[3], quantity.new_scaled(-1, row[1]):scaled_value(row[2]))
    end
    for text, row in pairs { ["1500m"] = { 2, 1500 }, ["-1500m"] = { -2, -1500 },
        ["1n"] = { 1, 1 }, ["-1n"] = { -1, -1 }, ["0"] = { 0, 0 }, ["1.5Gi"] = { 1610612736,
        1610612736000 }, ["-100.0005Ki"] = { -102401, -102400512 } } do
      assert.same(row, { must(text):value(), must(text):milli_value() })
    end
  end)

  it("has a value beyond 2^53 as this Lua can", function()
    for _, text in ipairs { "9007199254740993", MOST, LEAST, "-9007199254740993" } do
      local q = must(text)
      if math.type or type(q:value()) == "cdata" then
        assert.same({ text, text }, { digits(q:value()), digits(q:as_integer()) })
      else
        assert.same({ tonumber(text) }, { q:value() })
      end
    end
    for _, text in ipairs { "9223372036854775808", "-9223372036854775809", "1e30" } do
      assert.equal(tonumber(text), must(text):value())
    end
  end)

  it("is an integer, or is none", function()
    for text, integer in pairs { ["0"] = 0, ["5"] = 5, ["-5"] = -5, ["1000m"] = 1, ["1.0"] = 1,
        ["1k"] = 1000, ["2Ki"] = 2048, ["1e3"] = 1000 } do
      assert.equal(integer, must(text):as_integer())
    end
    assert.equal(512, must("0.5Ki"):as_integer())
    for _, text in ipairs { "1m", "-1500m", "0.0005Ki", "1e100" } do
      assert.is_nil(must(text):as_integer())
    end
  end)

  it("is the nearest float", function()
    for _, row in ipairs {
      { 0, 0, D, 0.0 }, { 0, 0, E, 0.0 }, { 0, 0, B, 0.0 }, { 1, 0, D, 1 }, { 1, 0, E, 1 },
      { 1, 0, B, 1 }, { 1024, 0, B, 1024 }, { 8 * 1024, 0, B, 8 * 1024 },
      { 7 * 1024^2, 0, B, 7 * 1024 * 1024 }, { 7 * 1024^2, 1, B, (7 * 1024 * 1024) * 10 },
      { 7 * 1024^2, 4, B, (7 * 1024 * 1024) * 10000 },
      { 7 * 1024^2, 8, B, (7 * 1024 * 1024) * 100000000 },
      { 7 * 1024^2, -1, B, (7 * 1024 * 1024) / 10 },
      { 7 * 1024^2, -8, B, (7 * 1024 * 1024) / 100000000 }, { 1024, 0, D, 1024 },
      { 8 * 1024, 0, D, 8 * 1024 }, { 7 * 1024^2, 0, D, 7 * 1024 * 1024 },
      { 7 * 1024^2, 1, D, (7 * 1024 * 1024) * 10 }, { 7 * 1024^2, 4, D, (7 * 1024 * 1024) * 10000 },
      { 7 * 1024^2, 8, D, (7 * 1024 * 1024) * 100000000 },
      { 7 * 1024^2, -1, D, (7 * 1024 * 1024) / 10 },
      { 7 * 1024^2, -8, D, (7 * 1024 * 1024) / 100000000 }, { 1024, 0, E, 1024 },
      { 8 * 1024, 0, E, 8 * 1024 }, { 7 * 1024^2, 0, E, 7 * 1024 * 1024 },
      { 7 * 1024^2, 1, E, (7 * 1024 * 1024) * 10 }, { 7 * 1024^2, 4, E, (7 * 1024 * 1024) * 10000 },
      { 7 * 1024^2, 8, E, (7 * 1024 * 1024) * 100000000 },
      { 7 * 1024^2, -1, E, (7 * 1024 * 1024) / 10 },
      { 7 * 1024^2, -8, E, (7 * 1024 * 1024) / 100000000 }, { 12, 18, D, 1.2e19 },
      { 12, 500, D, math.huge }, { -12, 500, D, -math.huge },
      { MOST, 0, D, 2 ^ 63 }, { MOST, 0, B, 2 ^ 63 },
    } do
      assert.equal(row[4], of(row[1], row[2], row[3]):as_float())
    end
    for text, float in pairs { ["2Ki"] = 2048, ["1.1Ki"] = 1126.4, ["1Mi"] = 1048576,
        ["2Gi"] = 2147483648, ["100m"] = 0.1, ["734003200m"] = 734003.2, ["-1n"] = -1e-9 } do
      assert.equal(float, must(text):as_float())
    end
  end)

  it("rounds away from zero to a scale", function()
    for _, row in ipairs { { -3, 901, -2, true }, { -2, 901, -2, true }, { -1, 91, -1, false },
        { 0, 10, 0, false }, { 1, 10, 0, false }, { 2, 100, 0, false } } do
      for _, sign in ipairs { 1, -1 } do
        local rounded, exact = must(sign < 0 and "-9.01" or "9.01"):round_up(row[1])
        assert_equal(of(sign * row[2], row[3]), rounded, row[1])
        assert.equal(row[4], exact)
      end
    end
  end)
end)

describe("arithmetic of quantities", function()
  it("adds, and subtracts", function()
    for _, row in ipairs { { 10, 0, D, 1, 1, D, 20, 0, D }, { 10, 0, D, 1, 0, B, 11, 9, D },
        { 10, 0, B, 1, 0, D, 11, 9, B }, { 0, 0, D, 50, 0, D, 50, -50, D },
        { 50, 0, D, 0, 0, D, 50, 50, D }, { 0, 0, D, 0, 0, D, 0, 0, D } } do
      local a, b = of(row[1], row[2], row[3]), of(row[4], row[5], row[6])
      assert_equal(of(row[7]), a + b, "+")
      assert_equal(of(row[8]), a - b, "-")
      assert_equal(a + b, a:add(b), "add")
      assert_equal(a - b, a:sub(b), "sub")
      assert.same({ row[9], row[9] }, { (a + b).format, (a - b).format })
    end
  end)

  it("gives zero the format of what is added", function()
    for _, text in ipairs { "100m", "1Gi", "2e3" } do
      local zero, q = must("0"), must(text)
      assert.same({ text, text, text, "-" .. text }, { tostring(q + zero), tostring(zero + q),
        tostring(q - zero), tostring(zero - q) })
    end
  end)

  it("takes texts and numbers on either side", function()
    local q = must("1Gi")
    assert.equal("2Gi 2Gi 1073741829 1073741829 500m", table.concat({ tostring(q + "1Gi"),
      tostring("1Gi" + q), tostring(q + 5), tostring(5 + q), tostring(1 - must("0.5")) }, " "))
    assert.equal("1Gi", tostring(0 + q))
    assert.equal("3Gi 3Gi", q * 3 .. " " .. 3 * q)
  end)

  it("changes none of them", function()
    local a, b = must("1.5Gi"), must("-200m")
    local _ = { a + b, a - b, -a, a * 7, a:round_up(9), a:add(b), a:sub(b), a:neg(), a:mul(2) }
    assert.equal("1536Mi -200m", a .. " " .. b)
  end)

  it("negates", function()
    assert.equal("-9010m", tostring(-of(901, -2)))
    for _, row in ipairs { { 0, D }, { 10, B }, { -10, B }, { 10, D } } do
      local q = of(row[1], 0, row[2])
      assert_equal(of(-row[1]), -q, row[1])
      assert_equal(q, -(-q), row[1])
      assert.equal(row[2], q:neg().format)
    end
  end)

  it("multiplies by integers, however large it gets", function()
    for _, row in ipairs { { 10, 10, 100 }, { 10, 1, 10 }, { 0, 50, 0 }, { 50, 0, 0 }, { 0, 0, 0 },
        { 10, -10, -100 }, { -10, 1, -10 }, { 10, -1, -10 }, { -50, 0, 0 }, { -50, -50, 2500 },
        { 0, -50, 0 }, { MOST, 0, 0 }, { MOST, 1, MOST }, { MOST, -1, "-" .. MOST },
        { "4611686018427387903", 2, "9223372036854775806" },
        { "-4611686018427387903", -2, "9223372036854775806" },
        { MOST, 2, "18446744073709551614" }, { MOST, 10, MOST .. "0" },
        { MOST, -10, "-" .. MOST .. "0" }, { LEAST, 0, 0 }, { LEAST, 1, LEAST },
        { LEAST, -1, "9223372036854775808" }, { "-4611686018427387904", 2, LEAST },
        { "4611686018427387904", -2, LEAST }, { LEAST, 2, "-18446744073709551616" },
        { LEAST, 10, LEAST .. "0" }, { LEAST, -10, "92233720368547758080" } } do
      assert_equal(of(row[3]), of(row[1]) * row[2], row[1])
      assert_equal(of(row[3]), of(row[1]):mul(row[2]), row[1])
    end
    assert.equal(B, (of(10, 0, B) * -1).format)
  end)

  it("refuses what is no quantity", function()
    local q = must("1")
    local needed = ": a quantity, a text or a number is needed, not "
    assert.has_error(function() return q + {} end, "quantity +" .. needed .. "table")
    assert.has_error(function() return q - true end, "quantity -" .. needed .. "boolean")
    assert.has_error(function() return q:cmp(nil) end, "quantity:cmp" .. needed .. "nil")
    assert.has_error(function() return q * q end,
      "quantity *: the factor must be an integer, not table")
    assert.has_error(function() return q * 1.5 end,
      "quantity *: the factor must be an integer, not 1.5")
    local good, message = pcall(function() return q:add("1K") end)
    assert.is_false(good)
    assert.truthy(message:find("quantity:add: cannot parse '1K': unable to parse quantity's suffix",
      1, true))
  end)

  it("says where it was asked for what there is not", function()
    local q = must("1")
    for _, ask in ipairs { function() local _ = q + {} end, function() local _ = q * 0.5 end,
        function() q:add({}) end, function() q:mul("x") end, function() must({}) end,
        function() quantity.new(0.5) end, function() q:round_up(0.5) end } do
      local _, message = pcall(ask)
      assert.truthy(message:find("quantity_values_spec.lua:", 1, true), message)
    end
  end)
end)
