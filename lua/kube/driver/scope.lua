--- What a deadline or a cancellation reaches.
--
-- Each task has a scope, and kube.with_timeout opens one inside the code that calls it. A scope
-- lies in the one it was made in: what ends the outer one ends the inner one too.
--
--   | field    |                                                                              |
--   |----------|------------------------------------------------------------------------------|
--   | driver   | how code in it waits                                                         |
--   | deadline | of the driver's clock: its own, or an earlier one of an outer scope; nil     |
--   | canceled | whether it was canceled, or one around it                                    |
--   | group    | the run of kube.run it belongs to; nil outside (see task.lua)                |
--   | waiting  | [1] is the waiter in which its code waits, or waited last: weak              |
--   | inner    | the scopes in it, however deep, that have not ended: weak                    |
--   | around   | those that have it among theirs: weak, since a chain of tasks, each spawned  |
--   |          | by the one before, may go on for ever                                        |
--   | closed   | it has ended; what it spawned may go on                                      |
--   | frame    | the function that runs as long as code is in it; nil: it is left in any case |
local scope = {}

local Scope = {}
Scope.__index = Scope

local WEAK_KEYS, WEAK_VALUES = { __mode = "k" }, { __mode = "v" }

-- coroutine -> the scope its code is in. No scope leads to its coroutine: one that was dropped must
-- be collected, and Lua 5.1 has no ephemerons.
local of = setmetatable({}, WEAK_KEYS)

local running = coroutine.running

--- A key for the code that runs: PUC 5.1 has no coroutine for its main program.
local function here() return running() or 0 end

--- Whether a function has not returned yet in the coroutine that runs.
local function is_under_way(fn)
  local level = 3
  local info = debug.getinfo(level, "f")
  while info and info.func ~= fn do
    level = level + 1
    info = debug.getinfo(level, "f")
  end
  return info ~= nil
end

--- The scope of the code that asks, or nil.
function scope.current()
  local found = of[running() or 0]
  if not found or not found.frame or is_under_way(found.frame) then return found end
  of[running()] = nil -- the host ended the code that was in it, and this is other code
end

local function put_into(outer, new)
  outer.inner[new], new.around[outer] = true, true
end

--- A scope inside another one (or nil).
-- @param deadline  of the driver's clock, or nil
function scope.new(outer, driver, deadline)
  local new = setmetatable({
    driver = driver, deadline = deadline, waiting = setmetatable({}, WEAK_VALUES),
    inner = setmetatable({}, WEAK_KEYS), around = setmetatable({}, WEAK_KEYS),
  }, Scope)
  if not outer then return new end
  if outer.deadline and not (deadline and deadline < outer.deadline) then
    new.deadline = outer.deadline
  end
  new.canceled, new.group = outer.canceled, outer.group
  put_into(outer, new)
  for farther in pairs(outer.around) do
    if not farther.closed then put_into(farther, new) end
  end
  return new
end

--- From now on the code of a coroutine (nil: the one that runs) is in a scope (nil: in none).
-- Returns the scope it was in.
function scope.enter(new, thread)
  local key = thread or here()
  local before = of[key]
  of[key] = new
  return before
end

--- It has come to its end: those around it need not reach it any more.
function Scope:close()
  self.closed = true
  for outer in pairs(self.around) do outer.inner[self] = nil end
end

--- Ends every wait in it and in those inside, now and later.
function Scope:cancel()
  if self.canceled then return end
  self.canceled = true
  local waiter = self.waiting[1]
  if waiter then waiter:nudge() end
  for inner in pairs(self.inner) do inner:cancel() end
end

--- Whether its code may not wait any more: nil | "canceled" | "deadline".
function Scope:over(now)
  if self.canceled then return "canceled" end
  if self.deadline and now >= self.deadline then return "deadline" end
end

return scope
