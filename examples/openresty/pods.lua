-- Feeds a page with the pods of a namespace, as server-sent events:
--
--   content_by_lua_block { require("pods").stream("default") }
--
--   | event  | data                                    |                                        |
--   | pods   | { namespace =, pods = [ row, ... ] }    | all there are: at first, after trouble |
--   | pod    | row                                     | a new one, or as it is now             |
--   | gone   | uid                                     | it was deleted                         |
--   | server | "there" or "away"                       | whether the API server answers         |
--
-- All pages of a worker share one watch, which ends with the last of them. A page is not sent what
-- happened but what it has not seen: for each it is noted which rows those are. So a slow page
-- costs no memory, misses steps, and never the end.
local follow = require("follow")
local k = require("client")
local kube = require("kube")
local semaphore = require("ngx.semaphore")

local pods = {}

local HEARTBEAT = 15 -- seconds without an event, after which a dead connection is to be noticed
local RETRY = 1000 -- ms after which a page comes again

local FIELDS = { -- all that is decoded of each pod
  "metadata.name", "metadata.uid", "metadata.resourceVersion", "metadata.creationTimestamp",
  "metadata.deletionTimestamp", "spec.nodeName", "status.phase", "status.reason", "status.podIP",
  "status.containerStatuses",
}

-- ---- rows ----

-- One word, as kubectl has it: why a container does not run says more than the phase.
local function state_of(pod)
  if pod.metadata.deletionTimestamp then return "Terminating" end
  local status = pod.status or {}
  for _, container in ipairs(status.containerStatuses or {}) do
    local state = container.state or {}
    local why = state.waiting or state.terminated
    if why and why.reason then return why.reason end
  end
  return status.reason or status.phase or "Unknown"
end

local function row_of(pod)
  local containers = pod.status and pod.status.containerStatuses or {}
  local ready, restarts = 0, 0
  for _, container in ipairs(containers) do
    if container.ready then ready = ready + 1 end
    restarts = restarts + (container.restartCount or 0)
  end
  return kube.json.encode {
    uid = pod.metadata.uid, name = pod.metadata.name, state = state_of(pod), ready = ready,
    containers = #containers, restarts = restarts, created = pod.metadata.creationTimestamp,
    node = pod.spec and pod.spec.nodeName, ip = pod.status and pod.status.podIP,
  }
end

-- ---- rooms: what the pages of a namespace share ----

local rooms = {} -- by namespace: { rows = JSON by uid, pages = set, server =, closed =, task = }

local function wake(page)
  if page.bell:count() < 1 then page.bell:post() end
end

-- Notes for each page what it has not seen yet: a row, or everything.
local function note(room, uid)
  for page in pairs(room.pages) do
    if uid then page.unseen[uid] = true else page.all = true end
    wake(page)
  end
end

local function fill(room, namespace)
  follow(k, "pods", { namespace = namespace, fields = FIELDS }, {
    replace = function(objects)
      room.rows, room.server = {}, "there"
      for _, pod in ipairs(objects) do room.rows[pod.metadata.uid] = row_of(pod) end
      note(room)
    end,
    change = function(type, pod)
      room.rows[pod.metadata.uid] = type ~= "DELETED" and row_of(pod) or nil
      note(room, pod.metadata.uid)
    end,
    trouble = function(err)
      ngx.log(ngx.WARN, "pods of ", namespace, ": ", err)
      if room.server ~= "away" then
        room.server = "away"
        note(room)
      end
    end,
  })
  room.closed = true -- the worker ends, or the last page has gone
  if rooms[namespace] == room then rooms[namespace] = nil end
  note(room)
end

local function enter(namespace, page)
  local room = rooms[namespace]
  if not room then
    room = { namespace = namespace, pages = {} }
    local err
    room.task, err = kube.spawn(fill, room, namespace)
    if not room.task then error(tostring(err)) end
    rooms[namespace] = room
  end
  room.pages[page] = true
  return room
end

local function leave(room, page)
  room.pages[page] = nil
  if next(room.pages) or room.closed then return end
  if rooms[room.namespace] == room then rooms[room.namespace] = nil end
  room.task:cancel()
end

-- ---- events ----

-- JSON has no line breaks in it, which would end an event.
local function event(name, data) return "event: " .. name .. "\ndata: " .. data .. "\n\n" end

local function everything(room)
  local rows = {}
  for _, row in pairs(room.rows) do rows[#rows + 1] = row end
  return event("pods", string.format('{"namespace":%s,"pods":[%s]}',
    kube.json.encode(room.namespace), table.concat(rows, ",")))
end

-- What a page has not seen, as text; a comment when that is nothing.
local function news(room, page)
  local texts = {}
  if page.all and room.server then texts[1] = event("server", room.server) end
  if page.all and room.rows then
    texts[#texts + 1] = everything(room)
  else
    for uid in pairs(page.unseen) do
      local row = room.rows and room.rows[uid]
      texts[#texts + 1] = row and event("pod", row) or event("gone", uid)
    end
  end
  page.all, page.unseen = false, {}
  return #texts > 0 and table.concat(texts) or ": still here\n\n"
end

local function start_answer(page)
  assert(ngx.on_abort(function()
    page.closed = true
    wake(page)
  end))
  ngx.header["Content-Type"] = "text/event-stream"
  ngx.header["Cache-Control"] = "no-store"
  ngx.header["X-Accel-Buffering"] = "no" -- for an nginx between here and the page
  ngx.print("retry: ", RETRY, "\n\n")
end

-- Answers a request until the page is closed, the worker ends, or nothing can be sent any more.
function pods.stream(namespace)
  local page = { all = true, unseen = {}, bell = semaphore.new() }
  start_answer(page)
  local room = enter(namespace, page)
  while not (page.closed or room.closed) do
    ngx.print(news(room, page))
    if not ngx.flush(true) then break end
    page.bell:wait(HEARTBEAT)
  end
  leave(room, page)
end

return pods
