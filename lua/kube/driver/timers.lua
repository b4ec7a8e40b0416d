--- Deadlines in a binary heap: the next one is at hand, adding one costs log n.
-- Entries are not removed when they no longer matter: whoever takes them out looks whether they do.
local timers = {}
timers.__index = timers

function timers.new() return setmetatable({ n = 0 }, timers) end

--- Adds a value that is due at a time. Without memory for it nothing changes.
function timers:add(due, value)
  local entry, place = { due = due, value = value }, self.n + 1
  self[place] = entry
  self.n = place
  while place > 1 do
    local parent = (place - place % 2) / 2
    if self[parent].due <= due then break end
    self[place], place = self[parent], parent
  end
  self[place] = entry
end

local function remove_first(self)
  local last = self[self.n]
  self[self.n], self.n = nil, self.n - 1
  if self.n == 0 then return end
  local place = 1
  while true do
    local child = place * 2
    if child > self.n then break end
    if child < self.n and self[child + 1].due < self[child].due then child = child + 1 end
    if self[child].due >= last.due then break end
    self[place], place = self[child], child
  end
  self[place] = last
end

--- When the next one is due; nil when there is none.
function timers:next_due() return self.n > 0 and self[1].due or nil end

--- Takes out a value that is due by now; nil when none is.
function timers:take(now)
  local first = self[1]
  if self.n == 0 or first.due > now then return nil end
  remove_first(self)
  return first.value
end

return timers
