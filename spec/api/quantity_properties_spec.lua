-- What holds for every quantity, shown with thousands; and the sums of Lua's own integers.
local quantity = require("kube.api.quantity")

local must = quantity.must_parse

-- A generator of our own: the same texts on every Lua, in every run.
local state = 1
local function random(n)
  state = state * 48271 % 2147483647
  return state % n
end

local function digits(most)
  local out = {}
  for i = 1, 1 + random(most) do out[i] = random(10) end
  if random(3) == 0 then out[#out + 1] = ("0"):rep(random(10)) end
  return table.concat(out)
end

local SUFFIXES = { "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi",
  "Ei" }

local function random_text()
  local sign = ({ "", "", "-", "+" })[1 + random(4)]
  local point = random(2) == 0 and "." .. (random(8) == 0 and "" or digits(12)) or ""
  local suffix = SUFFIXES[1 + random(#SUFFIXES)]
  if random(5) == 0 then suffix = "e" .. random(40) - 20 end
  return sign .. digits(1 + random(25)) .. point .. suffix
end

local function each_pair(n, check)
  for _ = 1, n do
    local x, y = random_text(), random_text()
    local a, b = must(x), must(y)
    if not check(a, b) then error(x .. " and " .. y .. ": " .. a .. " and " .. b, 2) end
  end
end

describe("of all quantities", function()
  it("what is printed is read back, and printed the same", function()
    each_pair(5000, function(a)
      local text = tostring(a)
      local again = must(text)
      return again == a and tostring(again) == text
    end)
  end)

  it("what is printed is a whole number with the largest suffix", function()
    each_pair(2000, function(a)
      local number, suffix = tostring(a):match("^%-?([1-9][0-9]*)(.*)$")
      if not number then return a:is_zero() and tostring(a) == "0" end
      if suffix:find("i", 1, true) then return suffix == "Ei" or tonumber(number) % 1024 ~= 0 end
      return suffix == "E" or a.format == "BinarySI" or not number:find("000$")
    end)
  end)

  it("a sum loses nothing", function()
    each_pair(3000, function(a, b)
      local sum = a + b
      return sum - b == a and sum - a == b and sum == b + a and (a - b) + (b - a) == must("0")
        and a - b == a + -b and -(-a) == a
    end)
  end)

  it("the order is that of the differences, and of the signs", function()
    each_pair(3000, function(a, b)
      local order = a:cmp(b)
      return order == (a - b):sign() and order == -b:cmp(a) and (a < b) == (order < 0)
        and (a <= b) == (order <= 0) and (a == b) == (order == 0) and (-b):cmp(-a) == order
        and a < a + "1n" and a - "1n" < a
    end)
  end)

  it("the order is that of the floats, where they differ", function()
    each_pair(2000, function(a, b)
      local x, y = a:as_float(), b:as_float()
      return x == y or (x < y) == (a < b)
    end)
  end)

  it("a product is a sum", function()
    each_pair(1000, function(a)
      local n, sum = random(12), a * 0
      for _ = 1, n do sum = sum + a end
      return sum == a * n and -sum == a * -n
    end)
  end)

  it("what is rounded is a multiple, away from zero by less than one step", function()
    each_pair(2000, function(a)
      local scale = random(30) - 9
      local step = quantity.new_scaled(1, scale)
      local rounded, exact = a:round_up(scale)
      local more = a:sign() < 0 and a - rounded or rounded - a
      return exact == (more:sign() == 0) and more:sign() >= 0 and more < step
        and (rounded:round_up(scale)) == rounded
    end)
  end)

  it("many are added and subtracted again to nothing", function()
    local sum, order = must("0"), {}
    for i = 1, 300 do
      order[i] = quantity.new_scaled(random(2147483647), random(20) - 9)
      sum = sum + order[i]
    end
    for _, q in ipairs(order) do sum = sum - q end
    assert.is_true(sum:is_zero())
  end)
end)

describe("Lua's integers", function()
  --- Integers of all sizes; sums and products of them need no more than 53 bits, or 64.
  local function integer(bits)
    local value = 0
    for _ = 1, 1 + random(bits) do value = value * 2 + random(2) end
    return random(2) == 0 and value or -value
  end

  local function check(bits, times)
    for _ = 1, times do
      local x, y, z = integer(bits), integer(bits), integer(bits / 2)
      local a, b = quantity.new(x), quantity.new(y)
      local order = x < y and -1 or x > y and 1 or 0
      assert(a:value() == x and a:as_integer() == x and (a + b):value() == x + y
        and (a - b):value() == x - y and (-a):value() == -x and a:cmp(b) == order
        and (quantity.new(z) * z):value() == z * z and must(tostring(a)):value() == x
        and quantity.new(x, "BinarySI"):value() == x,
        string.format("%s, %s, %s", tostring(x), tostring(y), tostring(z)))
    end
  end

  it("have the same sums, differences, products and order", function() check(51, 3000) end)

  it("have so in 64 bits", function()
    if math.type then check(61, 5000) end
  end)

  it("are rounded as their quotients", function()
    for _ = 1, 3000 do
      local x = integer(50)
      local expected = x < 0 and math.floor(x / 1000) or math.ceil(x / 1000)
      assert.equal(expected, quantity.new_milli(x):value())
    end
  end)
end)
