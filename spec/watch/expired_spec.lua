-- A watch whose version the server does not have any more: 410.
local faults = require("spec.support.faults")
local kube = require("kube")
local watches = require("spec.support.watches")

local event = faults.event
local lines, watch_of, take = watches.lines, watches.watch_of, watches.take
local forward, rests_after, ends_with = watches.forward, watches.rests_after, watches.ends_with
local version = watches.version

describe("a watch whose version has expired", function()
  local first = lines("keep", event("MODIFIED", "a", "5"))
  local gone = faults.status(410, "Expired", "too old resource version: 5 (70)")
  local told_gone = lines("keep", faults.json { type = "ERROR",
    object = { apiVersion = "v1", kind = "Status", code = 410, reason = "Expired",
      message = "too old resource version: 5 (70)" } } .. "\n")
  local anew = lines("hang", event("ADDED", "b", "80"))

  for what, refusal in pairs { ["an ERROR event"] = told_gone, ["HTTP 410"] = gone } do
    it("starts again from what there is, told by " .. what, function()
      local watch, script = watch_of { first, refusal, anew }
      take(watch, 1)
      rests_after(watch, script, 2, refusal.status or 200)
      forward(2)
      assert.same({ "ADDED b" }, take(watch, 1))
      assert.equal("5", version(script, 2))
      assert.equal("", version(script, 3))
      watch:close()
    end)

    it("starts again when it was so from the first, told by " .. what, function()
      local watch, script = watch_of({ refusal, anew }, { resourceVersion = "5" })
      rests_after(watch, script, 1, refusal.status or 200)
      forward(2)
      assert.same({ "ADDED b" }, take(watch, 1))
      assert.equal("", version(script, 2))
      watch:close()
    end)

    it("ends for who wants to know, told by " .. what, function()
      local watch, script = watch_of({ first, refusal, anew }, { on_expired = "error" })
      take(watch, 1)
      local err = ends_with(watch, "Expired", "too old resource version")
      assert.is_true(kube.is_expired(err))
      assert.equal(410, err.code)
      assert.equal("Expired", err.status.reason)
      assert.equal(2, #script.requests())
    end)

    it("ends for who does not want another connection, told by " .. what, function()
      local watch = watch_of({ refusal, anew }, { resume = false, resourceVersion = "5" })
      ends_with(watch, "Expired", "too old resource version")
    end)
  end

  it("does not ask for ever when from the beginning it is the same", function()
    local watch, script = watch_of({ gone }, { resourceVersion = "5" })
    rests_after(watch, script, 1, 410)
    forward(2)
    ends_with(watch, "Expired")
    assert.equal(2, #script.requests())
  end)
end)
