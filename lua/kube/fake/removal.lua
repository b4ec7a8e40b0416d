--- delete, of one object and of a collection, as requests ask for them: what they may say, and what
-- they are answered. What becomes of the objects is in kube.fake.deletion.
--
-- Each verb gives code, JSON text | nil, failure.
local body = require("kube.fake.body")
local deletion = require("kube.fake.deletion")
local faults = require("kube.fake.faults")
local json = require("kube.json")
local parameters = require("kube.fake.parameters")
local read = require("kube.fake.read")
local status = require("kube.fake.status")
local store = require("kube.fake.store")
local tables = require("kube.fake.tables")
local types = require("kube.fake.types")

local removal = {}

-- ---- options ----

local POLICIES = { Background = true, Foreground = true, Orphan = true }

local function policy_of(given)
  local policy, orphan = given.propagationPolicy, given.orphanDependents
  local found = {}
  if policy and orphan ~= nil then
    faults.invalid(found, "propagationPolicy", policy,
      "orphanDependents and deletionPropagation cannot be both set")
  elseif policy and not POLICIES[policy] then
    found = faults.unsupported("propagationPolicy", policy,
      { "Foreground", "Background", "Orphan", "nil" })
  end
  if found[1] then return nil, parameters.invalid("DeleteOptions", found) end
  return policy or orphan and "Orphan" or orphan == false and "Background" or "default"
end

--- The DeleteOptions of the body | nil, failure.
local function body_options(request)
  if request.body == "" then return {} end
  local given, err = json.decode(request.body)
  if not given then
    return nil, status.bad_request("couldn't get version/kind; json parse error: "
      .. body.json_fault(request.body, err))
  end
  if types.called(given) ~= "object" then
    return nil, status.bad_request("couldn't get version/kind; json parse error: json: cannot "
      .. "unmarshal " .. types.called(given) .. " into " .. body.GO_STRUCT)
  end
  if given.kind ~= nil and given.kind ~= "DeleteOptions" then
    return nil, status.bad_request(string.format('no kind "%s" is registered for version "%s" in '
      .. 'scheme "pkg/runtime/scheme.go:111"', tostring(given.kind), tostring(given.apiVersion)))
  end
  local why = types.fault(given, "DeleteOptions")
  if why then return nil, status.bad_request(why) end
  return tables.deep(given)
end

--- What a delete may say in its body or its query: options for deletion.delete | nil, failure.
local function delete_options(query, request)
  local given, failure = body_options(request)
  if not given then return nil, failure end
  if next(given) == nil then
    given.gracePeriodSeconds, failure = parameters.integer(query, "gracePeriodSeconds")
    if failure then return nil, failure end
    given.propagationPolicy = query.propagationPolicy
    if query.orphanDependents then
      given.orphanDependents = parameters.flag(query, "orphanDependents")
    end
    given.dryRun = query.dryRun and { query.dryRun }
  end
  local dry_run = tables.get(given, "dryRun", 1)
  if dry_run and dry_run ~= "All" then
    return nil, parameters.invalid("DeleteOptions",
      faults.unsupported("dryRun", json.array { dry_run }, { "All" }))
  end
  local policy
  policy, failure = policy_of(given)
  if not policy then return nil, failure end
  return {
    grace = given.gracePeriodSeconds and math.max(given.gracePeriodSeconds, 0),
    policy = policy ~= "default" and policy or nil, preconditions = given.preconditions,
    dry_run = dry_run == "All",
  }
end

-- ---- verbs ----

--- DELETE of one object.
function removal.delete(world, asked, query, request)
  local options, failure = delete_options(query, request)
  if not options then return nil, failure end
  local record, gone
  record, failure = read.record(world, asked)
  if not record then return nil, failure end
  record, gone = deletion.delete(world, record, options)
  if not record then return nil, gone end
  if not gone or asked.resource.shows_deleted then return 200, store.text(record) end
  return 200, assert(json.encode(status.deleted(asked.resource, asked.name,
    record.object.metadata.uid), { sort_keys = true }))
end

--- DELETE of a collection: what is selected goes, and the answer is the list of what that was.
function removal.delete_collection(world, asked, query, request)
  local options, failure = delete_options(query, request)
  if not options then return nil, failure end
  local selection
  selection, failure = parameters.selection(asked.resource, query)
  if not selection then return nil, failure end
  local found = {}
  for _, record in ipairs(world.store:list(asked.resource, asked.namespace
    and asked.namespace .. "/" or "")) do
    if selection.matches(record.object) then found[#found + 1] = record end
  end
  local text = read.list_of(world, asked.resource, found)
  for _, record in ipairs(found) do deletion.delete(world, record, options) end
  return 200, text
end

return removal
