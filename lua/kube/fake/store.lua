--- What etcd and the watch cache are to kube-apiserver: objects, their versions, and what happened.
--
-- A record is one version of one object and never changes:
--   object    the object; only to be read
--   key       "namespace/name", or the name
--   version   its resourceVersion, a number
--   item      its JSON as it stands in a list, without braces, made once
--   resource  its kind (see kube.fake.resources)
-- An event is { type = "ADDED" | "MODIFIED" | "DELETED", version =, resource =, record =,
-- previous = }: the record of a deleted object is its last state under the version of its end.
-- Versions are those of the whole store: each write takes the next one.
local json = require("kube.json")
local sorted = require("kube.fake.sorted")

local store = {}

local Store = {}
Store.__index = Store

local FIRST = 4000 -- so that 1 is long gone, as it is on any real server

local HISTORY_BYTES = 64 * 1024 * 1024 -- of the JSON of remembered records

--- An empty store.
-- @param history  how many events it keeps
-- @param bytes    how many bytes of JSON their records may have together (64 MiB)
function store.new(history, bytes)
  return setmetatable({
    version = FIRST,
    oldest = FIRST,  -- the first version that can still be asked for
    _history = history, _ceiling = bytes or HISTORY_BYTES,
    _events = {}, _first = 1, _last = 0, _bytes = 0,
    _kinds = {},     -- resource id -> { keys =, records = }
    _listeners = {},
    _untold = {},
  }, Store)
end

local function kind_of(self, resource)
  local kind = self._kinds[resource.id]
  if not kind then
    kind = { keys = sorted.new(), records = {} }
    self._kinds[resource.id] = kind
  end
  return kind
end

--- "namespace/name", or the name.
function store.key(namespace, name) return namespace and namespace .. "/" .. name or name end

-- ---- records ----

local SORTED = { sort_keys = true }

--- The object without kind and apiVersion, under a version; what is below is shared.
local function stripped(object, version)
  local copy, metadata = setmetatable({}, getmetatable(object)), {}
  for name, value in pairs(object) do copy[name] = value end
  for name, value in pairs(object.metadata) do metadata[name] = value end
  metadata.resourceVersion = version and string.format("%.0f", version)
  copy.metadata = setmetatable(metadata, getmetatable(object.metadata))
  copy.kind, copy.apiVersion = nil, nil
  return copy
end

local function head(resource)
  return string.format('"kind":%s,"apiVersion":%s,', assert(json.encode(resource.kind)),
    assert(json.encode(resource.apiVersion)))
end

--- The JSON of an object under a version, without braces.
local function item_of(resource, object, version)
  local text = assert(json.encode(stripped(object, version), SORTED)):sub(2, -2)
  return resource.custom and head(resource) .. text or text
end

--- The record of an object under a version. It is decoded from its own JSON: so it shares nothing
-- with what was given, arrays are marked and nulls in their place, whoever made it.
-- @param version  nil for an object that is not stored (dryRun)
function store.record(resource, object, version)
  local record = {
    resource = resource, version = version, item = item_of(resource, object, version),
  }
  record.object = assert(json.decode(store.text(record)))
  local metadata = record.object.metadata
  record.key = store.key(metadata.namespace, metadata.name)
  return record
end

--- The JSON of a record's object, whole.
function store.text(record)
  if not record.text then
    record.text = "{" .. (record.resource.custom and "" or head(record.resource)) .. record.item
      .. "}"
  end
  return record.text
end

--- Whether an object says the same as a record does: then a write would be none.
function store.same(record, object)
  return item_of(record.resource, object, record.version) == record.item
end

-- ---- reading ----

--- The record of a key, or nil.
function Store:get(resource, key) return kind_of(self, resource).records[key] end

--- All records of a kind in order of their keys, as a list: those whose keys begin with a prefix
-- ("" for all). It is the caller's.
function Store:list(resource, prefix)
  local kind = kind_of(self, resource)
  local from, to = kind.keys:range(prefix)
  local keys, records, found = kind.keys:list(), kind.records, {}
  for i = from, to do found[i - from + 1] = records[keys[i]] end
  return found
end

--- The same as it was at a version: a list | nil when that is too long ago.
function Store:list_at(resource, prefix, version)
  if version >= self.version then return self:list(resource, prefix) end
  if version < self.oldest then return nil end
  local before = {} -- key -> the record it had then, or false
  for i = self._last, self._first, -1 do
    local event = self._events[i]
    if event.version <= version then break end
    if event.resource == resource then before[event.record.key] = event.previous or false end
  end
  local found = {}
  for _, record in ipairs(self:list(resource, prefix)) do
    if before[record.key] == nil then found[#found + 1] = record end
  end
  for key, record in pairs(before) do
    if record and key:sub(1, #prefix) == prefix then found[#found + 1] = record end
  end
  table.sort(found, function(a, b) return a.key < b.key end)
  return found
end

--- The events of a kind after a version, in order | nil when that is too long ago.
function Store:events_after(resource, version)
  if version < self.oldest then return nil end
  local found = {}
  for i = self._last - (self.version - version) + 1, self._last do -- each version is one event
    local event = self._events[i]
    if event.resource == resource then found[#found + 1] = event end
  end
  return found
end

-- ---- writing ----

local function forget_oldest(self)
  local event = self._events[self._first]
  self.oldest, self._bytes = event.version, self._bytes - #event.record.item
  self._events[self._first] = nil
  self._first = self._first + 1
end

--- The newest event stays in any case.
local function remember(self, event)
  self._last = self._last + 1
  self._events[self._last] = event
  self._bytes = self._bytes + #event.record.item
  while self._last - self._first >= self._history
      or self._bytes > self._ceiling and self._first < self._last do
    forget_oldest(self)
  end
end

--- Tells all listeners of an event: nil, or the first error of one.
local function tell_all(self, event)
  local listeners, current, failure = {}, nil, nil -- who leaves meanwhile is not skipped over
  for i, listener in ipairs(self._listeners) do listeners[i] = listener end
  local function call() current(event) end
  for _, listener in ipairs(listeners) do
    current = listener
    local ok, why = xpcall(call, debug.traceback)
    if not ok then failure = failure or why end
  end
  return failure
end

--- A write within a listener is told when all have heard of this one: events come in order. The
-- error of a listener is thrown when all are told: they have heard of everything.
local function tell(self, event)
  remember(self, event)
  self._untold[#self._untold + 1] = event
  if self._telling then return end
  self._telling = true
  local failure
  while self._untold[1] do
    local why = tell_all(self, table.remove(self._untold, 1))
    failure = failure or why
  end
  self._telling = false
  if failure then error(failure, 0) end
end

--- Stores an object as the next version: its record.
function Store:put(resource, object)
  self.version = self.version + 1
  local record = store.record(resource, object, self.version)
  local kind = kind_of(self, resource)
  local previous = kind.records[record.key]
  kind.records[record.key] = record
  kind.keys:add(record.key)
  tell(self, {
    type = previous and "MODIFIED" or "ADDED", version = record.version, resource = resource,
    record = record, previous = previous,
  })
  return record
end

--- Removes an object.
-- @param object  its last state, if that is another than what is stored
-- @return its record under the version of its end
function Store:remove(resource, key, object)
  local kind = kind_of(self, resource)
  local previous = kind.records[key]
  self.version = self.version + 1
  local record = store.record(resource, object or previous.object, self.version)
  kind.records[key] = nil
  kind.keys:remove(key)
  tell(self, {
    type = "DELETED", version = record.version, resource = resource, record = record,
    previous = previous,
  })
  return record
end

--- Forgets what happened: what is there now is the beginning.
function Store:forget()
  self._events, self._first, self._last, self._bytes = {}, 1, 0, 0
  self.oldest = self.version
end

--- Calls listener(event) at each event from now on: a function that ends it. What it throws, the
-- write throws that it hears of.
function Store:listen(listener)
  self._listeners[#self._listeners + 1] = listener
  return function()
    for i, one in ipairs(self._listeners) do
      if one == listener then
        table.remove(self._listeners, i)
        return
      end
    end
  end
end

return store
