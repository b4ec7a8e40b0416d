--- The metadata client: of any resource kind, apiVersion and metadata, and nothing else
-- (client-go's metadata). What the server writes and sends is a fraction of the whole.
--
--   local pods = kube.metadata(config):resource{ version = "v1", resource = "pods" }
--   for pod in pods:namespace("default"):each() do print(pod.metadata.uid) end
--
-- Options are those of the dynamic client, but for as and includeObject.
--
-- | case                                | client-go                   | kube                     |
-- |-------------------------------------|-----------------------------|--------------------------|
-- | the kind of what comes              | none; of an item, as it came| as it came:              |
-- |                                     |                             | "PartialObjectMetadata"  |
-- | a server that sends whole objects   | is asked, the rest is left  | the same                 |
-- | Accept                              | protobuf, then JSON         | JSON                     |
-- | delete and delete_collection give   | nothing                     | an object or a Status    |
-- Source: client-go metadata/metadata.go.
local dynamic = require("kube.client.dynamic")
local errors = require("kube.api.errors")
local options = require("kube.api.options")

local metadata = {}

local FIELDS = { "apiVersion", "kind", "metadata" }

--- What the verbs take: the dynamic client's options, without those that this client sets.
local SPECS = {}
for _, verb in ipairs { "get", "list", "watch", "patch", "delete", "delete_collection" } do
  local spec = options.merge(dynamic.SPECS[verb])
  spec.as, spec.includeObject = nil, nil
  SPECS[verb] = spec
end

--- The options, checked at the caller of the method that asks, and what this client adds.
local function asked(given, verb, what, level)
  given = options.check(given, SPECS[verb], what or verb, level or 3)
  return options.merge(given, { as = "PartialObjectMetadata" })
end

--- The same where the answer is decoded here: a server may have sent the whole object.
local function asked_to_read(given, verb, what)
  local mine = asked(given, verb, what, 4)
  mine.fields = mine.fields or FIELDS
  return mine
end

-- ---- what came ----

local function is_text(value) return type(value) == "string" and value ~= "" end

--- What an object lacks to be one, or nil. Words: apimachinery pkg/runtime/error.go, and
-- metadata.go isLikelyObjectMetadata.
local function flaw(object)
  if type(object) ~= "table" or not is_text(object.kind) then return "Object 'Kind' is missing" end
  if not is_text(object.apiVersion) then return "Object 'apiVersion' is missing" end
  local its = type(object.metadata) == "table" and object.metadata or {}
  if is_text(its.uid) or is_text(its.creationTimestamp) or is_text(its.name)
      or is_text(its.generateName) then
    return nil
  end
  return "object does not appear to match the ObjectMeta schema"
end

--- The object | nil, err (reason Decode), unless somebody chose what of it is decoded.
local function checked(object, err, given, verb, client, name)
  if not object or given and given.fields then return object, err end
  local problem = flaw(object)
  if not problem then return object end
  return nil, errors.new {
    reason = "Decode",
    message = string.format("%s %s: %s", verb, client:describe(name), problem),
  }
end

-- ---- the client ----

local Metadata = {}
Metadata.__index = Metadata

local Getter = {}
Getter.__index = Getter

--- A metadata client on a transport.
function metadata.on(its_transport)
  return setmetatable({ _dynamic = dynamic.on(its_transport) }, Metadata)
end

--- A client for one resource. All namespaces, or a cluster-scoped one, until resource:namespace
-- says which.
-- @param resource { group = ("" for the core group), version =, resource = the plural }, or what
--   k:resource_for gives
function Metadata:resource(resource)
  options.check_self(self, "_dynamic", "metadata:resource")
  dynamic.check_resource(resource)
  return setmetatable({ _client = self._dynamic:resource(resource) }, Getter)
end

--- The same resource in one namespace; nil or "" for all.
function Getter:namespace(name)
  options.check_self(self, "_client", "getter:namespace")
  return setmetatable({ _client = self._client:namespace(name) }, Getter)
end

--- The metadata of one object: { apiVersion =, kind =, metadata = } | nil, err (reason NotFound).
-- @param given { fields =, managedFields =, resourceVersion =, subresource =, timeout = }
function Getter:get(name, given)
  options.check_self(self, "_client", "getter:get")
  local mine = asked_to_read(given, "get")
  options.check_type(name, "string", "get: the name")
  local object, err = self._client:get(name, mine)
  return checked(object, err, given, "get", self._client, name)
end

--- Those of all objects: { apiVersion =, kind =, metadata =, items = {...} } | nil, err.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, fields =, managedFields =,
--   limit =, resourceVersion =, resourceVersionMatch =, continue =,
--   on_expired = "relist" | "continue" | "error", timeoutSeconds =, timeout = }
function Getter:list(given)
  options.check_self(self, "_client", "getter:list")
  local mine = asked_to_read(given, "list")
  return self._client:list(mine)
end

--- Those of all objects one by one, page after page: a stream.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, fields =, managedFields =,
--   limit = (of a page), resourceVersion =, resourceVersionMatch =, continue =,
--   on_expired = "error" | "continue", timeoutSeconds =, timeout = }
-- @return stream
function Getter:each(given)
  options.check_self(self, "_client", "getter:each")
  local mine = asked_to_read(given, "list", "each")
  dynamic.check_each(mine)
  return self._client:each(mine)
end

--- The changes, as { type = "ADDED" | "MODIFIED" | "DELETED", object = }: a stream.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, fields =, managedFields =,
--   resourceVersion =, resourceVersionMatch =, sendInitialEvents =, allowWatchBookmarks =,
--   timeoutSeconds = (of a connection), timeout = seconds to watch: then it ends as a list does,
--   resume = false to end with the connection, on_expired = "restart" | "error" }
-- @return stream
function Getter:watch(given)
  options.check_self(self, "_client", "getter:watch")
  local mine = asked_to_read(given, "watch")
  dynamic.check_watch(mine)
  return self._client:watch(mine)
end

--- Patches an object: what its metadata is then | nil, err.
-- @param patch as resource:patch of the dynamic client
-- @param given { type = kube.patch.MERGE ("merge", the default) | JSON | STRATEGIC | APPLY,
--   dryRun = "All", fieldManager = (needed to apply), fieldValidation =, force = (to apply),
--   subresource =, timeout = }
function Getter:patch(name, patch, given)
  options.check_self(self, "_client", "getter:patch")
  local mine = asked(given, "patch")
  options.check_type(name, "string", "patch: the name")
  dynamic.check_patch(patch, mine)
  local object, err = self._client:patch(name, patch, mine)
  if not object then return nil, err end
  object, err = checked(object, nil, given, "patch", self._client, name)
  return object and {
    apiVersion = object.apiVersion, kind = object.kind, metadata = object.metadata,
  }, err
end

--- Deletes an object: its metadata as it was last, or a Status | nil, err (reason NotFound;
-- Conflict: a precondition).
-- @param given { gracePeriodSeconds =, propagationPolicy = "Background" | "Foreground" | "Orphan",
--   orphanDependents =, preconditions =, uid =, resourceVersion = (these two are preconditions),
--   ignoreStoreReadErrorWithClusterBreakingPotential =, dryRun = "All", subresource =,
--   timeout = }
function Getter:delete(name, given)
  options.check_self(self, "_client", "getter:delete")
  local mine = asked(given, "delete")
  options.check_type(name, "string", "delete: the name")
  return self._client:delete(name, mine)
end

--- Deletes all objects that the selectors choose, without selectors all: a list or a Status
-- | nil, err.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, resourceVersion =,
--   resourceVersionMatch =, limit =, continue =, timeoutSeconds =, gracePeriodSeconds =,
--   propagationPolicy =, orphanDependents =, preconditions =, uid =,
--   ignoreStoreReadErrorWithClusterBreakingPotential =, dryRun = "All", timeout = }
function Getter:delete_collection(given)
  options.check_self(self, "_client", "getter:delete_collection")
  local mine = asked(given, "delete_collection")
  return self._client:delete_collection(mine)
end

return metadata
