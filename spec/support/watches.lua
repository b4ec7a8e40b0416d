--- Watches of a script (spec/support/faults.lua), for specs: what they tell, and when they rest.
local assert = require("luassert")
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local host = require("kube.driver.host")

local watches = {}

--- A step that sends lines of a watch, then ends as told.
function watches.lines(end_with, ...) return { chunks = { ... }, ["then"] = end_with } end

--- Watches the pods of a script: watch, script.
function watches.watch_of(steps, given)
  local script = faults.script(steps)
  return faults.pods { server = script.server }:watch(given), script
end

--- "ADDED web" for an event, else the error.
function watches.told(found, err)
  return found and found.type .. " " .. tostring(found.object.metadata.name) or tostring(err)
end

--- The next n events.
function watches.take(watch, n)
  local found = {}
  for i = 1, n do found[i] = watches.told(watch:next(10)) end
  return found
end

--- Moves the clock of the engine.
function watches.forward(seconds) host.engine():advance(seconds) end

--- Lets the watch go on, without an event, until check() is true.
function watches.until_true(watch, check)
  cluster.eventually(function()
    local found, err = watch:next(0.01)
    assert(found == nil and err and err.reason == "Timeout", watches.told(found, err))
    return check()
  end, 60 + 120) -- the specs move the clock forward
end

--- Waits until the watch read its n-th answer, with that code, and rests.
function watches.rests_after(watch, script, n, code)
  watches.until_true(watch, function()
    return #script.requests() == n and watch:info().code == code
  end)
end

--- The error that ends a watch; asked again, it is the same.
function watches.ends_with(watch, reason, ...)
  local found, err = watch:next(10)
  assert.is_nil(found)
  assert.is_nil(faults.flaw(err, reason, { ... }))
  local _, again = watch:next(10)
  assert.equal(tostring(err), tostring(again))
  return err
end

--- What the n-th request asked: the resourceVersion, "" if none.
function watches.version(script, n) return script.requests()[n].query.resourceVersion or "" end

return watches
