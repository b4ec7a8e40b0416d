--- get and list: one object, pages of objects.
local encoding = require("kube.fake.encoding")
local json = require("kube.json")
local parameters = require("kube.fake.parameters")
local status = require("kube.fake.status")
local store = require("kube.fake.store")

local read = {}

--- The record that a request names | nil, failure.
function read.record(world, asked)
  local record = world.store:get(asked.resource, store.key(asked.namespace, asked.name))
  if record then return record end
  return nil, status.not_found(asked.resource, asked.name)
end

--- GET of one object: its JSON | nil, failure.
function read.get(world, asked, query)
  local version, why = parameters.version(query.resourceVersion)
  if not version then return nil, status.unknown(why) end
  if version > world.store.version then
    return nil, status.too_new(query.resourceVersion, world.store.version)
  end
  local record, failure = read.record(world, asked)
  if not record then return nil, failure end
  return store.text(record)
end

-- ---- lists ----

local function prefix_of(asked) return asked.namespace and asked.namespace .. "/" or "" end

--- The key after which a continue token goes on is told without the namespace of the path.
local function from_token(asked, token)
  local version, key = encoding.from_continue(token)
  if not version then return nil, nil, status.bad_request("invalid continue token: " .. key) end
  return version, prefix_of(asked) .. key:gsub("^/", "")
end

--- Whether the list must be exactly of that version.
local function is_exact(options)
  if options.match ~= "" then return options.match == "Exact" end
  return options.limit > 0 and options.version > 0
end

--- The records from which a page is taken, the version they are of, and the key after which it
-- starts | nil, nil, nil, failure.
local function snapshot(world, asked, options)
  local all = world.store
  if options.continue ~= "" then
    if options.version > 0 then
      return nil, nil, nil, status.bad_request("specifying resource version is not allowed when "
        .. "using continue")
    end
    local version, key, failure = from_token(asked, options.continue)
    if not version then return nil, nil, nil, failure end
    if version < 0 then version = all.version end
    local records = all:list_at(asked.resource, prefix_of(asked), version)
    if records then return records, version, key end
    local token = encoding.continue(-1, (key:sub(#prefix_of(asked) + 1)))
    return nil, nil, nil, status.continue_too_old(token)
  end
  if options.version > all.version then
    return nil, nil, nil, status.too_new(options.version, all.version)
  end
  local version = is_exact(options) and options.version or all.version
  local records = all:list_at(asked.resource, prefix_of(asked), version)
  if records then return records, version, nil end
  return nil, nil, nil, status.list_too_old()
end

--- The place of the first record after a key.
local function start(records, key)
  if not key then return 1 end
  local low, high = 1, #records + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if records[middle].key <= key then low = middle + 1 else high = middle end
  end
  return low
end

--- One page of records: the page, and whether more follow from which place.
local function page(records, from, options)
  local found, matches = {}, not options.selection.all and options.selection.matches
  local limit = options.limit > 0 and options.limit or math.huge
  for i = from, #records do
    local record = records[i]
    if not matches or matches(record.object) then
      if #found == limit then return found, i end
      found[#found + 1] = record
    end
  end
  return found, nil
end

--- The JSON of a list.
local function list_text(resource, metadata, records)
  local items = {}
  for i, record in ipairs(records) do items[i] = record.item end
  return string.format('{"kind":%s,"apiVersion":%s,"metadata":%s,"items":[%s%s%s]}',
    json.encode(resource.kind .. "List"), json.encode(resource.apiVersion),
    assert(json.encode(metadata, { sort_keys = true })), items[1] and "{" or "",
    table.concat(items, "},{"), items[1] and "}" or "")
end

--- The list of some records, as a delete of a collection answers: its JSON.
function read.list_of(world, resource, records)
  return list_text(resource, { resourceVersion = string.format("%.0f", world.store.version) },
    records)
end

--- GET of a collection: its JSON | nil, failure.
function read.list(world, asked, query)
  local options, failure = parameters.of_list(asked.resource, query, false)
  if not options then return nil, failure end
  local records, version, key
  records, version, key, failure = snapshot(world, asked, options)
  if not records then return nil, failure end
  local found, more = page(records, start(records, key), options)
  local metadata = { resourceVersion = string.format("%.0f", version) }
  if more then
    local last = found[#found].key:sub(#prefix_of(asked) + 1)
    metadata.continue = encoding.continue(version, last)
    if options.selection.all then metadata.remainingItemCount = #records - more + 1 end
  end
  return list_text(asked.resource, metadata, found)
end

return read
