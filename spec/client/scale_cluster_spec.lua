-- Scales on a real server, of what it comes with, and of CRDs.
local cluster = require("spec.support.cluster")
local kube = require("kube")

local function deployment(name, replicas)
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name },
    spec = {
      replicas = replicas, selector = { matchLabels = { app = name } },
      template = {
        metadata = { labels = { app = name } },
        spec = { containers = { { name = "c", image = "nginx" } } },
      },
    },
  }
end

--- A CRD whose objects have their replicas in unusual places.
local function definition(group, scope, with_scale)
  local number = { type = "integer" }
  return {
    apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
    metadata = { name = "carts." .. group },
    spec = {
      group = group, scope = scope, names = { plural = "carts", singular = "cart", kind = "Cart" },
      versions = { {
        name = "v1", served = true, storage = true,
        schema = { openAPIV3Schema = { type = "object", properties = {
          spec = { type = "object", properties = { wheels = number } },
          status = { type = "object", properties = {
            wheels = number, selector = { type = "string" },
          } },
        } } },
        subresources = {
          status = {},
          scale = with_scale and {
            specReplicasPath = ".spec.wheels", statusReplicasPath = ".status.wheels",
            labelSelectorPath = ".status.selector",
          } or nil,
        },
      } },
    },
  }
end

describe("a real server's scale", function()
  local k, space, scales

  setup(function()
    space = cluster.namespace("scale")
    k = cluster.connect("admin", { namespace = space })
    scales = assert(kube.scale(k.config)):scales(space)
    assert(k:create(deployment("web", 1)))
  end)

  it("is got, updated, patched and applied", function()
    local scale = assert(scales:get("deploy", "web"))
    assert.same({ "autoscaling/v1", "Scale", "web", 1, "app=web" },
      { scale.apiVersion, scale.kind, scale.metadata.name, scale.spec.replicas,
        scale.status.selector })
    cluster.eventually(function() -- the controller writes into it meanwhile
      scale = assert(scales:get("deploy", "web"))
      scale.spec.replicas = 2
      local updated, err = scales:update("deployments.apps", scale)
      if not updated then assert.is_true(kube.is_conflict(err), tostring(err)) end
      return updated
    end)
    assert.equal(2, assert(k:get("deploy/web")).spec.replicas)
    assert.equal(3, assert(scales:patch("Deployment", "web", { spec = { replicas = 3 } }))
      .spec.replicas)
    local applied = { metadata = { name = "web" }, spec = { replicas = 1 } }
    local found, err = scales:apply("deploy", applied)
    assert.is_nil(found)
    assert.is_true(kube.is_conflict(err), tostring(err))
    assert.equal(1, assert(scales:apply("deploy", applied, { force = true })).spec.replicas)
  end)

  it("is set by k:scale, which waits and checks", function()
    local scale = assert(k:scale("deploy/web", 3, { timeout = 60 }))
    assert.equal(3, scale.status.replicas)
    local found, err = k:scale("deploy/web", 4, { current_replicas = 2 })
    assert.is_nil(found)
    assert.equal("Expected replicas to be 2, was 3", err.message)
    found, err = k:scale("deploy/web", 4, { resourceVersion = "1" })
    assert.is_nil(found)
    assert.is_true(kube.is_conflict(err))
    assert.equal(4, assert(k:scale("deploy/web", 4, { dryRun = "All" })).spec.replicas)
    assert.equal(3, assert(scales:get("deploy", "web")).spec.replicas)
    assert(k:scale("deployments", "web", 0, { current_replicas = 3, timeout = 60 }))
    assert.equal(0, assert(k:get("deploy/web")).status.replicas or 0)
    assert(k:scale("deploy/web", 2, { current_replicas = 0 }))
  end)

  it("is not there for what has none, and is told so", function()
    local found, err = k:scale("configmap/kube-root-ca.crt", 1)
    assert.is_nil(found)
    assert.is_true(kube.is_not_found(err))
    assert.truthy(err.message:find("configmaps have no scale", 1, true), err.message)
    found, err = k:scale("deploy/nothing", 1)
    assert.is_nil(found)
    assert.is_true(kube.is_not_found(err))
    assert.is_nil(err.message:find("have no scale", 1, true))
  end)

  it("is that of a CRD that was made a second ago", function()
    assert(k:discovery():server_resources()) -- what is served is known by now
    local group = cluster.unique("shop") .. ".example.com"
    assert(k:create(definition(group, "Namespaced", true)))
    cluster.eventually(function()
      return k:create {
        apiVersion = group .. "/v1", kind = "Cart", metadata = { name = "mine" },
        spec = { wheels = 4 },
      }
    end)
    assert.equal(4, assert(scales:get("carts." .. group, "mine")).spec.replicas)
    assert.equal(3, assert(k:scale("cart." .. group .. "/mine", 3, { current_replicas = 4 }))
      .spec.replicas)
    assert.equal(3, assert(k:get("cart." .. group .. "/mine")).spec.wheels)
    local found, err = k:scale("cart." .. group .. "/mine", 5, { timeout = 0.1 })
    assert.is_nil(found) -- nobody makes wheels
    assert.equal('timed out waiting for "mine" to be synced: it has 0 of 5 replicas', err.message)
    assert(k:patch("cart." .. group .. "/mine", { status = { wheels = 5, selector = "of=mine" } },
      { subresource = "status" }))
    local scale = assert(k:scale("cart." .. group .. "/mine", 5, { timeout = 30 }))
    assert.same({ 5, "of=mine" }, { scale.status.replicas, scale.status.selector })
    local other = cluster.connect("admin", { namespace = space }) -- which has got none yet
    local fresh = assert(kube.scale(other.config)):scales(space)
    assert.equal(6, assert(fresh:update({ group = group, resource = "carts" },
      { metadata = { name = "mine", namespace = space }, spec = { replicas = 6 } })).spec.replicas)
  end)

  it("is that of a resource in no namespace, wherever the client is", function()
    local group = cluster.unique("yard") .. ".example.com"
    assert(k:create(definition(group, "Cluster", true)))
    cluster.eventually(function()
      return k:create {
        apiVersion = group .. "/v1", kind = "Cart", metadata = { name = "ours" },
        spec = { wheels = 4 },
      }
    end)
    assert.equal(2, assert(k:scale("cart." .. group .. "/ours", 2)).spec.replicas)
    assert.equal(2, assert(scales:get("cart." .. group, "ours")).spec.replicas)
    assert.equal(2, assert(kube.scale(k.config)):scales()
      :get("cart." .. group, "ours").spec.replicas)
  end)

  it("is that of a CRD which has one since a second ago", function()
    local group = cluster.unique("barn") .. ".example.com"
    assert(k:create(definition(group, "Namespaced", false)))
    cluster.eventually(function()
      return k:create {
        apiVersion = group .. "/v1", kind = "Cart", metadata = { name = "late" },
        spec = { wheels = 4 },
      }
    end)
    local found, err = k:scale("cart." .. group .. "/late", 2)
    assert.is_nil(found)
    assert.truthy(err.message:find("have no scale", 1, true), err.message)
    local crd = assert(k:get("crd", "carts." .. group))
    crd.spec.versions[1].subresources = definition(group, "", true).spec.versions[1].subresources
    assert(k:patch("crd/carts." .. group, { spec = { versions = crd.spec.versions } }))
    local scale = cluster.eventually(function() return k:scale("cart." .. group .. "/late", 2) end)
    assert.equal(2, scale.spec.replicas)
  end)
end)
