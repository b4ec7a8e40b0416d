-- k:wait on a server that does as told: what it asks, what it makes of what comes, and what is the
-- programmer's error. The cases of "as kubectl wait" are those of kubectl v0.36
-- pkg/cmd/wait/wait_test.go.
local faults = require("spec.support.faults")
local kube = require("kube")

--- A pod.
-- @param more  what it has besides: uid, labels, ready (the status of its condition), generation,
--   observed (by the condition), status_observed
local function pod(version, more)
  more = more or {}
  return {
    apiVersion = "v1", kind = "Pod",
    metadata = { name = more.name or "web", namespace = "default", resourceVersion = version,
      uid = more.uid or "u1", labels = more.labels, generation = more.generation },
    status = more.ready and {
      observedGeneration = more.status_observed,
      conditions = { { type = "Ready", status = more.ready, observedGeneration = more.observed } },
    } or {},
  }
end

local function pods(version, ...)
  return faults.json {
    apiVersion = "v1", kind = "PodList", metadata = { resourceVersion = version },
    items = kube.array { ... },
  }
end

local function event(kind, object) return faults.json { type = kind, object = object } .. "\n" end

--- A watch that brings these events, and stays.
local function watch(...) return { ["then"] = "hang", chunks = { "\n", ... } } end

local BAD = { kind = "Status", apiVersion = "v1", status = "Failure", code = 500, message = "Bad" }
local GONE = faults.status(410, "Expired", "too old")

--- What k:wait gives for a pod on a server that answers with steps, and what it was asked.
local function wait(steps, given)
  local script = faults.script(steps)
  local k = faults.connect { server = script.server }
  local found, err = k:wait("pod/web", given)
  return found, err, script.requests()
end

local function ready(timeout) return { condition = "Ready", timeout = timeout } end
local function gone(timeout) return { delete = true, timeout = timeout } end

describe("k:wait, as kubectl wait,", function()
  local there, other = pod("5"), pod("6", { uid = "u2" })
  local TIMED_OUT, NOT_FOUND = "timed out after", "not found"

  for name, case in pairs {
    -- TestWaitForDeletion
    ["delete: missing on get"] = { { pods("5") }, gone() },
    ["delete: times out"] = { { pods("5", there), watch() }, gone(0.2), TIMED_OUT },
    ["delete: an existing one, no time"] = { { pods("5", there) }, gone(0), TIMED_OUT },
    ["delete: none, no time"] = { { pods("5") }, gone(0) },
    ["delete: handles watch close out"] = { { pods("5", there), { chunks = { "\n" } }, watch() },
      gone(0.3), TIMED_OUT },
    ["delete: handles watch delete"] = { { pods("5", there), watch(event("DELETED", there)) },
      gone() },
    ["delete: ignores watch error"] = { { pods("5", there), { chunks = { event("ERROR", BAD) } },
      watch(event("DELETED", there)) }, gone() },
    ["delete: sees a new pod when it lists"] = { { pods("5", there), GONE, pods("6", other) },
      gone() },
    -- TestWaitForCondition
    ["condition: present on get"] = { { pods("5", pod("5", { ready = "True" })) }, ready() },
    ["condition: none"] = { { pods("5") }, ready(1), NOT_FOUND },
    ["condition: none, no time"] = { { pods("5") }, ready(0), NOT_FOUND },
    ["condition: there, no time"] = { { pods("5", there) }, ready(0), TIMED_OUT },
    ["condition: handles watch close out"] = { { pods("5", there), { chunks = { "\n" } },
      watch() }, ready(0.3), TIMED_OUT },
    ["condition: handles watch condition change"] = { { pods("5", there),
      watch(event("MODIFIED", pod("6", { ready = "True" }))) }, ready() },
    ["condition: ignores watch error"] = { { pods("5", there),
      { chunks = { event("ERROR", BAD) } }, watch(event("MODIFIED", pod("6", { ready = "True" })))
    }, ready() },
    ["condition: a stale observedGeneration of its own"] = { { pods("5",
      pod("5", { ready = "True", generation = 2, observed = 1 })), watch() }, ready(0.2),
      "last seen: Ready=True, from before its last change" },
    ["condition: its own observedGeneration changes"] = { { pods("5",
      pod("5", { ready = "True", generation = 2, observed = 1 })),
      watch(event("MODIFIED", pod("6", { ready = "True", generation = 2, observed = 2 }))) },
      ready() },
    ["condition: a stale observedGeneration of the status"] = { { pods("5",
      pod("5", { ready = "True", generation = 2, status_observed = 1 })), watch() }, ready(0.2),
      TIMED_OUT },
    ["condition: the observedGeneration of the status changes"] = { { pods("5",
      pod("5", { ready = "True", generation = 2, status_observed = 1 })), watch(event("MODIFIED",
      pod("6", { ready = "True", generation = 2, status_observed = 2 }))) }, ready() },
    -- TestWaitForCreate
    ["create: it is missing"] = { { pods("5"), watch() }, { create = true, timeout = 0.2 },
      TIMED_OUT },
    ["create: it comes"] = { { pods("5"), watch(event("ADDED", there)) }, { create = true } },
    -- TestWaitForMultipleConditions
    ["several: both are met"] = { { pods("5", pod("5", { ready = "True" })) },
      { condition = { "Ready", "ready=true" } } },
    ["several: only the first one"] = { { pods("5", pod("5", { ready = "True" })), watch() },
      { condition = { "Ready", "Available" }, timeout = 0.2 },
      "last seen: no condition Available" },
    ["several: by watch"] = { { pods("5", pod("5", { ready = "False" })),
      watch(event("MODIFIED", pod("6", { ready = "True" }))) },
      { condition = "Ready", jsonpath = "{.metadata.name}=web" } },
  } do
    it(name, function()
      local found, err = wait(case[1], case[2])
      if case[3] then
        assert.is_nil(found)
        assert.matches(case[3], err.message, 1, true)
      else
        assert(found, err)
      end
    end)
  end
end)

describe("k:wait", function()
  it("goes on when the object is deleted: another one of its name counts", function()
    local found = assert(wait({ pods("5", pod("5", { ready = "False" })), watch(
      event("DELETED", pod("6", { ready = "False" })), event("ADDED", pod("7", { uid = "u2" })),
      event("MODIFIED", pod("8", { uid = "u2", ready = "True" }))) }, ready()))
    assert.equal("8", found.metadata.resourceVersion)
  end)

  it("says that it was deleted, when time runs out after that", function()
    local _, err = wait({ pods("5", pod("5", { ready = "False" })),
      watch(event("DELETED", pod("6", { ready = "False" }))) }, ready(0.3))
    assert.is_true(kube.is_timeout(err))
    assert.matches("last seen: Ready=False, then it was deleted", err.message, 1, true)
    _, err = wait({ pods("5", pod("5", { ready = "False" })), GONE, pods("9"), watch() },
      ready(1.5))
    assert.matches("last seen: Ready=False, then it was deleted", err.message, 1, true)
  end)

  it("looks once, and watches from there", function()
    local _, err, requests = wait({ pods("5", pod("5")), watch() }, ready(0.3))
    assert.is_true(kube.is_timeout(err))
    assert.equal(2, #requests)
    assert.equal("metadata.name%3Dweb", requests[1].query.fieldSelector)
    assert.same({ "true", "5", "metadata.name%3Dweb" }, { requests[2].query.watch,
      requests[2].query.resourceVersion, requests[2].query.fieldSelector })
  end)

  it("waits for a week where the time is below 0", function()
    assert(wait({ pods("5", pod("5")), watch(event("MODIFIED", pod("6", { ready = "True" }))) },
      ready(-1)))
  end)

  it("looks again when its watch came too late", function()
    local found, _, requests = wait({ pods("5", pod("5")), GONE,
      pods("80", pod("80", { ready = "True" })) }, ready())
    assert.equal("80", found.metadata.resourceVersion)
    assert.equal(3, #requests)
  end)

  it("looks again when the server cannot watch, and says so when time runs out", function()
    local broken = faults.status(503, "ServiceUnavailable", "the cupboard is bare")
    local found = assert(wait({ pods("5", pod("5")), broken, broken,
      pods("6", pod("6", { ready = "True" })) }, ready()))
    assert.equal("6", found.metadata.resourceVersion)
    local _, err = wait({ pods("5", pod("5")), broken }, ready(1.5))
    assert.is_true(kube.is_timeout(err))
    assert.matches("last seen: no condition Ready; the last try: .*the cupboard is bare",
      err.message)
  end)

  it("does not flood a server whose versions are always too old", function()
    local list = pods("5", pod("5"))
    local _, err, requests = wait({ list, GONE, list, GONE, list, GONE, list, GONE }, ready(1.5))
    assert.is_true(kube.is_timeout(err), tostring(err))
    assert.is_true(#requests <= 6, #requests)
  end)

  it("says why it cannot look or watch, in the server's words", function()
    local _, err = wait({ faults.status(403, "Forbidden", "pods is forbidden") }, ready())
    assert.is_nil(faults.flaw(err, "Forbidden", { "pods is forbidden" }))
    _, err = wait({ faults.status(504, "Timeout", "the storage is slow") }, ready())
    assert.is_nil(faults.flaw(err, "Timeout", { "the storage is slow" }))
    _, err = wait({ pods("5", pod("5")), faults.status(403, "Forbidden", "no watches here") },
      ready())
    assert.is_nil(faults.flaw(err, "Forbidden", { "no watches here" }))
  end)

  it("ends in time on a server that does not answer", function()
    local before = kube.now()
    local _, err = wait({ { ["then"] = "hang", chunks = { "{" } } }, ready(0.2))
    assert.is_true(kube.is_timeout(err))
    assert.matches("timed out after 0.2 s waiting for the condition Ready of pods \"web\" in "
      .. "namespace default; last seen: nothing", err.message, 1, true)
    assert.is_true(kube.now() - before < 10)
  end)

  it("obeys a time-out around it, and can be canceled", function()
    local script = faults.script { pods("5", pod("5")), watch() }
    local k = faults.connect { server = script.server }
    local _, err = kube.with_timeout(0.2, function() return k:wait("pod/web", ready()) end)
    assert.is_true(kube.is_timeout(err))
    assert.not_matches("timed out after 30", err.message, 1, true)
    kube.run(function()
      local waiter = kube.spawn(function() return k:wait("pod/web", ready()) end)
      kube.sleep(0.1)
      waiter:cancel()
      local object
      object, err = waiter:join(10)
      assert.is_nil(object)
      assert.is_true(kube.is_canceled(err))
    end)
  end)

  it("asks for one that its selectors lost by its name, and follows it alone", function()
    local labels = { app = "web" }
    local script = faults.script { pods("5", pod("5", { labels = labels })),
      watch(event("DELETED", pod("6", { labels = labels }))), faults.json(pod("6")),
      pods("7", pod("7")), watch(event("MODIFIED", pod("8", { ready = "True" }))) }
    local k = faults.connect { server = script.server }
    local found = assert(k:wait("pods", { labelSelector = labels, condition = "Ready" }))
    assert.equal("8", found[1].metadata.resourceVersion)
    local asked = {}
    for i, request in ipairs(script.requests()) do
      asked[i] = request.query.labelSelector or request.query.fieldSelector or request.target
    end
    assert.same({ "app%3Dweb", "app%3Dweb", "/api/v1/namespaces/default/pods/web",
      "metadata.name%3Dweb", "metadata.name%3Dweb" }, asked)
  end)

  it("does not forget one that its selectors lost when time runs out", function()
    local k = faults.connect { server = faults.script({ pods("5", pod("5")),
      watch(event("DELETED", pod("6"))), faults.json(pod("6")), pods("7", pod("7")), watch(),
    }).server }
    local found, err = k:wait("pods", { labelSelector = "x=y", condition = "Ready", timeout = 0.5 })
    assert.is_nil(found)
    assert.matches('pods "web" in namespace default; last seen: no condition Ready$', err.message)
  end)

  it("asks whether those that its selectors do not find again are gone", function()
    local a, b = pod("5", { name = "a" }), pod("5", { name = "b" })
    local script = faults.script { pods("5", a, b), GONE, pods("9"),
      faults.status(404, "NotFound", "no a"), faults.json(pod("9", { name = "b", uid = "u2" })) }
    local k = faults.connect { server = script.server }
    local found = assert(k:wait("pods", { labelSelector = "x=y", delete = true }))
    assert.equal("u1", found[2].metadata.uid)
    assert.equal(5, #script.requests())
  end)
end)

describe("what the programmer did wrong with k:wait", function()
  local k = faults.connect { server = faults.closed } -- nothing is sent

  it("throws at the line that does it", function()
    for _, case in ipairs {
      { "what to wait for is needed", "pod/web" }, { "what to wait for is needed", "pod/web", {} },
      { "what to wait for is needed", "pod/web", { delete = false } },
      { "must name one: \"Ready\"", "pod/web", { condition = "=x" } },
      { "must name one", "pod/web", { condition = { "Ready", "" } } },
      { "the option timeout must be a number, not NaN", "pod/web",
        { condition = "x", timeout = 0 / 0 } },
      { "unknown option \"conditions\"; did you mean \"condition\"", "pod/web",
        { conditions = "Ready" } },
      { "the option condition must be a text, or a list of texts", "pod/web", { condition = {} } },
      { "the option predicate must be a function", "pod/web", { predicate = "x" } },
      { "delete excludes all else", "pod/web", { delete = true, condition = "x" } },
      { "the option value needs the one jsonpath", "pod/web", { condition = "x", value = 1 } },
      { "the option value needs the one jsonpath", "pod/web", { jsonpath = { "a" }, value = 1 } },
      { "the name must be a string or a list of strings", "pods", { condition = "Ready" } },
      { "the name must be a string or a list of strings, not a number", "pods", 5,
        { condition = "Ready" } },
      { "a name must be a string, not a boolean", "pods", { true }, { condition = "Ready" } },
      { "the kind must be a string, not a nil", nil, "web", { condition = "Ready" } },
      { "the name is given twice: \"pod/web\", \"db\"", "pod/web", "db", { condition = "x" } },
      { "\"pod\" is no kind/name", { "pod" }, { condition = "Ready" } },
      { "a list must have objects and texts such as pod/web%-0, not a number", { 5 },
        { condition = "Ready" } },
      { "an object needs apiVersion, kind and metadata.name", { kind = "Pod" },
        { condition = "Ready" } },
      { "a name and the option labelSelector exclude each other", "pod/web",
        { labelSelector = "a=b", condition = "Ready" } },
      { "a name and the option all_namespaces exclude each other", "pods", { "a" },
        { all_namespaces = true, condition = "Ready" } },
      { "the option labelSelector must be a text, a selector", "pods",
        { labelSelector = 5, condition = "Ready" } },
    } do
      local ok, what = pcall(function() k:wait(case[2], case[3], case[4]) end)
      assert.is_false(ok)
      assert.matches("^[^:]*server_spec.lua:%d+: wait: .*" .. case[1], what)
    end
    assert.error_matches(function() k.wait("pod/web", { condition = "x" }) end,
      "call it with a colon: k:wait%(%.%.%.%)")
  end)

  it("is an error where it is what a user wrote", function()
    for text, message in pairs {
      ["{.a"] = "unexpected path string", ["{.a}="] = "has to have a value after equal sign",
    } do
      local _, err = k:wait("pod/web", { jsonpath = text })
      assert.equal("BadRequest", err.reason)
      assert.matches(message, err.message, 1, true)
    end
  end)
end)
