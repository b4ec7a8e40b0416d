--- The client for everyday use: objects by the names that kubectl takes.
--
--   local k = assert(kube.connect())
--   k:get("deploy", "web")        k:get("deploy/web")        k:get("deployments.v1.apps", "web")
--
-- Namespaces: the option `namespace`, else that of the object, else that of the client,
-- k.namespace: at first that of its configuration, k.config, and it may be set. list, each, watch
-- and delete_collection take all_namespaces = true.
--
-- All functions but k:each and k:discovery wait for the server; inside kube.run the other tasks go
-- on meanwhile. What the server refuses bears its reason: NotFound, Forbidden, ...
local arguments = require("kube.client.arguments")
local discovery = require("kube.client.discovery")
local dynamic = require("kube.client.dynamic")
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local remembered = require("kube.client.remembered")
local restmapper = require("kube.client.restmapper")
local scaling = require("kube.client.scaling")
local several = require("kube.client.several")
local stream = require("kube.client.stream")
local subresource_kinds = require("kube.client.subresource_kinds")
local transport = require("kube.client.transport")
local wait = require("kube.client.wait")

local check, split, without_where = arguments.check, arguments.split, arguments.without_where
local check_kind, check_object = arguments.check_kind, arguments.check_object

local objects = {}

local Client = {}
Client.__index = Client

function Client:__tostring() return "kube.client: " .. self.config.server end

--- A client of a configuration. Sends nothing.
function objects.new(config)
  local its_transport = transport.of(config)
  return setmetatable({
    config = config,
    namespace = config.namespace,
    _dynamic = dynamic.on(its_transport),
    _mapper = restmapper.on(its_transport),
    _transport = its_transport,
  }, Client)
end

--- The discovery client of the same server: one, which remembers what it read.
function Client:discovery() return discovery.on(self._transport) end

--- The mapper of the same server: what each name and each kind means there.
function Client:restmapper() return self._mapper end

--- The resource that a name stands for, as discovery:server_resources has it: { group =, version =,
-- resource =, kind =, namespaced =, ... } | nil, err (reason NoMatch).
function Client:resource_for(name) return self._mapper:resource_for(name) end

-- ---- where objects are ----

--- The dynamic client's resource for a resource of discovery, where the options say.
local function place(self, resource, given, own_namespace)
  local client = self._dynamic:resource(resource)
  if not resource.namespaced or given.all_namespaces then return client end
  return client:namespace(given.namespace or own_namespace or self.namespace)
end

--- The dynamic client for a kind by name: client | nil, err.
local function by_name(self, kind, given)
  local resource, err = self._mapper:resource_for(kind, given.timeout)
  if not resource then return nil, err end
  return place(self, resource, given)
end

--- The dynamic clients for a kind by name, for several, or for a category: clients | nil, err.
local function by_names(self, kinds, given)
  local resources, err = self._mapper:several(kinds, given.timeout)
  if not resources then return nil, err end
  local clients = { mixed = resources.mixed }
  for i, resource in ipairs(resources) do clients[i] = place(self, resource, given) end
  return clients
end

--- The resource in which an object lives, or to whose subresource it goes: resource | nil, err.
local function resource_of(self, object, given)
  if given.subresource then
    local found, err = subresource_kinds.find(self:discovery(), object, given.subresource)
    if found or err then return found, err end
  end
  return self._mapper:resource_for_kind(object.apiVersion, object.kind, given.timeout)
end

--- The dynamic client for where an object lives: client | nil, err.
local function by_object(self, object, given)
  local resource, err = resource_of(self, object, given)
  if not resource then return nil, err end
  local own = type(object.metadata) == "table" and object.metadata.namespace or nil
  if own and given.namespace and own ~= given.namespace then
    return nil, errors.new {
      reason = "BadRequest",
      message = string.format("the namespace of the object (%s) does not match the namespace "
        .. "asked for (%s)", own, given.namespace),
    }
  end
  return place(self, resource, given, own)
end

--- What use(client, options) gives, of the dynamic client for a kind by name, or for an object.
local function on_kind(self, kind, given, use)
  local rest = without_where(given)
  return remembered.use(self:discovery(), function() return by_name(self, kind, given) end,
    function(client) return use(client, rest) end)
end

local function on_object(self, object, given, use)
  local rest = without_where(given)
  return remembered.use(self:discovery(), function() return by_object(self, object, given) end,
    function(client) return use(client, rest) end)
end

-- ---- reading ----

--- One object: k:get("deploy", "web", options) or k:get("deploy/web", options): object | nil, err
-- (reason NotFound).
-- @param given { namespace =, fields =, managedFields =, as =, includeObject =, resourceVersion =,
--   subresource =, timeout = }
function Client:get(kind, name, given)
  kind, name, given = split(self, kind, name, given, nil, "get")
  given = check(self, given, "get")
  return on_kind(self, kind, given, function(client, rest) return client:get(name, rest) end)
end

--- All objects: { apiVersion =, kind = "PodList", metadata =, items = {...} } | nil, err. With
-- limit or continue one page. Of several resources, "pods,services", or of a category, "all", a
-- List in which each item has its kind. With as = "Table" { kind = "Table", columnDefinitions =,
-- rows = { { cells = {...}, object = }, ... } }.
-- @param given { namespace =, all_namespaces =, labelSelector =, fieldSelector =, shardSelector =,
--   fields =, managedFields =, as =, includeObject =, limit =, continue =, resourceVersion =,
--   resourceVersionMatch =, on_expired = "relist" | "continue" | "error", timeoutSeconds =,
--   timeout = }
function Client:list(kind, given)
  given = check(self, given, "list")
  check_kind(kind, "list")
  return remembered.use(self:discovery(), function() return by_names(self, kind, given) end,
    function(clients) return several.list(clients, without_where(given)) end)
end

--- All objects one by one, read page by page: `for pod in k:each("pods") do ... end`. What goes
-- wrong is thrown there; or use stream:next(), which gives nil, err. Of several resources,
-- "pods,services", or of a category, "all", those of one after those of another.
-- @param given  as k:list; limit is the size of a page (500), and on_expired "error" or "continue"
-- @return stream
function Client:each(kind, given)
  given = check(self, given, "each")
  check_kind(kind, "each")
  dynamic.check_each(given)
  return stream.new(function() -- which finds out where its objects are at the first one
    local clients, err = by_names(self, kind, given)
    if not clients then return nil, err end
    return several.open(clients, given, self:discovery())
  end)
end

--- The changes of the objects: a stream of { type = "ADDED" | "MODIFIED" | "DELETED", object = }
-- | nil, err. Without resourceVersion the objects that there are come first, as ADDED. It connects
-- again where a connection ended. After a 410 it starts again from what there is (what was deleted
-- meanwhile is not told), or, with on_expired = "error", ends with the error.
-- @param given { namespace =, all_namespaces =, labelSelector =, fieldSelector =, shardSelector =,
--   fields =, managedFields =, as =, includeObject =, resourceVersion =, resourceVersionMatch =,
--   sendInitialEvents =, allowWatchBookmarks =, timeoutSeconds = (of a connection),
--   timeout = seconds to watch: then it ends as a list does, resume = false to end with the
--   connection,
--   on_expired = "restart" | "error" }
function Client:watch(kind, given)
  given = check(self, given, "watch")
  check_kind(kind, "watch")
  dynamic.check_watch(given)
  local watch = stream.new(function()
    local client, err = by_name(self, kind, given)
    if not client then return nil, err end
    local call, read = client:open_watch(given)
    if not call then return nil, read end
    return call, remembered.reader(self:discovery(), read)
  end, true)
  local ok, err = watch:open()
  if not ok then return nil, err end
  return watch
end

-- ---- waiting ----

--- Waits, by watch, until objects are as they should be:
--
--   k:wait("deploy/web", { condition = "Available", timeout = 60 })
--   k:wait("pods", { "a", "b" }, { jsonpath = "{.status.phase}=Running" })
--   k:wait({ "deploy/web", job }, { predicate = function(object) return is_done(object) end })
--   k:wait("pods", { labelSelector = "app=web", delete = true })
--
-- One object is named as in k:get, or given itself; several are a list, or what labelSelector,
-- fieldSelector or all = true choose of a kind: those that there are at first. They are waited for
-- one after the other, within one time; those of selectors together.
--
-- All that is asked for must be so at the same time. A predicate gives true, or false and a text,
-- what is missing; it may wait itself, and what it throws is thrown from here. With create the
-- object need not be there yet; delete waits until it is gone, or another object has its name.
-- @param given { condition = "Ready" or "Ready=False", or a list,
--   jsonpath = "{.status.phase}=Running" or "{.status.podIP}" for any value, or a list,
--   value = (of the one jsonpath), predicate =, create = true, delete = true,
--   timeout = seconds (30; 0 looks once; less than 0 is a week), namespace =, labelSelector =,
--   fieldSelector =, all = true, all_namespaces = }
-- @return the object as it was then, or a list of them in the order asked; of a deletion, as it was
--   last, true where it was not there | nil, err (reason NotFound: it is not there; Timeout: with
--   what was seen last of each)
function Client:wait(kind, name, given)
  arguments.check_self(self, "wait", 2)
  local targets
  targets, given = wait.targets(kind, name, given)
  given = check(self, given, "wait")
  local goals, err = wait.goals(given)
  if not goals then return nil, err end
  return wait.run(targets, goals, given, function(target, where)
    if target.object then return by_object(self, target.object, where) end
    return by_name(self, target.kind, where)
  end)
end

-- ---- writing ----

--- Creates an object: what the server made of it | nil, err (reason AlreadyExists).
-- @param given { namespace =, dryRun = "All", fieldManager =, fieldValidation =, timeout =,
--   subresource =, name = (of the object whose subresource, an eviction or a token, is created;
--   else that in its metadata) }
function Client:create(object, given)
  given = check(self, given, "create")
  check_object(object, "create")
  return on_object(self, object, given, function(client, rest)
    return client:create(object, rest)
  end)
end

--- Replaces an object by one that was read and changed: object | nil, err (reason Conflict:
-- somebody was faster; read it again).
-- @param given { namespace =, dryRun = "All", fieldManager =, fieldValidation =, subresource =,
--   timeout = }
function Client:update(object, given)
  given = check(self, given, "update")
  check_object(object, "update")
  dynamic.name_of(object, "update")
  return on_object(self, object, given, function(client, rest)
    return client:update(object, rest)
  end)
end

--- Replaces the status of an object: object | nil, err (reason Conflict, as k:update).
-- @param given { namespace =, dryRun = "All", fieldManager =, fieldValidation =, timeout = }
function Client:update_status(object, given)
  given = check(self, given, "update_status")
  check_object(object, "update_status")
  dynamic.name_of(object, "update_status")
  return on_object(self, object, given, function(client, rest)
    return client:update_status(object, rest)
  end)
end

--- Patches an object: k:patch("deploy/web", { spec = { replicas = 3 } }): object | nil, err.
-- @param patch  a table or JSON text: for kube.patch.MERGE and STRATEGIC an object in which
--   kube.null removes a field, for JSON an array of operations, for APPLY what is wanted
-- @param given { type = kube.patch.MERGE ("merge", the default) | JSON | STRATEGIC | APPLY,
--   namespace =, dryRun = "All", fieldManager = (needed to apply), fieldValidation =,
--   force = (to apply), subresource =, as = "PartialObjectMetadata", timeout = }
function Client:patch(kind, name, patch, given)
  kind, name, patch, given = split(self, kind, name, patch, given, "patch")
  given = check(self, given, "patch")
  dynamic.check_patch(patch, given)
  return on_kind(self, kind, given, function(client, rest)
    return client:patch(name, patch, rest)
  end)
end

--- Sets how many replicas an object has: k:scale("deploy/web", 3): its Scale | nil, err (reason
-- Conflict: it has not what it must have; Timeout: there were not as many in time).
-- @param given { namespace =, current_replicas =, resourceVersion = (that it must have before),
--   timeout = seconds to wait for the replicas (nil: none), dryRun = "All", fieldManager = }
function Client:scale(kind, name, replicas, given)
  kind, name, replicas, given = split(self, kind, name, replicas, given, "scale")
  given = check(self, given, "scale")
  replicas = scaling.check(replicas, given)
  local resource, err = self._mapper:resource_for(kind)
  if not resource then return nil, err end
  local namespace = resource.namespaced and (given.namespace or self.namespace) or nil
  return scaling.scale(self._transport, resource, namespace, name, replicas, given)
end

--- The objects of a List, or the object itself, or the objects of an array.
local function flatten(value, out)
  if next(value) == nil then return out end
  if value.kind == nil and value[1] ~= nil then
    for _, item in ipairs(value) do flatten(item, out) end
  elseif type(value.items) == "table" and type(value.kind) == "string"
      and value.kind:match("List$") then
    for _, item in ipairs(value.items) do flatten(item, out) end
  else
    out[#out + 1] = value
  end
  return out
end

local function apply_one(self, object, given)
  return on_object(self, object, given, function(client, rest)
    return client:apply(object, rest)
  end)
end

--- Server-side apply of an object, or of several (as kube.yaml.load_all gives them), in their
-- order.
-- Fields that create, update or patch has set belong to another owner, even under the same
-- fieldManager: the first apply over them is a Conflict, and force = true takes them over.
-- @param object  an object, a list of objects, or a List
-- @param given { fieldManager = ("kube-lua"), force = true to take over fields of other managers,
--   namespace =, dryRun = "All", fieldValidation =, subresource =, timeout = }
-- @return the object as it is now | for several, a list | nil, err (reason Conflict: another
--   manager owns a field), and the list of what was applied before it failed
function Client:apply(object, given)
  if object == nil and errors.is(given) then -- k:apply(kube.yaml.load(text)) of a bad text
    error("apply: there is no object: " .. tostring(given), 2)
  end
  given = check(self, given, "apply")
  options.check_type(object, "table", "apply: the object")
  local all, done = flatten(object, {}), {}
  for _, one in ipairs(all) do
    check_object(one, "apply")
    dynamic.name_of(one, "apply")
  end
  for i, one in ipairs(all) do
    local result, err = apply_one(self, one, given)
    if not result then
      if all[1] ~= object then
        err.message = string.format("object %d of %d (%s %s): %s", i, #all, one.kind,
          one.metadata.name, err.message)
      end
      return nil, err, done
    end
    done[i] = result
  end
  if all[1] == object then return done[1] end
  return done
end

-- ---- deleting ----

--- Deletes an object: k:delete("pod", "web-0"), k:delete("pod/web-0") or k:delete(object).
-- @param given { namespace =, gracePeriodSeconds =,
--   propagationPolicy = "Background" | "Foreground" | "Orphan", orphanDependents =,
--   preconditions =, uid =, resourceVersion = (these two are preconditions),
--   ignoreStoreReadErrorWithClusterBreakingPotential =, dryRun = "All", subresource =,
--   as = "PartialObjectMetadata", timeout = }
-- @return the object as it was last, or a Status | nil, err (reason NotFound; Conflict: a
--   precondition)
function Client:delete(kind, name, given)
  local on = on_kind
  if type(kind) == "table" then
    given = check(self, given or name, "delete")
    check_object(kind, "delete")
    on, name = on_object, dynamic.name_of(kind, "delete")
  else
    kind, name, given = split(self, kind, name, given, nil, "delete")
    given = check(self, given, "delete")
  end
  return on(self, kind, given, function(client, rest) return client:delete(name, rest) end)
end

--- Deletes all objects that the selectors choose, without selectors all: a list or a Status
-- | nil, err.
-- @param given { namespace =, all_namespaces =, labelSelector =, fieldSelector =, shardSelector =,
--   resourceVersion =, resourceVersionMatch =, limit =, continue =, timeoutSeconds =,
--   gracePeriodSeconds =, propagationPolicy =, orphanDependents =, preconditions =, uid =,
--   ignoreStoreReadErrorWithClusterBreakingPotential =, dryRun = "All",
--   as = "PartialObjectMetadata", timeout = }
function Client:delete_collection(kind, given)
  given = check(self, given, "delete_collection")
  check_kind(kind, "delete_collection")
  return on_kind(self, kind, given, function(client, rest)
    return client:delete_collection(rest)
  end)
end

return objects
