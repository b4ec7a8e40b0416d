--- A set of strings that can be read in order. Adding one is cheap, whatever their number: order
-- is made when it is asked for.
local sorted = {}

local Sorted = {}
Sorted.__index = Sorted

local FEW = 64 -- new strings up to here are put in their places, more are sorted with the rest

function sorted.new() return setmetatable({ _list = {}, _new = {}, _has = {} }, Sorted) end

--- The first place of the list whose string is not below the given one.
local function place(list, text)
  local low, high = 1, #list + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if list[middle] < text then low = middle + 1 else high = middle end
  end
  return low
end

sorted.place = place

function Sorted:add(text)
  if self._has[text] then return end
  self._has[text] = true
  self._new[#self._new + 1] = text
end

function Sorted:remove(text)
  if not self._has[text] then return end
  local list = self:list()
  self._has[text] = nil
  table.remove(list, place(list, text))
end

--- All strings in order: our own list, only to be read, until the next change.
function Sorted:list()
  local list, new = self._list, self._new
  if #new == 0 then return list end
  if #new > FEW then
    for _, text in ipairs(new) do list[#list + 1] = text end
    table.sort(list)
  else
    for _, text in ipairs(new) do table.insert(list, place(list, text), text) end
  end
  self._new = {}
  return list
end

--- The range of the list, from and to, of strings that begin with a prefix.
function Sorted:range(prefix)
  local list = self:list()
  if prefix == "" then return 1, #list end
  local after = prefix:sub(1, -2) .. string.char(prefix:byte(-1) + 1)
  return place(list, prefix), place(list, after) - 1
end

return sorted
