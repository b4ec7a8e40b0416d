--- k:scale: sets how many replicas something has, as kubectl scale does.
--
-- | case                         | kubectl scale                | kube                            |
-- |------------------------------|------------------------------|---------------------------------|
-- | no precondition              | one patch, without a look    | the same                        |
-- | a precondition               | looks, checks, updates       | the same                        |
-- | somebody was faster (409)    | again after 1 s, for 5 min,  | again after 0.05 s, 0.1 s, ...  |
-- |                              | then a deadline is told      | 1 s, as long; then the Conflict |
-- | until there are as many      | looks each 1 s               | after 0.05 s, 0.1 s, ... 1 s    |
-- | another number, set by       | success                      | the same                        |
-- | somebody else meanwhile      |                              |                                 |
-- | a dry run with a timeout     | does not wait                | the same                        |
-- Rules: kubectl pkg/scale/scale.go, pkg/cmd/scale/scale.go.
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local scale_client = require("kube.client.scale")
local scales = require("kube.api.scale")

local scaling = {}

local RETRY = 300 -- seconds in which a Conflict is tried again
local FIRST, LONGEST = 0.05, 1 -- seconds between two tries, doubled from one to the next

--- What k:scale takes, beside where.
scaling.SPEC = {
  current_replicas = "integer", resourceVersion = "string", timeout = "number",
  dryRun = "string", fieldManager = "string",
}

local to_integer = math.tointeger or function(number) return number end

--- Checks what k:scale takes: the replicas, as an integer (6/2 is one, too). Throws at the caller
-- of the function that asks.
function scaling.check(replicas, given)
  if type(replicas) ~= "number" or replicas % 1 ~= 0 or replicas < 0 then
    error("scale: the replicas must be an integer greater than or equal to 0", 3)
  elseif given.current_replicas and given.current_replicas < 0 then
    error("scale: the option current_replicas must be greater than or equal to 0", 3)
  end
  return to_integer(replicas)
end

--- Calls try() until it is over or the seconds are, with pauses that grow.
-- @param try  function () -> whether it is over, value | nil, err
-- @return what try gave last; nothing when the time ran out before it was over
local function again(seconds, try)
  local now = driver.current().now
  local deadline, pause = now() + seconds, FIRST
  while true do
    local over, value, err = try()
    if over then return true, value, err end
    local left = deadline - now()
    if left <= 0 then return false, value, err end
    local ok, why = driver.sleep(math.min(pause, left))
    if not ok then return true, nil, why end
    pause = math.min(pause * 2, LONGEST)
  end
end

-- ---- setting ----

local function write_options(self) return { dryRun = self.dryRun, fieldManager = self.manager } end

--- One look, and one update if all is as it must be: scale | nil, err; and whether trying again is
-- of no use.
local function check_and_set(self)
  local scale, err = self.scales:get(self.resource, self.name)
  if not scale then return nil, err, true end
  local fault = scales.fault(scale, self.must)
  if fault then return nil, errors.new { reason = "Conflict", message = fault }, true end
  return self.scales:update(self.resource, scales.with_replicas(scale, self.replicas),
    write_options(self))
end

local function set(self)
  if self.must.current_replicas or self.must.resourceVersion then return check_and_set(self) end
  return self.scales:patch(self.resource, self.name, { spec = { replicas = self.replicas } },
    write_options(self))
end

local function set_or_retry(self)
  local _, scale, err = again(RETRY, function()
    local scale, err, final = set(self)
    return scale or final or not errors.predicates.is_conflict(err), scale, err
  end)
  return scale, err
end

-- ---- waiting ----

local function timed_out(self, scale)
  return errors.new {
    reason = "Timeout",
    message = string.format("timed out waiting for %q to be synced: it has %.14g of %.14g replicas",
      self.name, scales.actual(scale), self.replicas),
  }
end

--- Waits until there are as many as are wanted, or somebody wants another number.
local function wait(self, seconds)
  local over, scale, err = again(seconds, function()
    local scale, err = self.scales:get(self.resource, self.name)
    if not scale then return true, nil, err end
    return scales.wanted(scale) ~= self.replicas or scales.actual(scale) == self.replicas, scale
  end)
  if not over then return nil, timed_out(self, scale) end
  return scale, err
end

--- Sets the replicas of an object, and waits for them if there is a timeout: the Scale | nil, err.
-- @param namespace  nil for what is in none
function scaling.scale(its_transport, resource, namespace, name, replicas, given)
  local self = {
    scales = scale_client.on(its_transport):scales(namespace), resource = resource,
    name = name, replicas = replicas,
    dryRun = given.dryRun, manager = given.fieldManager,
    must = { current_replicas = given.current_replicas, resourceVersion = given.resourceVersion },
  }
  local scale, err = set_or_retry(self)
  local waits = scale and (given.timeout or 0) > 0 and not given.dryRun
  if not waits then return scale, err end
  return wait(self, given.timeout)
end

return scaling
