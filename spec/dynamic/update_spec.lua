local cluster = require("spec.support.cluster")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-update")
local own = things.of(namespace)
local here, config_map, pod, deployment = own.here, own.config_map, own.pod, own.deployment
local refused = things.refused
local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })

local IN = { namespace = namespace }

setup(function() -- what a pod needs to be admitted
  cluster.eventually(function() return (k:get("sa", "default", IN)) end)
end)

describe("update", function()
  it("writes what was read and changed", function()
    assert(k:create(config_map("update", { a = "1" })))
    local read = assert(k:get("cm", "update", IN))
    read.data.a, read.data.b = "2", "3"
    local updated = assert(k:update(read))
    assert.same({ a = "2", b = "3" }, updated.data)
    assert.not_equal(read.metadata.resourceVersion, updated.metadata.resourceVersion)
  end)

  it("is a Conflict where somebody was faster", function()
    assert(k:create(config_map("race", { a = "1" })))
    local mine, theirs = assert(k:get("cm", "race", IN)), assert(k:get("cm", "race", IN))
    theirs.data.a = "theirs"
    assert(k:update(theirs))
    mine.data.a = "mine"
    local err = refused("Conflict", k:update(mine))
    assert.is_true(kube.is_conflict(err))
    assert.equal(409, err.code)
    assert.equal("theirs", assert(k:get("cm", "race", IN)).data.a)
  end)

  it("of the status leaves the rest, and of the rest leaves the status", function()
    assert(k:create(pod("status", { kubelet = "off" })))
    local read = cluster.eventually(function()
      local now = assert(k:get("pod", "status", IN))
      return now.spec.nodeName and now
    end)
    read.status.phase = "Running"
    read.status.message = "all is well"
    read.spec.activeDeadlineSeconds = 1000
    local updated = assert(k:update_status(read))
    assert.equal("Running", updated.status.phase)
    assert.equal("all is well", updated.status.message)
    assert.is_nil(updated.spec.activeDeadlineSeconds)

    updated.status.message = "not by update"
    updated.metadata.labels = { by = "update" }
    updated = assert(k:update(updated))
    assert.equal("all is well", updated.status.message)
    assert.equal("update", updated.metadata.labels.by)
    assert.equal("all is well", assert(k:get("pod", "status", here { subresource = "status" }))
      .status.message)
    assert(k:delete("pod", "status", here { gracePeriodSeconds = 0 }))
  end)
end)

describe("the scale of a deployment", function()
  local deployments = kube.dynamic(config)
    :resource { group = "apps", version = "v1", resource = "deployments" }:namespace(namespace)

  it("is read, updated and patched as a subresource", function()
    assert(k:create(deployment("scaled", 0)))
    local scale = assert(k:get("deploy", "scaled", here { subresource = "scale" }))
    assert.equal("Scale", scale.kind)
    assert.equal(0, scale.spec.replicas or 0)
    scale.spec.replicas = 1
    scale.metadata.resourceVersion = nil -- its controller writes at the same time
    scale = assert(deployments:update(scale, { subresource = "scale" }))
    assert.equal(1, scale.spec.replicas)
    assert.equal(1, assert(k:get("deploy", "scaled", IN)).spec.replicas)
    scale = assert(k:patch("deploy/scaled", nil, { spec = { replicas = 2 } },
      here { subresource = "scale" }))
    assert.equal("Scale", scale.kind)
    assert.equal(2, assert(k:get("deploy", "scaled", IN)).spec.replicas)
    assert(k:delete("deploy", "scaled", IN))
  end)

  it("an eviction is created as a subresource of a pod", function()
    assert(k:create(pod("evicted", { kubelet = "off" })))
    local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
      :namespace(namespace)
    assert(pods:create({
      apiVersion = "policy/v1", kind = "Eviction",
      metadata = { name = "evicted", namespace = namespace },
      deleteOptions = { gracePeriodSeconds = 0 },
    }, { subresource = "eviction", name = "evicted" }))
    cluster.eventually(function()
      return kube.is_not_found((select(2, k:get("pod", "evicted", IN))))
    end)
  end)
end)
