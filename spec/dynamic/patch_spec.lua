local cluster = require("spec.support.cluster")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-patch")
local own = things.of(namespace)
local here, config_map, deployment = own.here, own.config_map, own.deployment
local refused = things.refused

local IN = { namespace = namespace }

describe("patch", function()
  local function fresh(name)
    assert(k:create(config_map(name, { a = "1", b = "2" }, { keep = "yes" })))
    return name
  end

  it("may be JSON text, wherever the name stands", function()
    local name = fresh("patch-text")
    assert.equal("2", assert(k:patch("cm/" .. name, '{"data":{"a":"2"}}', IN)).data.a)
    assert.equal("3", assert(k:patch("cm", name, '{"data":{"a":"3"}}', IN)).data.a)
  end)

  it("merges by default, and kube.null removes", function()
    local patched = assert(k:patch("cm", fresh("merge"), {
      data = { a = kube.null, c = "3" }, metadata = { annotations = { note = "n" } },
    }, IN))
    assert.same({ b = "2", c = "3" }, patched.data)
    assert.same({ keep = "yes" }, patched.metadata.labels)
    assert.same({ note = "n" }, patched.metadata.annotations)
    patched = assert(k:patch("cm", "merge", { data = kube.null }, here { type = "merge" }))
    assert.is_nil(patched.data)
  end)

  it("takes a list of operations as a JSON patch", function()
    local name = fresh("json")
    local patched = assert(k:patch("cm", name, {
      { op = "test", path = "/data/a", value = "1" },
      { op = "replace", path = "/data/a", value = "one" },
      { op = "remove", path = "/data/b" },
      { op = "add", path = "/metadata/labels/example.com~1new", value = "yes" },
    }, here { type = "json" }))
    assert.same({ a = "one" }, patched.data)
    assert.same({ keep = "yes", ["example.com/new"] = "yes" }, patched.metadata.labels)
    local err = select(2, k:patch("cm", name, {
      { op = "test", path = "/data/a", value = "1" },
    }, here { type = "json" }))
    assert.is_true(kube.is_invalid(err), tostring(err))
  end)

  it("applies, as apply does, from a table and from YAML", function()
    local given = here { type = kube.patch.APPLY, fieldManager = "the-spec" }
    local patched = assert(k:patch("cm", "by-apply", config_map("by-apply", { a = "1" }), given))
    assert.same({ a = "1" }, patched.data)
    assert.equal("the-spec", patched.metadata.managedFields[1].manager)
    assert.equal("Apply", patched.metadata.managedFields[1].operation)
    patched = assert(k:patch("cm", "by-apply", "apiVersion: v1\nkind: ConfigMap\n"
      .. 'metadata: {name: by-apply}\ndata: {b: "2"}\n', given))
    assert.same({ b = "2" }, patched.data)
    given.fieldManager = "another"
    refused("Conflict", k:patch("cm", "by-apply", config_map("by-apply", { b = "3" }), given))
    given.force = true
    assert.same({ b = "3" },
      assert(k:patch("cm", "by-apply", config_map("by-apply", { b = "3" }), given)).data)
  end)

  it("takes JSON text", function()
    local patched = assert(k:patch("cm", fresh("text"), '{"data":{"a":null}}', IN))
    assert.same({ b = "2" }, patched.data)
  end)

  it("merges the elements of lists by their keys when it is strategic", function()
    assert(k:create(deployment("strategic", 0)))
    local containers = { spec = { template = { spec = { containers = {
      { name = "side", image = "busybox" },
    } } } } }
    local patched = assert(k:patch("deploy", "strategic", containers, here { type = "strategic" }))
    assert.equal(2, #patched.spec.template.spec.containers)
    patched = assert(k:patch("deploy", "strategic", { spec = { template = { spec = {
      containers = { { name = "app", ["$patch"] = "delete" } },
    } } } }, here { type = "strategic" }))
    assert.equal(1, #patched.spec.template.spec.containers)
    assert.equal("side", patched.spec.template.spec.containers[1].name)
    patched = assert(k:patch("deploy", "strategic", {
      metadata = { annotations = { ["deployment.kubernetes.io/revision"] = kube.null } },
      spec = { template = { spec = { containers = {
        { name = "only", image = "nginx" },
      } } } },
    }, here { type = "merge" }))
    assert.equal("only", patched.spec.template.spec.containers[1].name)
    assert.equal(1, #patched.spec.template.spec.containers)
    assert(k:delete("deploy", "strategic", IN))
  end)

  it("of a dry run changes nothing", function()
    local patched = assert(k:patch("cm", fresh("dry-patch"), { data = { a = "9" } },
      here { dryRun = "All" }))
    assert.equal("9", patched.data.a)
    assert.equal("1", assert(k:get("cm", "dry-patch", IN)).data.a)
  end)

  it("is a Conflict with a stale resourceVersion in it", function()
    local old = assert(k:get("cm", fresh("stale-patch"), IN)).metadata.resourceVersion
    local with_version = { metadata = { resourceVersion = old }, data = { a = "2" } }
    assert(k:patch("cm", "stale-patch", with_version, IN))
    with_version.data.a = "3"
    refused("Conflict", k:patch("cm", "stale-patch", with_version, IN))
  end)
end)
