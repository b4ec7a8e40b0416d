--- The options of requests, from their query: types, values, and which exclude each other.
local faults = require("kube.fake.faults")
local json = require("kube.json")
local selector = require("kube.api.selector")
local status = require("kube.fake.status")
local tables = require("kube.fake.tables")

local parameters = {}

local function invalid_options(kind, found)
  return status.invalid({ group = "meta.k8s.io", kind = kind }, "", found)
end

parameters.invalid = invalid_options

local SYNTAX, RANGE = "invalid syntax", "value out of range"

--- A number as Go's strconv reads it: number | nil, what is wrong.
-- @param pattern  of its text: an optional sign and digits, each a capture
-- @param last     the greatest one, as text; below zero there is one more
local function parse(text, pattern, last)
  local sign, digits = text:match(pattern)
  if not digits then return nil, SYNTAX end
  digits = digits:match("^0*(.+)$")
  local limit = sign == "-" and last:gsub("%d$", function(d) return string.format("%d", d + 1) end)
    or last
  if #digits > #limit or #digits == #limit and digits > limit then return nil, RANGE end
  return tonumber((sign == "-" and sign or "") .. digits)
end

local INT64, UINT64 = "9223372036854775807", "18446744073709551615"

--- An integer of the query: number | nil | nil, failure.
local function integer(query, name)
  local text = query[name]
  if text == nil or text == "" then return nil end
  local number, why = parse(text, "^([+-]?)(%d+)$", INT64)
  if number then return number end
  return nil, status.bad_request(string.format('strconv.ParseInt: parsing "%s": %s', text, why))
end

parameters.integer = integer

--- A flag as Kubernetes reads it: all but "", "0" and "false" is true.
local function flag(query, name)
  local text = query[name]
  return text ~= nil and text ~= "" and text ~= "0" and text:lower() ~= "false"
end

parameters.flag = flag

-- ---- versions ----

--- A resourceVersion: number | nil, what is wrong with it. "" is 0.
function parameters.version(text)
  if text == nil or text == "" then return 0 end
  local number, why = parse(text, "^()(%d+)$", UINT64)
  if number then return number end
  return nil, string.format('resourceVersion: Invalid value: "%s": strconv.ParseUint: parsing "%s":'
    .. " %s", text, text, why)
end

local function forbid(field, why)
  local found = {}
  faults.forbidden(found, field, why)
  return found
end

local MATCH = "resourceVersionMatch"

--- The faults of the version options of a list.
local function list_faults(query)
  local match, version = query.resourceVersionMatch or "", query.resourceVersion or ""
  if (query.sendInitialEvents or "") ~= "" then
    return forbid("sendInitialEvents", "sendInitialEvents is forbidden for list")
  end
  if match == "" then return {} end
  if version == "" then
    return forbid(MATCH, "resourceVersionMatch is forbidden unless resourceVersion is provided")
  elseif (query.continue or "") ~= "" then
    return forbid(MATCH, "resourceVersionMatch is forbidden when continue is provided")
  elseif match ~= "Exact" and match ~= "NotOlderThan" then
    return faults.unsupported(MATCH, match, { "Exact", "NotOlderThan", "" })
  elseif match == "Exact" and version == "0" then
    return forbid(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  end
  return {}
end

--- The faults of the version options of a watch.
local function watch_faults(query)
  local match, initial = query.resourceVersionMatch or "", query.sendInitialEvents or ""
  if (query.continue or "") ~= "" then
    return forbid(MATCH, "resourceVersionMatch is forbidden when continue is provided")
  end
  if initial == "" then
    if match == "" then return {} end
    return forbid(MATCH,
      "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided")
  end
  if match == "NotOlderThan" then return {} end
  local found = forbid(MATCH, "sendInitialEvents requires setting resourceVersionMatch to "
    .. "NotOlderThan")
  if match ~= "" then
    found[2] = faults.unsupported(MATCH, match, { "NotOlderThan" })[1]
  end
  return found
end

-- ---- selectors ----

local ANY = { ["metadata.name"] = true, ["metadata.namespace"] = true }

--- What is wrong with a field of a selector, or nil.
local function field_fault(resource, key)
  if ANY[key] or tables.has(resource.fields, key) then return nil end
  if resource.fields then return "field label not supported: " .. key end
  return string.format('"%s" is not a known field selector: only "metadata.name", '
    .. '"metadata.namespace"', (key:gsub('[\\"]', "\\%0")))
end

--- The text of a field as selectors see it; flags that are not there are false.
local FLAGS = { ["spec.hostNetwork"] = true, ["spec.unschedulable"] = true }

local function field_of(object, key)
  local value = object
  for name in key:gmatch("[^.]+") do
    value = type(value) == "table" and value[name] or nil
  end
  if value == nil and FLAGS[key] then return "false" end
  return value ~= nil and tostring(value) or ""
end

local function fields_selector(resource, text)
  local fields, err = selector.fields.parse(text)
  if not fields then return nil, status.bad_request(err.message) end
  for _, requirement in ipairs(fields:requirements()) do
    local why = field_fault(resource, requirement.key)
    if why then return nil, status.bad_request(why) end
  end
  return fields
end

--- What a request selects: { matches = function (object), all = whether it selects everything }
-- | nil, failure.
function parameters.selection(resource, query)
  local labels, err = selector.parse(query.labelSelector or "")
  if not labels then return nil, status.bad_request(err.message) end
  local fields, failure = fields_selector(resource, query.fieldSelector or "")
  if not fields then return nil, failure end
  local requirements = fields:requirements()
  local function matches(object)
    if not labels:matches(object.metadata.labels) then return false end
    local values = {}
    for _, requirement in ipairs(requirements) do
      values[requirement.key] = field_of(object, requirement.key)
    end
    return fields:matches(values)
  end
  return { matches = matches, all = labels:empty() and fields:empty() }
end

-- ---- reads and writes ----

--- The options of a list or watch: { limit =, timeout =, version =, match =, continue =, initial =,
-- bookmarks =, selection = } | nil, failure.
function parameters.of_list(resource, query, is_watch)
  local limit, failure = integer(query, "limit")
  if failure then return nil, failure end
  local timeout
  timeout, failure = integer(query, "timeoutSeconds")
  if failure then return nil, failure end
  local found = is_watch and watch_faults(query) or list_faults(query)
  if found[1] then return nil, invalid_options("ListOptions", found) end
  local version, why = parameters.version(query.resourceVersion)
  if not version then
    if is_watch then return nil, status.unknown(why) end
    return nil, status.bad_request("invalid resource version: " .. why)
  end
  local selection
  selection, failure = parameters.selection(resource, query)
  if not selection then return nil, failure end
  return {
    limit = limit or 0, timeout = timeout, version = version,
    match = query.resourceVersionMatch or "", continue = query.continue or "",
    initial = query.sendInitialEvents and flag(query, "sendInitialEvents"),
    bookmarks = flag(query, "allowWatchBookmarks"), selection = selection,
  }
end

local VALIDATIONS = { [""] = true, Ignore = true, Warn = true, Strict = true }

--- Whether a write is a dry run | nil, failure.
-- @param kind  "CreateOptions", "UpdateOptions" or "PatchOptions"
function parameters.of_write(kind, query)
  local dry_run, validation = query.dryRun or "", query.fieldValidation or ""
  if dry_run ~= "" and dry_run ~= "All" then
    return nil, invalid_options(kind,
      faults.unsupported("dryRun", json.array { dry_run }, { "All" }))
  end
  if not VALIDATIONS[validation] then
    return nil, invalid_options(kind, faults.unsupported("fieldValidation", validation,
      { "", "Ignore", "Strict", "Warn" }))
  end
  if validation == "Strict" then
    return nil, status.not_implemented("fieldValidation=Strict",
      "it knows no schema; leave the option out or run the test against a real cluster")
  end
  return { dry_run = dry_run == "All" }
end

return parameters
