-- A watch that is refused: for good, or for a while.
local faults = require("spec.support.faults")
local kube = require("kube")
local watches = require("spec.support.watches")

local event = faults.event
local lines, watch_of, take = watches.lines, watches.watch_of, watches.take
local forward, until_true, rests_after = watches.forward, watches.until_true, watches.rests_after
local ends_with, version = watches.ends_with, watches.version

describe("a watch that is refused", function()
  local first = lines("keep", event("MODIFIED", "a", "5"))
  local last = lines("hang", event("MODIFIED", "b", "6"))

  it("at its first connection fails at once", function()
    for code, reason in pairs { [403] = "Forbidden", [404] = "NotFound", [429] = "TooManyRequests",
      [500] = "InternalError", [503] = "ServiceUnavailable" } do
      local watch, script = watch_of { { status = code }, last }
      ends_with(watch, reason, "GET " .. script.server, tostring(code))
      assert.equal(1, #script.requests())
    end
    ends_with(faults.pods { server = faults.closed }:watch(), "ConnectionRefused", faults.closed)
    local stream, err = faults.connect { server = faults.closed }:watch("pods")
    assert.is_nil(stream)
    assert.equal("ConnectionRefused", err.reason)
  end)

  it("later on for good ends", function()
    local refusals = { [400] = "BadRequest", [401] = "Unauthorized", [403] = "Forbidden" }
    for code, reason in pairs(refusals) do
      local watch, script = watch_of { first, faults.status(code, reason, "no more"), last }
      take(watch, 1)
      assert.equal(code, ends_with(watch, reason, "no more").code)
      assert.equal(2, #script.requests())
    end
  end)

  it("by an ERROR event for good ends", function()
    local status = { kind = "Status", code = 403, reason = "Forbidden", message = "no more" }
    local watch = watch_of { lines("hang", event("MODIFIED", "a", "5"),
      faults.json { type = "ERROR", object = status }) }
    take(watch, 1)
    local err = ends_with(watch, "Forbidden", "no more")
    assert.equal("no more", err.status.message)
  end)

  it("for a while rests as long as it is told, and goes on", function()
    for _, code in ipairs { 429, 500, 503 } do
      local watch, script = watch_of {
        first, { status = code, headers = { ["Retry-After"] = "60" } }, last,
      }
      take(watch, 1)
      rests_after(watch, script, 2, code)
      forward(50)
      local found, err = watch:next(0.2)
      assert.is_nil(found)
      assert.equal("Timeout", err.reason)
      assert.equal(2, #script.requests())
      forward(11)
      assert.same({ "MODIFIED b" }, take(watch, 1))
      assert.equal(3, #script.requests())
      assert.equal("5", version(script, 3))
      watch:close()
    end
  end)

  it("rests as a Status tells, in an answer or in an event", function()
    local status = { kind = "Status", code = 429, reason = "TooManyRequests", message = "slow down",
      details = { retryAfterSeconds = 60 } }
    for _, refusal in ipairs { { status = 429, body = faults.json(status) },
      lines("keep", faults.json { type = "ERROR", object = status }) } do
      local watch, script = watch_of { first, refusal, last }
      take(watch, 1)
      rests_after(watch, script, 2, refusal.status or 200)
      forward(50)
      until_true(watch, function() return true end)
      assert.equal(2, #script.requests())
      forward(11)
      assert.same({ "MODIFIED b" }, take(watch, 1))
      watch:close()
    end
  end)

  it("time and again is patient, and not for longer than a minute", function()
    local steps = { first }
    for i = 2, 9 do steps[i] = { status = 503 } end
    steps[10] = last
    local watch, script = watch_of(steps)
    take(watch, 1)
    for n = 2, 9 do
      rests_after(watch, script, n, 503)
      forward(60)
    end
    assert.same({ "MODIFIED b" }, take(watch, 1))
    assert.equal("5", version(script, 10))
    watch:close()
  end)

  it("can be closed while it rests", function()
    local refusal = { status = 503, headers = { ["Retry-After"] = "60" } }
    local watch, script = watch_of { first, refusal, last }
    take(watch, 1)
    rests_after(watch, script, 2, 503)
    watch:close()
    assert.is_nil((watch:next(1)))
    forward(100)
    kube.sleep(0.05)
    assert.equal(2, #script.requests())
  end)
end)
