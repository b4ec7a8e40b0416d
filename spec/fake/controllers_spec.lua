-- What the controllers of kube.fake do beyond what same_cluster_spec compares, and what the server
-- refuses.
local eventually = require("spec.support.eventually")
local fake = require("kube.fake")
local kube = require("kube")
local process = require("spec.support.process")

local server, k

local function start(pods)
  server = assert(fake.start { pods = pods or {
    scheduled_after = 0, ready_after = 0.01, gone_after = 0.01,
  } })
  k = assert(server:connect())
end

after_each(function() server:close() end)

local function workload(kind, more)
  local spec = {
    replicas = 2, selector = { matchLabels = { app = "web" } },
    template = { metadata = { labels = { app = "web" } },
      spec = { containers = { { name = "c", image = "nginx:1" } } } },
  }
  for name, value in pairs(more or {}) do spec[name] = value end
  return { apiVersion = "apps/v1", kind = kind, metadata = { name = "web" }, spec = spec }
end

local function condition(object, kind)
  for _, one in ipairs(object.status.conditions or {}) do
    if one.type == kind then return one end
  end
end

local function rolled_out()
  return eventually(function()
    local web = assert(k:get("deploy/web"))
    local progressing = condition(web, "Progressing")
    return web.status.observedGeneration == web.metadata.generation and progressing
      and progressing.reason == "NewReplicaSetAvailable" and web
  end)
end

local function image(version)
  return { spec = { template = { spec = { containers = { { name = "c", image = version } } } } } }
end

local function count(kind) return #assert(k:list(kind)).items end

describe("a Deployment", function()
  it("that recreates never has pods of two templates", function()
    start()
    assert(k:create(workload("Deployment", { strategy = { type = "Recreate" } })))
    rolled_out()
    local watch, images, mixed = assert(k:watch("pods")), {}, false
    assert(k:patch("deploy/web", image("nginx:2")))
    rolled_out()
    local event = watch:next(0.1)
    while event do
      local pod = event.object
      images[pod.metadata.name] = event.type ~= "DELETED" and pod.spec.containers[1].image or nil
      local seen
      for _, one in pairs(images) do
        mixed = mixed or seen ~= nil and seen ~= one
        seen = one
      end
      event = watch:next(0.1)
    end
    watch:close()
    assert.is_false(mixed)
    assert.equal("nginx:2", assert(k:list("pods")).items[1].spec.containers[1].image)
  end)

  it("goes back to an old ReplicaSet, which gets the newest revision", function()
    start()
    assert(k:create(workload("Deployment")))
    rolled_out()
    assert(k:patch("deploy/web", image("nginx:2")))
    rolled_out()
    assert(k:patch("deploy/web", image("nginx:1")))
    local web = rolled_out()
    assert.equal("3", web.metadata.annotations["deployment.kubernetes.io/revision"])
    assert.equal(2, count("rs"))
  end)

  it("keeps as many old ReplicaSets as it is told", function()
    start()
    assert(k:create(workload("Deployment", { revisionHistoryLimit = 1 })))
    rolled_out()
    for i = 2, 4 do
      assert(k:patch("deploy/web", image("nginx:" .. i)))
      rolled_out()
    end
    eventually(function() return count("rs") == 2 end)
  end)

  it("does nothing while it is paused", function()
    start()
    assert(k:create(workload("Deployment")))
    rolled_out()
    assert(k:patch("deploy/web", { spec = { paused = true } }))
    assert(k:patch("deploy/web", image("nginx:2")))
    kube.sleep(0.2)
    assert.equal(1, count("rs"))
    assert(k:patch("deploy/web", { spec = { paused = false } }))
    rolled_out()
    assert.equal(2, count("rs"))
  end)

  it("says when it makes no progress", function()
    start { scheduled_after = 0, ready_after = false }
    assert(k:create(workload("Deployment", { progressDeadlineSeconds = 1 })))
    local late = eventually(function()
      local one = condition(assert(k:get("deploy/web")), "Progressing")
      return one and one.status == "False" and one
    end)
    assert.equal("ProgressDeadlineExceeded", late.reason)
    assert.equal("False", condition(assert(k:get("deploy/web")), "Available").status)
  end)

  it("replaces pods that are deleted or fail", function()
    start()
    assert(k:create(workload("Deployment")))
    rolled_out()
    local pods = assert(k:list("pods")).items
    assert(k:delete(pods[1]))
    pods[2].status.phase = "Failed"
    assert(k:update_status(pods[2]))
    eventually(function()
      local web = assert(k:get("deploy/web"))
      return web.status.readyReplicas == 2 and count("pods") == 3 -- the failed one stays
    end)
  end)
end)

describe("the garbage collector", function()
  it("waits for what is owned when told to, and leaves it when told to", function()
    start()
    assert(k:create(workload("Deployment")))
    rolled_out()
    local going = assert(k:delete("deploy/web", { propagationPolicy = "Foreground" }))
    assert.same({ "foregroundDeletion" }, going.metadata.finalizers)
    eventually(function() return kube.is_not_found(select(2, k:get("deploy/web"))) end)
    assert.equal(0, count("rs"))
    assert.equal(0, count("pods"))
    assert(k:create(workload("Deployment")))
    rolled_out()
    assert(k:delete("deploy/web", { propagationPolicy = "Orphan" }))
    eventually(function() return kube.is_not_found(select(2, k:get("deploy/web"))) end)
    kube.sleep(0.1)
    assert.equal(2, count("pods"))
    assert.is_nil(assert(k:list("rs")).items[1].metadata.ownerReferences)
  end)

  it("takes what has no owner any more, and not what has another one", function()
    start()
    local function owned(name, ...)
      local references = {}
      for i, owner in ipairs { ... } do
        references[i] = { apiVersion = "v1", kind = "ConfigMap", name = "x", uid = owner }
      end
      return { apiVersion = "v1", kind = "Secret",
        metadata = { name = name, ownerReferences = references } }
    end
    local a = assert(k:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } })
    local b = assert(k:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "b" } })
    assert(k:create(owned("one", a.metadata.uid)))
    assert(k:create(owned("two", a.metadata.uid, b.metadata.uid)))
    local stray = owned("other", "unknown")
    stray.metadata.ownerReferences[1].kind = "Unknown"
    assert(k:create(stray))
    assert(k:create(owned("lost", "nobody")))
    assert(k:delete("cm/a"))
    eventually(function() return count("secrets") == 2 end)
    assert.equal(1, #assert(k:get("secret/two")).metadata.ownerReferences)
    assert(k:get("secret/other"))
  end)
end)

describe("a ReplicaSet of one's own", function()
  it("has pods too, and lets them go", function()
    start()
    assert(k:create(workload("ReplicaSet")))
    eventually(function() return assert(k:get("rs/web")).status.readyReplicas == 2 end)
    assert(k:patch("rs/web", { spec = { replicas = 1 } }))
    eventually(function() return count("pods") == 1 end)
    assert(k:delete("rs/web"))
    eventually(function() return count("pods") == 0 end)
  end)
end)

describe("a namespace", function()
  it("that is deleted waits for finalizers, in it and its own", function()
    start()
    assert(k:create { apiVersion = "v1", kind = "Namespace",
      metadata = { name = "x", finalizers = { "a.b/c" } } })
    assert(k:create { apiVersion = "v1", kind = "ConfigMap",
      metadata = { name = "held", namespace = "x", finalizers = { "a.b/c" } } })
    assert(k:create { apiVersion = "v1", kind = "Pod", metadata = { name = "p", namespace = "x" },
      spec = { containers = { { name = "c", image = "i" } } } })
    assert.equal("Terminating", assert(k:delete("ns/x")).status.phase)
    eventually(function() return #assert(k:list("pods", { namespace = "x" })).items == 0 end)
    kube.sleep(0.2)
    assert(k:get("cm/held", { namespace = "x" }))
    assert(k:patch("cm/held", { metadata = { finalizers = kube.null } }, { namespace = "x" }))
    kube.sleep(0.2)
    assert(k:get("ns/x"))
    assert(k:patch("ns/x", { metadata = { finalizers = kube.null } }))
    eventually(function() return kube.is_not_found(select(2, k:get("ns/x"))) end)
  end)
end)

describe("what it does not do", function()
  it("is refused with 501 and a way out", function()
    start()
    assert(k:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } })
    local pods = kube.dynamic { kubeconfig = server.kubeconfig }
      :resource { version = "v1", resource = "pods" }:namespace("default")
    local function refused(word, _, err)
      assert.equal(501, err and err.code)
      assert.equal("NotImplemented", err.reason)
      assert.truthy(err.message:find("kube.fake does not do", 1, true))
      assert.truthy(err.message:find(word, 1, true), err.message)
    end
    refused("merge patch", k:patch("cm/a", { data = { a = "b" } }, { type = "strategic" }))
    refused("schema", k:create({ apiVersion = "v1", kind = "ConfigMap", metadata = { name = "b" } },
      { fieldValidation = "Strict" }))
    refused("log", pods:get("x", { subresource = "log" }))
    refused("delete the pod", pods:create({ metadata = { name = "x" } },
      { name = "x", subresource = "eviction" }))
    refused("spec.replicas", k:patch("deploy/x", { spec = { replicas = 1 } },
      { subresource = "scale" }))
  end)

  it("is refused to clients that take nothing else", function()
    start()
    for accept, code in pairs {
      ["application/json;as=Table;v=v1;g=meta.k8s.io"] = "501",
      ["application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"] = "501",
      ["application/vnd.kubernetes.protobuf"] = "501", ["text/html"] = "406",
      ["application/json;as=Table;v=v1;g=meta.k8s.io,application/json"] = "200",
      ["application/vnd.kubernetes.protobuf, */*"] = "200",
    } do
      local out = process.run("curl -s -o /dev/null -w '%{http_code}' -H 'Accept: " .. accept
        .. "' " .. server.url .. "/api/v1/pods")
      assert.equal(code, out, accept)
    end
    local out = process.run("curl -s -w '%{http_code}' " .. server.url .. "/openapi/v2")
    assert.truthy(out:find("501$"))
  end)
end)
