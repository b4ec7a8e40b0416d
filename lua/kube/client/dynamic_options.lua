--- What the verbs of the dynamic client take, checked and made ready for the core. Names and
-- meanings: apimachinery pkg/apis/meta/v1/types.go.
local json = require("kube.json")
local options = require("kube.api.options")
local selectors = require("kube.client.selectors")

local verbs = {}

-- ---- what a spec cannot say by a type of Lua ----

--- Whether a value is a list of paths, or the projection made of one.
local function are_fields(value)
  if type(value) == "userdata" then return true end
  if type(value) ~= "table" or #value == 0 then
    return false, 'a list of paths, one at least: { "metadata.name", "spec.containers.image" }'
  end
  for _, path in ipairs(value) do
    if type(path) == "string" and path:find("^{") then
      return false, 'a list of paths as "metadata.name", without braces'
    end
  end
  local good, problem = pcall(json.projection, value)
  return good, not good and "a list of paths (" .. tostring(problem) .. ")" or nil
end

--- A check for one of some texts.
local function one_of(...)
  local known, names = {}, {}
  for i, text in ipairs { ... } do known[text], names[i] = true, string.format("%q", text) end
  local must_be = table.concat(names, ", ", 1, #names - 1) .. (names[2] and " or " or "")
    .. names[#names]
  return function(value) return known[value] or false, must_be end
end

--- "All", or the list of it that the API has.
local function is_dry_run(value)
  if type(value) == "table" then value = #value <= 1 and (value[1] or "") or nil end
  return type(value) == "string", '"All" or { "All" }'
end

local function are_preconditions(value)
  local good = type(value) == "table"
  for name, text in pairs(good and value or {}) do
    good = good and (name == "uid" or name == "resourceVersion") and type(text) == "string"
  end
  return good, "a table { uid =, resourceVersion = } of strings"
end

-- ---- the options ----

local DECODE = { fields = are_fields, managedFields = "boolean" }
local FORM = {
  as = one_of("Table", "PartialObjectMetadata"), includeObject = one_of("None", "Metadata",
    "Object"),
}
local METADATA = { as = one_of("PartialObjectMetadata") }
local TIMEOUT = { timeout = "number" }
local SELECTORS = options.merge(selectors.SPEC, { shardSelector = "string" })
local VERSION = { resourceVersion = "string", resourceVersionMatch = "string" }
local PAGE = { limit = "integer", continue = "string", timeoutSeconds = "integer" }
local WRITE_WHOLE = options.merge(TIMEOUT, {
  dryRun = is_dry_run, fieldManager = "string", fieldValidation = "string",
})
local WRITE = options.merge(WRITE_WHOLE, { subresource = "string" })
local DELETE = options.merge(TIMEOUT, METADATA, {
  dryRun = is_dry_run, gracePeriodSeconds = "integer", propagationPolicy = "string",
  orphanDependents = "boolean", preconditions = are_preconditions, uid = "string",
  ignoreStoreReadErrorWithClusterBreakingPotential = "boolean",
})

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
-- | as                   | string  | how the server writes the answer: "Table", columns and rows  |
-- |                      |         | as kubectl prints them (each gives the rows), or             |
-- |                      |         | "PartialObjectMetadata", metadata alone. A server that       |
-- |                      |         | cannot answers as ever: look at kind                         |
-- | includeObject        | string  | what the object of a row of a Table is: "None", "Metadata"   |
-- |                      |         | or "Object"                                                  |
-- | labelSelector        | string, | "app=web,tier in (front, back),!canary", a kube.selector,    |
-- |                      | table   | { matchLabels =, matchExpressions = } or { app = "web" }     |
-- | fieldSelector        | string, | "metadata.name=web-0,status.phase!=Running", a selector of   |
-- |                      | table   | kube.selector.fields or { ["metadata.name"] = "web-0" }      |
-- | shardSelector        | string  | an expression of "shardRange(object.metadata.uid, a, b)": an |
-- |                      |         | alpha feature of the server                                  |
-- | limit                | integer | objects a page: 500; 0: all objects in one answer            |
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
-- | on_expired           | string  | a 410. Of a watch: "restart", or "error" ends it. Between    |
-- |                      |         | the pages of list: "relist", once more and all in one        |
-- |                      |         | answer; of each: "error". Both know "error" and "continue":  |
-- |                      |         | the rest as it is by then, not all of one version            |
-- | dryRun               | string  | "All" (or { "All" }): the server does everything but keep it |
-- | fieldManager         | string  | who owns the fields that are set: "kube-lua"                 |
-- | fieldValidation      | string  | "Ignore", "Warn" or "Strict": fields that are not known      |
-- | subresource          | string  | "status", "scale", "eviction", ...                           |
-- | name                 | string  | the object whose subresource is created, if it is not that   |
-- |                      |         | in metadata.name                                             |
-- | type                 | string  | of a patch: kube.patch.MERGE ("merge"), JSON, STRATEGIC or   |
-- |                      |         | APPLY, which needs a fieldManager                            |
-- | force                | boolean | apply: take over fields that other managers own              |
-- | gracePeriodSeconds   | integer | instead of the object's own; 0: at once                      |
-- | propagationPolicy    | string  | "Background", "Foreground" or "Orphan": what becomes of the  |
-- |                      |         | objects that it owns                                         |
-- | orphanDependents     | boolean | what propagationPolicy has replaced                          |
-- | preconditions        | table   | { uid =, resourceVersion = }: what an object must have to be |
-- |                      |         | deleted                                                      |
-- | uid                  | string  | the same as preconditions.uid                                |
-- | ignoreStoreReadErrorWithClusterBreakingPotential | boolean | delete what the server cannot    |
-- |                      |         | read any more; it must allow that                            |
verbs.SPECS = {
  get = options.merge(DECODE, TIMEOUT, FORM, {
    resourceVersion = "string", subresource = "string",
  }),
  list = options.merge(DECODE, TIMEOUT, FORM, SELECTORS, VERSION, PAGE, {
    on_expired = one_of("relist", "continue", "error"),
  }),
  watch = options.merge(DECODE, TIMEOUT, FORM, SELECTORS, VERSION, {
    timeoutSeconds = "integer", sendInitialEvents = "boolean", allowWatchBookmarks = "boolean",
    resume = "boolean", on_expired = "string",
  }),
  create = options.merge(WRITE, { name = "string" }),
  update = WRITE,
  update_status = WRITE_WHOLE,
  patch = options.merge(WRITE, METADATA, { type = "string", force = "boolean" }),
  apply = options.merge(WRITE, { force = "boolean" }),
  apply_status = options.merge(WRITE_WHOLE, { force = "boolean" }),
  delete = options.merge(DELETE, { resourceVersion = "string", subresource = "string" }),
  delete_collection = options.merge(DELETE, SELECTORS, VERSION, PAGE),
}

-- ---- checks: each throws at the caller of the function that asks ----

--- Checks what a client is made for.
function verbs.check_resource(resource)
  if type(resource) ~= "table" or type(resource.version) ~= "string"
      or type(resource.resource) ~= "string" or type(resource.group or "") ~= "string" then
    error("resource: a table { group =, version =, resource = } is needed", 3)
  end
end

--- Checks what watch takes.
function verbs.check_watch(given)
  local expired = given.on_expired
  if expired ~= nil and expired ~= "restart" and expired ~= "error" then
    error('watch: on_expired must be "restart" or "error"', 3)
  end
end

--- Checks what each takes: it cannot take back what it gave.
function verbs.check_each(given)
  if given.on_expired == "relist" then
    error('each: on_expired must be "error" or "continue": what was given cannot be taken back', 3)
  end
end

local PATCH_TYPES = { json = true, merge = true, strategic = true, apply = true }

--- Checks what patch takes.
function verbs.check_patch(patch, given)
  local kind = given.type or "merge"
  if not PATCH_TYPES[kind] then
    error('patch: type must be "merge", "json", "strategic" or "apply"', 3)
  elseif kind == "apply" and not given.fieldManager then
    error('patch: the type "apply" needs a fieldManager', 3)
  elseif kind ~= "apply" and given.force then
    error('patch: force is for the type "apply"', 3)
  end
  if type(patch) ~= "table" and type(patch) ~= "string" then
    error("patch: the patch must be a table or JSON text", 3)
  end
end

--- The name of an object, which must have one.
function verbs.name_of(object, verb)
  local metadata = type(object) == "table" and object.metadata
  local name = type(metadata) == "table" and metadata.name
  if type(name) ~= "string" then
    error(string.format("%s: the object needs a metadata.name", verb), 3)
  end
  return name
end

-- ---- making ready ----

--- The options with others in front of them; the given ones stay as they are.
local function over(given, ours) return setmetatable(ours, { __index = given }) end

--- What of options the core takes in another form than they are given in.
local function plain(given)
  if type(given.dryRun) ~= "table" then return given end
  return over(given, { dryRun = given.dryRun[1] or "" })
end

verbs.of_write = plain

--- For the core's delete. A resourceVersion is a precondition there.
function verbs.of_delete(given)
  local must = given.preconditions or {}
  return over(plain(given), {
    precondition_uid = given.uid or must.uid,
    precondition_version = given.resourceVersion or must.resourceVersion,
  })
end

--- For the core's delete_collection, whose resourceVersion is that of a list.
function verbs.of_delete_collection(given)
  local must = given.preconditions or {}
  return selectors.as_texts(plain(given), {
    precondition_uid = given.uid or must.uid, precondition_version = must.resourceVersion,
  })
end

--- For the core's list. Its limit of 0 is its own choice; the API's is none.
function verbs.of_list(given, one_page)
  return selectors.as_texts(given, {
    one_page = one_page, limit = given.limit == 0 and -1 or given.limit,
    inconsistent = given.on_expired == "continue",
  })
end

--- For the core's watch.
function verbs.of_watch(given)
  return selectors.as_texts(given, {
    no_resume = given.resume == false, error_on_expired = given.on_expired == "error",
  })
end

--- How answers are decoded: lists and watches come without managedFields unless asked for; with
-- fields, only these come. A path goes through arrays by itself ("status.containerStatuses.image"),
-- and names with dots stand in brackets: "metadata.labels['app.kubernetes.io/name']".
function verbs.decoding(given, strip)
  local fields = given.fields
  if given.managedFields ~= nil then strip = not given.managedFields end
  if type(fields) == "table" then fields = json.projection(fields) end
  return { strip_managed_fields = strip, fields = fields }
end

return verbs
