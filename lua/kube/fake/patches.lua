--- patch: merge patches, JSON patches, and apply, which here is a merge patch that may create.
--
-- Gives code, JSON text, headers | nil, failure.
local body = require("kube.fake.body")
local faults = require("kube.fake.faults")
local json = require("kube.json")
local lifecycle = require("kube.fake.lifecycle")
local parameters = require("kube.fake.parameters")
local patch = require("kube.api.patch")
local read = require("kube.fake.read")
local status = require("kube.fake.status")
local store = require("kube.fake.store")
local tables = require("kube.fake.tables")
local types = require("kube.fake.types")
local write = require("kube.fake.write")
local yaml = require("kube.yaml")

local patches = {}

-- ---- kinds of patches: the old object and bytes to a new one | nil, failure ----

local JSON_PATCH_LIMIT = 10000 -- operations

--- A value of a patch that must be of one type | nil, failure.
local function decode(text, want, go)
  local value, err = json.decode(text)
  if value == nil then
    return nil, status.bad_request("error decoding patch: " .. body.json_fault(text, err))
  end
  if value == json.null or types.called(value) == want then return value end
  return nil, status.bad_request(string.format("error decoding patch: json: cannot unmarshal %s "
    .. "into Go value of type %s", types.called(value), go))
end

local function merge_patch(old, text)
  local change, failure = decode(text, "object", "map[string]interface {}")
  if not change then return nil, failure end
  if change == json.null then return nil, status.bad_request("Invalid JSON Patch") end
  return patch.apply_merge(old, change, json)
end

local OPERATION = "json: cannot unmarshal %s into Go %s of type %s"

--- What is wrong with the types of operations, or nil.
local function operations_fault(operations)
  for _, operation in ipairs(operations) do
    if types.called(operation) ~= "object" then
      return OPERATION:format(types.called(operation), "value", "handlers.jsonPatchOp")
    end
    for _, name in ipairs { "op", "path", "from" } do
      local value = operation[name]
      if value ~= nil and type(value) ~= "string" then
        return OPERATION:format(types.called(value), "struct field jsonPatchOp." .. name, "string")
      end
    end
  end
end

local function json_patch(old, text)
  local operations, failure = decode(text, "array", "[]handlers.jsonPatchOp")
  if not operations then return nil, failure end
  if operations == json.null then return old end
  local fault = operations_fault(operations)
  if fault then return nil, status.bad_request("error decoding patch: " .. fault) end
  if #operations > JSON_PATCH_LIMIT then
    return nil, status.failure(413, "RequestEntityTooLarge", string.format("The allowed maximum "
      .. "operations in a JSON patch is %d, got %d", JSON_PATCH_LIMIT, #operations))
  end
  local new = patch.apply_json(old, operations, json)
  if not new then return nil, status.rejected() end
  return new
end

local PATCHES = {
  ["application/merge-patch+json"] = merge_patch,
  ["application/json-patch+json"] = json_patch,
}

--- A patched object must still be one of its kind | nil, failure.
local function check_patched(world, resource, new)
  local why = body.kind_fault(world.catalog, resource, new)
    or types.fault(new, resource.custom and "" or resource.kind)
  if not why then return true end
  local found = {}
  faults.invalid(found, "patch", assert(json.encode(new, { sort_keys = true })), why)
  return nil, status.invalid({ group = "", kind = "" }, "", found)
end

--- The object that a patch makes of a record | nil, failure.
local function patched(world, asked, record, text, apply)
  local new, failure = apply(record.object, text)
  if not new then return nil, failure end
  new = assert(tables.canonical(new)) -- shares nothing with what is stored
  local ok
  ok, failure = check_patched(world, asked.resource, new)
  if not ok then return nil, failure end
  new = body.clean(asked.resource, new)
  ok, failure = body.place(asked.resource, new, asked.namespace)
  if ok then ok, failure = body.check_name(new, asked.name) end
  if not ok then return nil, failure end
  return new
end

local function run_patch(world, asked, options, text, apply, headers)
  local record, failure = read.record(world, asked)
  if not record then return nil, failure end
  local object
  object, failure = patched(world, asked, record, text, apply)
  if not object then return nil, failure end
  record, failure = lifecycle.update(world, record, object, {
    status = asked.status, dry_run = options.dry_run, patch = true,
  })
  return write.answer(200, record, failure, headers)
end

-- ---- apply ----

local WARNING = { { "Warning", '299 - "kube.fake keeps no field ownership: what you leave out '
  .. 'stays, lists are replaced whole, and there are no conflicts between managers"' } }

--- The object that an apply sends | nil, failure.
local function applied(asked, text)
  local documents, err = yaml.load_all(text)
  if not documents then return nil, status.bad_request("error decoding YAML: " .. err.message) end
  local object, resource = documents[1] or {}, asked.resource
  if types.called(object) ~= "object" then
    return nil, status.bad_request("error decoding YAML: error unmarshaling JSON: while decoding "
      .. "JSON: json: cannot unmarshal " .. types.called(object) .. " into Go value of type "
      .. "map[string]interface {}")
  end
  local kind, api_version = tables.get(object, "kind"), tables.get(object, "apiVersion")
  if kind ~= resource.kind or api_version ~= resource.apiVersion then
    local group, version = body.group_version(tostring(api_version or ""))
    return nil, status.bad_request(string.format("invalid object type: %s/%s, Kind=%s", group,
      version, tostring(kind or "")))
  end
  if tables.get(object, "metadata", "managedFields") ~= nil then
    return nil, status.bad_request("metadata.managedFields must be nil")
  end
  return object
end

local function create_applied(world, asked, options, object)
  local resource = asked.resource
  local why = types.fault(object, resource.custom and "" or resource.kind)
  if why then return nil, status.bad_request(why) end
  object = body.clean(resource, object)
  local ok, failure = body.place(resource, object, asked.namespace)
  if ok then ok, failure = body.check_name(object, asked.name) end
  if not ok then return nil, failure end
  if (object.metadata.uid or "") ~= "" then
    return nil, status.conflict(resource, asked.name, string.format("uid mismatch: the provided "
      .. "object specified uid %s, and no existing object was found", object.metadata.uid))
  end
  return write.answer(201, lifecycle.create(world, resource, object, options.dry_run))
end

local function run_apply(world, asked, options, text)
  local object, failure = applied(asked, text)
  if not object then return nil, failure end
  local key = store.key(asked.namespace, asked.name)
  if not asked.status and not world.store:get(asked.resource, key) then
    local code, answered = create_applied(world, asked, options, object)
    return code, answered, WARNING
  end
  local change = assert(json.encode(object))
  return run_patch(world, asked, options, change, merge_patch, WARNING)
end

--- The faults of the options that only a patch has.
local function patch_faults(query, is_apply)
  local found = {}
  if is_apply and (query.fieldManager or "") == "" then
    faults.required(found, "fieldManager", "is required for apply patch")
  elseif not is_apply and (query.force or "") ~= "" then
    faults.forbidden(found, "force", "may not be specified for non-apply patch")
  end
  return found
end

local APPLY, STRATEGIC = "application/apply-patch+yaml", "application/strategic-merge-patch+json"

--- PATCH of an object, whatever the kind of patch.
function patches.patch(world, asked, query, request)
  local media = body.media_type(request)
  if media == STRATEGIC then
    return nil, status.not_implemented("strategic merge patch",
      'send a merge patch (type = "merge") or a JSON patch (type = "json")')
  end
  if media ~= APPLY and not PATCHES[media] then return nil, status.unsupported_patch() end
  local options, failure = parameters.of_write("PatchOptions", query)
  if not options then return nil, failure end
  local found = patch_faults(query, media == APPLY)
  if found[1] then return nil, parameters.invalid("PatchOptions", found) end
  if media == APPLY then return run_apply(world, asked, options, request.body) end
  return run_patch(world, asked, options, request.body, PATCHES[media])
end

return patches
