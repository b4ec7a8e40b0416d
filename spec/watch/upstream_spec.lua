-- What a watch survives, and what ends it, by the tables of client-go v0.36.3: TestRetryWatcher of
-- tools/watch/retrywatcher_test.go, TestRequestWatch and TestWatchUnknownContentType of
-- rest/request_test.go. Where kube does otherwise stands at the head of csrc/client/watch.c.
local faults = require("spec.support.faults")
local watches = require("spec.support.watches")

local event = faults.event
local lines, watch_of, take = watches.lines, watches.watch_of, watches.take

--- ADDED of an object that is named by its version.
local function made(version) return event("ADDED", "v" .. version, tostring(version)) end

local function failure(object) return faults.json { type = "ERROR", object = object } .. "\n" end

local function status(code, reason)
  return failure { apiVersion = "v1", kind = "Status", status = "Failure", code = code,
    reason = reason, message = "told" }
end

--- Server and script: the events of each connection; every one ends.
local function served(connections)
  local steps = {}
  for i, events in ipairs(connections) do
    local chunks = {}
    for j, one in ipairs(events) do chunks[j] = type(one) == "number" and made(one) or one end
    steps[i] = lines("keep", (table.unpack or unpack)(chunks))
  end
  steps[#steps + 1] = lines("hang", event("ADDED", "end", "99"))
  return steps
end

describe("a watch, as a RetryWatcher,", function()
  -- what it does, the version it starts from, the connections, the versions told, those asked for
  for _, row in ipairs {
    { "reads what follows its version", "1", { { 2 } }, { 2 }, { "1", "2" } },
    { "reads nothing where nothing follows", "3", { {} }, {}, { "3", "3" } },
    { "recovers from a timeout", "5", { { 6, status(504, "Timeout") }, { 7 } }, { 6, 7 },
      { "5", "6", "7" } },
    { "recovers from an internal error", "5", { { 6, status(500, "InternalError") }, { 7 } },
      { 6, 7 }, { "5", "6", "7" } },
    { "recovers from a code nobody knows", "5", { { 6, status(666) }, { 7 } }, { 6, 7 },
      { "5", "6", "7" } },
    { "recovers from an ERROR that is no Status", "5",
      { { 6, failure { kind = "Odd", message = "?" } }, { 7 } }, { 6, 7 }, { "5", "6", "7" } },
    { "recovers from an ERROR that says nothing", "5",
      { { 6, failure { kind = "Status" } }, { 7 } }, { 6, 7 }, { "5", "6", "7" } },
    { "survives a closed watch", "5", { { 6 } }, { 6 }, { "5", "6" } },
    { "survives two", "4", { { 5 }, { 6 } }, { 5, 6 }, { "4", "5", "6" } },
    { "survives two, for versions with gaps", "4", { { 5 }, { 7 } }, { 5, 7 }, { "4", "5", "7" } },
    { "survives two, from a much lower version", "2", { { 5 }, { 7 } }, { 5, 7 },
      { "2", "5", "7" } },
    { "survives four", "2", { { 5 }, { 6 }, { 7 }, { 11 } }, { 5, 6, 7, 11 },
      { "2", "5", "6", "7", "11" } },
    { "survives two that brought two each", "1", { { 2, 5 }, { 6, 7 }, { 11 } },
      { 2, 5, 6, 7, 11 }, { "1", "5", "7", "11" } },
  } do
    it(row[1], function()
      local watch, script = watch_of(served(row[3]), { resourceVersion = row[2] })
      local want, asked = {}, {}
      for i, version in ipairs(row[4]) do want[i] = "ADDED v" .. version end
      assert.same(want, take(watch, #want))
      if #want == 0 then -- a connection that brought nothing is followed by a rest
        watches.rests_after(watch, script, 1, 200)
        watches.forward(2)
      end
      assert.same({ "ADDED end" }, take(watch, 1))
      for i = 1, #row[5] do asked[i] = watches.version(script, i) end
      assert.same(row[5], asked)
      assert.equal(#row[5], #script.requests())
      watch:close()
    end)
  end

  it("ends on Gone, if asked to", function()
    local watch, script = watch_of(served { { 6, status(410, "Gone"), 7, 8 } },
      { resourceVersion = "5", on_expired = "error" })
    assert.same({ "ADDED v6" }, take(watch, 1))
    watches.ends_with(watch, "Gone", "told")
    assert.equal(1, #script.requests())
  end)

  it("ends on Forbidden and on Unauthorized", function()
    for code, reason in pairs { [403] = "Forbidden", [401] = "Unauthorized" } do
      local watch, script = watch_of({ faults.status(code, reason, "unknown") },
        { resourceVersion = "5" })
      local err = watches.ends_with(watch, reason, "unknown")
      assert.equal("Failure", err.status.status)
      assert.equal(1, #script.requests())
    end
  end)
end)

describe("the first answer to a watch", function()
  local OTHERS = { "foobar", "text/plain", "text/html; charset=utf-8", "application/yaml",
    "application/vnd.kubernetes.protobuf;stream=watch" }

  it("of another type than JSON is an error", function()
    for _, kind in ipairs(OTHERS) do
      local watch, script = watch_of { {
        chunks = { made(1) }, headers = { ["Content-Type"] = kind }, ["then"] = "hang" } }
      watches.ends_with(watch, "Decode", "GET " .. script.server, "not JSON", kind:match("^[^;]+"))
      assert.equal(1, #script.requests())
    end
  end)

  it("of JSON is fine, however that is written", function()
    for _, kind in ipairs { "application/json", "application/json;stream=watch",
      "Application/JSON; charset=utf-8" } do
      local watch = watch_of { {
        chunks = { made(1) }, headers = { ["Content-Type"] = kind }, ["then"] = "hang" } }
      assert.same({ "ADDED v1" }, take(watch, 1))
      watch:close()
    end
  end)

  it("that is another success than 200 is an error", function()
    for _, step in ipairs { { status = 204, raw = "HTTP/1.1 204 No Content\r\n\r\n" },
      { status = 202, body = made(1) } } do
      local watch, script = watch_of { step }
      watches.ends_with(watch, "Decode", "GET " .. script.server, tostring(step.status))
      assert.equal(1, #script.requests())
    end
  end)
end)
