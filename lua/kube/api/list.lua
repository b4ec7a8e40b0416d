--- What Lua has not for lists. Pure.
local list = {}

--- Whether a value is in a list; nil has none.
function list.has(values, value)
  for _, one in ipairs(values or {}) do
    if one == value then return true end
  end
  return false
end

return list
