--- The dynamic client: any resource, by its group, version and plural name (client-go's dynamic).
--
--   local crons = kube.dynamic(config):resource{ group = "stable.example.com", version = "v1",
--                                                resource = "crontabs" }:namespace("default")
--   crons:get("every-minute")
--
-- It sends what it is told: no names are looked up, and no namespace is added.
local errors = require("kube.api.errors")
local json = require("kube.json")
local options = require("kube.api.options")
local selectors = require("kube.client.selectors")
local stream = require("kube.client.stream")
local transport = require("kube.client.transport")

local dynamic = {}

-- ---- options ----

--- Whether a value is a list of paths, or the projection made of one.
local function are_fields(value)
  if type(value) == "userdata" then return true end
  if type(value) ~= "table" or #value == 0 then
    return false, 'a list of paths, one at least: { "metadata.name", "spec.containers.image" }'
  end
  local good, problem = pcall(json.projection, value)
  return good, not good and "a list of paths (" .. tostring(problem) .. ")" or nil
end

local DECODE = { fields = are_fields, managedFields = "boolean" }
local TIMEOUT = { timeout = "number" }
local SELECTORS = selectors.SPEC
local VERSION = { resourceVersion = "string", resourceVersionMatch = "string" }
local WRITE_WHOLE = options.merge(TIMEOUT, {
  dryRun = "string", fieldManager = "string", fieldValidation = "string",
})
local WRITE = options.merge(WRITE_WHOLE, { subresource = "string" })

--- What each verb takes; the k:... functions add namespace and all_namespaces. Names are those of
-- the Kubernetes API, or, with an underscore, ours.
--
-- | option               | type    |                                                              |
-- |----------------------|---------|--------------------------------------------------------------|
-- | namespace            | string  | k:... alone: instead of the object's and the client's        |
-- | all_namespaces       | boolean | k:... alone: in no namespace, but in all                     |
-- | timeout              | number  | seconds for the whole call, in a list for each page, in a    |
-- |                      |         | watch until its end; without it there is no limit. The first |
-- |                      |         | call asks what the server serves, and has as many for that   |
-- | fields               | table   | the paths to decode, or the kube.json.projection of them;    |
-- |                      |         | apiVersion and kind too come only where they are asked for,  |
-- |                      |         | but for the items of a list                                  |
-- | managedFields        | boolean | whether metadata.managedFields is decoded; in lists and      |
-- |                      |         | watches it is not unless asked for                           |
-- | labelSelector        | string, | "app=web,tier in (front, back),!canary", a kube.selector,    |
-- |                      | table   | { matchLabels =, matchExpressions = } or { app = "web" }     |
-- | fieldSelector        | string, | "metadata.name=web-0,status.phase!=Running", a selector of   |
-- |                      | table   | kube.selector.fields or { ["metadata.name"] = "web-0" }      |
-- | limit                | integer | objects a page: 500                                          |
-- | continue             | string  | metadata.continue of the page before                         |
-- | resourceVersion      | string  | the version to read at, or to watch from; in a delete, the   |
-- |                      |         | one that the object must have                                |
-- | resourceVersionMatch | string  | "Exact" or "NotOlderThan": how that is meant                 |
-- | timeoutSeconds       | integer | for the server: how long a list may take it, or a connection |
-- |                      |         | of a watch lasts (5 to 10 minutes)                           |
-- | sendInitialEvents    | boolean | a watch begins with all objects and a bookmark; it needs     |
-- |                      |         | resourceVersionMatch = "NotOlderThan"                        |
-- | allowWatchBookmarks  | boolean | give events of the type BOOKMARK too                         |
-- | resume               | boolean | false: a watch ends, or fails, with its connection           |
-- | on_expired           | string  | "restart", or "error": a 410 ends the watch                  |
-- | dryRun               | string  | "All": the server does everything but keep it                |
-- | fieldManager         | string  | who owns the fields that are set: "kube-lua"                 |
-- | fieldValidation      | string  | "Ignore", "Warn" or "Strict": fields that are not known      |
-- | subresource          | string  | "status", "scale", "eviction", ...                           |
-- | name                 | string  | the object whose subresource is created                      |
-- | type                 | string  | of a patch: "merge", "json" or "strategic"                   |
-- | force                | boolean | apply: take over fields that other managers own              |
-- | gracePeriodSeconds   | integer | instead of the object's own; 0: at once                      |
-- | propagationPolicy    | string  | "Background", "Foreground" or "Orphan": what becomes of the  |
-- |                      |         | objects that it owns                                         |
-- | uid                  | string  | the one that the object must have to be deleted              |
dynamic.SPECS = {
  get = options.merge(DECODE, TIMEOUT, { resourceVersion = "string", subresource = "string" }),
  list = options.merge(DECODE, TIMEOUT, SELECTORS, VERSION, {
    limit = "integer", continue = "string", timeoutSeconds = "integer",
  }),
  watch = options.merge(DECODE, TIMEOUT, SELECTORS, VERSION, {
    timeoutSeconds = "integer", sendInitialEvents = "boolean", allowWatchBookmarks = "boolean",
    resume = "boolean", on_expired = "string",
  }),
  create = options.merge(WRITE, { name = "string" }),
  update = WRITE,
  update_status = WRITE_WHOLE,
  patch = options.merge(WRITE, { type = "string" }),
  apply = options.merge(WRITE, { force = "boolean" }),
  delete = options.merge(TIMEOUT, {
    dryRun = "string", gracePeriodSeconds = "integer", propagationPolicy = "string",
    uid = "string", resourceVersion = "string",
  }),
  delete_collection = options.merge(TIMEOUT, SELECTORS, {
    dryRun = "string", gracePeriodSeconds = "integer", propagationPolicy = "string",
  }),
}

-- What a spec cannot say. Each throws at the caller of the function that asks, so that k:... can
-- ask too, before anything is sent.

--- Checks what watch takes.
function dynamic.check_watch(given)
  local expired = given.on_expired
  if expired ~= nil and expired ~= "restart" and expired ~= "error" then
    error('watch: on_expired must be "restart" or "error"', 3)
  end
end

local PATCH_TYPES = { json = true, merge = true, strategic = true }

--- Checks what patch takes.
function dynamic.check_patch(patch, given)
  if not PATCH_TYPES[given.type or "merge"] then
    error('patch: type must be "merge", "json" or "strategic"', 3)
  end
  if type(patch) ~= "table" and type(patch) ~= "string" then
    error("patch: the patch must be a table or JSON text", 3)
  end
end

--- The name of an object, which must have one.
function dynamic.name_of(object, verb)
  local metadata = type(object) == "table" and object.metadata
  local name = type(metadata) == "table" and metadata.name
  if type(name) ~= "string" then
    error(string.format("%s: the object needs a metadata.name", verb), 3)
  end
  return name
end

--- How answers are decoded: lists and watches come without managedFields unless asked for; with
-- fields, only these come. A path goes through arrays by itself ("status.containerStatuses.image"),
-- and names with dots stand in brackets: "metadata.labels['app.kubernetes.io/name']".
local function decoding(given, strip)
  local fields = given.fields
  if given.managedFields ~= nil then strip = not given.managedFields end
  if type(fields) == "table" then fields = json.projection(fields) end
  return { strip_managed_fields = strip, fields = fields }
end

-- ---- clients ----

local Resource = {}
Resource.__index = Resource

local Dynamic = {}
Dynamic.__index = Dynamic

--- A dynamic client on a transport.
function dynamic.on(its_transport)
  return setmetatable({ _transport = its_transport }, Dynamic)
end

--- A client for one resource. All namespaces, or a cluster-scoped one, until resource:namespace
-- says which.
-- @param resource { group = ("" for the core group), version =, resource = the plural }, or what
--   k:resource_for gives
function Dynamic:resource(resource)
  if type(resource) ~= "table" or type(resource.version) ~= "string"
      or type(resource.resource) ~= "string" then
    error("resource: a table { group =, version =, resource = } is needed", 2)
  end
  return setmetatable({
    _transport = self._transport,
    _resource = {
      group = resource.group or "", version = resource.version, resource = resource.resource,
    },
  }, Resource)
end

--- The same resource in one namespace; nil or "" for all.
function Resource:namespace(name)
  return setmetatable({
    _transport = self._transport, _resource = self._resource,
    _namespace = name ~= "" and name or nil,
  }, Resource)
end

--- What an object of it is called in messages: 'deployments.apps "web" in namespace default'.
function Resource:describe(name)
  local resource = self._resource
  return string.format('%s%s "%s"%s', resource.resource,
    resource.group ~= "" and "." .. resource.group or "", name,
    self._namespace and " in namespace " .. self._namespace or "")
end

-- ---- reading ----

--- Starts a call and waits for its one object: object | nil, err.
local function fetch(self, decode, verb, name, given, ...)
  local call, err = self._transport:start(verb, self._resource, self._namespace, name, given, ...)
  if not call then return nil, err end
  return transport.finish(call, function(c) return c:next(decode) end)
end

--- One object: object | nil, err (reason NotFound).
-- @param given { fields =, managedFields =, resourceVersion =, subresource =, timeout = }
function Resource:get(name, given)
  given = options.check(given, dynamic.SPECS.get, "get")
  options.check_type(name, "string", "get: the name")
  return fetch(self, decoding(given, false), "get", name, given)
end

--- Starts a list: the call, and how to read it | nil, err.
-- @param one_page  whether to end after one page
function Resource:open_list(given, one_page)
  local asked = selectors.as_texts(given, { one_page = one_page })
  local call, err = self._transport:start("list", self._resource, self._namespace, nil, asked)
  if not call then return nil, err end
  local decode = decoding(given, true)
  return call, function(c) return c:next(decode) end
end

--- All objects one by one, page after page: a stream.
-- @param given { labelSelector =, fieldSelector =, fields =, managedFields =, limit = (of a page),
--   resourceVersion =, resourceVersionMatch =, continue =, timeoutSeconds =, timeout = }
-- @return stream
function Resource:each(given)
  given = options.check(given, dynamic.SPECS.list, "each")
  return stream.new(function() return self:open_list(given) end)
end

-- The item that a list got last. A collector that works in steps marks what goes into a variable at
-- once, and what goes into a table that it has seen only at the end of its round, all of it in one
-- step: with 10,000 pods LuaJIT then halts for 8 ms, without for 2.
local newest -- luacheck: ignore 231

--- The list { apiVersion =, kind =, metadata =, items = {...} } | nil, err. All pages, unless limit
-- or continue is given: then one page, and metadata.continue leads to the next.
-- @param given  as resource:each
function Resource:list(given)
  given = options.check(given, dynamic.SPECS.list, "list")
  local objects = stream.new(function() -- which lets the neighbours run
    return self:open_list(given, (given.limit or given.continue) ~= nil)
  end)
  local items, n = json.array {}, 0
  local item, err = objects:next()
  while item ~= nil do
    n = n + 1
    items[n] = item
    newest = item
    item, err = objects:next()
  end
  newest = nil
  local list = not err and objects:list_head() or nil
  objects:close()
  if not list then return nil, err end
  list.items = items
  return list
end

--- The changes of the objects, as { type = "ADDED" | "MODIFIED" | "DELETED", object = }: a stream.
-- Without resourceVersion the objects that there are come first, as ADDED. It connects again where
-- a connection ended. After a 410 it starts again from what there is (what was deleted meanwhile is
-- not told), or, with on_expired = "error", ends with the error.
-- @param given { labelSelector =, fieldSelector =, fields =, managedFields =, resourceVersion =,
--   resourceVersionMatch =, sendInitialEvents =, allowWatchBookmarks =, timeoutSeconds = (of a
--   connection), timeout = seconds to watch: then it ends as a list does, resume = false to end
--   with the connection, on_expired = "restart" | "error" }
-- @return stream
function Resource:watch(given)
  given = options.check(given, dynamic.SPECS.watch, "watch")
  dynamic.check_watch(given)
  return stream.new(function() return self:open_watch(given) end, true)
end

--- Starts a watch: the call, and how to read it | nil, err.
function Resource:open_watch(given)
  local asked = selectors.as_texts(given, {
    no_resume = given.resume == false, error_on_expired = given.on_expired == "error",
  })
  local call, err = self._transport:start("watch", self._resource, self._namespace, nil, asked)
  if not call then return nil, err end
  local decode = decoding(given, true)
  return call, function(c)
    local object, event = c:next(decode)
    if not object then return object, event end
    return { type = event, object = object }
  end
end

-- ---- writing ----

local name_of = dynamic.name_of

--- Creates an object: what the server made of it | nil, err (reason AlreadyExists).
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, timeout =, subresource =,
--   name = (of the object whose subresource, an eviction or a token, is created) }
function Resource:create(object, given)
  given = options.check(given, dynamic.SPECS.create, "create")
  options.check_type(object, "table", "create: the object")
  return fetch(self, decoding(given, false), "create", given.name, given, object)
end

--- Replaces an object, which must bear the resourceVersion it was read with: object | nil, err
-- (reason Conflict: somebody was faster; read it again).
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, subresource =, timeout = }
function Resource:update(object, given)
  given = options.check(given, dynamic.SPECS.update, "update")
  return fetch(self, decoding(given, false), "update", name_of(object, "update"), given, object)
end

--- Replaces the status of an object: object | nil, err (reason Conflict).
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, timeout = }
function Resource:update_status(object, given)
  given = options.check(given, dynamic.SPECS.update_status, "update_status")
  return fetch(self, decoding(given, false), "update_status", name_of(object, "update_status"),
    given, object)
end

--- Patches an object: object | nil, err.
-- @param patch a table (or JSON text): for "merge" and "strategic" an object in which kube.null
--   removes a field, for "json" an array of operations
-- @param given { type = "merge" (the default) | "json" | "strategic", dryRun = "All",
--   fieldManager =, fieldValidation =, subresource =, timeout = }
function Resource:patch(name, patch, given)
  given = options.check(given, dynamic.SPECS.patch, "patch")
  options.check_type(name, "string", "patch: the name")
  dynamic.check_patch(patch, given)
  return fetch(self, decoding(given, false), "patch", name, given, patch, given.type or "merge")
end

--- Server-side apply: the object as it is now | nil, err (reason Conflict: another manager owns a
-- field; force = true takes it over).
-- @param given { fieldManager = ("kube-lua"), force =, dryRun = "All", fieldValidation =,
--   subresource =, timeout = }
function Resource:apply(object, given)
  given = options.check(given, dynamic.SPECS.apply, "apply")
  local name = name_of(object, "apply")
  if object.metadata.managedFields then
    return nil, errors.new {
      reason = "BadRequest",
      message = "apply: metadata.managedFields must not be set: apply what you want, not what "
        .. "was read from the server",
    }
  end
  return fetch(self, decoding(given, false), "apply", name, given, object)
end

--- Deletes an object: the object as it was last, or a Status | nil, err (reason NotFound; Conflict:
-- a precondition).
-- @param given { gracePeriodSeconds =, propagationPolicy = "Background" | "Foreground" | "Orphan",
--   uid =, resourceVersion = (preconditions), dryRun = "All", timeout = }
function Resource:delete(name, given)
  given = options.check(given, dynamic.SPECS.delete, "delete")
  options.check_type(name, "string", "delete: the name")
  return fetch(self, decoding(given, false), "delete", name, given)
end

--- Deletes all objects that the selectors choose, without selectors all: a list or a Status
-- | nil, err.
-- @param given { labelSelector =, fieldSelector =, gracePeriodSeconds =, propagationPolicy =,
--   dryRun = "All", timeout = }
function Resource:delete_collection(given)
  given = options.check(given, dynamic.SPECS.delete_collection, "delete_collection")
  return fetch(self, decoding(given, true), "delete_collection", nil,
    selectors.as_texts(given, {}))
end

dynamic.Resource = Resource

return dynamic
