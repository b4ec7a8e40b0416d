--- The dynamic client: any resource, by its group, version and plural name (client-go's dynamic).
--
--   local crons = kube.dynamic(config):resource{ group = "stable.example.com", version = "v1",
--                                                resource = "crontabs" }:namespace("default")
--   crons:get("every-minute")
--
-- It sends what it is told: no names are looked up, and no namespace is added.
--
-- | case                               | client-go                    | kube                      |
-- |------------------------------------|------------------------------|---------------------------|
-- | list                               | one request                  | as tools/pager: in pages  |
-- | a token expires in a list          | pager: all, in one answer    | the same; or as asked     |
-- | a token expires in each            | pager: the error, after the  | the same; or the rest as  |
-- |                                    | items of the pages before    | it is by then             |
-- | resourceVersion of a list in pages | pager: of the last page      | the same                  |
-- | a resourceVersion that is not "0"  | "not older"; pager: exactly  | exactly; with limit = 0,  |
-- |                                    | that                         | "not older"               |
-- | the name of an apply               | an argument                  | that of the object        |
-- | a server that has no Table         | (kubectl) prints the objects | gives them: look at kind  |
local errors = require("kube.api.errors")
local json = require("kube.json")
local options = require("kube.api.options")
local schema = require("kube.api.schema")
local stream = require("kube.client.stream")
local transport = require("kube.client.transport")
local verbs = require("kube.client.dynamic_options")

local dynamic = {}

-- What each verb takes, and the checks that k:... asks too, before anything is sent.
dynamic.SPECS = verbs.SPECS
for _, check in ipairs {
  "check_resource", "check_watch", "check_each", "check_patch", "name_of",
} do
  dynamic[check] = verbs[check]
end
local name_of, decoding = verbs.name_of, verbs.decoding

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
  options.check_self(self, "_transport", "dynamic:resource")
  verbs.check_resource(resource)
  return setmetatable({
    _transport = self._transport,
    _resource = {
      group = resource.group or "", version = resource.version, resource = resource.resource,
    },
  }, Resource)
end

--- The same resource in one namespace; nil or "" for all.
function Resource:namespace(name)
  options.check_self(self, "_transport", "namespace")
  return setmetatable({
    _transport = self._transport, _resource = self._resource,
    _namespace = name ~= "" and name or nil,
  }, Resource)
end

--- What an object of it is called in messages: 'deployments.apps "web" in namespace default'.
function Resource:describe(name)
  options.check_self(self, "_transport", "describe")
  return string.format('%s "%s"%s', schema.group_resource_text(self._resource), name,
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
-- @param given { fields =, managedFields =, as =, includeObject =, resourceVersion =,
--   subresource =, timeout = }
function Resource:get(name, given)
  options.check_self(self, "_transport", "get")
  given = options.check(given, dynamic.SPECS.get, "get")
  options.check_type(name, "string", "get: the name")
  return fetch(self, decoding(given, false), "get", name, given)
end

--- A row of a Table holds an object, whose managedFields nobody asked for.
local function strip_row(row)
  local object = type(row) == "table" and row.object
  local metadata = type(object) == "table" and object.metadata
  if type(metadata) == "table" then metadata.managedFields = nil end
end

--- The same for a Table, or for a row.
local function strip(object)
  local rows = type(object) == "table" and object.rows
  if type(rows) ~= "table" then return strip_row(object) end
  for _, row in ipairs(rows) do strip_row(row) end
end

--- How to read a call: function (call) -> object [, event] | false | nil, err
local function reader(given)
  local decode = decoding(given, true)
  if given.as ~= "Table" or given.managedFields then
    return function(call) return call:next(decode) end
  end
  return function(call)
    local object, event = call:next(decode)
    if object then strip(object) end
    return object, event
  end
end

--- Starts a list: the call, and how to read it | nil, err.
-- @param one_page  whether to end after one page
function Resource:open_list(given, one_page)
  options.check_self(self, "_transport", "open_list")
  local call, err = self._transport:start("list", self._resource, self._namespace, nil,
    verbs.of_list(given, one_page))
  if not call then return nil, err end
  return call, reader(given)
end

--- All objects one by one, page after page: a stream. The next page is on its way while this one
-- is read. With as = "Table" these are the rows; the columns are in
-- stream:list_head().columnDefinitions, at the end.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, fields =, managedFields =,
--   as =, includeObject =, limit = (of a page), resourceVersion =, resourceVersionMatch =,
--   continue =, on_expired = "error" | "continue", timeoutSeconds =, timeout = }
-- @return stream
function Resource:each(given)
  options.check_self(self, "_transport", "each")
  given = options.check(given, dynamic.SPECS.list, "each")
  verbs.check_each(given)
  return stream.new(function() return self:open_list(given) end)
end

-- The item that a list got last. A collector that works in steps marks what goes into a variable at
-- once, and what goes into a table that it has seen only at the end of its round, all of it in one
-- step: with 10,000 pods LuaJIT then halts for 8 ms, without for 2.
local newest -- luacheck: ignore 231

--- A list as one table | nil, err, whether some of it had come.
local function collect(self, given, one_page)
  local objects = stream.new(function() return self:open_list(given, one_page) end)
  local items, n = json.array {}, 0
  local item, err = objects:next() -- which lets the neighbours run
  while item ~= nil do
    n = n + 1
    items[n] = item
    newest = item
    item, err = objects:next()
  end
  newest = nil
  local list = objects:list_head()
  objects:close()
  if not list then return nil, err, false end
  if err then return nil, err, list.metadata.continue ~= nil end
  list[list.kind == "Table" and "rows" or "items"] = items
  return list
end

--- The list { apiVersion =, kind =, metadata =, items = {...} } | nil, err. All pages, unless limit
-- or continue is given: then one page, and metadata.continue leads to the next. With as = "Table"
-- { kind = "Table", columnDefinitions = {...}, rows = { { cells = {...}, object = }, ... } }.
--
-- When the version of the first page is forgotten before the last one was read, all is asked for
-- once more, in one answer. With on_expired = "continue" the rest comes as it is by then: the list
-- is not of one version, and a watch from its resourceVersion may miss changes.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, fields =, managedFields =,
--   as =, includeObject =, limit =, resourceVersion =, resourceVersionMatch =, continue =,
--   on_expired = "relist" | "continue" | "error", timeoutSeconds =, timeout = }
function Resource:list(given)
  options.check_self(self, "_transport", "list")
  given = options.check(given, dynamic.SPECS.list, "list")
  local list, err, begun = collect(self, given, (given.limit or given.continue) ~= nil)
  if list then return list end
  if begun and errors.predicates.is_expired(err) and (given.on_expired or "relist") == "relist" then
    list, err = collect(self, setmetatable({ limit = 0 }, { __index = given }), true)
    if list then return list end
  end
  return nil, err
end

--- The changes of the objects, as { type = "ADDED" | "MODIFIED" | "DELETED", object = }: a stream.
-- Without resourceVersion the objects that there are come first, as ADDED. It connects again where
-- a connection ended. After a 410 it starts again from what there is (what was deleted meanwhile is
-- not told), or, with on_expired = "error", ends with the error. With as = "Table" an object is a
-- Table of one row; the first one has the columns.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, fields =, managedFields =,
--   as =, includeObject =, resourceVersion =, resourceVersionMatch =, sendInitialEvents =,
--   allowWatchBookmarks =, timeoutSeconds = (of a connection), timeout = seconds to watch: then it
--   ends as a list does, resume = false to end with the connection,
--   on_expired = "restart" | "error" }
-- @return stream
function Resource:watch(given)
  options.check_self(self, "_transport", "watch")
  given = options.check(given, dynamic.SPECS.watch, "watch")
  verbs.check_watch(given)
  return stream.new(function() return self:open_watch(given) end, true)
end

--- Starts a watch: the call, and how to read it | nil, err.
function Resource:open_watch(given)
  options.check_self(self, "_transport", "open_watch")
  local call, err = self._transport:start("watch", self._resource, self._namespace, nil,
    verbs.of_watch(given))
  if not call then return nil, err end
  local read = reader(given)
  return call, function(c)
    local object, event = read(c)
    if not object then return object, event end
    return { type = event, object = object }
  end
end

-- ---- writing ----

--- Sends an object for the verb: what came | nil, err.
local function write(self, verb, name, given, ...)
  return fetch(self, decoding(given, false), verb, name, verbs.of_write(given), ...)
end

--- Creates an object: what the server made of it | nil, err (reason AlreadyExists).
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, timeout =, subresource =,
--   name = (of the object whose subresource, an eviction or a token, is created; else that in its
--   metadata) }
function Resource:create(object, given)
  options.check_self(self, "_transport", "create")
  given = options.check(given, dynamic.SPECS.create, "create")
  options.check_type(object, "table", "create: the object")
  local name = given.name
  if given.subresource and not name then name = name_of(object, "create") end
  return write(self, "create", name, given, object)
end

--- Replaces an object, which must bear the resourceVersion it was read with: object | nil, err
-- (reason Conflict: somebody was faster; read it again).
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, subresource =, timeout = }
function Resource:update(object, given)
  options.check_self(self, "_transport", "update")
  given = options.check(given, dynamic.SPECS.update, "update")
  return write(self, "update", name_of(object, "update"), given, object)
end

--- Replaces the status of an object: object | nil, err (reason Conflict).
-- @param given { dryRun = "All", fieldManager =, fieldValidation =, timeout = }
function Resource:update_status(object, given)
  options.check_self(self, "_transport", "update_status")
  given = options.check(given, dynamic.SPECS.update_status, "update_status")
  return write(self, "update_status", name_of(object, "update_status"), given, object)
end

--- Patches an object: object | nil, err.
-- @param patch a table (or JSON text): for kube.patch.MERGE and STRATEGIC an object in which
--   kube.null removes a field, for JSON an array of operations, for APPLY what is wanted (YAML text
--   too)
-- @param given { type = kube.patch.MERGE ("merge", the default) | JSON | STRATEGIC | APPLY,
--   dryRun = "All", fieldManager = (needed to apply), fieldValidation =, force = (to apply),
--   subresource =, as = "PartialObjectMetadata", timeout = }
function Resource:patch(name, patch, given)
  options.check_self(self, "_transport", "patch")
  given = options.check(given, dynamic.SPECS.patch, "patch")
  options.check_type(name, "string", "patch: the name")
  verbs.check_patch(patch, given)
  return write(self, "patch", name, given, patch, given.type or "merge")
end

local function apply(self, name, object, given)
  if object.metadata.managedFields then
    return errors.bad_request("apply: metadata.managedFields must not be set: apply what you want, "
      .. "not what was read from the server")
  end
  return write(self, "apply", name, given, object)
end

--- Server-side apply: the object as it is now | nil, err (reason Conflict: another manager owns a
-- field; force = true takes it over).
-- @param given { fieldManager = ("kube-lua"), force =, dryRun = "All", fieldValidation =,
--   subresource =, timeout = }
function Resource:apply(object, given)
  options.check_self(self, "_transport", "apply")
  given = options.check(given, dynamic.SPECS.apply, "apply")
  return apply(self, name_of(object, "apply"), object, given)
end

--- The same for the status alone.
-- @param given { fieldManager = ("kube-lua"), force =, dryRun = "All", fieldValidation =,
--   timeout = }
function Resource:apply_status(object, given)
  options.check_self(self, "_transport", "apply_status")
  given = options.check(given, dynamic.SPECS.apply_status, "apply_status")
  return apply(self, name_of(object, "apply_status"), object,
    setmetatable({ subresource = "status" }, { __index = given }))
end

--- Deletes an object: the object as it was last, or a Status | nil, err (reason NotFound; Conflict:
-- a precondition).
-- @param given { gracePeriodSeconds =, propagationPolicy = "Background" | "Foreground" | "Orphan",
--   orphanDependents =, preconditions =, uid =, resourceVersion = (these two are preconditions),
--   ignoreStoreReadErrorWithClusterBreakingPotential =, dryRun = "All", subresource =,
--   as = "PartialObjectMetadata", timeout = }
function Resource:delete(name, given)
  options.check_self(self, "_transport", "delete")
  given = options.check(given, dynamic.SPECS.delete, "delete")
  options.check_type(name, "string", "delete: the name")
  return fetch(self, decoding(given, false), "delete", name, verbs.of_delete(given))
end

--- Deletes all objects that the selectors choose, without selectors all: a list or a Status
-- | nil, err. With limit the first so many, in one request.
-- @param given { labelSelector =, fieldSelector =, shardSelector =, resourceVersion =,
--   resourceVersionMatch =, limit =, continue =, timeoutSeconds =, gracePeriodSeconds =,
--   propagationPolicy =, orphanDependents =, preconditions =, uid =,
--   ignoreStoreReadErrorWithClusterBreakingPotential =, dryRun = "All",
--   as = "PartialObjectMetadata", timeout = }
function Resource:delete_collection(given)
  options.check_self(self, "_transport", "delete_collection")
  given = options.check(given, dynamic.SPECS.delete_collection, "delete_collection")
  return fetch(self, decoding(given, true), "delete_collection", nil,
    verbs.of_delete_collection(given))
end

dynamic.Resource = Resource

return dynamic
