-- A watch goes on where its connection ended.
local faults = require("spec.support.faults")
local kube = require("kube")
local watches = require("spec.support.watches")

local event = faults.event
local lines, watch_of, told, take = watches.lines, watches.watch_of, watches.told, watches.take
local forward, until_true, rests_after = watches.forward, watches.until_true, watches.rests_after
local ends_with, version = watches.ends_with, watches.version

describe("a watch whose connection ended", function()
  --- The first connection brings `first` and ends; the second must ask from `want` and goes on.
  local function goes_on(end_with, want, given, ...)
    local last = lines("hang", event("MODIFIED", "z", "99"))
    local watch, script = watch_of({ lines(end_with, ...), last }, given)
    local found = told(watch:next(10))
    while found ~= "MODIFIED z" do
      assert.truthy(found:find("^%u+ %l$"), found)
      found = told(watch:next(10))
    end
    assert.equal(2, #script.requests())
    assert.equal(want, version(script, 2))
    watch:close()
  end

  it("goes on from the last change that it told", function()
    goes_on("keep", "5", nil, event("ADDED", "a", "4"), event("MODIFIED", "a", "5"))
    goes_on("keep", "6", nil, event("MODIFIED", "a", "5"), event("DELETED", "a", "6"))
  end)

  it("goes on from a bookmark", function()
    goes_on("keep", "7", nil, event("ADDED", "a", "4"), event("BOOKMARK", nil, "7"))
  end)

  it("goes on when it was cut off between two events", function()
    goes_on("close", "5", nil, event("ADDED", "a", "4"), event("MODIFIED", "a", "5"))
  end)

  it("goes on when it was cut off in the middle of one, which comes again", function()
    local cut = event("MODIFIED", "b", "6"):sub(1, -20)
    goes_on("close", "5", nil, event("MODIFIED", "a", "5"), cut)
    goes_on("keep", "5", nil, event("MODIFIED", "a", "5"), cut)
  end)

  it("goes on when it was reset", function()
    goes_on("reset", "5", nil, event("ADDED", "a", "4"), event("MODIFIED", "a", "5"))
    goes_on("reset", "5", nil, event("MODIFIED", "a", "5"), event("MODIFIED", "b", "6"):sub(1, 30))
  end)

  it("starts from the beginning when only objects that were there had come", function()
    local watch, script = watch_of {
      lines("keep", event("ADDED", "a", "9"), event("ADDED", "b", "5")),
      lines("hang", event("ADDED", "a", "9"), event("ADDED", "b", "5")),
    }
    assert.same({ "ADDED a", "ADDED b" }, take(watch, 2))
    rests_after(watch, script, 1, 200) -- it brought nothing certain, so it is no reason for haste
    forward(2)
    assert.same({ "ADDED a", "ADDED b" }, take(watch, 2))
    assert.equal("", version(script, 2))
    watch:close()
  end)

  it("trusts the version of new objects once it asked from a version", function()
    goes_on("keep", "4", { resourceVersion = "3" }, event("ADDED", "a", "4"))
    goes_on("close", "9", { resourceVersion = "3" }, event("ADDED", "a", "4"),
      event("ADDED", "b", "9"))
  end)

  it('takes "0" for no version', function()
    local watch, script = watch_of({ lines("keep", event("ADDED", "a", "9")),
      lines("hang", event("ADDED", "a", "9")) }, { resourceVersion = "0" })
    take(watch, 1)
    rests_after(watch, script, 1, 200)
    forward(2)
    take(watch, 1)
    assert.equal("0", version(script, 1))
    assert.equal("", version(script, 2))
    watch:close()
  end)

  it("asks for the beginning only at the beginning", function()
    local watch, script = watch_of({
      lines("keep", event("ADDED", "a", "4"), event("BOOKMARK", nil, "7")),
      lines("hang", event("MODIFIED", "a", "8")),
    }, { sendInitialEvents = true, resourceVersionMatch = "NotOlderThan" })
    take(watch, 2)
    local first, second = script.requests()[1].query, script.requests()[2].query
    assert.equal("true", first.sendInitialEvents)
    assert.equal("NotOlderThan", first.resourceVersionMatch)
    assert.is_nil(second.sendInitialEvents)
    assert.is_nil(second.resourceVersionMatch)
    assert.equal("7", second.resourceVersion)
    watch:close()
  end)

  it("that brought nothing rests before it asks again", function()
    local watch, script = watch_of({ lines("keep"), lines("hang", event("MODIFIED", "a", "8")) },
      { resourceVersion = "7" })
    rests_after(watch, script, 1, 200)
    forward(2)
    assert.same({ "MODIFIED a" }, take(watch, 1))
    assert.equal("7", version(script, 2))
    watch:close()
  end)

  it("after a while, though it brought nothing, asks again at once", function()
    local watch, script = watch_of({ { chunks = { " ", " " }, delay = 1.2 },
      lines("hang", event("MODIFIED", "a", "8")) }, { resourceVersion = "7" })
    until_true(watch, function() return watch:info().code == 200 end)
    local before = kube.now()
    assert.same({ "MODIFIED a" }, take(watch, 1))
    assert.truthy(kube.now() - before < 1.9) -- with a rest it would be 2.0 at the least
    assert.equal(2, #script.requests())
    watch:close()
  end)

  it("is over for who does not want another", function()
    local watch, script = watch_of({ lines("keep", event("MODIFIED", "a", "5")) },
      { resume = false })
    assert.same({ "MODIFIED a" }, take(watch, 1))
    local found, err = watch:next(10)
    assert.is_nil(found)
    assert.is_nil(err)
    assert.equal(1, #script.requests())
  end)

  it("fails where it was cut for who does not want another", function()
    local watch, script = watch_of({ lines("close", event("MODIFIED", "a", "5")) },
      { resume = false })
    assert.same({ "MODIFIED a" }, take(watch, 1))
    ends_with(watch, "Connection", "GET " .. script.server, "cut off")
    assert.equal(1, #script.requests())
  end)
end)
