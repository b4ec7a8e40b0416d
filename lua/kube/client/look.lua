--- How a mapper looks again at what the server serves, when what it knows has no answer: so that a
-- CRD made a second ago is found, and yet no storm of questions comes from many that miss.
--
-- | case                          | client-go's deferred mapper  | kube                           |
-- |-------------------------------|------------------------------|--------------------------------|
-- | a miss, after what is known   | not found, until somebody    | one look, every time: a CRD    |
-- | was read by this process      | says Reset                   | that is there is found         |
-- | many misses at once           | each looks, one after the    | they share a look that began   |
-- |                               | other                        | after all of them had asked    |
-- | the same name, missed again   | no look                      | a look, PAUSE after the one    |
-- | and again                     |                              | before it: the asker waits     |
-- | others look already           | as above                     | waits for them, and looks by   |
-- |                               |                              | itself if that was too early   |
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local host = require("kube.driver.host")
local scope = require("kube.driver.scope")
local yields = require("kube.driver.yields")

local look = {}

local Look = {}
Look.__index = Look

local PAUSE = 0.25 -- seconds between two looks for the same name that is not there
local GLANCE = 1 -- seconds after which one sees whether who leads a look is there still
local LONGEST = 35 -- seconds that a look may take: discovery gives up after 32
local MOST = 256 -- names that are remembered as missed

--- Looks for somebody who asks by himself.
-- @param ask    function () -> true | nil, err: asks the server
-- @param first  whether nothing is known before: then there is no need to let others join before it
--   begins, which takes its time in an nginx that is short of timers
function look.new(ask, first)
  return setmetatable({ _ask = ask, _first = first, _missed = {}, _count = 0 }, Look)
end

--- An error of one's own: who gets it may write into it.
local function copy_of(err)
  local copy = {}
  for name, value in pairs(err) do copy[name] = value end
  return errors.new(copy)
end

--- Whether an error is about the one who asked, who may have no time left, not about the server.
local function is_personal(err)
  local inside = scope.current()
  if inside and inside:over(driver.current().now()) then return true end
  return errors.predicates.is_cannot_wait(err)
end

--- Ends a flight: all who joined it go on. What was `personal` is no answer for them.
local function land(self, flight, ok, err, personal)
  flight.over, flight.ok, flight.err = true, ok, err
  flight.personal = not ok and (personal or is_personal(err))
  if self._flight == flight then self._flight = nil end
  for _, waiter in ipairs(flight.waiters) do waiter:wake() end
end

local WEAK = { __mode = "v" }

--- Whether somebody leads a flight still, as far as one can know.
local function is_led(flight)
  return flight.leader[1] ~= nil and driver.current().now() < flight.latest
end

--- Asks the server, once others who want to know too had time to join: true | nil, err.
local function fly(self, flight)
  if not self._first then
    local ok, err = driver.yield("discovery")
    if not ok then return nil, err end
  end
  flight.began = true
  return self._ask()
end

--- The same. What is thrown, when memory ran out, is thrown here, and nobody waits for it any more;
-- where one cannot wait inside of a pcall, they notice by and by.
local function guarded(self, flight)
  if not yields then return fly(self, flight) end
  local done, ok, err = pcall(fly, self, flight)
  if done then return ok, err end
  land(self, flight, nil, nil, true)
  error(ok, 0)
end

--- Asks the server for all who join before it begins: true | nil, err.
local function lead(self)
  local leader = {} -- garbage when the host drops who leads (nginx, whose client went away)
  local flight = { -- with all its fields: where memory has run out it must land still
    waiters = {}, leader = setmetatable({ leader }, WEAK),
    latest = driver.current().now() + LONGEST,
    began = false, over = false, ok = false, err = false, personal = false,
  }
  self._flight = flight
  local ok, err = guarded(self, flight)
  land(self, flight, ok, err)
  return ok, err, leader
end

--- Waits for a flight that somebody else leads: true | nil, err | nil (nobody knows).
local function join(flight)
  local current, waiter = driver.current(), driver.waiter()
  flight.waiters[#flight.waiters + 1] = waiter
  while not flight.over do
    local ok, over = waiter:wait(current.now() + GLANCE)
    if over == "timeout" then
      if not is_led(flight) then return nil end
    elseif not ok then
      return nil, errors.from_wait(over, "discovery")
    end
  end
  if flight.ok then return true end
  if flight.personal then return nil end
  return nil, copy_of(flight.err)
end

--- Looks at what the server serves, alone or with others who want to know.
-- @return true | nil, err; and whether that look began after this was called
function Look:share()
  local ready, problem = driver.can_wait()
  if ready then ready, problem = host.engine() end -- without it there is no clock; the driver first
  if not ready then return nil, problem end
  local flight = self._flight
  if not flight or not is_led(flight) then
    local ok, err = lead(self)
    return ok, err, true
  end
  local in_time = not flight.began
  local ok, err = join(flight)
  if ok or err then return ok, err, in_time end
  return self:share()
end

--- The same, and the look has begun after this was called: true | nil, err.
function Look:anew()
  local ok, err, in_time
  repeat ok, err, in_time = self:share() until not ok or in_time
  return ok, err
end

--- Waits until the same name may be looked for again: true | nil, err.
function Look:rest(name)
  local missed = self._missed[name]
  local left = missed and missed + PAUSE - driver.current().now()
  if not left or left <= 0 then return true end
  return driver.sleep(left)
end

--- Notes that a name was not there.
function Look:note(name)
  if self._count >= MOST then self._missed, self._count = {}, 0 end
  if not self._missed[name] then self._count = self._count + 1 end
  self._missed[name] = driver.current().now()
end

--- Notes that a name was found.
function Look:forget(name)
  if self._missed[name] then self._missed[name], self._count = nil, self._count - 1 end
end

return look
