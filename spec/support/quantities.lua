-- Quantities for the specs of them.
local quantity = require("kube.api.quantity")

local quantities = { MOST = "9223372036854775807", LEAST = "-9223372036854775808" }

--- The quantity of a number, or of digits that no double holds, times 10^scale.
function quantities.of(value, scale, format)
  if type(value) == "number" then return quantity.new_scaled(value, scale or 0, format) end
  return quantity.new(0, format) + quantity.must_parse(value .. "e" .. (scale or 0))
end

--- Both are the same, whichever way they are compared.
function quantities.assert_equal(expected, q, what)
  assert(q == expected and q:cmp(expected) == 0 and q <= expected and expected <= q,
    string.format("%s: %s, not %s", what, tostring(q), tostring(expected)))
end

return quantities
