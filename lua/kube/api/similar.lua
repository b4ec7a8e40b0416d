--- "Did you mean ...": the nearest of some names.
local similar = {}

--- Whether two letters that stand beside each other are swapped there.
local function are_swapped(a, i, b, j)
  return i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j)
end

--- The distance between two short words: letters that are missing, too much, others or swapped (the
-- optimal string alignment distance).
local function distance(a, b)
  local before, row, next_row = {}, {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    next_row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local least = math.min(next_row[j - 1] + 1, row[j] + 1, row[j - 1] + cost)
      if are_swapped(a, i, b, j) then least = math.min(least, before[j - 2] + 1) end
      next_row[j] = least
    end
    before, row, next_row = row, next_row, before
  end
  return row[#b]
end

--- The nearest name, or nil when none is near: at most a third of the word may differ.
function similar.nearest(word, names)
  local best, best_distance = nil, math.floor(#word / 3) + 1
  for _, name in ipairs(names) do
    local d = distance(word:lower(), name:lower())
    if d < best_distance or (d == best_distance and best and name < best) then
      best, best_distance = name, d
    end
  end
  return best
end

--- ", did you mean X?", or nothing.
function similar.hint(word, names)
  local name = similar.nearest(word, names)
  return name and string.format("; did you mean %q?", name) or ""
end

return similar
