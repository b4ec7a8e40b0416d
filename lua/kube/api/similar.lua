--- "Did you mean ...": the nearest of some names.
local similar = {}

--- Levenshtein's distance between two short words.
local function distance(a, b)
  local row = {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local corner, left = row[0], i
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      left = math.min(left + 1, row[j] + 1, corner + cost)
      corner, row[j] = row[j], left
    end
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
