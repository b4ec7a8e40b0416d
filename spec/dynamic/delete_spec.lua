local cluster = require("spec.support.cluster")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-delete")
local own = things.of(namespace)
local here, config_map, pod, deployment = own.here, own.config_map, own.pod, own.deployment
local names, refused = things.names, things.refused

local IN = { namespace = namespace }

setup(function() -- what a pod needs to be admitted
  cluster.eventually(function() return (k:get("sa", "default", IN)) end)
end)

describe("delete", function()
  it("deletes at once with gracePeriodSeconds = 0", function()
    assert(k:create(pod("grace", { kubelet = "off" })))
    cluster.eventually(function()
      return assert(k:get("pod", "grace", IN)).spec.nodeName
    end)
    assert(k:delete("pod", "grace", IN)) -- gracefully: nobody plays its kubelet, so it stays
    assert.truthy(assert(k:get("pod", "grace", IN)).metadata.deletionTimestamp)
    assert(k:delete("pod", "grace", here { gracePeriodSeconds = 0 }))
    refused("NotFound", k:get("pod", "grace", IN))
  end)

  it("takes kind and name, both in one, or an object", function()
    for i = 1, 3 do assert(k:create(config_map("gone-" .. i))) end
    assert(k:delete("cm", "gone-1", IN))
    assert(k:delete("cm/gone-2", nil, IN))
    assert(k:delete(config_map("gone-3")))
    for i = 1, 3 do refused("NotFound", k:get("cm", "gone-" .. i, IN)) end
    refused("NotFound", k:delete("cm", "gone-1", IN))
  end)

  it("obeys the propagation policy", function()
    local function owned(name)
      return assert(k:list("rs", here { labelSelector = "app=" .. name })).items
    end
    local function delete(name, policy)
      assert(k:delete("deploy", name, here { propagationPolicy = policy }))
      cluster.eventually(function()
        return kube.is_not_found((select(2, k:get("deploy", name, IN))))
      end)
    end
    -- In this order: the garbage collector hears of them in turn, and makes orphans only of those
    -- that it has heard of.
    for _, name in ipairs { "owner-orphan", "owner-foreground", "owner-background" } do
      assert(k:create(deployment(name, 0)))
      cluster.eventually(function() return #owned(name) == 1 end)
    end
    for _, policy in ipairs { "Foreground", "Background" } do
      local name = "owner-" .. policy:lower()
      delete(name, policy)
      cluster.eventually(function() return #owned(name) == 0 end)
    end
    delete("owner-orphan", "Orphan")
    local orphan = owned("owner-orphan")[1]
    assert.is_nil(orphan.metadata.ownerReferences)
    assert(k:delete(orphan))
    refused("Invalid", k:delete("cm", "any", here { propagationPolicy = "Sideways" }))
  end)

  it("holds to its preconditions", function()
    local made = assert(k:create(config_map("pre")))
    local err = refused("Conflict", k:delete("cm", "pre",
      here { uid = "00000000-0000-0000-0000-000000000000" }))
    assert.is_true(kube.is_conflict(err))
    refused("Conflict", k:delete("cm", "pre", here { resourceVersion = "1" }))
    assert(k:delete("cm", "pre", here {
      uid = made.metadata.uid, resourceVersion = made.metadata.resourceVersion,
    }))
  end)

  it("holds to those of meta/v1 too, and so does a collection", function()
    local made = assert(k:create(config_map("pre-table", nil, { pre = "table" })))
    local wrong = { uid = "00000000-0000-0000-0000-000000000000" }
    refused("Conflict", k:delete("cm", "pre-table", here { preconditions = wrong }))
    refused("Conflict", k:delete_collection("cm",
      here { labelSelector = "pre=table", preconditions = wrong }))
    assert(k:delete("cm", "pre-table", here { preconditions = {
      uid = made.metadata.uid, resourceVersion = made.metadata.resourceVersion,
    } }))
  end)

  it("of a collection with a limit deletes the first so many", function()
    for i = 1, 5 do assert(k:create(config_map("some-" .. i, nil, { some = "yes" }))) end
    local deleted = assert(k:delete_collection("cm", here { labelSelector = "some=yes",
      limit = 2 }))
    assert.same({ "some-1", "some-2" }, names(deleted))
    assert.same({ "some-3", "some-4", "some-5" },
      names(assert(k:list("cm", here { labelSelector = "some=yes" }))))
    assert(k:delete_collection("cm", here { labelSelector = "some=yes", as =
      "PartialObjectMetadata" }))
  end)

  it("knows what the API has left behind: orphanDependents", function()
    assert(k:create(deployment("left-behind", 0)))
    local selector = { labelSelector = "app=left-behind" }
    cluster.eventually(function()
      return assert(k:list("rs", here(selector))).items[1]
    end)
    refused("Invalid", k:delete("deploy", "left-behind",
      here { orphanDependents = true, propagationPolicy = "Orphan" }))
    assert(k:delete("deploy", "left-behind", here { orphanDependents = true }))
    cluster.eventually(function()
      return kube.is_not_found((select(2, k:get("deploy", "left-behind", IN))))
    end)
    local orphan = assert(k:list("rs", here(selector))).items[1]
    assert.is_nil(orphan.metadata.ownerReferences)
    assert(k:delete(orphan))
  end)

  it("of a dry run deletes nothing", function()
    assert(k:create(config_map("dry-delete")))
    assert(k:delete("cm", "dry-delete", here { dryRun = "All" }))
    assert(k:delete("cm", "dry-delete", here { dryRun = { "All" } }))
    assert.truthy(k:get("cm", "dry-delete", IN))
  end)

  it("of a collection deletes what its selector chooses and nothing else", function()
    for i = 1, 4 do
      assert(k:create(config_map("many-" .. i, nil, { many = i % 2 == 0 and "even" or "odd" })))
    end
    assert(k:delete_collection("cm", here { labelSelector = "many=even" }))
    assert.same({ "many-1", "many-3" },
      names(assert(k:list("cm", here { labelSelector = "many" }))))
    assert(k:delete_collection("cm", here { labelSelector = "many",
      fieldSelector = "metadata.name=many-3" }))
    assert.same({ "many-1" }, names(assert(k:list("cm", here { labelSelector = "many" }))))
  end)
end)
