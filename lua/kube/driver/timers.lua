--- Deadlines in a binary heap: the next one is at hand; adding and removing one costs log n.
--
-- An entry is { due =, value =, place = in the heap; nil once it is out }.
local timers = {}
timers.__index = timers

function timers.new() return setmetatable({ n = 0 }, timers) end

local function put(self, place, entry)
  self[place], entry.place = entry, place
end

--- Puts an entry at a place, or nearer to the first one.
local function rise(self, place, entry)
  while place > 1 do
    local parent = (place - place % 2) / 2
    if self[parent].due <= entry.due then break end
    put(self, place, self[parent])
    place = parent
  end
  put(self, place, entry)
end

--- Puts an entry at a place, or farther from the first one.
local function sink(self, place, entry)
  while true do
    local child = place * 2
    if child > self.n then break end
    if child < self.n and self[child + 1].due < self[child].due then child = child + 1 end
    if self[child].due >= entry.due then break end
    put(self, place, self[child])
    place = child
  end
  put(self, place, entry)
end

--- Adds a value that is due at a time: its entry. Without memory for it nothing changes.
function timers:add(due, value)
  local entry, last = { due = due, value = value, place = 0 }, self.n + 1
  self[last] = entry
  self.n = last
  rise(self, last, entry)
  return entry
end

--- Takes an entry out, unless it is out already.
function timers:remove(entry)
  local place, last = entry.place, self[self.n]
  if not place then return end
  entry.place = nil
  self[self.n], self.n = nil, self.n - 1
  if last == entry then return end
  if last.due < entry.due then rise(self, place, last) else sink(self, place, last) end
end

--- When the next one is due; nil when there is none.
function timers:next_due() return self.n > 0 and self[1].due or nil end

--- Takes out a value that is due by now; nil when none is.
function timers:take(now)
  local first = self[1]
  if not first or first.due > now then return nil end
  self:remove(first)
  return first.value
end

return timers
