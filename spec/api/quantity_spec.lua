-- The tables are those of apimachinery v0.36: pkg/api/resource/quantity_test.go.
local errors = require("kube.api.errors")
local json = require("kube.json")
local quantities = require("spec.support.quantities")
local quantity = require("kube.api.quantity")

local parse, must = quantity.parse, quantity.must_parse
local of, assert_equal = quantities.of, quantities.assert_equal
local D, B, E = "DecimalSI", "BinarySI", "DecimalExponent"
local MOST, LEAST = quantities.MOST, quantities.LEAST

describe("a text", function()
  local TEXTS = {
    { "0", 0, 0, D }, { "0n", 0, 0, D }, { "0u", 0, 0, D }, { "0m", 0, 0, D }, { "0Ki", 0, 0, B },
    { "0k", 0, 0, D }, { "0Mi", 0, 0, B }, { "0M", 0, 0, D }, { "0Gi", 0, 0, B },
    { "0G", 0, 0, D }, { "0Ti", 0, 0, B }, { "0T", 0, 0, D }, { "1", 1, 0, D },
    { "1Ki", 1024, 0, B }, { "8Ki", 8 * 1024, 0, B }, { "7Mi", 7 * 1024^2, 0, B },
    { "6Gi", 6 * 1024^3, 0, B }, { "5Ti", 5 * 1024^4, 0, B }, { "4Pi", 4 * 1024^5, 0, B },
    { "3Ei", 3 * 1024^6, 0, B }, { "10Ti", 10 * 1024^4, 0, B }, { "100Ti", 100 * 1024^4, 0, B },
    { "5n", 5, -9, D }, { "4u", 4, -6, D }, { "3m", 3, -3, D }, { "9", 9, 0, D },
    { "8k", 8, 3, D }, { "50k", 5, 4, D }, { "7M", 7, 6, D }, { "6G", 6, 9, D },
    { "5T", 5, 12, D }, { "40T", 4, 13, D }, { "300T", 3, 14, D }, { "2P", 2, 15, D },
    { "1E", 1, 18, D }, { "1E-3", 1, -3, E }, { "1e3", 1, 3, E }, { "1E6", 1, 6, E },
    { "1e9", 1, 9, E }, { "1E12", 1, 12, E }, { "1e15", 1, 15, E }, { "1E18", 1, 18, E },
    { "1e14", 1, 14, E }, { "1e13", 1, 13, E }, { "1e3", 1, 3, E }, { "100.035k", 100035, 0, D },
    { "0.001", 1, -3, D }, { "0.0005k", 5, -1, D }, { "0.005", 5, -3, D }, { "0.05", 5, -2, D },
    { "0.5", 5, -1, D }, { "0.00050k", 5, -1, D }, { "0.00500", 5, -3, D },
    { "0.05000", 5, -2, D }, { "0.50000", 5, -1, D }, { "0.5e0", 5, -1, E },
    { "0.5e-1", 5, -2, E }, { "0.5e-2", 5, -3, E }, { "0.5e0", 5, -1, E },
    { "10.035M", 10035, 3, D }, { "1.2e3", 12, 2, E }, { "1.3E+6", 13, 5, E },
    { "1.40e9", 14, 8, E }, { "1.53E12", 153, 10, E }, { "1.6e15", 16, 14, E },
    { "1.7E18", 17, 17, E }, { "9.01", 901, -2, D }, { "8.1k", 81, 2, D },
    { "7.123456M", 7123456, 0, D }, { "6.987654321G", 6987654321, 0, D }, { "5.444T", 5444, 9, D },
    { "40.1T", 401, 11, D }, { "300.2T", 3002, 11, D }, { "2.5P", 25, 14, D },
    { "1.01E", 101, 16, D }, { "3.001n", 4, -9, D }, { "1.1E-9", 2, -9, E },
    { "0.0000000001", 1, -9, D }, { "0.0000000005", 1, -9, D }, { "0.00000000050", 1, -9, D },
    { "0.5e-9", 1, -9, E }, { "0.9n", 1, -9, D }, { "0.00000012345", 124, -9, D },
    { "0.00000012354", 124, -9, D }, { "9Ei", MOST, 0, B },
    { "9223372036854775807Ki", MOST, 0, B }, { "12E", 12, 18, D },
    { "100.035Ki", 10243584, -2, B }, { "0.5Mi", 0.5 * 1024^2, 0, B },
    { "0.05Gi", 536870912, -1, B }, { "0.025Ti", 274877906944, -1, B },
    { "0.000000000001Ki", 2, -9, D }, { ".001", 1, -3, D }, { ".0001k", 100, -3, D },
    { "1.", 1, 0, D }, { "1.G", 1, 9, D },
  }

  it("is read to its value and its format", function()
    for _, row in ipairs(TEXTS) do
      local q = assert(parse(row[1]))
      assert_equal(of(row[2], row[3]), q, row[1])
      assert.equal(row[4], q.format, row[1])
    end
  end)

  it("may have a sign", function()
    for _, row in ipairs(TEXTS) do
      local minus, plus = assert(parse("-" .. row[1])), assert(parse("+" .. row[1]))
      assert_equal(-of(row[2], row[3]), minus, row[1])
      assert_equal(of(row[2], row[3]), plus, row[1])
      assert.same({ row[4], row[4] }, { minus.format, plus.format })
    end
  end)

  it("may have zeros before it, and after its point", function()
    for _, row in ipairs(TEXTS) do
      local whole, rest = row[1]:match("^([0-9]*)(.*)$")
      assert_equal(of(row[2], row[3]), assert(parse("000" .. row[1])), row[1])
      if rest:find("^%.") then rest = rest:gsub("^(%.[0-9]*)", "%1000") else rest = ".0" .. rest end
      local q = assert(parse(whole .. rest))
      assert_equal(of(row[2], row[3]), q, row[1])
      assert.equal(row[4], q.format)
    end
  end)

  local FORM = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*"
    .. "[-+]?[0-9]*)$'"
  local NUMERIC = "unable to parse numeric part of quantity"
  local SUFFIX = "unable to parse quantity's suffix: there are n, u, m, k, M, G, T, P, E, Ki, Mi, "
    .. "Gi, Ti, Pi, Ei and exponents, as e3"
  local FAR = "unable to parse quantity's suffix: exponents go from -9999 to 9999"

  local FAULTY = {
    [""] = FORM, ["1.1.M"] = FORM, ["1+1.0M"] = FORM, ["0.1mi"] = SUFFIX, ["0.1am"] = FORM,
    ["aoeu"] = FORM, [".5i"] = SUFFIX, ["1i"] = SUFFIX, ["-3.01i"] = SUFFIX, ["-3.01e-"] = SUFFIX,
    [" 1"] = FORM, ["1 "] = FORM, ["Non-Numeric"] = FORM, ["invalid"] = FORM, ["1\n"] = FORM,
    ["1GB"] = FORM, ["1kb"] = FORM, ["1K"] = SUFFIX, ["1g"] = FORM, ["1MiB"] = FORM,
    ["1,5"] = FORM, ["1_000"] = FORM, ["--1"] = SUFFIX, ["1e"] = SUFFIX, ["1e+"] = SUFFIX,
    ["1e1.5"] = FORM, ["1k3"] = SUFFIX, ["1Ki3"] = SUFFIX, ["0x10"] = FORM, ["1+"] = SUFFIX,
    ["1e3m"] = FORM, ["1mk"] = SUFFIX, ["1\0"] = FORM, ["Infinity"] = FORM, ["nan"] = FORM,
    -- our own: no digit, and exponents that would fill the memory
    ["Mi"] = FORM, ["m"] = FORM, ["-"] = FORM, ["+"] = FORM, ["E"] = FORM, ["e3"] = FORM,
    ["-Ki"] = FORM, ["."] = NUMERIC, ["-."] = NUMERIC, [".Ei"] = NUMERIC, [".m"] = NUMERIC,
    ["1e10000"] = FAR, ["1e4294967296"] = FAR, ["1e-10000"] = FAR,
    ["1e" .. ("9"):rep(25)] = FAR,
  }

  it("that is none is named, and said what is wrong with it", function()
    for text, fault in pairs(FAULTY) do
      local q, err = parse(text)
      assert.is_nil(q, text)
      assert.is_true(errors.is(err))
      assert.equal("BadRequest", err.reason)
      local shown = text:gsub("%c", { ["\n"] = "\\10", ["\0"] = "\\0" })
      assert.equal("cannot parse '" .. shown .. "': " .. fault, err.message)
    end
  end)

  it("that is none and long is named by its beginning", function()
    local _, err = parse(("x"):rep(100000))
    assert.equal("cannot parse '" .. ("x"):rep(64) .. "...': " .. FORM, err.message)
  end)

  it("must be one for must_parse", function()
    assert.equal("1Gi", tostring(must("1024Mi")))
    assert.has_error(function() must("1 ") end, "cannot parse '1 ': " .. FORM)
  end)

  it("is the programmer's to give", function()
    for shown, value in pairs { ["nil"] = false, table = {}, boolean = true, inf = math.huge,
        ["-inf"] = -math.huge } do
      local message = "quantity.parse: a quantity, a text or a number is needed, not " .. shown
      if shown == "nil" then value = nil end
      assert.has_error(function() parse(value) end, message)
    end
    assert.has_error(function() parse(0 / 0) end)
  end)
end)

describe("a number", function()
  it("is a quantity of decimal format", function()
    for _, row in ipairs { { 0, "0" }, { 1, "1" }, { -1, "-1" }, { 1000, "1k" }, { 0.5, "500m" },
        { 0.1, "100m" }, { -2.25, "-2250m" }, { 1e-9, "1n" }, { 1e-12, "1n" }, { 1e21, "1000E" },
        { 123456789012, "123456789012" }, { 2 ^ 53, "9007199254740992" }, { 0.3, "300m" },
        { 2 ^ 62, "4611686018427387904" }, { 1 / 3, "333333334n" } } do
      local q = assert(parse(row[1]))
      assert.equal(row[2], tostring(q))
      assert.equal(D, q.format)
    end
  end)

  it("is exact where it has 64 bits", function()
    local made = (loadstring or load)("return 9223372036854775807LL, -9223372036854775807LL - 1LL")
    local most, least
    if made then most, least = made() elseif math.type then
      most, least = math.maxinteger, math.mininteger
    end
    if not most then return end
    assert.same({ MOST, LEAST }, { tostring(parse(most)), tostring(quantity.new(least)) })
    assert.same({ most, least }, { must(MOST):value(), must(LEAST):as_integer() })
    assert.equal(must(MOST) + 1, must(1) + most)
  end)

  it("becomes a quantity in each format", function()
    for _, row in ipairs { { 1, D, "1" }, { 1000, D, "1k" }, { 1234000, D, "1234k" },
        { 1024, B, "1Ki" }, { 1000000, E, "1e6" }, { 1024 ^ 2, B, "1Mi" }, { 5, nil, "5" },
        { -2048, B, "-2Ki" } } do
      local q = quantity.new(row[1], row[2])
      assert.equal(row[3], tostring(q))
      assert.equal(row[1], must(tostring(q)):value())
    end
    for _, row in ipairs { { 1, D, "1m" }, { 1000, D, "1" }, { 1234000, D, "1234" },
        { 1024, B, "1024m" }, { 1000000, E, "1e3" }, { 1024 ^ 2, B, "1048576m" } } do
      local q = quantity.new_milli(row[1], row[2])
      assert.equal(row[3], tostring(q))
      assert.equal(row[1], must(tostring(q)):milli_value())
    end
    for _, row in ipairs { { 1, -9, "1n" }, { 1000, -9, "1u" }, { 1, -6, "1u" },
        { 1000, -6, "1m" }, { 1, -3, "1m" }, { 1000, -3, "1" }, { 1, 0, "1" }, { 0, -9, "0" },
        { 0, -6, "0" }, { 0, -3, "0" }, { 0, 0, "0" } } do
      local q = quantity.new_scaled(row[1], row[2])
      assert.equal(row[3], tostring(q))
      assert.equal(row[1], must(tostring(q)):scaled_value(row[2]))
    end
  end)

  it("must be what it is asked to be", function()
    assert.has_error(function() quantity.new(1.5) end,
      "quantity.new: the value must be an integer, not 1.5")
    assert.has_error(function() quantity.new("1") end,
      "quantity.new: the value must be an integer, not string")
    assert.has_error(function() quantity.new(1, "Binary") end,
      "quantity.new: the format must be DecimalSI, BinarySI or DecimalExponent, not Binary")
    assert.has_error(function() quantity.new_scaled(1, 0.5) end,
      "quantity.new_scaled: the scale must be an integer, not 0.5")
    assert.has_error(function() must("1"):scaled_value(10000) end,
      "quantity:scaled_value: the scale must be from -9999 to 9999, not 10000")
  end)
end)

describe("a quantity in an object", function()
  it("is put there as its text", function()
    local text = assert(json.encode { memory = tostring(must("1024Mi")) })
    assert.equal('{"memory":"1Gi"}', text)
    assert.equal(must("1Gi"), parse(assert(json.decode(text)).memory))
  end)

  it("is refused as it is, rather than sent as something else", function()
    local text, err = json.encode { spec = { cpu = must("1") } }
    assert.is_nil(text)
    assert.truthy(err.message:find("cannot encode spec.cpu", 1, true))
  end)

  it("is told from other tables", function()
    local q = must("1Gi")
    assert.same({ true, false, false }, { quantity.is(q), quantity.is {}, quantity.is("1") })
    assert.equal(q, parse(q))
  end)
end)
