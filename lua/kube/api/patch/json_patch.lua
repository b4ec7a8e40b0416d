--- JSON patches, applied: as the API server does, which is not all that RFC 6902 says, or as the
-- RFC says. Pure.
--
--   | case                                   | the API server (evanphx v4), kube   | rfc = true |
--   |----------------------------------------|-------------------------------------|------------|
--   | add, move, copy to path ""             | an error                            | the root   |
--   | copy from path ""                      | an error                            | the root   |
--   | replace of the root by a scalar        | an error                            | replaces   |
--   | replace of a member that is not there  | adds it                             | an error   |
--   | test of a member that is not there     | it is null                          | an error   |
--   | copy from a member that is not there   | copies null                         | an error   |
--   | no value                               | null                                | an error   |
--   | move into itself                       | into what is then there             | an error   |
--   | indexes -1, 007, +1                    | from the end, 7, 1                  | an error   |
--   | ~ before neither 0 nor 1               | ~                                   | an error   |
--   | a path without its first slash         | what is before its first one is cut | an error   |
--   | test of 1 against 1.0                  | fails                               | passes     |
--
-- (RFC 6902 says nothing of what removing the root leaves: it is an error both ways.)
local values = require("kube.api.patch.values")

local json_patch = {}

--- How many bytes of JSON all copies of a patch may make together: each may double what there is.
-- (kube-apiserver's JSONPatchMaxCopyBytes.)
local MAX_COPIED = 3 * 1024 * 1024

-- What is worked on, `work`: { root = { [""] = document }, json =, rfc =, copied = bytes so far }.
-- The document is a copy in which all nulls are members. It is a member itself, so that the path
-- "" is like others.

local function is_array(value, work) return values.is_array(value, work.json) end

local function explicit(value, work) return values.copy(value, work.json, true) end

-- ---- containers and keys ----

--- An index as Go's strconv.Atoi reads it; negative ones from the end | nil.
local function server_index(key, length)
  local index = key:match("^[+-]?%d+$") and tonumber((key:gsub("^%+", "")))
  if index and index < 0 then return index + length end
  return index
end

local function rfc_index(key)
  return (key == "0" or key:find("^[1-9]%d*$")) and tonumber(key)
end

--- The place that a key, which counts from 0, is in an array | nil, why.
local function index_of(key, length, work)
  local index
  if work.rfc then index = rfc_index(key) else index = server_index(key, length) end
  if not index then return nil, string.format("%q is no index", key) end
  if index < 0 or index >= length then
    return nil, "Unable to access invalid index: " .. key
  end
  return math.floor(index) + 1
end

--- The value of a key | nil, why. The server takes a member that is not there for null.
local function get(container, key, work)
  if not is_array(container, work) then
    local value = container[key]
    if value ~= nil then return value end
    if not work.rfc then return work.json.null end
    return nil, "there is no member " .. key
  end
  local at, why = index_of(key, #container, work)
  if not at then return nil, why end
  return container[at]
end

local function add(container, key, value, work)
  if not is_array(container, work) then
    container[key] = value
    return true
  end
  if key == "-" then
    container[#container + 1] = value
    return true
  end
  local at, why = index_of(key, #container + 1, work)
  if not at then return nil, why end
  table.insert(container, at, value)
  return true
end

local function set(container, key, value, work)
  if not is_array(container, work) then
    container[key] = value
    return true
  end
  local at, why = index_of(key, #container, work)
  if not at then return nil, why end
  container[at] = value
  return true
end

local function remove(container, key, work)
  if container == work.root then return nil, "the whole document cannot be removed" end
  if not is_array(container, work) then
    if container[key] == nil then return nil, "Unable to remove nonexistent key: " .. key end
    container[key] = nil
    return true
  end
  local at, why = index_of(key, #container, work)
  if not at then return nil, why end
  table.remove(container, at)
  return true
end

-- ---- paths ----

local function unescape(part) return (part:gsub("~1", "/"):gsub("~0", "~")) end

--- The keys of a path, the first one "", which is the document's | nil, why.
local function parse(path, work)
  if work.rfc and path ~= "" and path:sub(1, 1) ~= "/" then
    return nil, string.format("the path %q does not begin with /", path)
  end
  if work.rfc and path:gsub("~[01]", ""):find("~", 1, true) then
    return nil, string.format("the path %q has a ~ that is neither ~0 nor ~1", path)
  end
  local parts = {}
  for part in (path .. "/"):gmatch("(.-)/") do parts[#parts + 1] = unescape(part) end
  parts[1] = ""
  return parts
end

--- The container that a path ends in, and the last key | nil, why.
local function find(work, path)
  local parts, why = parse(path, work)
  if not parts then return nil, why end
  local container = work.root
  for i = 1, #parts - 1 do
    container = get(container, parts[i], work)
    if type(container) ~= "table" then
      return nil, string.format("doc is missing path: %q", path)
    end
  end
  return container, parts[#parts]
end

--- Where an operation works: container, key | nil, why.
local function place(work, operation, field, root_too)
  local path = operation[field]
  if type(path) ~= "string" then return nil, "operation missing " .. field .. " field" end
  if not work.rfc and not root_too and not path:find("/", 1, true) then
    return nil, string.format("doc is missing path: %q", path)
  end
  return find(work, path)
end

-- ---- operations: (work, operation) -> true | nil, why ----

--- The value of an operation | nil, why.
local function value_of(operation, work)
  if operation.value ~= nil then return explicit(operation.value, work) end
  if work.rfc and not values.has(operation, "value", work.json) then
    return nil, "operation missing value field"
  end
  return work.json.null
end

local OPERATIONS = {}

function OPERATIONS.add(work, operation)
  local container, key = place(work, operation, "path")
  if not container then return nil, key end
  local value, why = value_of(operation, work)
  if value == nil then return nil, why end
  return add(container, key, value, work)
end

function OPERATIONS.remove(work, operation)
  local container, key = place(work, operation, "path")
  if not container then return nil, key end
  return remove(container, key, work)
end

function OPERATIONS.replace(work, operation)
  local container, key = place(work, operation, "path", operation.path == "")
  if not container then return nil, key end
  local value, why = value_of(operation, work)
  if value == nil then return nil, why end
  if not work.rfc and operation.path == "" and type(value) ~= "table" then
    return nil, "replace operation value must be object or array"
  end
  local old
  old, why = get(container, key, work)
  if old == nil then return nil, why end
  return set(container, key, value, work)
end

--- What move and copy take: value, container, key | nil, why.
local function source(work, operation)
  local container, key = place(work, operation, "from")
  if not container then return nil, key end
  local value, why = get(container, key, work)
  if value == nil then return nil, why end
  return value, container, key
end

local function is_within(path, outer)
  return type(path) == "string" and path:sub(1, #outer + 1) == outer .. "/"
end

function OPERATIONS.move(work, operation)
  local value, container, key = source(work, operation)
  if value == nil then return nil, container end
  if work.rfc then
    if operation.path == operation.from then return true end
    if is_within(operation.path, operation.from) then return nil, "nothing moves into itself" end
  end
  local ok, why = remove(container, key, work)
  if not ok then return nil, why end
  container, key = place(work, operation, "path")
  if not container then return nil, key end
  return add(container, key, value, work)
end

--- Counts a value that is copied: true | nil, why.
local function spend(work, value)
  local text, err = work.json.encode(value)
  if not text then return nil, err.message end
  work.copied = work.copied + #text
  if work.copied <= MAX_COPIED then return true end
  return nil, string.format("Unable to complete the copy, the accumulated size increase of copy is "
    .. "%d, exceeding the limit %d", work.copied, MAX_COPIED)
end

function OPERATIONS.copy(work, operation)
  local value, why = source(work, operation)
  if value == nil then return nil, why end
  local container, key = place(work, operation, "path")
  if not container then return nil, key end
  local ok
  ok, why = spend(work, value)
  if not ok then return nil, why end
  return add(container, key, explicit(value, work), work)
end

function OPERATIONS.test(work, operation)
  local container, key = place(work, operation, "path", operation.path == "")
  if not container then return nil, key end
  local value, why = get(container, key, work)
  if value == nil then return nil, why end
  local expected
  expected, why = value_of(operation, work)
  if expected == nil then return nil, why end
  if values.same(value, expected, work.json, work.rfc) then return true end
  return nil, string.format("testing value %s failed: test failed", operation.path)
end

--- See kube.api.patch.apply_json: document | nil, why.
function json_patch.apply(document, operations, json, rfc)
  local work = { json = json, rfc = rfc, copied = 0 }
  work.root = { [""] = explicit(document, work) }
  for i, operation in ipairs(operations) do
    local run = type(operation) == "table" and OPERATIONS[operation.op]
    if not run then return nil, string.format("operation %d: unexpected kind", i) end
    local done, why = run(work, operation)
    if not done then return nil, string.format("operation %d (%s): %s", i, operation.op, why) end
  end
  return work.root[""]
end

return json_patch
