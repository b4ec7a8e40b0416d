-- kube.fake gives the same answers as the real API server: single objects.
local json = require("kube.json")
local kube = require("kube")
local same = require("spec.support.same")

local answers = same.namespace("objects")
local told, failure, invalid = same.told, same.failure, same.invalid
local config_map = same.config_map

teardown(same.close)

local NOBODY = "00000000-0000-0000-0000-000000000000"

local KINDS = same.kinds

--- For each kind a case; see same.of_each_kind.
local function for_each_kind(title, ...)
  for kind, body in pairs(same.of_each_kind(answers, ...)) do it(title .. ": " .. kind, body) end
end

--- "deployments.apps" and its details.
local function called(facts, name)
  return facts.plural .. (facts.group and "." .. facts.group or ""),
    { name = name, group = facts.group, kind = facts.plural }
end

local function not_found(_, name, facts)
  local plural, details = called(facts, name)
  return failure(404, "NotFound", string.format('%s "%s" not found', plural, name), details)
end

local function modified(_, name, facts)
  local plural, details = called(facts, name)
  return failure(409, "Conflict", string.format('Operation cannot be fulfilled on %s "%s": the '
    .. "object has been modified; please apply your changes to the latest version and try again",
    plural, name), details)
end

local function without_managed_fields(object)
  object.metadata.managedFields = nil
  return object
end

--- A metadata as the server fills it.
local function metadata(fields)
  fields.namespace, fields.uid, fields.resourceVersion = "NS", "(uid)", "(version)"
  fields.creationTimestamp = "(time)"
  return fields
end

describe("create", function()
  it("gives a ConfigMap back as it is read later", answers(function(k)
    local made = without_managed_fields(assert(k:create(config_map("made", { key = "value" },
      { app = "web" }))))
    assert.same(made, without_managed_fields(assert(k:get("cm", "made"))))
    return made
  end, {
    apiVersion = "v1", kind = "ConfigMap", data = { key = "value" },
    metadata = metadata { name = "made", labels = { app = "web" } },
  }))

  it("keeps texts, leaves out what is empty, and sets what is the server's", answers(function(k)
    return (assert(k:create(assert(json.decode [[{
      "apiVersion": "v1", "kind": "ConfigMap",
      "metadata": {
        "name": "odd", "labels": {}, "finalizers": [], "ownerReferences": null,
        "creationTimestamp": null, "uid": "mine", "selfLink": "x", "resourceVersion": "",
        "annotations": { "n": "9007199254740993", "u": "Gr\u00fc\u00df \ud83d\ude00", "e": "" }
      },
      "data": { "empty": "", "a.b": "\u0000\u0001\"\\/\n\t<&>\u2028", "long": "0123" },
      "binaryData": { "b": "AP8=" }, "immutable": null
    }]]))))
  end, {
    apiVersion = "v1", kind = "ConfigMap",
    metadata = metadata { name = "odd", annotations = {
      n = "9007199254740993", u = "Gr\195\188\195\159 \240\159\152\128", e = "",
    } },
    data = { empty = "", ["a.b"] = "\0\1\"\\/\n\t<&>\226\128\168", long = "0123" },
    binaryData = { b = "AP8=" },
  }))

  it("leaves out an empty map of data", answers(function(k)
    return assert(k:create(config_map("no-data", {})))
  end, { apiVersion = "v1", kind = "ConfigMap", metadata = metadata { name = "no-data" } }))

  it("fills in a Service", answers(function(k)
    return assert(k:create(same.service("filled")))
  end, {
    apiVersion = "v1", kind = "Service", metadata = metadata { name = "filled" },
    spec = {
      clusterIP = "(ip)", clusterIPs = { "(ip)" }, internalTrafficPolicy = "Cluster",
      ipFamilies = { "IPv4" }, ipFamilyPolicy = "SingleStack",
      ports = { { port = 80, protocol = "TCP", targetPort = 80 } },
      selector = { app = "filled" }, sessionAffinity = "None", type = "ClusterIP",
    },
    status = { loadBalancer = {} },
  }))

  it("fills in a Namespace", answers(function(k)
    return assert(k:create(KINDS.Namespace.make(k.namespace .. "-filled")))
  end, {
    apiVersion = "v1", kind = "Namespace", spec = { finalizers = { "kubernetes" } },
    metadata = {
      name = "NS-filled", labels = { ["kubernetes.io/metadata.name"] = "NS-filled" },
      uid = "(uid)", resourceVersion = "(version)", creationTimestamp = "(time)",
    },
    status = { phase = "Active" },
  }))

  --- A container as the server fills it.
  local CONTAINER = {
    name = "app", image = "nginx:1.27", imagePullPolicy = "IfNotPresent", resources = {},
    terminationMessagePath = "/dev/termination-log", terminationMessagePolicy = "File",
  }

  it("fills in a Pod, which is pending", answers(function(k)
    return assert(k:create(same.pod("filled", { app = "x" }, { kubelet = "off" })))
  end, (function()
    local function toleration(key)
      return { key = "node.kubernetes.io/" .. key, operator = "Exists", effect = "NoExecute",
        tolerationSeconds = 300 }
    end
    return {
      apiVersion = "v1", kind = "Pod",
      metadata = metadata { name = "filled", generation = 1, labels = { app = "x" },
        annotations = { kubelet = "off" } },
      spec = {
        containers = { CONTAINER }, dnsPolicy = "ClusterFirst", enableServiceLinks = true,
        preemptionPolicy = "PreemptLowerPriority", priority = 0, restartPolicy = "Always",
        schedulerName = "default-scheduler", securityContext = {},
        terminationGracePeriodSeconds = 30,
        tolerations = { toleration("not-ready"), toleration("unreachable") },
      },
      status = { phase = "Pending", qosClass = "BestEffort" },
    }
  end)()))

  it("fills in a Deployment, of one replica unless told", answers(function(k)
    return assert(k:create(same.deployment("filled")))
  end, {
    apiVersion = "apps/v1", kind = "Deployment",
    metadata = metadata { name = "filled", generation = 1 },
    spec = {
      progressDeadlineSeconds = 600, replicas = 1, revisionHistoryLimit = 10,
      selector = { matchLabels = { app = "filled" } },
      strategy = {
        type = "RollingUpdate", rollingUpdate = { maxSurge = "25%", maxUnavailable = "25%" },
      },
      template = {
        metadata = { labels = { app = "filled" } },
        spec = {
          containers = { CONTAINER }, dnsPolicy = "ClusterFirst", restartPolicy = "Always",
          schedulerName = "default-scheduler", securityContext = {},
          terminationGracePeriodSeconds = 30,
        },
      },
    },
    status = {},
  }))

  it("takes no status and no times from the client", answers(function(k)
    local pod = same.pod("told", nil, { kubelet = "off" })
    pod.status = { phase = "Running", message = "so it is" }
    pod.metadata.creationTimestamp = "2020-01-01T00:00:00Z"
    pod.metadata.deletionTimestamp = "2020-01-01T00:00:00Z"
    pod.metadata.deletionGracePeriodSeconds = 5
    local made = assert(k:create(pod))
    return { same.pick(made, "metadata", "status"),
      made.metadata.creationTimestamp > "2020-01-01T00:00:00Z" }
  end, { {
    metadata = metadata { name = "told", generation = 1, annotations = { kubelet = "off" } },
    status = { phase = "Pending", qosClass = "BestEffort" },
  }, true }))

  for_each_kind("makes a name of a prefix", "", function(k, object)
    object.metadata.name, object.metadata.generateName = nil, "made-"
    if object.kind == "Deployment" then
      object.spec.selector.matchLabels = { a = "b" }
      object.spec.template.metadata.labels = { a = "b" }
    end
    local made = assert(k:create(object))
    return {
      name = made.metadata.name:gsub("^(made%-)[bcdfghjklmnpqrstvwxz2456789]+$", "%1*"),
      length = #made.metadata.name, prefix = made.metadata.generateName,
    }
  end, function() return { name = "made-*", length = 10, prefix = "made-" } end)

  it("makes no name of more than 63 characters", answers(function(k)
    local made = assert(k:create { apiVersion = "v1", kind = "ConfigMap",
      metadata = { generateName = ("x"):rep(100) } })
    return { #made.metadata.name, made.metadata.name:match("^x+"):sub(1, 58) == ("x"):rep(58) }
  end, { 63, true }))

  it("makes another name each time", answers(function(k)
    local seen, n = {}, 0
    for _ = 1, 10 do
      local made = assert(k:create { apiVersion = "v1", kind = "ConfigMap",
        metadata = { generateName = "many-" } })
      if not seen[made.metadata.name] then n = n + 1 end
      seen[made.metadata.name] = true
    end
    return n
  end, 10))

  for_each_kind("refuses what is there already", "twice", function(k, object)
    assert(k:create(object))
    return told(k:create(object))
  end, function(_, name, facts)
    local plural, details = called(facts, name)
    return failure(409, "AlreadyExists", string.format('%s "%s" already exists', plural, name),
      details)
  end)

  it("refuses a namespace that is not there", answers(function(_, server)
    return {
      told(server:resource("configmaps", "nowhere"):create(config_map("x"))),
      told(server:resource("deployments", "nowhere", "apps"):create(same.deployment("x"))),
      told(server:resource("configmaps", "nowhere"):get("x")),
    }
  end, {
    failure(404, "NotFound", 'namespaces "nowhere" not found',
      { name = "nowhere", kind = "namespaces" }),
    failure(404, "NotFound", 'namespaces "nowhere" not found',
      { name = "nowhere", kind = "namespaces" }),
    failure(404, "NotFound", 'configmaps "x" not found', { name = "x", kind = "configmaps" }),
  }))

  it("refuses another namespace than that of the path", answers(function(k, server)
    local elsewhere = config_map("x")
    elsewhere.metadata.namespace = "default"
    return told(server:resource("configmaps", k.namespace):create(elsewhere))
  end, failure(400, "BadRequest", "the namespace of the provided object does not match the "
    .. "namespace sent on the request")))

  it("refuses another kind than that of the path", answers(function(k, server)
    return told(server:resource("configmaps", k.namespace):create(same.pod("x")))
  end, failure(400, "BadRequest", 'Pod in version "v1" cannot be handled as a ConfigMap: '
    .. "converting (v1.Pod) to (core.ConfigMap): unknown conversion")))

  it("refuses more than 3 MiB", answers(function(k)
    return told(k:create(config_map("x", { a = ("x"):rep(3 * 1024 * 1024) })))
  end, failure(413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728")))

  it("refuses a resourceVersion", answers(function(k)
    local object = config_map("x")
    object.metadata.resourceVersion = "5"
    return told(k:create(object))
  end, failure(500, nil, "resourceVersion should not be set on objects to be created")))

  it("of a dry run leaves nothing", answers(function(k)
    return {
      without_managed_fields(assert(k:create(config_map("dry", { a = "1" }), { dryRun = "All" }))),
      told(k:get("cm", "dry")),
    }
  end, {
    {
      apiVersion = "v1", kind = "ConfigMap", data = { a = "1" }, metadata = {
        name = "dry", namespace = "NS", uid = "(uid)", creationTimestamp = "(time)",
      },
    },
    not_found(nil, "dry", KINDS.ConfigMap),
  }))
end)

describe("get", function()
  for_each_kind("of what is not there is NotFound", "missing", function(k, object)
    return told(k:get(object.kind, object.metadata.name))
  end, not_found)
end)

describe("update", function()
  --- An object that is there, as it was read.
  local function fresh(k, name) return assert(k:create(config_map(name, { a = "1" }))) end

  it("writes what was read and changed", answers(function(k)
    local read = fresh(k, "update")
    local before = read.metadata.resourceVersion
    read.data, read.metadata.labels = { b = "2" }, { seen = "yes" }
    local updated = without_managed_fields(assert(k:update(read)))
    return { updated, tonumber(updated.metadata.resourceVersion) > tonumber(before) }
  end, { {
    apiVersion = "v1", kind = "ConfigMap", data = { b = "2" },
    metadata = metadata { name = "update", labels = { seen = "yes" } },
  }, true }))

  it("of nothing changes nothing, not even the version", answers(function(k)
    local read = fresh(k, "noop")
    local updated = assert(k:update(read))
    return updated.metadata.resourceVersion == read.metadata.resourceVersion
  end, true))

  for_each_kind("with a stale version is a Conflict", "stale", function(k, object)
    assert(k:create(object))
    object.metadata.resourceVersion = "1"
    return told(k:update(object))
  end, modified)

  for_each_kind("of what is not there is NotFound, but makes a Service", "missing",
    function(k, object)
      local updated, err = k:update(object)
      return updated and updated.metadata.name or told(updated, err)
    end, function(kind, name, facts)
      return kind == "Service" and "missing" or not_found(kind, name, facts)
    end)

  it("without a version takes what there is", answers(function(k)
    fresh(k, "bare")
    local made = without_managed_fields(assert(k:update(config_map("bare", { b = "2" }))))
    local deployment = same.deployment("bare", 0)
    assert(k:create(deployment))
    deployment.metadata.labels = { a = "b" }
    return { made, assert(k:update(deployment)).metadata.labels }
  end, { {
    apiVersion = "v1", kind = "ConfigMap", data = { b = "2" },
    metadata = metadata { name = "bare" },
  }, { a = "b" } }))

  it("of another object of the same name is a Conflict", answers(function(k)
    fresh(k, "uid")
    local object = config_map("uid")
    object.metadata.uid = NOBODY
    return told(k:update(object))
  end, failure(409, "Conflict", 'Operation cannot be fulfilled on configmaps "uid": StorageError: '
    .. "invalid object, Code: 4, Key: /registry/configmaps/NS/uid, ResourceVersion: 0, "
    .. "AdditionalErrorMsg: Precondition failed: UID in precondition: (uid), UID in object meta: "
    .. "(uid)", { name = "uid", kind = "configmaps" })))

  it("counts a generation for a changed spec or annotation of a Deployment", answers(function(k)
    assert(k:create(same.deployment("generation", 0)))
    local seen = {}
    for i, patch in ipairs {
      { metadata = { labels = { a = "b" } } }, { spec = { replicas = 1 } },
      { spec = { replicas = 1 } }, { metadata = { annotations = { a = "b" } } },
      { spec = { replicas = 0 } },
    } do
      seen[i] = assert(k:patch("deploy", "generation", patch)).metadata.generation
    end
    return seen
  end, { 1, 2, 2, 3, 4 }))

  it("of the status leaves the rest", answers(function(k)
    assert(k:create(same.pod("status", nil, { kubelet = "off" })))
    local wanted = same.pod("status", { a = "b" }, { kubelet = "off" })
    wanted.spec.activeDeadlineSeconds = 1000
    wanted.status = { phase = "Failed", message = "over" }
    local updated = assert(k:update_status(wanted))
    return same.pick(updated, "status.phase", "status.message", "spec.activeDeadlineSeconds",
      "metadata.labels", "metadata.generation")
  end, {
    ["status.phase"] = "Failed", ["status.message"] = "over", ["metadata.generation"] = 1,
    ["metadata.labels"] = { a = "b" },
  }))

  it("of the rest leaves the status", answers(function(k)
    assert(k:create(KINDS.Namespace.make(k.namespace .. "-status")))
    local read = assert(k:get("ns", k.namespace .. "-status"))
    read.status = { phase = "Terminating" }
    read.metadata.labels.more = "yes"
    local updated = assert(k:update(read))
    return same.pick(updated, "status", "metadata.labels")
  end, {
    status = { phase = "Active" },
    ["metadata.labels"] = { ["kubernetes.io/metadata.name"] = "NS-status", more = "yes" },
  }))

  it("cannot change what is immutable", answers(function(k)
    local read = assert(k:create { apiVersion = "v1", kind = "ConfigMap", immutable = true,
      metadata = { name = "immutable" } })
    read.data = { a = "1" }
    return told(k:update(read))
  end, invalid("ConfigMap", "immutable", { { "data",
    "Forbidden: field is immutable when `immutable` is set" } })))
end)

describe("delete", function()
  --- The success of a deletion at once.
  local function success(facts, name)
    return {
      kind = "Status", apiVersion = "v1", metadata = {}, status = "Success",
      details = { name = name, group = facts.group, kind = facts.plural, uid = "(uid)" },
    }
  end

  for_each_kind("of what is not there is NotFound", "missing-2", function(k, object)
    return told(k:delete(object.kind, object.metadata.name))
  end, not_found)

  for _, kind in ipairs { "ConfigMap", "Deployment" } do
    it("answers with a Status: " .. kind, answers(function(k)
      local object = KINDS[kind].make("gone")
      assert(k:create(object))
      return { told(k:delete(object)), told(k:get(kind, "gone")) }
    end, { success(KINDS[kind], "gone"), not_found(kind, "gone", KINDS[kind]) }))
  end

  it("of a Service answers with the Service", answers(function(k)
    assert(k:create(same.service("gone")))
    return { same.pick(assert(k:delete("svc", "gone")), "kind", "metadata"),
      told(k:get("svc", "gone")) }
  end, {
    { kind = "Service", metadata = metadata { name = "gone" } },
    not_found(nil, "gone", KINDS.Service),
  }))

  it("of a Pod at once answers with the Pod", answers(function(k)
    assert(k:create(same.pod("gone", nil, { kubelet = "off" })))
    local deleted = assert(k:delete("pod", "gone", { gracePeriodSeconds = 0 }))
    return { same.pick(deleted, "kind", "metadata.name", "metadata.deletionGracePeriodSeconds",
      "metadata.deletionTimestamp"), told(k:get("pod", "gone")) }
  end, same.has { [2] = not_found(nil, "gone", KINDS.Pod) }))

  it("holds to its preconditions", answers(function(k)
    assert(k:create(config_map("pre")))
    local uid = assert(k:get("cm", "pre")).metadata.uid
    local found = {
      told(k:delete("cm", "pre", { uid = NOBODY })),
      told(k:delete("cm", "pre", { resourceVersion = "1" })),
    }
    found[3] = told(k:delete("cm", "pre", { uid = uid }))
    return found
  end, {
    failure(409, "Conflict", 'Operation cannot be fulfilled on ConfigMap "pre": the UID in the '
      .. "precondition ((uid)) does not match the UID in record ((uid)). The object might have "
      .. "been deleted and then recreated", { name = "pre", kind = "ConfigMap" }),
    failure(409, "Conflict", 'Operation cannot be fulfilled on ConfigMap "pre": the '
      .. "ResourceVersion in the precondition (1) does not match the ResourceVersion in record "
      .. "(version). The object might have been modified", { name = "pre", kind = "ConfigMap" }),
    success(KINDS.ConfigMap, "pre"),
  }))

  it("of a dry run deletes nothing", answers(function(k)
    assert(k:create(config_map("dry-delete")))
    return { told(k:delete("cm", "dry-delete", { dryRun = "All" })),
      told(k:get("cm", "dry-delete")).kind }
  end, { success(KINDS.ConfigMap, "dry-delete"), "ConfigMap" }))

  it("waits for finalizers", answers(function(k)
    local object = config_map("held", { a = "1" })
    object.metadata.finalizers = { "example.com/hold", "example.com/too" }
    assert(k:create(object))
    local found = { told(k:delete("cm", "held")), told(k:get("cm", "held")) }
    local again = assert(k:delete("cm", "held")).metadata
    found[3] = again.resourceVersion == found[1].metadata.resourceVersion
    found[4] = assert(k:patch("cm", "held",
      { metadata = { finalizers = { "example.com/too" } } })).metadata.finalizers
    object.metadata.finalizers = { "example.com/too", "example.com/new" }
    found[5] = told(k:update(object))
    found[6] = told(k:create(object))
    found[7] = told(k:patch("cm", "held", { metadata = { finalizers = kube.null } }))
    found[8] = told(k:get("cm", "held"))
    return found
  end, (function()
    local function held(finalizers)
      return { apiVersion = "v1", kind = "ConfigMap", data = { a = "1" },
        metadata = metadata { name = "held", finalizers = finalizers,
          deletionTimestamp = "(time)", deletionGracePeriodSeconds = 0 } }
    end
    local both = held { "example.com/hold", "example.com/too" }
    local none_new = { "metadata.finalizers", "Forbidden: no new finalizers can be added if the "
      .. 'object is being deleted, found new finalizers []string{"example.com/new"}' }
    return {
      both, both, true, { "example.com/too" },
      invalid("ConfigMap", "held", { none_new, none_new }),
      failure(409, "AlreadyExists", 'object is being deleted: configmaps "held" already exists',
        { name = "held", kind = "configmaps" }),
      held(), not_found(nil, "held", KINDS.ConfigMap),
    }
  end)()))

  it("of a collection takes what the selector chooses", answers(function(k)
    for i = 1, 4 do
      assert(k:create(config_map("many-" .. i, nil, { many = i % 2 == 0 and "even" or "odd" })))
    end
    local deleted = assert(k:delete_collection("cm", { labelSelector = "many=even" }))
    return { deleted.kind, same.names(deleted),
      same.names(assert(k:list("cm", { labelSelector = "many" }))),
      assert(k:delete_collection("cm", { labelSelector = "many=none" })) }
  end, { "ConfigMapList", "many-2 many-4", "many-1 many-3", {
    kind = "ConfigMapList", apiVersion = "v1", items = json.array {},
    metadata = { resourceVersion = "(version)" },
  } }))
end)
