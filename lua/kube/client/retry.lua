--- Doing a thing again that lost a race (client-go's util/retry).
--
--   local web = assert(kube.retry.on_conflict(function()
--     local deployment, err = k:get("deploy/web") -- anew each time
--     if not deployment then return nil, err end
--     deployment.spec.replicas = deployment.spec.replicas + 1
--     return k:update(deployment)
--   end))
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local options = require("kube.api.options")

local retry = {}

local BACKOFF = {
  steps = "integer", duration = "number", factor = "number", jitter = "number", cap = "number",
}

--- For objects that several clients change: five tries, about 10 ms apart.
retry.DEFAULT_RETRY = { steps = 5, duration = 0.01, factor = 1, jitter = 0.1 }

--- For objects that a controller changes all the time: four tries, 10, 50 and 250 ms apart.
retry.DEFAULT_BACKOFF = { steps = 4, duration = 0.01, factor = 5, jitter = 0.1 }

--- The seconds to wait, and those of the next time: apimachinery util/wait/backoff.go delay.
local function delay(backoff, duration)
  local wait = duration * (1 + math.random() * (backoff.jitter or 0))
  duration = duration * (backoff.factor or 1)
  if backoff.cap then duration = math.min(duration, backoff.cap) end
  return wait, duration
end

--- What was given, or what the next try gives, as long as there are tries.
local function try(retriable, fn, backoff, tries, duration, value, ...)
  if value ~= nil then return value, ... end
  local err = ...
  if tries <= 1 or not retriable(err) then return nil, err end
  local wait, longer = delay(backoff, duration)
  local ok, problem = driver.sleep(wait)
  if not ok then return nil, problem end
  return try(retriable, fn, backoff, tries - 1, longer, fn())
end

--- Calls fn() until it gives something, up to as many times as the backoff has steps.
-- @param retriable  function (err) -> whether it is tried again after this
-- @param fn         function () -> value, ... | nil, err
-- @param backoff    { steps = tries, duration = seconds before the second, factor = by which they
--   grow (1), cap = seconds at most, jitter = the part that chance adds (0) }
-- @return what fn gave | nil, err (the last error of fn; reason Canceled or Timeout: it waited)
function retry.on_error(retriable, fn, backoff)
  options.check_type(retriable, "function", "kube.retry.on_error: what is tried again")
  options.check_type(fn, "function", "kube.retry.on_error: what to call")
  backoff = options.check(backoff or retry.DEFAULT_RETRY, BACKOFF, "kube.retry.on_error")
  return try(retriable, fn, backoff, backoff.steps or 1, backoff.duration or 0, fn())
end

--- kube.retry.on_error for conflicts: fn reads the object, changes it and gives what k:update does.
-- @return what fn gave | nil, err (reason Conflict: it lost the race each time)
function retry.on_conflict(fn, backoff)
  options.check_type(fn, "function", "kube.retry.on_conflict: what to call")
  backoff = options.check(backoff or retry.DEFAULT_RETRY, BACKOFF, "kube.retry.on_conflict")
  return retry.on_error(errors.predicates.is_conflict, fn, backoff)
end

return retry
