-- A watch: the changes of objects, connection after connection.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local host = require("kube.driver.host")
local kube = require("kube")

local event = faults.event

--- A step that sends lines of a watch, then ends as told.
local function lines(end_with, ...) return { chunks = { ... }, ["then"] = end_with } end

--- Watches the pods of a script: watch, script.
local function watch_of(steps, given)
  local script = faults.script(steps)
  return faults.pods { server = script.server }:watch(given), script
end

--- "ADDED web" for an event, else the error.
local function told(found, err)
  return found and found.type .. " " .. tostring(found.object.metadata.name) or tostring(err)
end

--- The next n events.
local function take(watch, n)
  local found = {}
  for i = 1, n do found[i] = told(watch:next(10)) end
  return found
end

local function forward(seconds) host.engine():advance(seconds) end

--- Lets the watch go on, without an event, until check() is true.
local function until_true(watch, check)
  cluster.eventually(function()
    local found, err = watch:next(0.01)
    assert(found == nil and err and err.reason == "Timeout", told(found, err))
    return check()
  end, 60 + 120) -- the specs move the clock forward
end

--- Waits until the watch read its n-th answer, with that code, and rests.
local function rests_after(watch, script, n, code)
  until_true(watch, function() return #script.requests() == n and watch:info().code == code end)
end

--- The error that ends a watch; asked again, it is the same.
local function ends_with(watch, reason, ...)
  local found, err = watch:next(10)
  assert.is_nil(found)
  assert.is_nil(faults.flaw(err, reason, { ... }))
  local _, again = watch:next(10)
  assert.equal(tostring(err), tostring(again))
  return err
end

--- What the n-th request asked: the resourceVersion, "" if none.
local function version(script, n) return script.requests()[n].query.resourceVersion or "" end

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

describe("a watch that is refused", function()
  local first = lines("keep", event("MODIFIED", "a", "5"))
  local last = lines("hang", event("MODIFIED", "b", "6"))

  it("at its first connection fails at once", function()
    for code, reason in pairs { [403] = "Forbidden", [404] = "NotFound", [429] = "TooManyRequests",
      [500] = "InternalError", [503] = "ServiceUnavailable" } do
      local refusal = { status = code, headers = { ["Retry-After"] = "60" } }
      local watch, script = watch_of { refusal, last }
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

describe("a watch of the real server", function()
  local client = cluster.connect("admin")
  local namespace = cluster.namespace("watch")

  local function configmap(name, value)
    return { apiVersion = "v1", kind = "ConfigMap",
      metadata = { name = name, namespace = namespace }, data = { value = value } }
  end

  it("tells what there is, then what happens, in order", function()
    assert(client:create(configmap("old", "1")))
    local watch = assert(client:watch("configmaps", { namespace = namespace,
      fieldSelector = "metadata.name!=kube-root-ca.crt" }))
    assert.same({ "ADDED old" }, take(watch, 1))
    assert(client:create(configmap("new", "1")))
    assert(client:apply(configmap("new", "2"), { force = true }))
    assert(client:delete("configmap/new", nil, { namespace = namespace }))
    assert(client:apply(configmap("old", "2"), { force = true }))
    assert.same({ "ADDED new", "MODIFIED new", "DELETED new", "MODIFIED old" }, take(watch, 4))
    watch:close()
  end)

  it("shares connections once its version is certain, and is alone before", function()
    local given = { namespace = namespace }
    local first = assert(client:watch("configmaps", given))
    assert.equal("ADDED", assert(first:next(10)).type)
    assert.equal(11, first:info().http_version)
    given.resourceVersion = assert(client:list("configmaps", given)).metadata.resourceVersion
    local watches = {}
    for i = 1, 150 do watches[i] = assert(client:watch("configmaps", given)) end
    assert(client:apply(configmap("shared", "1"), { force = true }))
    local connects = 0
    for i = 1, 150 do
      assert.same({ "ADDED shared" }, take(watches[i], 1))
      assert.equal(20, watches[i]:info().http_version)
      connects = connects + watches[i]:info().connects
      watches[i]:close()
    end
    assert.truthy(connects <= 2, connects)
    first:close()
  end)

  it("goes on when the server ends the connection, and loses nothing", function()
    local watch = assert(client:watch("configmaps", { namespace = namespace, timeoutSeconds = 1,
      labelSelector = "!nosuch", fieldSelector = "metadata.name=steady" }))
    assert(client:create(configmap("steady", "0")))
    local seen = told(watch:next(10))
    assert.equal("ADDED steady", seen)
    local last = "0"
    for i = 1, 8 do -- over some connections of a second each
      assert(client:apply(configmap("steady", tostring(i)), { force = true }))
      while last ~= tostring(i) do
        local found, err = watch:next(10)
        assert(found, err)
        local value = found.object.data.value
        assert.truthy(tonumber(value) - tonumber(last) <= 1, last .. " then " .. value)
        last = value
      end
      kube.sleep(0.3)
    end
    watch:close()
  end)

  --- Does what no client can: see spec/cluster/README.md.
  local function control(path)
    faults.sh([[python3 -c "from urllib.request import *;urlopen(Request('%s%s', method='POST'))"]],
      cluster.control, path)
  end

  it("goes on when the server is restarted and has forgotten, or says so", function()
    local given = { namespace = namespace, fieldSelector = "metadata.name=lasting" }
    local steady = assert(client:watch("configmaps", given))
    assert(client:apply(configmap("lasting", "1")))
    assert.same({ "ADDED lasting" }, take(steady, 1))
    given.resourceVersion = assert(client:list("configmaps", given)).metadata.resourceVersion
    assert(client:apply(configmap("lasting", "2")))
    assert.same({ "MODIFIED lasting" }, take(steady, 1))
    control("/compact")
    control("/apiserver/restart")
    assert(client:apply(configmap("lasting", "3")))

    local value
    while value ~= "3" do
      local found, err = steady:next(60)
      value = assert(found, err).object.data.value
    end
    steady:close()

    given.on_expired = "error"
    local strict = assert(client:watch("configmaps", given))
    assert.is_true(kube.is_expired(ends_with(strict, "Expired", "too old resource version")))

    given.on_expired = nil
    local anew = assert(client:watch("configmaps", given))
    local found, err = anew:next(60)
    assert.equal("ADDED lasting", told(found, err))
    assert.equal("3", found.object.data.value)
    anew:close()
  end)

  it("is refused to who may not", function()
    local watch = cluster.connect("denied"):watch("configmaps", { namespace = namespace })
    ends_with(watch, "Forbidden", "denied-token", "configmaps", namespace)
  end)
end)
