-- Doing again what lost a race. Cases: client-go util/retry/util_test.go.
local errors = require("kube.api.errors")
local kube = require("kube")

local conflict = errors.new { code = 409, reason = "Conflict", message = "somebody was faster" }
local other = errors.new { code = 403, reason = "Forbidden", message = "no" }
local three = { steps = 3, factor = 1 }

--- A function that fails so often with an error, and how often it was called.
local function failing(times, err)
  local calls = 0
  return function()
    calls = calls + 1
    if calls <= times then return nil, err end
    return "done", calls
  end, function() return calls end
end

describe("kube.retry.on_conflict", function()
  it("gives up after as many tries as there are steps, with the last error", function()
    local fn, calls = failing(1e9, conflict)
    local value, err = kube.retry.on_conflict(fn, three)
    assert.is_nil(value)
    assert.equal(conflict, err)
    assert.equal(2, select("#", kube.retry.on_conflict(fn, three))) -- for assert(...)
    assert.equal(6, calls())
  end)

  it("ends at once when all is well, or with another error", function()
    local fn, calls = failing(0)
    assert.same({ "done", 1 }, { kube.retry.on_conflict(fn, three) })
    assert.equal(1, calls())
    fn, calls = failing(1e9, other)
    assert.equal(other, select(2, kube.retry.on_conflict(fn, three)))
    assert.equal(1, calls())
  end)

  it("goes on as long as there are steps", function()
    assert.same({ "done", 3 }, { kube.retry.on_conflict((failing(2, conflict)), three) })
    assert.same({ "done", 5 }, { kube.retry.on_conflict((failing(4, conflict))) })
  end)

  it("waits longer each time, up to its cap", function()
    local began = kube.now()
    kube.retry.on_conflict((failing(1e9, conflict)),
      { steps = 5, duration = 0.01, factor = 4, cap = 0.05 }) -- 10, 40, 50 and 50 ms
    assert.is_true(kube.now() - began >= 0.149)
  end)

  it("is ended with its task", function()
    local slow = { steps = 5, duration = 1000 }
    local value, err = kube.with_timeout(0.02, kube.retry.on_conflict, (failing(9, conflict)), slow)
    assert.is_nil(value)
    assert.equal("Timeout", err.reason)
  end)
end)

describe("kube.retry.on_error", function()
  it("asks whether an error is one to go on after", function()
    local asked = {}
    local fn = failing(9, other)
    kube.retry.on_error(function(err)
      asked[#asked + 1] = err
      return #asked < 3
    end, fn, { steps = 9 })
    assert.same({ other, other, other }, asked)
  end)

  it("does not take what is no function, or an option it does not know", function()
    assert.error_matches(function() kube.retry.on_error(nil, print) end, "must be a function")
    assert.error_matches(function() kube.retry.on_conflict(5) end, "must be a function")
    assert.error_matches(function() kube.retry.on_conflict(print, { step = 5 }) end,
      'unknown option "step"')
  end)
end)
