--- Patches: merge patch (RFC 7396) and JSON patch, applied to values. Pure.
--
--   patch.merge(document, { spec = { replicas = 3, paused = json.null } }, json) -> document
--   patch.json(document, { { op = "remove", path = "/spec/paused" } }, json)     -> document
--
-- What is given is never changed; the result shares what stayed the same. `json` says what null and
-- arrays are: a table with the fields null, nulls, array, is_array and encode of kube.json.
--
-- JSON patch is what the API server does, which is not all that RFC 6902 says:
--
--   | case                                   | RFC 6902 | the API server (evanphx v4), kube   |
--   | add, remove with path ""               | the root | an error                            |
--   | replace of a member that is not there  | an error | adds it                             |
--   | test of a member that is not there     | an error | it is null                          |
--   | copy from a member that is not there   | an error | copies null                         |
--   | no value                               | an error | null                                |
--   | indexes -1, 007, +1                    | an error | from the end, 7, 1                  |
--   | a path without its first slash         | an error | what is before its first one is cut |
local patch = {}

-- ---- tables that are JSON ----

local function is_array(value, json)
  return type(value) == "table" and (json.is_array(value) or value[1] ~= nil)
end

local function is_object(value, json)
  return type(value) == "table" and not is_array(value, json)
end

--- A copy, all the way down, either without null members or with all of them as members like
-- others. Null elements of arrays stay.
local function copied(value, json, with_nulls)
  if type(value) ~= "table" then return value end
  local copy = {}
  if is_array(value, json) then
    for i, element in ipairs(value) do copy[i] = copied(element, json, with_nulls) end
    return json.array(copy)
  end
  for name, member in pairs(value) do
    if with_nulls or member ~= json.null then copy[name] = copied(member, json, with_nulls) end
  end
  if with_nulls then
    for _, name in ipairs(json.nulls(value)) do copy[name] = json.null end
  end
  return copy
end

-- ---- merge patch ----

local function merged(document, change, json)
  -- Without the null members of objects in arrays too: RFC 7396 would keep those, the API server's
  -- library does not.
  if not is_object(document, json) then return copied(change, json, false) end
  if not is_object(change, json) then return change end
  local result = {}
  for name, member in pairs(document) do result[name] = member end
  for _, name in ipairs(json.nulls(document)) do result[name] = json.null end
  for name, member in pairs(change) do
    if member == json.null then
      result[name] = nil
    else
      result[name] = merged(result[name], member, json)
    end
  end
  for _, name in ipairs(json.nulls(change)) do result[name] = nil end
  return result
end

--- The document with a merge patch applied.
-- @param change  an object: json.null removes a member, other values replace or are merged
function patch.merge(document, change, json) return merged(document, change, json) end

-- ---- JSON patch ----

--- How many bytes of JSON all copies of a patch may make together: each may double what there is.
-- (kube-apiserver's JSONPatchMaxCopyBytes.)
local MAX_COPIED = 3 * 1024 * 1024

--- A copy in which all nulls are members: only such can be patched.
local function explicit(value, json) return copied(value, json, true) end

local function same_number(a, b)
  if a ~= b then return false end
  return not math.type or math.type(a) == math.type(b)
end

local function same(a, b, json)
  if type(a) == "number" and type(b) == "number" then return same_number(a, b) end
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  if is_array(a, json) ~= is_array(b, json) or #a ~= #b then return false end
  for name, member in pairs(a) do
    if b[name] == nil or not same(member, b[name], json) then return false end
  end
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  return true
end

local function unescape(part) return (part:gsub("~1", "/"):gsub("~0", "~")) end

--- An index as Go's strconv.Atoi reads it, counted from 0; negative ones from the end | nil, why.
local function index_of(key, length)
  local index = key:match("^[+-]?%d+$") and tonumber((key:gsub("^%+", "")))
  if not index then return nil, string.format("%q is no index", key) end
  if index < 0 then index = index + length end
  if index < 0 or index >= length then
    return nil, "Unable to access invalid index: " .. key
  end
  return math.floor(index) + 1
end

--- The value of a key: value, which is null where there is none | nil, why.
local function get(container, key, json)
  if not is_array(container, json) then
    local value = container[key]
    if value == nil then return json.null end
    return value
  end
  local at, why = index_of(key, #container)
  if not at then return nil, why end
  return container[at]
end

local function add(container, key, value, json)
  if not is_array(container, json) then
    container[key] = value
    return true
  end
  if key == "-" then
    container[#container + 1] = value
    return true
  end
  local at, why = index_of(key, #container + 1)
  if not at then return nil, why end
  table.insert(container, at, value)
  return true
end

local function set(container, key, value, json)
  if not is_array(container, json) then
    container[key] = value
    return true
  end
  local at, why = index_of(key, #container)
  if not at then return nil, why end
  container[at] = value
  return true
end

local function remove(container, key, json)
  if not is_array(container, json) then
    if container[key] == nil then return nil, "Unable to remove nonexistent key: " .. key end
    container[key] = nil
    return true
  end
  local at, why = index_of(key, #container)
  if not at then return nil, why end
  table.remove(container, at)
  return true
end

--- The container that a path ends in, and the last key | nil, why.
local function find(root, path, json)
  local parts = {}
  for part in (path .. "/"):gmatch("(.-)/") do parts[#parts + 1] = unescape(part) end
  if #parts < 2 then return nil, string.format("doc is missing path: %q", path) end
  local container = root
  for i = 2, #parts - 1 do
    container = get(container, parts[i], json)
    if type(container) ~= "table" then
      return nil, string.format("doc is missing path: %q", path)
    end
  end
  return container, parts[#parts]
end

local function value_of(operation, json)
  if operation.value == nil then return json.null end
  return explicit(operation.value, json)
end

--- A field of an operation that must be a text | nil, why.
local function text_of(operation, field)
  local text = operation[field]
  if type(text) ~= "string" then return nil, "operation missing " .. field .. " field" end
  return text
end

--- Where an operation works: container, key | nil, why.
local function place(root, operation, field, json)
  local path, why = text_of(operation, field)
  if not path then return nil, why end
  return find(root, path, json)
end

--- op -> function (root, operation, json, spent) -> root | nil, why
-- spent.copied is how many bytes were copied so far.
local OPERATIONS = {}

function OPERATIONS.add(root, operation, json)
  local container, key = place(root, operation, "path", json)
  if not container then return nil, key end
  local ok, why = add(container, key, value_of(operation, json), json)
  return ok and root, why
end

function OPERATIONS.remove(root, operation, json)
  local container, key = place(root, operation, "path", json)
  if not container then return nil, key end
  local ok, why = remove(container, key, json)
  return ok and root, why
end

function OPERATIONS.replace(root, operation, json)
  if operation.path == "" then
    local value = value_of(operation, json)
    if type(value) ~= "table" then
      return nil, "replace operation value must be object or array"
    end
    return value
  end
  local container, key = place(root, operation, "path", json)
  if not container then return nil, key end
  local ok, why = set(container, key, value_of(operation, json), json)
  return ok and root, why
end

function OPERATIONS.move(root, operation, json)
  local container, key = place(root, operation, "from", json)
  if not container then return nil, key end
  local value, why = get(container, key, json)
  if value == nil then return nil, why end
  local ok
  ok, why = remove(container, key, json)
  if not ok then return nil, why end
  container, key = place(root, operation, "path", json)
  if not container then return nil, key end
  ok, why = add(container, key, value, json)
  return ok and root, why
end

--- Counts a value that is copied: true | nil, why.
local function spend(spent, value, json)
  local text, err = json.encode(value)
  if not text then return nil, err.message end
  spent.copied = spent.copied + #text
  if spent.copied <= MAX_COPIED then return true end
  return nil, string.format("Unable to complete the copy, the accumulated size increase of copy is "
    .. "%d, exceeding the limit %d", spent.copied, MAX_COPIED)
end

function OPERATIONS.copy(root, operation, json, spent)
  local container, key = place(root, operation, "from", json)
  if not container then return nil, key end
  local value, why = get(container, key, json)
  if value == nil then return nil, why end
  container, key = place(root, operation, "path", json)
  if not container then return nil, key end
  local ok
  ok, why = spend(spent, value, json)
  if not ok then return nil, why end
  ok, why = add(container, key, explicit(value, json), json)
  return ok and root, why
end

function OPERATIONS.test(root, operation, json)
  local value = root
  if operation.path ~= "" then
    local container, key = place(root, operation, "path", json)
    if not container then return nil, key end
    local why
    value, why = get(container, key, json)
    if value == nil then return nil, why end
  end
  if same(value, value_of(operation, json), json) then return root end
  return nil, string.format("testing value %s failed: test failed", operation.path)
end

--- The document with the operations of a JSON patch applied, one after the other, all or none:
-- document | nil, why.
-- @param operations  an array of { op =, path =, value =, from = }
function patch.json(document, operations, json)
  local root, spent = explicit(document, json), { copied = 0 }
  for i, operation in ipairs(operations) do
    local run = type(operation) == "table" and OPERATIONS[operation.op]
    if not run then return nil, string.format("operation %d: unexpected kind", i) end
    local result, why = run(root, operation, json, spent)
    if not result then return nil, string.format("operation %d (%s): %s", i, operation.op, why) end
    root = result
  end
  return root
end

return patch
