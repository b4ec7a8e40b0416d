-- k:wait, by watch, against the real API server.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local wait = require("kube.client.wait")

local function deployment(name, image)
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name },
    spec = {
      replicas = 2, selector = { matchLabels = { app = name } },
      template = {
        metadata = { labels = { app = name } },
        spec = { containers = { { name = "c", image = image or "i:1" } } },
      },
    },
  }
end

describe("k:wait", function()
  local k = cluster.connect("admin", { namespace = cluster.namespace("wait") })

  it("waits until the condition is there, and gives the object as it is then", function()
    assert(k:create(deployment("web")))
    local web = assert(k:wait("deploy/web", { condition = "Available", timeout = 30 }))
    assert.equal("web", web.metadata.name)
    assert.equal(2, web.status.availableReplicas)
    assert.same(web.metadata.uid,
      assert(k:wait("deploy", "web", { condition = "available=true" })).metadata.uid)
  end)

  it("does not take a condition from before the change for the one after it", function()
    assert(k:create(deployment("rolled")))
    assert(k:wait("deploy/rolled", { condition = "Available", timeout = 30 }))
    assert(k:patch("deploy/rolled", { spec = { replicas = 3 } }))
    local rolled = assert(k:wait("deploy/rolled", { condition = "Available", timeout = 30 }))
    assert.equal(2, rolled.metadata.generation)
    assert.is_true(rolled.status.observedGeneration >= 2)
  end)

  it("says at once that the object is not there", function()
    local before = kube.now()
    local _, err = k:wait("deploy/none", { condition = "Available", timeout = 20 })
    assert.is_true(kube.is_not_found(err))
    assert.equal('deployments.apps "none" in namespace ' .. k.namespace
      .. " not found (NotFound 404)", tostring(err))
    assert.is_true(kube.now() - before < 10)
  end)

  it("says what was seen last when time runs out", function()
    assert(k:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "plain" } })
    local _, err = k:wait("cm/plain", { condition = "Ready", timeout = 0.2 })
    assert.is_true(kube.is_timeout(err))
    assert.matches("^timed out after 0.2 s waiting for the condition Ready of configmaps \"plain\" "
      .. "in namespace .-; last seen: no condition Ready %(Timeout%)$", tostring(err))
    assert(k:create(deployment("stuck")))
    assert(k:wait("deploy/stuck", { condition = "Available", timeout = 30 }))
    _, err = k:wait("deploy/stuck", { condition = "Available=False", timeout = 0 })
    assert.matches("last seen: Available=True %(MinimumReplicasAvailable: ", tostring(err))
  end)

  -- What a server says for a look and a watch, in scripts.
  local function pods(version, ready)
    return faults.json {
      apiVersion = "v1", kind = "PodList", metadata = { resourceVersion = version },
      items = { { metadata = { name = "web", resourceVersion = version },
        status = { conditions = { { type = "Ready", status = ready } } } } },
    }
  end

  local function event(kind, version, ready)
    return faults.json { type = kind, object = {
      apiVersion = "v1", kind = "Pod", metadata = { name = "web", resourceVersion = version },
      status = { conditions = { { type = "Ready", status = ready } } },
    } } .. "\n"
  end

  local function wait_for_ready(steps, timeout)
    local script = faults.script(steps)
    local pod, err = wait.for_condition(faults.pods { server = script.server }, "web",
      { condition = "Ready", timeout = timeout or 30 })
    return pod, err, script.requests()
  end

  it("goes on when the object is deleted: another one of its name counts", function()
    local pod = assert(wait_for_ready { pods("5", "False"), { ["then"] = "hang", chunks = {
      event("DELETED", "6", "False"), event("ADDED", "7", "False"), event("MODIFIED", "8", "True"),
    } } })
    assert.equal("8", pod.metadata.resourceVersion)
  end)

  it("says that it was deleted, when time runs out after that", function()
    local _, err = wait_for_ready({ pods("5", "False"),
      { ["then"] = "hang", chunks = { event("DELETED", "6", "False") } } }, 0.3)
    assert.is_true(kube.is_timeout(err))
    assert.matches("last seen: Ready=False, then it was deleted", err.message, 1, true)
  end)

  it("waits beside others, and can be canceled", function()
    kube.run(function()
      local waiter = kube.spawn(function()
        local object, err = k:wait("ns/default", { condition = "Nothing", timeout = 60 })
        return object or "none", err
      end)
      kube.sleep(0.1)
      waiter:cancel()
      local object, err = waiter:join(10)
      assert.equal("none", object)
      assert.is_true(kube.is_canceled(err))
    end)
  end)

  it("looks again when its watch came too late", function()
    local found, _, requests = wait_for_ready {
      pods("5", "False"), faults.status(410, "Expired", "too old"), pods("80", "True"),
    }
    assert.equal("80", found.metadata.resourceVersion)
    assert.equal(3, #requests)
    assert.equal("metadata.name%3Dweb", requests[1].query.fieldSelector)
    assert.same({ "true", "5", "metadata.name%3Dweb" }, { requests[2].query.watch,
      requests[2].query.resourceVersion, requests[2].query.fieldSelector })
  end)

  it("does not flood a server whose versions are always too old", function()
    local gone = faults.status(410, "Expired", "too old")
    local list = pods("5", "False")
    local _, err, requests = wait_for_ready({ list, gone, list, gone, list, gone, list, gone }, 1.5)
    assert.is_true(kube.is_timeout(err), tostring(err))
    assert.is_true(#requests <= 6, #requests)
  end)

  it("says why it cannot look or watch, in the server's words", function()
    local _, err = wait_for_ready { faults.status(403, "Forbidden", "pods is forbidden") }
    assert.is_nil(faults.flaw(err, "Forbidden", { "pods is forbidden" }))
    _, err = wait_for_ready { faults.status(504, "Timeout", "the storage is slow") }
    assert.is_nil(faults.flaw(err, "Timeout", { "the storage is slow" }))
  end)

  it("throws on what the programmer did wrong", function()
    assert.error_matches(function() k:wait("deploy/web") end,
      "wait: the option condition is needed")
    assert.error_matches(function() k:wait("deploy/web", { condition = "=x" }) end, "is needed")
    assert.error_matches(function() k:wait("deploy/web", { condition = "x", timeout = 0 / 0 }) end,
      "wait: the option timeout must be a number, not NaN")
    assert.error_matches(function() k:wait("deploy/web", { conditions = "Ready" }) end,
      "unknown option \"conditions\"; did you mean \"condition\"")
    assert.error_matches(function() k:wait("deploy", { condition = "Ready" }) end,
      "wait: the name must be")
  end)
end)
