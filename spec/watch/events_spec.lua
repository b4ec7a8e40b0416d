-- A watch: what it asks for, and what it tells.
local faults = require("spec.support.faults")
local kube = require("kube")
local watches = require("spec.support.watches")

local event = faults.event
local lines, watch_of, take = watches.lines, watches.watch_of, watches.take
local ends_with, version = watches.ends_with, watches.version

describe("a watch", function()
  it("gives events in their order", function()
    local watch, script = watch_of { lines("hang",
      event("ADDED", "a", "1") .. event("ADDED", "b", "2"), event("MODIFIED", "a", "3"),
      event("DELETED", "b", "4")) }
    assert.same({ "ADDED a", "ADDED b", "MODIFIED a", "DELETED b" }, take(watch, 4))
    local request = script.requests()[1]
    assert.equal("GET", request.method)
    assert.equal("true", request.query.watch)
    assert.equal("true", request.query.allowWatchBookmarks)
    assert.equal("", version(script, 1))
    local seconds = tonumber(request.query.timeoutSeconds)
    assert.truthy(seconds >= 300 and seconds < 600, seconds)
    watch:close()
  end)

  it("asks as it is told", function()
    local watch, script = watch_of({ lines("hang", event("ADDED", "a", "8")) }, {
      resourceVersion = "7", labelSelector = "app=web", fieldSelector = "metadata.name!=x",
      timeoutSeconds = 42,
    })
    take(watch, 1)
    local query = script.requests()[1].query
    assert.equal("7", query.resourceVersion)
    assert.equal("42", query.timeoutSeconds)
    assert.equal("app%3Dweb", query.labelSelector)
    assert.equal("metadata.name%21%3Dx", query.fieldSelector)
    watch:close()
  end)

  it("keeps bookmarks to itself", function()
    local watch = watch_of { lines("hang", event("ADDED", "a", "1"), event("BOOKMARK", nil, "5"),
      event("MODIFIED", "a", "6")) }
    assert.same({ "ADDED a", "MODIFIED a" }, take(watch, 2))
    watch:close()
  end)

  it("gives bookmarks to who asks for them", function()
    local watch = watch_of({ lines("hang", event("ADDED", "a", "1"), event("BOOKMARK", nil, "5"),
      event("MODIFIED", "a", "6")) }, { allowWatchBookmarks = true })
    assert.same({ "ADDED a", "BOOKMARK nil", "MODIFIED a" }, take(watch, 3))
    watch:close()
  end)

  it("gives the same events however the bytes are cut", function()
    local text = [=[{"type":"ADDED","object":{"metadata":{"name":"a{\"}]é","resourceVersion":"1"}}}
{"object":{"metadata":{"resourceVersion":"2","name":"b\\"}}, "type":"MODIFIED"}
{"type":"DELETED","object":{"metadata":{"name":"c","resourceVersion":"3"},"list":[[],{}]} }
]=]
    local want = { 'ADDED a{"}]é', "MODIFIED b\\", "DELETED c" }
    local done = 0
    kube.run(function()
      for cut = 1, #text - 1 do
        kube.spawn(function()
          local step = lines("hang", text:sub(1, cut), text:sub(cut + 1))
          local byte = text:byte(cut + 1)
          if byte >= 128 and byte < 192 then step = lines("hang", text) end -- JSON cuts no letter
          step.delay = 0.05
          local watch = watch_of { step }
          assert.same(want, take(watch, 3))
          watch:close()
          done = done + 1
        end)
      end
    end)
    assert.equal(#text - 1, done)
  end)
end)

describe("a watch that brings what it should not", function()
  it("an event of a type that nobody knows, is a Decode error", function()
    local watch, script = watch_of { lines("hang", event("MODIFIED", "a", "5"),
      event("RENAMED", "b", "6")) }
    take(watch, 1)
    ends_with(watch, "Decode", "GET " .. script.server, "event type")
    assert.equal(1, #script.requests())
  end)

  it("an event without a type or an object, is a Decode error", function()
    for _, line in ipairs { '{"object":{}}', '{"type":7,"object":{}}', '{"type":"ADDED"}', "{}" } do
      local watch, script = watch_of { lines("hang", event("MODIFIED", "a", "5"), line .. "\n") }
      take(watch, 1)
      ends_with(watch, "Decode", "GET " .. script.server)
    end
  end)

  it("objects without a version, is fine and says nothing of how far it came", function()
    local watch, script = watch_of {
      lines("keep", event("MODIFIED", "a", "5"),
        '{"type":"MODIFIED","object":{"metadata":{"name":"b"}}}'),
      lines("hang", event("MODIFIED", "c", "6")),
    }
    assert.same({ "MODIFIED a", "MODIFIED b", "MODIFIED c" }, take(watch, 3))
    assert.equal("5", version(script, 2))
    watch:close()
  end)
end)
