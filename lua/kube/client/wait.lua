--- Waits until an object is as it should be: one look, then a watch from there; no polling.
--
-- | case                              | kubectl wait            | kube                      |
-- | the object is not there           | NotFound, at once       | the same                  |
-- | it is deleted while one waits     | goes on: it may return  | the same                  |
-- | time runs out                     | "timed out waiting ..." | the same, and what was    |
-- |                                   |                         | seen last                 |
-- | timeout 0, and it is not so yet   | "condition not met"     | the same as above         |
-- | the watch expires (410)           | lists again             | the same, after a rest    |
-- | a condition of before the change  | does not count          | the same                  |
-- Source of the rules: kubectl pkg/cmd/wait.
local conditions = require("kube.api.conditions")
local driver = require("kube.driver")
local errors = require("kube.api.errors")

local wait = {}

local TIMEOUT = 30 -- seconds, as kubectl
local LOOK = 1 -- a look has at least so many: a timeout of 0 asks how things are now
local REST = 1 -- seconds before another look, where the API forgets faster than one can watch

--- What k:wait takes.
wait.SPEC = { condition = "string", timeout = "number" }

--- Checks what k:wait takes. Throws at the caller of the function that asks.
function wait.check(given)
  local kind = given.condition and conditions.parse(given.condition)
  if not kind or kind == "" then
    error('wait: the option condition is needed: "Ready", "Available=False"', 3)
  end
end

local function not_found(what)
  return errors.new { code = 404, reason = "NotFound", message = what .. " not found" }
end

local function timed_out(self)
  local seen = "nothing"
  if self.seen then seen = conditions.describe(self.seen, self.kind) end
  if self.deleted then seen = seen .. ", then it was deleted" end
  return errors.new {
    reason = "Timeout",
    message = string.format("timed out after %g s waiting for the condition %s of %s; last seen: "
      .. "%s", self.timeout, self.condition, self.what, seen),
  }
end

local function left(self) return self.deadline - driver.current().now() end

local function is_over(self) return left(self) <= 0 end

--- Takes a look at an object: whether it is as it should be.
local function judge(self, object)
  self.seen, self.deleted = object, false
  return conditions.is_met(object, self.kind, self.status)
end

--- The error for what a look or a watch gave: that time ran out is told in our words.
local function problem(self, err)
  if errors.predicates.is_timeout(err) and is_over(self) then return timed_out(self) end
  return err
end

--- The object as the API has it now: the version to watch from, object | nil, err.
local function look(self)
  local list, err = self.resource:list {
    fieldSelector = self.selector, timeout = math.max(left(self), LOOK),
  }
  if not list then return nil, problem(self, err) end
  if not list.items[1] then return nil, not_found(self.what) end
  return list.metadata.resourceVersion, list.items[1]
end

--- The next state of the object that a watch tells of | nil, err.
local function next_state(self, watch)
  while not is_over(self) do
    local event, err = watch:next(left(self))
    if not event then return nil, problem(self, err) end
    if event.type ~= "DELETED" then return event.object end
    self.deleted = true
  end
  return nil, timed_out(self)
end

--- Follows the object from a version on until it is as it should be: true | nil, err.
local function follow(self, version)
  local watch = self.resource:watch {
    fieldSelector = self.selector, resourceVersion = version, on_expired = "error",
  }
  local object, err
  repeat
    object, err = next_state(self, watch)
  until not object or judge(self, object)
  watch:close()
  return object and true, err
end

--- Waits until an object has a condition: the object as it is then | nil, err (reason NotFound:
-- it is not there; Timeout: with what was seen last).
-- @param resource  a resource of the dynamic client, in its namespace
-- @param given     { condition = "Available" or "Available=False", timeout = seconds (30; 0 looks
--   once) }
function wait.for_condition(resource, name, given)
  local kind, status = conditions.parse(given.condition)
  local timeout = given.timeout or TIMEOUT
  local self = {
    resource = resource, what = resource:describe(name), selector = "metadata.name=" .. name,
    condition = given.condition, kind = kind, status = status,
    timeout = timeout, deadline = driver.current().now() + timeout,
  }
  while true do
    local version, object = look(self)
    if not version then return nil, object end
    if judge(self, object) then return object end
    local met, err = follow(self, version)
    if met then return self.seen end
    if not (errors.predicates.is_expired(err) or errors.predicates.is_gone(err)) then
      return nil, err
    end
    met, err = driver.sleep(math.max(0, math.min(REST, left(self))))
    if not met then return nil, err end
  end -- a watch that came too late looks again
end

return wait
