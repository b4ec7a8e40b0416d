--- Natural numbers of any size, exact where all numbers are doubles: the arithmetic of quantities.
--
-- A number is a list of limbs of seven decimal digits, the lowest first, without zeros at its high
-- end; 0 is the empty list. A product of two limbs and what is carried stay below 2^53. The lists
-- are values: nothing here changes one that it was given, other than trim.
local natural = {}

local BASE, WIDTH = 10000000, 7

--- Takes the zeros off the high end of a list of limbs, in place.
local function trim(limbs)
  local n = #limbs
  while n > 0 and limbs[n] == 0 do
    limbs[n] = nil
    n = n - 1
  end
  return limbs
end

--- The limbs of a whole number from 0 to 2^53.
function natural.of_number(n)
  if n < BASE then return n == 0 and {} or { n } end
  local low = n % BASE
  local rest = (n - low) / BASE
  if rest < BASE then return { low, rest } end
  local middle = rest % BASE
  return { low, middle, (rest - middle) / BASE }
end

--- The limbs of a text of decimal digits.
function natural.of_digits(digits)
  local limbs = {}
  for last = #digits, 1, -WIDTH do
    limbs[#limbs + 1] = tonumber(digits:sub(math.max(1, last - WIDTH + 1), last))
  end
  return trim(limbs)
end

--- The decimal digits, "0" for nothing.
function natural.digits(limbs)
  local n = #limbs
  if n == 0 then return "0" end
  local texts = { string.format("%d", limbs[n]) }
  for i = n - 1, 1, -1 do texts[#texts + 1] = string.format("%07d", limbs[i]) end
  return table.concat(texts)
end

--- How many decimal digits there are; 0 has none.
function natural.length(limbs)
  local n = #limbs
  return n == 0 and 0 or (n - 1) * WIDTH + #string.format("%d", limbs[n])
end

--- -1, 0 or 1 as a is less than, equal to or greater than b.
function natural.cmp(a, b)
  if #a ~= #b then return #a < #b and -1 or 1 end
  for i = #a, 1, -1 do
    if a[i] ~= b[i] then return a[i] < b[i] and -1 or 1 end
  end
  return 0
end

function natural.add(a, b)
  local sum, carry = {}, 0
  for i = 1, math.max(#a, #b) do
    local limb = (a[i] or 0) + (b[i] or 0) + carry
    carry = limb >= BASE and 1 or 0
    sum[i] = limb - carry * BASE
  end
  if carry > 0 then sum[#sum + 1] = carry end
  return sum
end

--- a - b, where a is not less than b.
function natural.sub(a, b)
  local difference, borrow = {}, 0
  for i = 1, #a do
    local limb = a[i] - (b[i] or 0) - borrow
    borrow = limb < 0 and 1 or 0
    difference[i] = limb + borrow * BASE
  end
  return trim(difference)
end

function natural.mul(a, b)
  local product, n = {}, #b
  for i = 1, #a + n do product[i] = 0 end
  for i = 1, #a do
    local carry = 0
    for j = 1, n do
      local sum = product[i + j - 1] + a[i] * b[j] + carry
      local low = sum % BASE
      product[i + j - 1], carry = low, (sum - low) / BASE
    end
    product[i + n] = carry
  end
  return trim(product)
end

--- What a is divided by a number up to BASE: the quotient, the remainder.
function natural.divide(a, by)
  local quotient, remainder = {}, 0
  for i = #a, 1, -1 do
    local sum = remainder * BASE + a[i]
    remainder = sum % by
    quotient[i] = (sum - remainder) / by
  end
  return trim(quotient), remainder
end

--- a times the power of ten.
function natural.shift(a, power)
  local within = power % WIDTH
  local moved, by = {}, (power - within) / WIDTH
  for i = 1, by do moved[i] = 0 end
  for i = 1, #a do moved[by + i] = a[i] end
  return within == 0 and trim(moved) or natural.mul(moved, { 10 ^ within })
end

--- a without its last digits: what is left, whether nothing but zeros was cut.
function natural.cut(a, power)
  local within = power % WIDTH
  local by, kept, exact = (power - within) / WIDTH, {}, true
  for i = 1, math.min(by, #a) do exact = exact and a[i] == 0 end
  for i = by + 1, #a do kept[i - by] = a[i] end
  if within == 0 then return kept, exact end
  local rest, remainder = natural.divide(kept, 10 ^ within)
  return rest, exact and remainder == 0
end

return natural
