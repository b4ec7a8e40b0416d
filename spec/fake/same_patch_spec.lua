-- kube.fake gives the same answers as the real API server: patches and apply.
local json = require("kube.json")
local kube = require("kube")
local same = require("spec.support.same")

local answers = same.namespace("patch")
local told, failure, invalid = same.told, same.failure, same.invalid
local config_map = same.config_map

teardown(same.close)

--- Makes the ConfigMap that most cases patch, anew.
local function fresh(k)
  k:patch("cm", "p", { metadata = { finalizers = kube.null } })
  k:delete("cm", "p")
  local object = config_map("p", { a = "1", b = "2" }, { keep = "yes" })
  object.metadata.finalizers = { "x.y/1", "x.y/2", "x.y/3" }
  return assert(k:create(object))
end

--- What patches here may touch.
local function parts(object)
  return {
    data = object.data, labels = object.metadata.labels, annotations = object.metadata.annotations,
    finalizers = object.metadata.finalizers and table.concat(object.metadata.finalizers, " "),
  }
end

--- A case that patches this ConfigMap. Its answer: those parts, and whether it is another version.
-- @param expected  the parts that are not as before (kube.null: not there), or an error
local function patching(patch, kind, expected)
  local whole = expected
  if not expected.error then
    whole = { data = { a = "1", b = "2" }, labels = { keep = "yes" }, changed = true,
      finalizers = "x.y/1 x.y/2 x.y/3" }
    for name, value in pairs(expected) do
      if value == kube.null then value = nil end
      whole[name] = value
    end
  end
  return answers(function(k)
    local before = fresh(k)
    local answer, err = k:patch("cm", "p", patch, { type = kind })
    local now = assert(k:get("cm", "p"))
    local changed = now.metadata.resourceVersion ~= before.metadata.resourceVersion
    if not answer then
      assert.is_false(changed)
      return told(answer, err)
    end
    assert.same(now, answer)
    local found = parts(now)
    found.changed = changed
    return found
  end, whole)
end

local function bad_request(message) return failure(400, "BadRequest", message) end

local MODIFIED = failure(409, "Conflict", 'Operation cannot be fulfilled on configmaps "p": the '
  .. "object has been modified; please apply your changes to the latest version and try again",
  { name = "p", kind = "configmaps" })
local NOT_FOUND = failure(404, "NotFound", 'configmaps "missing" not found',
  { name = "missing", kind = "configmaps" })
local OTHER_NAME = bad_request("the name of the object (q) does not match the name on the URL (p)")
local OTHER_NAMESPACE = bad_request("the namespace of the provided object does not match the "
  .. "namespace sent on the request")

describe("a merge patch", function()
  it("sets, and removes with null", patching({
    data = { a = kube.null, c = "3" }, metadata = { annotations = { note = "n" } },
  }, nil, { data = { b = "2", c = "3" }, annotations = { note = "n" } }))

  it("removes a whole map with null", patching({ data = kube.null, metadata = {
    labels = kube.null, finalizers = kube.null,
  } }, nil, { data = kube.null, labels = kube.null, finalizers = kube.null }))

  it("removes what is not there", patching({ data = { x = kube.null }, binaryData = kube.null },
    nil, { changed = false }))

  it("replaces arrays", patching({ metadata = { finalizers = { "x.y/only" } } }, nil,
    { finalizers = "x.y/only" }))

  it("makes maps that are not there", patching({ metadata = { annotations = { ["a/b"] = "1" } } },
    nil, { annotations = { ["a/b"] = "1" } }))

  it("leaves out null in a new map", patching({ metadata = { annotations = {
    a = "1", b = kube.null } } }, nil, { annotations = { a = "1" } }))

  it("of nothing changes nothing", patching("{}", nil, { changed = false }))

  it("of what is so changes nothing", patching({ data = { a = "1" } }, nil, { changed = false }))

  it("does not touch what is the server's", patching({ metadata = {
    creationTimestamp = kube.null, resourceVersion = kube.null, uid = kube.null,
  } }, nil, { changed = false }))

  it("of what is not there is NotFound", answers(function(k)
    return { told(k:patch("cm", "missing", { data = { a = "1" } })),
      told(k:patch("cm", "missing", json.array {}, { type = "json" })) }
  end, { NOT_FOUND, NOT_FOUND }))

  it("with a stale version is a Conflict", patching({ metadata = { resourceVersion = "1" },
    data = { a = "2" } }, nil, MODIFIED))

  it("with the version that it is of is taken", answers(function(k)
    local version = fresh(k).metadata.resourceVersion
    local patch = { metadata = { resourceVersion = version }, data = { a = "2" } }
    return { assert(k:patch("cm", "p", patch)).data, told(k:patch("cm", "p", patch)) }
  end, { { a = "2", b = "2" }, MODIFIED })) -- the second time it is an older one

  it("cannot change the name", patching({ metadata = { name = "q" } }, nil, OTHER_NAME))

  it("cannot change the namespace", patching({ metadata = { namespace = "default" } }, nil,
    OTHER_NAMESPACE))

  it("must be an object", patching("[]", nil, bad_request("error decoding patch: json: cannot "
    .. "unmarshal array into Go value of type map[string]interface {}")))

  it("must be JSON", patching("{", nil, bad_request("error decoding patch: unexpected end of JSON "
    .. "input")))

  for title, patch in pairs {
    kind = { kind = "Pod" }, ["kind of value"] = { data = { a = 1 } },
    label = { metadata = { labels = { x = "not good!" } } },
    uid = { metadata = { uid = "00000000-0000-0000-0000-000000000000" } },
  } do
    it("cannot make an invalid object: another " .. title, answers(function(k)
      fresh(k)
      local _, err = k:patch("cm", "p", patch)
      return { err.code, err.reason, parts(assert(k:get("cm", "p"))) }
    end, { 422, "Invalid", { data = { a = "1", b = "2" }, labels = { keep = "yes" },
      finalizers = "x.y/1 x.y/2 x.y/3" } }))
  end

  it("of a dry run changes nothing", answers(function(k)
    fresh(k)
    return { assert(k:patch("cm", "p", { data = { a = "9" } }, { dryRun = "All" })).data,
      assert(k:get("cm", "p")).data }
  end, { { a = "9", b = "2" }, { a = "1", b = "2" } }))
end)

describe("a JSON patch", function()
  local function it_patches(title, operations, expected)
    it(title, patching(operations, "json", expected))
  end

  --- The one error of all patches that do not fit.
  local UNFIT = failure(422, "Invalid",
    "the server rejected our request due to an error in our request", {})

  it_patches("adds, replaces and removes", {
    { op = "add", path = "/data/c", value = "3" },
    { op = "add", path = "/data/a", value = "one" },
    { op = "replace", path = "/data/c", value = "three" },
    { op = "remove", path = "/data/b" },
    { op = "add", path = "/metadata/annotations", value = { ["x/y"] = "1" } },
  }, { data = { a = "one", c = "three" }, annotations = { ["x/y"] = "1" } })

  it_patches("moves and copies", {
    { op = "copy", from = "/data/a", path = "/data/c" },
    { op = "move", from = "/data/b", path = "/data/d" },
    { op = "copy", from = "/data", path = "/metadata/annotations" },
  }, { data = { a = "1", c = "1", d = "2" }, annotations = { a = "1", c = "1", d = "2" } })

  it_patches("goes on where a test is true", {
    { op = "test", path = "/data/a", value = "1" },
    { op = "test", path = "/metadata/labels", value = { keep = "yes" } },
    { op = "test", path = "/metadata/finalizers/1", value = "x.y/2" },
    { op = "test", path = "/data/none", value = kube.null },
    { op = "remove", path = "/data/a" },
  }, { data = { b = "2" } })

  it_patches("reads ~1 and ~0 in paths", {
    { op = "add", path = "/metadata/labels/x.y~1z", value = "1" },
    { op = "test", path = "/metadata/labels/x.y~1z", value = "1" },
    { op = "add", path = "/metadata/annotations", value = {} },
    { op = "add", path = "/metadata/annotations/a~1b", value = "2" },
  }, { labels = { keep = "yes", ["x.y/z"] = "1" }, annotations = { ["a/b"] = "2" } })

  it_patches("counts the elements of arrays from 0, and - is after the last", {
    { op = "add", path = "/metadata/finalizers/1", value = "x.y/new" },
    { op = "add", path = "/metadata/finalizers/-", value = "x.y/end" },
    { op = "remove", path = "/metadata/finalizers/0" },
    { op = "replace", path = "/metadata/finalizers/2", value = "x.y/other" },
  }, { finalizers = "x.y/new x.y/2 x.y/other x.y/end" })

  it_patches("of no operations changes nothing", json.array {}, { changed = false })

  it_patches("replaces in a map what is not there", { -- RFC 6902 would refuse it
    { op = "replace", path = "/data/c", value = "3" },
  }, { data = { a = "1", b = "2", c = "3" } })

  for title, operation in pairs {
    ["a test that is false"] = { op = "test", path = "/data/a", value = "2" },
    ["a test of what is not there"] = { op = "test", path = "/data/c", value = "2" },
    ["removing what is not there"] = { op = "remove", path = "/data/c" },
    ["removing deep down"] = { op = "remove", path = "/no/such/path" },
    ["adding deep down"] = { op = "add", path = "/no/such", value = "1" },
    ["replacing deep down"] = { op = "replace", path = "/no/such", value = "1" },
    ["an element too far"] = { op = "remove", path = "/metadata/finalizers/3" },
    ["adding too far"] = { op = "add", path = "/metadata/finalizers/4", value = "x.y/z" },
    ["no index of an array"] = { op = "add", path = "/metadata/finalizers/x", value = "x.y/z" },
    ["an unknown operation"] = { op = "paint", path = "/data/a", value = "1" },
    ["no operation"] = { path = "/data/a", value = "1" },
    ["no path"] = { op = "add", value = "1" },
  } do
    it_patches("is refused as a whole: " .. title, {
      { op = "add", path = "/data/c0", value = "never seen" }, operation,
    }, UNFIT)
  end

  --- Three copies of a text of so many bytes (with its quotes), and away with all of it.
  local function copying(bytes)
    return {
      { op = "add", path = "/data/x", value = ("x"):rep(bytes - 2) },
      { op = "copy", from = "/data/x", path = "/data/y" },
      { op = "copy", from = "/data/x", path = "/data/z" },
      { op = "copy", from = "/data", path = "/metadata/annotations" },
      { op = "remove", path = "/data/x" }, { op = "remove", path = "/data/y" },
      { op = "remove", path = "/data/z" }, { op = "remove", path = "/metadata/annotations" },
    }
  end

  local MOST = math.floor((3 * 1024 * 1024 - 32) / 5)
  it_patches("may copy 3 MiB in all", copying(MOST), { changed = false })
  it_patches("may not copy more", copying(MOST + 1), UNFIT)

  it_patches("must be an array", "{}", bad_request("error decoding patch: json: cannot unmarshal "
    .. "object into Go value of type []handlers.jsonPatchOp"))

  it_patches("cannot change the name", {
    { op = "replace", path = "/metadata/name", value = "q" },
  }, OTHER_NAME)

  it_patches("with a stale version is a Conflict", {
    { op = "replace", path = "/metadata/resourceVersion", value = "1" },
    { op = "remove", path = "/data" },
  }, MODIFIED)
end)

describe("a patch of a subresource", function()
  it("status changes the status and the metadata only", answers(function(k)
    assert(k:create(same.pod("p", { keep = "yes" }, { kubelet = "off" })))
    local patch = {
      metadata = { labels = { new = "yes" } }, spec = { activeDeadlineSeconds = 5 },
      status = { phase = "Failed", reason = "Told", message = "by a patch" },
    }
    local answer = assert(k:patch("pod", "p", patch, { subresource = "status" }))
    patch.status = { phase = "Running" }
    local main = assert(k:patch("pod", "p", patch))
    local fields = { "status.phase", "status.reason", "metadata.labels", "metadata.generation",
      "spec.activeDeadlineSeconds" }
    return { same.pick(answer, (unpack or table.unpack)(fields)), same.pick(main,
      (unpack or table.unpack)(fields)) }
  end, { {
    ["status.phase"] = "Failed", ["status.reason"] = "Told", ["metadata.generation"] = 1,
    ["metadata.labels"] = { keep = "yes", new = "yes" },
  }, {
    ["status.phase"] = "Failed", ["status.reason"] = "Told", ["metadata.generation"] = 2,
    ["metadata.labels"] = { keep = "yes", new = "yes" }, ["spec.activeDeadlineSeconds"] = 5,
  } }))

  it("that a kind does not have is NotFound", answers(function(k)
    fresh(k)
    return told(k:patch("cm", "p", { data = { a = "2" } }, { subresource = "status" }))
  end, failure(404, "NotFound", "the server could not find the requested resource", {})))
end)

--- A case of what the real one does and the fake refuses, as its documentation says.
local function refused_by_the_fake(fn)
  return answers(function(k, server)
    local answer, err = fn(k)
    if server.name == "real" then return { answer ~= nil } end
    return { answer == nil and err.code == 501 and err.reason == "NotImplemented" }
  end, { true })
end

describe("the fake refuses", function()
  it("a strategic merge patch", refused_by_the_fake(function(k)
    fresh(k)
    return k:patch("cm", "p", { data = { a = "2" } }, { type = "strategic" })
  end))

  it("the subresource scale", refused_by_the_fake(function(k)
    assert(k:create(same.deployment("scaled", 0)))
    return k:patch("deploy", "scaled", { spec = { replicas = 0 } }, { subresource = "scale" })
  end))
end)

describe("apply", function()
  local function metadata(name, fields)
    fields = fields or {}
    fields.name, fields.namespace, fields.uid = name, "NS", "(uid)"
    fields.resourceVersion, fields.creationTimestamp = "(version)", "(time)"
    return fields
  end

  it("creates what is not there", answers(function(k)
    return assert(k:apply(config_map("made", { a = "1" }, { x = "y" })))
  end, {
    apiVersion = "v1", kind = "ConfigMap", data = { a = "1" },
    metadata = metadata("made", { labels = { x = "y" } }),
  }))

  it("merges what is given into what is there", answers(function(k)
    local object = config_map("merged", { a = "1", b = "2" }, { keep = "yes" })
    assert(k:create(object)) -- by another manager: what apply does not name stays
    local applied = assert(k:apply(config_map("merged", { c = "3" }, { new = "yes" })))
    return { applied, assert(k:get("cm", "merged")).data }
  end, { {
    apiVersion = "v1", kind = "ConfigMap", data = { a = "1", b = "2", c = "3" },
    metadata = metadata("merged", { labels = { keep = "yes", new = "yes" } }),
  }, { a = "1", b = "2", c = "3" } }))

  it("again of the same changes nothing", answers(function(k)
    local first = assert(k:apply(config_map("again", { a = "1" })))
    local second = assert(k:apply(config_map("again", { a = "1" })))
    local third = assert(k:apply(config_map("again", { a = "2" })))
    local function version(object) return tonumber(object.metadata.resourceVersion) end
    return { version(first) == version(second), version(second) < version(third), third.data }
  end, { true, true, { a = "2" } }))

  it("makes and changes a Deployment", answers(function(k)
    assert(k:apply(same.deployment("applied", 0)))
    local wanted = same.deployment("applied", 0)
    wanted.spec.template.spec.containers[1].image = "nginx:2"
    local applied = assert(k:apply(wanted))
    assert(k:delete("deploy", "applied"))
    return { applied.spec.template.spec.containers[1].image, applied.metadata.generation,
      #applied.spec.template.spec.containers }
  end, { "nginx:2", 2, 1 }))

  it("needs the namespace", answers(function(_, server)
    return told(server:resource("configmaps", "nowhere"):apply(config_map("x")))
  end, failure(404, "NotFound", 'namespaces "nowhere" not found',
    { name = "nowhere", kind = "namespaces" })))

  it("cannot name another namespace", answers(function(k, server)
    local object = config_map("x")
    object.metadata.namespace = "default"
    return told(server:resource("configmaps", k.namespace):apply(object))
  end, OTHER_NAMESPACE))

  it("cannot be of another kind", answers(function(k, server)
    return told(server:resource("configmaps", k.namespace):apply(same.pod("x")))
  end, bad_request("invalid object type: /v1, Kind=Pod")))

  it("refuses managedFields, and needs a manager", answers(function(k, server)
    local path = "/api/v1/namespaces/" .. k.namespace .. "/configmaps/raw"
    local kind = "application/apply-patch+yaml"
    local raw = server:raw {
      { method = "PATCH", content_type = kind, path = path .. "?fieldManager=me",
        body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw","managedFields":'
          .. '[{"manager":"me","operation":"Apply","apiVersion":"v1"}]}}' },
      { method = "PATCH", content_type = kind, path = path,
        body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"raw"}}' },
    }
    return { raw[1].body, raw[2].body }
  end, {
    bad_request("metadata.managedFields must be nil").error,
    failure(422, "Invalid", 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required '
      .. "value: is required for apply patch", {
        group = "meta.k8s.io", kind = "PatchOptions", causes = { {
          reason = "FieldValueRequired", message = "Required value: is required for apply patch",
          field = "fieldManager",
        } },
      }).error,
  }))

  it("with a stale version is a Conflict", answers(function(k)
    fresh(k)
    local object = config_map("p", { a = "2" })
    object.metadata.resourceVersion = "1"
    return told(k:apply(object, { force = true }))
  end, MODIFIED))

  it("of an object that must be there already is a Conflict", answers(function(k)
    local object = config_map("never")
    object.metadata.uid = "00000000-0000-0000-0000-000000000000"
    return told(k:apply(object))
  end, failure(409, "Conflict", 'Operation cannot be fulfilled on configmaps "never": uid '
    .. "mismatch: the provided object specified uid (uid), and no existing object was found",
    { name = "never", kind = "configmaps" })))

  it("holds names to the rules of their kind", answers(function(k)
    return {
      told(k:apply { apiVersion = "v1", kind = "Namespace", metadata = { name = "a.b" } }),
      told(k:apply(same.service("a.b"))), assert(k:apply(config_map("a.b"))).metadata.name,
    }
  end, {
    invalid("Namespace", "a.b", { { "metadata.name",
      'Invalid value: "a.b": must not contain dots' } }),
    invalid("Service", "a.b", { { "metadata.name",
      'Invalid value: "a.b": must not contain dots' } }),
    "a.b",
  }))

  it("of a dry run changes nothing", answers(function(k)
    local made = assert(k:apply(config_map("dry", { a = "1" }), { dryRun = "All" }))
    return { made.data, told(k:get("cm", "dry")).error.code }
  end, { { a = "1" }, 404 }))
end)
