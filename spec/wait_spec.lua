-- k:wait, by watch, against the real API server.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local wait = require("kube.client.wait")

local unpack = table.unpack or unpack

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

  it("ends when the object is deleted while one waits", function()
    assert(k:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "short" } })
    local _, err = unpack(kube.run(function()
      local waiter = kube.spawn(function()
        return { k:wait("cm/short", { condition = "Ready", timeout = 30 }) }
      end)
      kube.sleep(0.2)
      assert(k:delete("cm/short"))
      return waiter:join(20)
    end), 1, 2)
    assert.is_true(kube.is_not_found(err), tostring(err))
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
    local function pods(version, ready)
      return faults.json {
        apiVersion = "v1", kind = "PodList", metadata = { resourceVersion = version },
        items = { { metadata = { name = "web", resourceVersion = version },
          status = { conditions = { { type = "Ready", status = ready } } } } },
      }
    end
    local script = faults.script {
      pods("5", "False"), faults.status(410, "Expired", "too old"), pods("80", "True"),
    }
    local found = assert(wait.for_condition(faults.pods { server = script.server }, "web",
      { condition = "Ready", timeout = 30 }))
    assert.equal("80", found.metadata.resourceVersion)
    local requests = script.requests()
    assert.equal(3, #requests)
    assert.equal("metadata.name%3Dweb", requests[1].query.fieldSelector)
    assert.same({ "true", "5", "metadata.name%3Dweb" }, { requests[2].query.watch,
      requests[2].query.resourceVersion, requests[2].query.fieldSelector })
  end)

  it("says why it cannot look or watch", function()
    local forbidden = faults.status(403, "Forbidden", "pods is forbidden")
    local script = faults.script { forbidden }
    local _, err = wait.for_condition(faults.pods { server = script.server }, "web",
      { condition = "Ready" })
    assert.is_nil(faults.flaw(err, "Forbidden", { "pods is forbidden" }))
  end)

  it("throws on what the programmer did wrong", function()
    assert.error_matches(function() k:wait("deploy/web") end,
      "wait: the option condition is needed")
    assert.error_matches(function() k:wait("deploy/web", { condition = "=x" }) end, "is needed")
    assert.error_matches(function() k:wait("deploy/web", { conditions = "Ready" }) end,
      "unknown option \"conditions\"; did you mean \"condition\"")
    assert.error_matches(function() k:wait("deploy", { condition = "Ready" }) end,
      "wait: the name must be")
  end)
end)
