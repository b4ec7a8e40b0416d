-- Waiting for a watch: how it ends, and that it does not last for ever in silence.
local faults = require("spec.support.faults")
local kube = require("kube")
local watches = require("spec.support.watches")

local event = faults.event
local lines, watch_of, take = watches.lines, watches.watch_of, watches.take
local forward, until_true, rests_after = watches.forward, watches.until_true, watches.rests_after
local version = watches.version

describe("waiting for a watch", function()
  it("ends when it is closed by another task", function()
    local woken
    local watch = watch_of { lines("hang", event("ADDED", "a", "1")) }
    kube.run(function()
      local reader = kube.spawn(function()
        assert.same({ "ADDED a" }, take(watch, 1))
        local found, err = watch:next()
        woken = found == nil and err == nil
      end)
      while not watch._call or watch:info().code ~= 200 do kube.sleep(0.01) end
      kube.sleep(0.02)
      assert.is_nil(woken)
      watch:close()
      watch:close()
      reader:join(10)
    end)
    assert.is_true(woken)
  end)

  it("ends when it is closed before it is known of what it is", function()
    local script = faults.script({ "{}" }, nil, { -- as servers of old tell what they serve, slowly
      ["/api"] = { { chunks = { " ", '{"kind":"APIVersions","versions":["v1"]}' }, delay = 0.3 } },
      ["/api/v1"] = { '{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"pods",'
        .. '"singularName":"pod","namespaced":true,"kind":"Pod","verbs":["list"]}]}' },
      ["/apis"] = { '{"kind":"APIGroupList","groups":[]}' },
      ["/api/v1/namespaces"] = { "{}" },
    })
    local ended = 0
    local k = assert(kube.connect {
      kubeconfig = faults.kubeconfig { server = script.server }, max_retries = 0,
      on_request = function(request)
        if request.path:find("/pods") then ended = ended + 1 end
      end,
    })
    local pods = k:each("pods")
    kube.run(function()
      local reader = kube.spawn(function() return pods:next() end)
      kube.sleep(0.05)
      pods:close()
      assert.is_nil((reader:join(10)))
    end)
    assert.equal(1, ended) -- and not when the garbage collector comes by
    assert.is_nil(pods:info())
  end)

  it("may be given up, and the watch goes on", function()
    local step = lines("hang", event("ADDED", "a", "1"), event("ADDED", "b", "2"))
    step.delay = 0.3
    local watch, script = watch_of { step }
    assert.same({ "ADDED a" }, take(watch, 1))
    local found, err = watch:next(0.05)
    assert.is_nil(found)
    assert.is_nil(faults.flaw(err, "Timeout", { "GET " .. script.server }))
    assert.same({ "ADDED b" }, take(watch, 1))
    assert.equal(1, #script.requests())
    watch:close()
  end)

  it("has an end for the whole watch, over all connections", function()
    local watch, script = watch_of({ lines("keep", event("MODIFIED", "a", "5")),
      lines("hang", event("MODIFIED", "b", "6")) }, { timeout = 30 })
    assert.same({ "MODIFIED a", "MODIFIED b" }, take(watch, 2))
    forward(31)
    local last, err = watch:next(5)
    assert.is_nil(last)
    assert.is_nil(err) -- it was asked to last so long: that is no failure
    assert.equal(2, #script.requests())
  end)

  it("does not last for ever when the peer is gone without a word", function()
    local watch, script = watch_of({ lines("hang", event("MODIFIED", "a", "5")),
      lines("hang", event("MODIFIED", "b", "6")) }, { timeoutSeconds = 5 })
    assert.same({ "MODIFIED a" }, take(watch, 1))
    forward(30) -- 5 seconds are over, 30 more are granted
    until_true(watch, function() return true end)
    assert.equal(1, #script.requests())
    forward(6)
    assert.same({ "MODIFIED b" }, take(watch, 1))
    assert.equal("5", version(script, 2))
    watch:close()
  end)

  it("does not last for ever when the server never answers again", function()
    local watch, script = watch_of({ lines("keep", event("MODIFIED", "a", "5")),
      { raw = "", ["then"] = "hang" }, lines("hang", event("MODIFIED", "b", "6")) },
      { timeoutSeconds = 5 })
    assert.same({ "MODIFIED a" }, take(watch, 1))
    until_true(watch, function() return #script.requests() == 2 end)
    forward(36)
    rests_after(watch, script, 2, 0)
    forward(2)
    assert.same({ "MODIFIED b" }, take(watch, 1))
    assert.equal("5", version(script, 3))
    watch:close()
  end)
end)
