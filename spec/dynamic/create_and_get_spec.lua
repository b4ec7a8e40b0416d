local cluster = require("spec.support.cluster")
local kube = require("kube")
local things = require("spec.support.things")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic-create-and-get")
local own = things.of(namespace)
local config_map, pod = own.config_map, own.pod
local refused = things.refused
local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
local configmaps = kube.dynamic(config):resource { version = "v1", resource = "configmaps" }
  :namespace(namespace)

local IN = { namespace = namespace }

setup(function() -- what a pod needs to be admitted
  cluster.eventually(function() return (k:get("sa", "default", IN)) end)
end)

describe("create and get", function()
  it("give the object as the server has it", function()
    local made = assert(k:create(config_map("made", { key = "value" })))
    assert.equal("ConfigMap", made.kind)
    assert.equal("v1", made.apiVersion)
    assert.equal(namespace, made.metadata.namespace)
    local read = assert(k:get("configmap", "made", IN))
    assert.equal(made.metadata.uid, read.metadata.uid)
    assert.same({ key = "value" }, read.data)
    assert.same(read, assert(k:get("cm/made", nil, IN)))
    assert.same(read, assert(configmaps:get("made")))
  end)

  it("take the name from the server where there is only the beginning of one", function()
    local made = assert(k:create {
      apiVersion = "v1", kind = "ConfigMap",
      metadata = { generateName = "made-", namespace = namespace },
    })
    assert.truthy(made.metadata.name:find("^made%-%w+$"))
  end)

  it("refuse what is there already, and what is not there", function()
    assert(k:create(config_map("twice")))
    local err = refused("AlreadyExists", k:create(config_map("twice")))
    assert.is_true(kube.is_already_exists(err))
    assert.equal(409, err.code)
    err = refused("NotFound", k:get("cm", "never", IN))
    assert.is_true(kube.is_not_found(err))
    assert.equal(404, err.code)
    assert.truthy(err.message:find('configmaps "never" not found', 1, true))
    assert.equal("never", err.status.details.name)
    assert.equal("Status", err.status.kind)
  end)

  it("tell what is invalid, field by field", function()
    local bad = pod("bad")
    bad.spec.containers[1].name = "No Good"
    bad.spec.restartPolicy = "Sometimes"
    local err = refused("Invalid", k:create(bad))
    assert.is_true(kube.is_invalid(err))
    assert.equal(422, err.code)
    local fields = {}
    for _, cause in ipairs(err.status.details.causes) do fields[cause.field] = cause.reason end
    assert.equal("FieldValueInvalid", fields["spec.containers[0].name"])
    assert.truthy(fields["spec.restartPolicy"])
  end)

  it("of a dry run leave nothing behind", function()
    local made = assert(k:create(config_map("dry", { a = "1" }), { dryRun = "All" }))
    assert.equal("1", made.data.a)
    refused("NotFound", k:get("cm", "dry", IN))
  end)

  it("obey fieldValidation", function()
    local odd = config_map("odd")
    odd.colour = "red"
    local err = refused("BadRequest", k:create(odd, { fieldValidation = "Strict" }))
    assert.truthy(err.message:find('unknown field "colour"', 1, true))
    assert.is_nil(assert(k:create(odd, { fieldValidation = "Ignore" })).colour)
  end)

  it("record the field manager", function()
    local made = assert(k:create(config_map("managed", { a = "1" }), { fieldManager = "the-spec" }))
    assert.equal("the-spec", made.metadata.managedFields[1].manager)
  end)

  it("keep any text that a label, an annotation or data may hold", function()
    local odd = config_map("texts", {
      ["a.b_c-d"] = 'quotes " \\ / and \8\12\n\r\t', empty = "", nul = "a\0b",
      unicode = "\195\169\226\130\172\240\159\152\128", html = "<a href='x'>&amp;</a>",
      separators = "\226\128\168\226\128\169",
    }, { ["app.kubernetes.io/name"] = "web_1.0-x" })
    odd.metadata.annotations = { ["example.com/note"] = "Gr\195\188\195\159e \240\159\152\128" }
    assert(k:create(odd))
    local read = assert(k:get("cm", "texts", IN))
    assert.same(odd.data, read.data)
    assert.same(odd.metadata.labels, read.metadata.labels)
    assert.same(odd.metadata.annotations, read.metadata.annotations)
  end)

  it("hold a ConfigMap of 900 KB", function()
    local value = ("0123456789abcde\n"):rep(900 * 64)
    assert(k:create(config_map("large", { value = value })))
    assert.is_true(value == assert(k:get("cm", "large", IN)).data.value)
    local read = assert(k:get("cm", "large", IN))
    read.data.more = "x"
    assert(k:update(read))
    assert.is_true(value == assert(k:get("cm", "large", IN)).data.value)
    assert(k:delete(read))
  end)

  it("refuse an object that is too large, and say so", function()
    local err = select(2, k:create(config_map("huge", { value = ("x"):rep(1100000) })))
    assert.truthy(kube.is_invalid(err) or err.code == 413, tostring(err))
  end)

  it("do not touch the data of a Secret", function()
    local data = { password = "cDRzc3cwcmQ=", bytes = "AP8Q" }
    assert(k:create {
      apiVersion = "v1", kind = "Secret", data = data,
      metadata = { name = "secret", namespace = namespace }, type = "Opaque",
    })
    local read = assert(k:get("secret", "secret", IN))
    assert.same(data, read.data)
    read.metadata.labels = { seen = "yes" }
    assert.same(data, assert(k:update(read)).data)
    assert.same(data, assert(k:get("secret", "secret", IN)).data)
  end)

  it("send a name that would lead elsewhere to nobody", function()
    for _, name in ipairs { "", ".", "..", "a/b", "a%2fb" } do
      refused("BadRequest", configmaps:get(name))
      refused("BadRequest", configmaps:delete(name))
    end
  end)
end)
