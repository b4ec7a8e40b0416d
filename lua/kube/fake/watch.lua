--- watch: the events of a collection as lines of JSON, for as long as the client listens.
--
--   | asked for                          | first come                         | then  |
--   | resourceVersion "" or 0            | all objects, as ADDED              | news  |
--   | sendInitialEvents=true             | the same, and a BOOKMARK that says | news  |
--   |                                    | k8s.io/initial-events-end          |       |
--   | another version                    | what happened since                | news  |
--   | one that is too old                | an ERROR event with a 410          | the end |
--   | sendInitialEvents with one too new | an ERROR event with a 504          | the end |
local json = require("kube.json")
local parameters = require("kube.fake.parameters")
local status = require("kube.fake.status")
local store = require("kube.fake.store")

local watch = {}

local LAST_BOOKMARK = 2 -- seconds before the end of a watch

local function line(kind, text) return string.format('{"type":"%s","object":%s}\n', kind, text) end

local function error_line(failure)
  return line("ERROR", assert(json.encode(failure, { sort_keys = true })))
end

local function bookmark(world, resource, initial)
  return line("BOOKMARK", assert(json.encode({
    kind = resource.kind, apiVersion = resource.apiVersion,
    metadata = {
      resourceVersion = string.format("%.0f", world.store.version),
      annotations = initial and { ["k8s.io/initial-events-end"] = "true" } or nil,
    },
  }, { sort_keys = true })))
end

--- The line that an event is for who sees only a part, or nil. An object that leaves the part is
-- told as DELETED: as it was last seen, under the version of its change.
local function line_of(event, matches)
  local before = event.previous and matches(event.previous)
  local now = event.type ~= "DELETED" and matches(event.record)
  if now then return line(before and "MODIFIED" or "ADDED", store.text(event.record)) end
  if not before then return nil end
  if event.type == "DELETED" then return line("DELETED", store.text(event.record)) end
  local last = store.record(event.resource, event.previous.object, event.version)
  return line("DELETED", store.text(last))
end

--- Which records a watch is about: function (record) -> whether.
local function filter(asked, selection)
  local prefix = asked.namespace and asked.namespace .. "/"
  return function(record)
    if prefix and record.key:sub(1, #prefix) ~= prefix then return false end
    return selection.all or selection.matches(record.object)
  end
end

--- The lines of all objects there are.
local function initial_lines(world, asked, matches)
  local lines = {}
  local prefix = asked.namespace and asked.namespace .. "/" or ""
  for _, record in ipairs(world.store:list(asked.resource, prefix)) do
    if matches(record) then lines[#lines + 1] = line("ADDED", store.text(record)) end
  end
  return lines
end

--- The lines that come first | nil, the last line of a watch that cannot be.
local function first_lines(world, asked, options, matches)
  local all = world.store
  if options.initial then
    if options.version > all.version then
      return nil, error_line(status.too_new(options.version, all.version))
    end
    local lines = initial_lines(world, asked, matches)
    if options.bookmarks then lines[#lines + 1] = bookmark(world, asked.resource, true) end
    return lines
  end
  if options.version == 0 then
    if options.initial == false then return {} end
    return initial_lines(world, asked, matches)
  end
  local events = all:events_after(asked.resource, options.version)
  if not events then return nil, error_line(status.too_old(options.version, all.oldest)) end
  local lines = {}
  for _, event in ipairs(events) do lines[#lines + 1] = line_of(event, matches) end
  return lines
end

--- A function that keeps functions, which end what goes on, until the stream ends.
local function holder(out)
  local kept, over = {}, false
  out.on_close(function()
    over = true
    for _, stop in ipairs(kept) do stop() end
  end)
  return function(stop)
    if over then return stop() end
    kept[#kept + 1] = stop
  end
end

--- Starts to send: lines as they come, bookmarks, and the end after its time.
local function run(world, asked, options, out)
  local matches, hold = filter(asked, options.selection), holder(out)
  local lines, last = first_lines(world, asked, options, matches)
  if not lines then
    out.write(last)
    return out.close()
  end
  if lines[1] then out.write(table.concat(lines)) end
  hold(world.store:listen(function(event)
    if event.resource ~= asked.resource or event.version <= options.version then return end
    local text = line_of(event, matches)
    if text then out.write(text) end
  end))
  local function tell_bookmark() out.write(bookmark(world, asked.resource)) end
  if options.bookmarks then hold(world.every(world.bookmark_every, tell_bookmark)) end
  local timeout = options.timeout or 0
  if timeout > 0 then hold(world.after(timeout, out.close)) end
  if timeout > LAST_BOOKMARK and options.bookmarks then
    hold(world.after(timeout - LAST_BOOKMARK, tell_bookmark))
  end
end

--- A watch: function (out) that runs it | nil, failure. out has write(text), close() and
-- on_close(function).
function watch.open(world, asked, query)
  local options, failure = parameters.of_list(asked.resource, query, true)
  if not options then return nil, failure end
  return function(out) run(world, asked, options, out) end
end

return watch
