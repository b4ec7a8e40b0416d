-- A watch of the real server.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local watches = require("spec.support.watches")

local told, take, ends_with = watches.told, watches.take, watches.ends_with

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
    local many = {}
    for i = 1, 150 do many[i] = assert(client:watch("configmaps", given)) end
    assert(client:apply(configmap("shared", "1"), { force = true }))
    local connects = 0
    for i = 1, 150 do
      assert.same({ "ADDED shared" }, take(many[i], 1))
      assert.equal(20, many[i]:info().http_version)
      connects = connects + many[i]:info().connects
      many[i]:close()
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
