local cluster = require("spec.support.cluster")
local json = require("kube.json")
local kube = require("kube")

local k = cluster.connect()
local namespace = cluster.namespace("dynamic")
local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
local configmaps = kube.dynamic(config):resource { version = "v1", resource = "configmaps" }
  :namespace(namespace)

local IN = { namespace = namespace }

--- The options that are given, and the namespace of this file.
local function here(given)
  given = given or {}
  given.namespace = namespace
  return given
end

local function config_map(...) return cluster.config_map(namespace, ...) end

local function pod(name, annotations)
  return {
    apiVersion = "v1", kind = "Pod",
    metadata = { name = name, namespace = namespace, annotations = annotations },
    spec = { containers = { { name = "app", image = "nginx:1.27" } } },
  }
end

local function deployment(name, replicas)
  return {
    apiVersion = "apps/v1", kind = "Deployment",
    metadata = { name = name, namespace = namespace },
    spec = {
      replicas = replicas, selector = { matchLabels = { app = name } },
      template = {
        metadata = { labels = { app = name } },
        spec = { containers = { { name = "app", image = "nginx:1.27" } } },
      },
    },
  }
end

local function names(list)
  local found = {}
  for i, object in ipairs(list.items) do found[i] = object.metadata.name end
  table.sort(found)
  return found
end

local function encode(value) return assert(json.encode(value, { sort_keys = true })) end

--- That a call gave nil and an error with that reason; the error.
local function refused(reason, value, err)
  assert.is_nil(value)
  assert.is_true(kube.is_error(err), tostring(err))
  assert.equal(reason, err.reason)
  return err
end

local function current_line() return debug.getinfo(2, "l").currentline end

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

describe("list", function()
  setup(function()
    for i = 1, 7 do
      assert(k:create(config_map("page-" .. i, { n = tostring(i) }, {
        set = "pages", parity = i % 2 == 0 and "even" or "odd", ["example.com/n"] = "n" .. i,
      })))
    end
  end)

  local PAGES = { "page-1", "page-2", "page-3", "page-4", "page-5", "page-6", "page-7" }

  it("gives all objects, each with its kind, and the list's own fields", function()
    local list = assert(k:list("configmaps", here { labelSelector = "set=pages" }))
    assert.equal("ConfigMapList", list.kind)
    assert.equal("v1", list.apiVersion)
    assert.truthy(list.metadata.resourceVersion:find("^%d+$"))
    assert.is_nil(list.metadata.continue)
    assert.same(PAGES, names(list))
    for _, item in ipairs(list.items) do
      assert.equal("ConfigMap", item.kind)
      assert.equal("v1", item.apiVersion)
    end
  end)

  it("gives one page where a limit is given, and continue leads to the next", function()
    local all, pages, token = { items = {} }, 0, nil
    repeat
      local page = assert(k:list("configmaps", here { labelSelector = "set=pages", limit = 2,
        continue = token }))
      pages = pages + 1
      assert.is_true(#page.items <= 2)
      for _, item in ipairs(page.items) do all.items[#all.items + 1] = item end
      token = page.metadata.continue
    until not token
    assert.equal(4, pages)
    assert.same(PAGES, names(all))
  end)

  it("crosses pages by itself with each", function()
    local stream, all = k:each("configmaps", here { labelSelector = "set=pages", limit = 2 }),
      { items = {} }
    local item, err = stream:next()
    while item do
      assert.equal("ConfigMap", item.kind)
      all.items[#all.items + 1] = item
      item, err = stream:next()
    end
    assert.is_nil(err)
    assert.same(PAGES, names(all))
    assert.equal("ConfigMapList", stream:list_head().kind)
    assert.is_nil(stream:next())
  end)

  it("is read by for", function()
    local n = 0
    for item in k:each("configmaps", here { labelSelector = "set=pages", limit = 3 }) do
      n = n + 1
      assert.equal("page-" .. n, item.metadata.name)
    end
    assert.equal(7, n)
  end)

  it("throws in for what went wrong", function()
    local denied = cluster.connect("denied")
    local ok, err = pcall(function()
      for item in denied:each("configmaps", IN) do error(item.metadata.name) end
    end)
    assert.is_false(ok)
    assert.is_true(kube.is_forbidden(err))
  end)

  it("takes label selectors with all their characters", function()
    for selector, expected in pairs {
      ["set=pages,parity=even"] = "page-2 page-4 page-6",
      ["set in (pages, others),parity notin (even)"] = "page-1 page-3 page-5 page-7",
      ["example.com/n=n3"] = "page-3",
      ["example.com/n in (n1,n7),set==pages"] = "page-1 page-7",
      ["set=pages,!nothing,parity!=odd"] = "page-2 page-4 page-6",
      ["example.com/n=n1,example.com/n=n2"] = "",
    } do
      local list = assert(k:list("cm", here { labelSelector = selector }))
      assert.equal(expected, table.concat(names(list), " "), selector)
    end
    refused("BadRequest", k:list("cm", here { labelSelector = "a=b=c&d" }))
  end)

  it("takes field selectors", function()
    local list = assert(k:list("cm", here { fieldSelector = "metadata.name=page-3" }))
    assert.same({ "page-3" }, names(list))
    list = assert(k:list("cm", here { labelSelector = "set=pages",
      fieldSelector = "metadata.name!=page-3,metadata.namespace=" .. namespace }))
    assert.equal(6, #list.items)
    refused("BadRequest", k:list("cm", here { fieldSelector = "data.n=3" }))
  end)

  it("has an array of items even where there are none", function()
    local list = assert(k:list("cm", here { labelSelector = "set=none" }))
    assert.same({}, list.items)
    assert.is_true(json.is_array(list.items))
    assert.truthy(encode(list):find('"items":[]', 1, true))
  end)

  it("strips managedFields unless asked for, and get keeps them unless told not to", function()
    local where = { labelSelector = "set=pages" }
    for _, item in ipairs(assert(k:list("cm", here(where))).items) do
      assert.is_nil(item.metadata.managedFields)
      assert.equal("pages", item.metadata.labels.set)
    end
    where.managedFields = true
    assert.truthy(assert(k:list("cm", here(where))).items[1].metadata.managedFields)
    assert.truthy(assert(k:get("cm", "page-1", IN)).metadata.managedFields)
    assert.is_nil(assert(k:get("cm", "page-1", here { managedFields = false }))
      .metadata.managedFields)
  end)

  it("decodes only the fields that are asked for", function()
    local fields = { "metadata.name", "data.n" }
    local list = assert(k:list("cm", here { labelSelector = "set=pages", fields = fields }))
    assert.equal(7, #list.items)
    for i, item in ipairs(list.items) do
      assert.same({ name = "page-" .. i }, item.metadata)
      assert.same({ n = tostring(i) }, item.data)
    end
    local one = assert(k:get("cm", "page-1", here { fields = { "metadata.labels.set" } }))
    assert.same({ labels = { set = "pages" } }, one.metadata)
    assert.is_nil(one.data)
  end)

  it("is of all namespaces where that is asked for", function()
    local found = {}
    local list = assert(k:list("cm", { all_namespaces = true,
      fieldSelector = "metadata.name=kube-root-ca.crt" }))
    for _, item in ipairs(list.items) do found[item.metadata.namespace] = true end
    assert.is_true(found.default)
    assert.is_true(found["kube-system"])
  end)

  it("reads an older version exactly, and a later one not at all", function()
    local version = assert(k:list("cm", IN)).metadata.resourceVersion
    assert(k:create(config_map("page-8", {}, { set = "pages" })))
    local list = assert(k:list("cm", here { labelSelector = "set=pages", limit = 100,
      resourceVersion = version, resourceVersionMatch = "Exact" }))
    assert.same(PAGES, names(list))
    assert(k:delete("cm", "page-8", IN))
  end)
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

describe("apply", function()
  it("creates what is not there, and changes what is", function()
    local applied = assert(k:apply(config_map("applied", { a = "1", b = "2" })))
    assert.same({ a = "1", b = "2" }, applied.data)
    assert.equal("kube-lua", applied.metadata.managedFields[1].manager)
    assert.equal("Apply", applied.metadata.managedFields[1].operation)
    applied = assert(k:apply(config_map("applied", { a = "2" })))
    assert.same({ a = "2" }, applied.data) -- b was ours and is wanted no more
  end)

  it("leaves the fields of others, and conflicts where both want the same one", function()
    assert(k:apply(config_map("shared", { a = "1" }), { fieldManager = "one" }))
    assert(k:apply(config_map("shared", { b = "1" }), { fieldManager = "two" }))
    assert.same({ a = "1", b = "1" }, assert(k:get("cm", "shared", IN)).data)
    local err = refused("Conflict", k:apply(config_map("shared", { a = "2", b = "1" }),
      { fieldManager = "two" }))
    assert.is_true(kube.is_conflict(err))
    assert.equal(409, err.code)
    assert.truthy(err.message:find('"one"', 1, true), err.message)
    assert.equal("FieldManagerConflict", err.status.details.causes[1].reason)
    assert.equal(".data.a", err.status.details.causes[1].field)
    assert.equal("1", assert(k:get("cm", "shared", IN)).data.a)
  end)

  it("takes over by force, and the other one conflicts from then on", function()
    assert(k:apply(config_map("forced", { a = "1" }), { fieldManager = "one" }))
    local forced = assert(k:apply(config_map("forced", { a = "2" }),
      { fieldManager = "two", force = true }))
    assert.equal("2", forced.data.a)
    refused("Conflict", k:apply(config_map("forced", { a = "1" }), { fieldManager = "one" }))
  end)

  it("of a dry run changes nothing", function()
    local dry = assert(k:apply(config_map("dry-apply", { a = "1" }), { dryRun = "All" }))
    assert.equal("1", dry.data.a)
    refused("NotFound", k:get("cm", "dry-apply", IN))
  end)

  it("refuses an object that was read from the server", function()
    assert(k:apply(config_map("read", { a = "1" })))
    local read = assert(k:get("cm", "read", IN))
    local err = refused("BadRequest", k:apply(read))
    assert.truthy(err.message:find("managedFields must not be set", 1, true))
    assert.is_nil(err.code) -- it was not sent
  end)

  local THREE = [[
apiVersion: v1
kind: ConfigMap
metadata: {name: doc-one}
data: {a: "1"}
---
# nothing but a comment
---
apiVersion: v1
kind: Service
metadata: {name: doc-two}
spec:
  selector: {app: web}
  ports:
  - port: 80
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: doc-three}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "nginx:1.27"}]}
]]

  it("applies several documents of YAML in their order, and again", function()
    for _ = 1, 2 do
      local applied = assert(k:apply(assert(kube.yaml.load_all(THREE)), IN))
      assert.equal(3, #applied)
      assert.equal("doc-one", applied[1].metadata.name)
      assert.equal("Service", applied[2].kind)
      assert.equal("Deployment", applied[3].kind)
      assert.equal(namespace, applied[3].metadata.namespace)
    end
    assert.equal(80, assert(k:get("svc", "doc-two", IN)).spec.ports[1].port)
    assert(k:delete("deploy", "doc-three", IN))
  end)

  it("applies the items of a List, and of a List in a list", function()
    local list = { apiVersion = "v1", kind = "List", items = {
      config_map("item-one"), { apiVersion = "v1", kind = "ConfigMapList", items = {
        config_map("item-two"),
      } },
    } }
    local applied = assert(k:apply(list))
    assert.equal(2, #applied)
    assert.equal("item-two", applied[2].metadata.name)
    applied = assert(k:apply { list, config_map("item-three") })
    assert.equal(3, #applied)
    assert.equal("item-three", applied[3].metadata.name)
  end)

  it("of one object gives the object, of a list of one a list", function()
    assert.equal("single", assert(k:apply(config_map("single"))).metadata.name)
    assert.equal("single", assert(k:apply { config_map("single") })[1].metadata.name)
  end)

  it("gives what was applied before the one that failed", function()
    local bad = config_map("part-three")
    bad.metadata.name = "Not A Name"
    local applied, err, done = k:apply {
      config_map("part-one"), config_map("part-two"), bad, config_map("part-four"),
    }
    refused("Invalid", applied, err)
    assert.equal(2, #done)
    assert.equal("part-two", done[2].metadata.name)
    assert.truthy(k:get("cm", "part-two", IN))
    refused("NotFound", k:get("cm", "part-four", IN))
  end)
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

  it("of a dry run deletes nothing", function()
    assert(k:create(config_map("dry-delete")))
    assert(k:delete("cm", "dry-delete", here { dryRun = "All" }))
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

describe("the namespace", function()
  it("is that of the option, else of the object, else of the configuration", function()
    local mine = cluster.connect("admin", { namespace = namespace })
    assert.equal(namespace, mine.namespace)
    local bare = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "bare" } }
    assert.equal(namespace, assert(mine:create(bare)).metadata.namespace)
    assert.equal("bare", assert(mine:get("cm", "bare")).metadata.name)
    refused("NotFound", k:get("cm", "bare")) -- k's own is default
    bare.metadata.name = "bare-2"
    assert.equal(namespace, assert(k:create(bare, IN)).metadata.namespace)
    local other = config_map("bare-3")
    other.metadata.namespace = "default"
    assert.equal("default", assert(mine:create(other)).metadata.namespace)
    assert(mine:delete(other))
  end)

  it("of the option must be that of the object", function()
    local err = refused("BadRequest", k:create(config_map("mismatch"), { namespace = "default" }))
    assert.equal(string.format("the namespace of the object (%s) does not match the namespace "
      .. "asked for (default)", namespace), err.message)
    refused("NotFound", k:get("cm", "mismatch", IN))
  end)

  it("that is not there is NotFound", function()
    local lost = config_map("lost")
    lost.metadata.namespace = "no-such-namespace"
    refused("NotFound", k:create(lost))
  end)

  it("does not matter for what has none", function()
    assert.equal(namespace, assert(k:get("ns", namespace, IN)).metadata.name)
    local nodes = assert(k:list("nodes", IN))
    assert.same({ "node-a", "node-b" }, names(nodes))
    local dynamic_nodes = kube.dynamic(config):resource { version = "v1", resource = "nodes" }
    assert.equal("Node", assert(dynamic_nodes:get("node-a")).kind)
    assert.equal(2, #assert(dynamic_nodes:list()).items)
  end)
end)

describe("a custom resource", function()
  local group = cluster.unique("values") .. ".example.com"
  local things

  setup(function()
    assert(k:create {
      apiVersion = "apiextensions.k8s.io/v1", kind = "CustomResourceDefinition",
      metadata = { name = "things." .. group },
      spec = {
        group = group, scope = "Namespaced", names = { plural = "things", kind = "Thing" },
        versions = { {
          name = "v1", served = true, storage = true,
          schema = { openAPIV3Schema = {
            type = "object",
            properties = { spec = {
              type = "object", ["x-kubernetes-preserve-unknown-fields"] = true,
            } },
          } },
        } },
      },
    })
    things = kube.dynamic(config):resource { group = group, version = "v1", resource = "things" }
      :namespace(namespace)
    cluster.eventually(function() return (things:list()) end)
  end)

  local function thing(name, spec)
    return { apiVersion = group .. "/v1", kind = "Thing", metadata = { name = name }, spec = spec }
  end

  it("goes through get, update and get without a change", function()
    assert(things:create(thing("same", assert(json.decode([=[{
      "int": 42, "negative": -1, "big": 4503599627370497, "float": 1.5, "whole": 1.0,
      "tiny": 1e-7, "huge": 1e300, "zero": 0,
      "empty_list": [], "empty_object": {}, "lists": [[], [[]], {}, [{}]],
      "null": null, "nested": {"null": null, "list": [null, 1, null]},
      "true": true, "false": false, "empty": "", "digits": "0123",
      "unicode": "\u00e9\ud83d\ude00"
    }]=])))))
    local first = assert(things:get("same"))
    local spec = encode(first.spec)
    for _, piece in ipairs { '"empty_list":[]', '"empty_object":{}', '"lists":[[],[[]],{},[{}]]',
      '"int":42', '"big":4503599627370497', '"digits":"0123"', '"float":1.5', '"null":null',
      '"list":[null,1,null]' } do
      assert.truthy(spec:find(piece, 1, true), piece .. " is not in " .. spec)
    end
    local updated = assert(things:update(first))
    assert.equal(first.metadata.generation, updated.metadata.generation)
    assert.equal(first.metadata.resourceVersion, updated.metadata.resourceVersion)
    assert.equal(spec, encode(assert(things:get("same")).spec))
  end)

  local exact = encode(assert(json.decode("9007199254740993"))) == "9007199254740993"
  if exact then
    it("keeps integers above 2^53 exact, where this Lua can", function()
      local text = '{"max":9223372036854775807,"min":-9223372036854775808,'
        .. '"odd":9007199254740993}'
      assert(things:create(thing("exact", assert(json.decode(text)))))
      local read = assert(things:get("exact"))
      assert.equal(text, encode(read.spec))
      read.spec.seen = true
      assert(things:update(read))
      assert.equal(text:sub(1, -2) .. ',"seen":true}', encode(assert(things:get("exact")).spec))
    end)
  end

  it("may be applied, listed and deleted by its kind", function()
    local mine = thing("mine", { a = 1 })
    mine.metadata.namespace = namespace
    assert.equal(1, assert(k:apply(mine)).spec.a)
    local list = assert(k:list("things." .. group, IN))
    assert.equal("ThingList", list.kind)
    assert.truthy(list.items[1].spec)
    assert(k:delete(mine))
    refused("NotFound", things:get("mine"))
  end)

  it("that nobody serves is NoMatch by kind, and NotFound by the dynamic client", function()
    local stranger = { apiVersion = "nobody.example.com/v1", kind = "Stranger",
      metadata = { name = "x", namespace = namespace } }
    for _, verb in ipairs { "create", "update", "update_status", "apply", "delete" } do
      local err = refused("NoMatch", k[verb](k, stranger))
      assert.is_true(kube.is_no_match(err))
      assert.equal('no matches for kind "Stranger" in version "nobody.example.com/v1": '
        .. "is its CRD installed?", err.message)
    end
    refused("NotFound", kube.dynamic(config):resource {
      group = "nobody.example.com", version = "v1", resource = "strangers",
    }:namespace(namespace):get("x"))
  end)
end)

describe("the dynamic client", function()
  it("does all that k does", function()
    local made = assert(configmaps:create(config_map("whole", { a = "1" }, { whole = "yes" })))
    made.data.a = "2"
    assert.equal("2", assert(configmaps:update(made)).data.a)
    assert.equal("3", assert(configmaps:patch("whole", { data = { a = "3" } })).data.a)
    assert.equal("4", assert(configmaps:apply(config_map("whole", { a = "4" }),
      { force = true })).data.a)
    local list = assert(configmaps:list { labelSelector = "whole=yes" })
    assert.same({ "whole" }, names(list))
    local watch = configmaps:watch { fieldSelector = "metadata.name=whole" }
    assert.equal("ADDED", assert(watch:next(30)).type)
    assert(configmaps:delete("whole"))
    local event = assert(watch:next(30))
    assert.equal("DELETED", event.type)
    assert.equal("4", event.object.data.a)
    watch:close()
    assert(configmaps:delete_collection { labelSelector = "whole=yes" })
  end)

  it("is of all namespaces until one is named", function()
    local all = kube.dynamic(config):resource { version = "v1", resource = "configmaps" }
    local selector = { fieldSelector = "metadata.name=kube-root-ca.crt" }
    assert.is_true(#assert(all:list(selector)).items > 1)
    assert.is_true(#assert(all:namespace(""):list(selector)).items > 1)
    assert.is_true(#assert(all:namespace("default"):list(selector)).items == 1)
  end)

  it("does the same inside kube.run", function()
    kube.run(function()
      assert(configmaps:create(config_map("in-run", { a = "1" })))
      assert.equal("1", assert(configmaps:get("in-run")).data.a)
      assert(configmaps:delete("in-run"))
      refused("NotFound", configmaps:get("in-run"))
    end)
  end)
end)

describe("what the programmer did wrong", function()
  --- That fn throws, with the text, at its own line.
  local function blames(text, line, fn)
    local ok, message = pcall(fn)
    assert.is_false(ok, text)
    assert.truthy(tostring(message):find(text, 1, true), tostring(message))
    if line then
      assert.truthy(message:find("dynamic_spec.lua:" .. line .. ":", 1, true), message)
    end
  end

  it("is thrown, and blamed on the caller's line", function()
    local line = current_line()
    blames('get: unknown option "namspace"', line + 2, function()
      local _ = k:get("pods", "x", { namspace = "y" })
    end)
    blames('list: unknown option "labelselector"; did you mean "labelSelector"?', line + 6,
      function()
        local _ = k:list("pods", { labelselector = "a=b" })
      end)
    blames("get: the name must be a string, not nil", line + 9, function()
      local _ = k:get("pods")
    end)
    blames("create: the object needs apiVersion and kind", line + 12, function()
      local _ = k:create { metadata = { name = "x" } }
    end)
    blames("create: an object (a table) is needed", line + 15, function()
      local _ = k:create("pod")
    end)
    blames("a table { group =, version =, resource = } is needed", line + 18, function()
      local _ = kube.dynamic(config):resource("pods")
    end)
    blames("the option limit must be", line + 21, function()
      local _ = configmaps:list { limit = 1.5 }
    end)
    blames("needs a metadata.name", line + 24, function()
      local _ = configmaps:update { apiVersion = "v1", kind = "ConfigMap" }
    end)
  end)

  it("is thrown from further down too", function()
    blames('patch: type must be', nil, function()
      k:patch("cm", "x", {}, here { type = "smart" })
    end)
    blames("the patch must be a table or JSON text", nil, function()
      k:patch("cm", "x", 7, IN)
    end)
    blames('on_expired must be "restart" or "error"', nil, function()
      configmaps:watch { on_expired = "never" }
    end)
    blames('get: the name is given twice: "pod/web", "web"', nil, function()
      k:get("pod/web", "web")
    end)
    blames('patch: the name is given twice: "cm/a", "a"', nil, function()
      k:patch("cm/a", "a", {}, { type = "merge" })
    end)
    blames("needs a metadata.name", nil, function()
      k:apply { apiVersion = "v1", kind = "ConfigMap" }
    end)
  end)

  it("in a value that has no JSON is an error that names the place and not the value", function()
    local err = refused("BadRequest", k:create(config_map("odd-value", { key = print })))
    assert.truthy(err.message:find("data.key", 1, true), err.message)
    assert.is_nil(err.code)
  end)
end)
