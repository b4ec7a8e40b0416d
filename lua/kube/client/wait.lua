--- Waits until an object is as it should be: one look, then a watch from there; no polling.
--
-- | case                              | kubectl wait            | kube                      |
-- | the object is not there           | NotFound, at once       | the same                  |
-- | it is deleted while one waits     | NotFound                | the same                  |
-- | time runs out                     | "timed out waiting ..." | the same, and what was    |
-- |                                   |                         | seen last                 |
-- | a condition of before the change  | does not count          | the same                  |
-- Source of the rules: kubectl pkg/cmd/wait.
local conditions = require("kube.api.conditions")
local driver = require("kube.driver")
local errors = require("kube.api.errors")

local wait = {}

local TIMEOUT = 30 -- seconds, as kubectl
local LOOK = 1 -- a look has at least so many: a timeout of 0 asks how things are now

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
  return errors.new {
    reason = "Timeout",
    message = string.format("timed out after %g s waiting for the condition %s of %s; last seen: "
      .. "%s", self.timeout, self.condition, self.what,
      self.seen and conditions.describe(self.seen, self.kind) or "nothing"),
  }
end

local function left(self) return self.deadline - driver.current().now() end

--- Takes a look at an object: whether it is as it should be.
local function judge(self, object)
  self.seen = object
  return conditions.is_met(object, self.kind, self.status)
end

--- The object as the API has it now: the version to watch from | nil, err.
local function look(self)
  local list, err = self.resource:list {
    fieldSelector = self.selector, timeout = math.max(left(self), LOOK),
  }
  if not list then return nil, errors.predicates.is_timeout(err) and timed_out(self) or err end
  if not list.items[1] then return nil, not_found(self.what) end
  return list.metadata.resourceVersion, list.items[1]
end

--- The next state of the object that a watch tells of | nil, err.
local function next_state(self, watch)
  local time = left(self)
  if time <= 0 then return nil, timed_out(self) end
  local event, err = watch:next(time)
  if not event then
    return nil, err and not errors.predicates.is_timeout(err) and err or timed_out(self)
  end
  if event.type == "DELETED" then return nil, not_found(self.what) end
  return event.object
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
-- it is not there, or not any more; Timeout: with what was seen last).
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
    if not errors.predicates.is_gone(err) then return nil, err end
  end -- a watch that came too late looks again
end

return wait
