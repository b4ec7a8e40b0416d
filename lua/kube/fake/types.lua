--- The types of the fields that this server reads. Others are stored as they come, for there is no
-- schema here, but at the top of an object and in metadata unknown ones are dropped.
--
-- A type is "string", "boolean", "integer" (64 bits) or "int32", { of } for an array, { map = of }
-- for an object of equal members, or an object of known fields { name = type }, which may have more
-- of them; its field "." is the name that Go has for it, for messages.
local json = require("kube.json")

local types = {}

local STRINGS = { map = "string" }

local METADATA = {
  ["."] = "ObjectMeta", name = "string", generateName = "string", namespace = "string",
  uid = "string", resourceVersion = "string", generation = "integer",
  creationTimestamp = "string", deletionTimestamp = "string",
  deletionGracePeriodSeconds = "integer",
  labels = STRINGS, annotations = STRINGS, finalizers = { "string" },
  ownerReferences = { {
    ["."] = "OwnerReference", apiVersion = "string", kind = "string", name = "string",
    uid = "string", controller = "boolean", blockOwnerDeletion = "boolean",
  } },
}

local CONTAINER = {
  ["."] = "Container", name = "string", image = "string", ports = { { ["."] = "ContainerPort" } },
}

local POD_SPEC = {
  ["."] = "PodSpec", nodeName = "string", restartPolicy = "string",
  terminationGracePeriodSeconds = "integer", serviceAccountName = "string",
  hostNetwork = "boolean", schedulerName = "string",
  containers = { CONTAINER }, initContainers = { CONTAINER },
}

local SELECTOR = {
  ["."] = "LabelSelector", matchLabels = STRINGS,
  matchExpressions = { {
    ["."] = "LabelSelectorRequirement", key = "string", operator = "string",
    values = { "string" },
  } },
}

local TEMPLATE = {
  ["."] = "PodTemplateSpec", spec = POD_SPEC,
  metadata = { ["."] = "ObjectMeta", labels = STRINGS, annotations = STRINGS },
}

--- kind -> the fields beside metadata: all there are
local KINDS = {
  ConfigMap = { data = STRINGS, binaryData = STRINGS, immutable = "boolean" },
  Secret = { data = STRINGS, stringData = STRINGS, type = "string", immutable = "boolean" },
  ServiceAccount = {
    secrets = { { ["."] = "ObjectReference" } }, automountServiceAccountToken = "boolean",
    imagePullSecrets = { { ["."] = "LocalObjectReference" } },
  },
  Namespace = {
    spec = { ["."] = "NamespaceSpec", finalizers = { "string" } },
    status = { ["."] = "NamespaceStatus", phase = "string" },
  },
  Node = {
    spec = { ["."] = "NodeSpec", unschedulable = "boolean" }, status = { ["."] = "NodeStatus" },
  },
  Pod = {
    spec = POD_SPEC,
    status = {
      ["."] = "PodStatus", phase = "string", podIP = "string", nominatedNodeName = "string",
      conditions = { { ["."] = "PodCondition", type = "string", status = "string" } },
      containerStatuses = { { ["."] = "ContainerStatus", name = "string", ready = "boolean" } },
    },
  },
  Service = {
    spec = {
      ["."] = "ServiceSpec", clusterIP = "string", clusterIPs = { "string" }, type = "string",
      ports = { { ["."] = "ServicePort" } },
    },
    status = { ["."] = "ServiceStatus" },
  },
  ReplicaSet = {
    spec = {
      ["."] = "ReplicaSetSpec", replicas = "int32", selector = SELECTOR, template = TEMPLATE,
    },
    status = { ["."] = "ReplicaSetStatus" },
  },
  Deployment = {
    spec = {
      ["."] = "DeploymentSpec", replicas = "int32", selector = SELECTOR, template = TEMPLATE,
      paused = "boolean", revisionHistoryLimit = "int32", progressDeadlineSeconds = "int32",
      strategy = {
        ["."] = "DeploymentStrategy", type = "string",
        rollingUpdate = { ["."] = "RollingUpdateDeployment" },
      },
    },
    status = {
      ["."] = "DeploymentStatus",
      conditions = { { ["."] = "DeploymentCondition", type = "string", status = "string" } },
    },
  },
  -- what a delete takes
  DeleteOptions = {
    gracePeriodSeconds = "integer", propagationPolicy = "string", orphanDependents = "boolean",
    dryRun = { "string" },
    preconditions = { ["."] = "Preconditions", uid = "string", resourceVersion = "string" },
  },
}

-- ---- settling ----

--- Null is the empty text in a map of texts.
local function settle(value, kind)
  if type(value) ~= "table" or type(kind) ~= "table" then return end
  if kind.map == "string" then
    for _, name in ipairs(json.nulls(value)) do value[name] = "" end
  elseif not kind.map and not kind[1] then
    for name, inner in pairs(kind) do settle(value[name], inner) end
  end
end

local function drop_unknown(object, known, more)
  for name in pairs(object) do
    if known[name] == nil and not (more and more[name]) then object[name] = nil end
  end
end

local TOP = { kind = true, apiVersion = true, metadata = true }

--- Makes of an object, whose types are right, what a server with types keeps of it.
-- @param kind  its kind; "" for one that we do not know
function types.settle(object, kind)
  settle(object.metadata, METADATA)
  if object.metadata then drop_unknown(object.metadata, METADATA) end
  local fields = KINDS[kind]
  if not fields then return end
  settle(object, fields)
  drop_unknown(object, fields, TOP)
end

-- ---- checking ----

local function is_array(value) return json.is_array(value) or value[1] ~= nil end

--- What a value of JSON is called in Go's messages: "object", "bool".
local function called(value)
  if value == json.null then return "null" end
  if type(value) == "boolean" then return "bool" end
  if type(value) ~= "table" then return type(value) == "cdata" and "number" or type(value) end
  return is_array(value) and "array" or "object"
end

types.called = called

local GO = { string = "string", boolean = "bool", integer = "int64", int32 = "int32" }

local function go_type(kind)
  if type(kind) == "string" then return GO[kind] end
  if kind.map then return "map[string]" .. go_type(kind.map) end
  if kind[1] then return "[]" .. go_type(kind[1]) end
  return "v1." .. kind["."]
end

--- What is wrong with a value of another type, as Go says it: with the name of what has the field.
local function wrong(owner, path, value, kind)
  local shown = called(value)
  if shown == "number" and GO[kind] and value % 1 ~= 0 then
    shown = "number " .. json.encode(value)
  end
  return string.format("json: cannot unmarshal %s into Go struct field %s.%s of type %s", shown,
    owner, path, go_type(kind))
end

local check

--- @param path  of the value, with a dot at its end; "" at the top
local function check_fields(value, kind, path, owner)
  for name, inner in pairs(kind) do
    local member = name ~= "." and value[name]
    local fault = member ~= nil and name ~= "." and check(member, inner, path .. name, owner)
    if fault then return fault end
  end
end

local function check_map(value, kind, path, owner)
  for _, member in pairs(value) do
    local fault = check(member, kind.map, path, owner)
    if fault then return fault end
  end
end

local function check_array(value, kind, path, owner)
  for _, element in ipairs(value) do
    local fault = check(element, kind[1], path, owner)
    if fault then return fault end
  end
end

local function check_table(value, kind, path, owner)
  local array = type(value) == "table" and is_array(value)
  if type(value) ~= "table" or array ~= (kind[1] ~= nil) then
    return wrong(owner, path, value, kind)
  end
  if array then return check_array(value, kind, path, owner) end
  if kind.map then return check_map(value, kind, path, owner) end
  return check_fields(value, kind, path .. ".", kind["."])
end

local function is_integer(value)
  if type(value) == "cdata" then return true end -- an int64 of LuaJIT
  if type(value) ~= "number" or value % 1 ~= 0 then return false end
  return not math.type or math.type(value) == "integer"
end

--- What is wrong with a value, or nil.
function check(value, kind, path, owner)
  if value == json.null then return nil end
  if type(kind) == "table" then return check_table(value, kind, path, owner) end
  local fits = type(value) == kind
  if kind == "integer" or kind == "int32" then fits = is_integer(value) end
  if not fits then return wrong(owner, path, value, kind) end
end

--- What is wrong with the types of an object, or nil.
-- @param kind  its kind; "" for one that we do not know
function types.fault(object, kind)
  if object.metadata ~= nil then
    local fault = check(object.metadata, METADATA, "metadata", kind)
    if fault then return fault end
  end
  return KINDS[kind] and check_fields(object, KINDS[kind], "", kind)
end

return types
