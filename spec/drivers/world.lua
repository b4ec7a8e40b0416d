--- What the cases of spec/drivers/cases stand on: the servers, how a task is guarded, and where
-- what a driver reports can be read. Nothing in here knows which driver runs it.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local scope = require("kube.driver.scope")
local yields = require("kube.driver.yields")

local world = {
  PATIENCE = 20, -- seconds after which what has not ended hangs
  faults = faults,
}

-- ---- the control plane ----

local admin, namespace

--- A client of the real control plane, and a namespace of this program's own there.
function world.cluster()
  if not admin then
    admin = cluster.connect()
    namespace = cluster.unique("drivers") .. "-" .. tostring({}):match("0x%w*(%w%w%w%w)")
    assert(admin:create {
      apiVersion = "v1", kind = "Namespace", metadata = { name = namespace },
    })
  end
  return admin, namespace
end

function world.config_map(name, data)
  return {
    apiVersion = "v1", kind = "ConfigMap", data = data,
    metadata = { name = name, namespace = namespace },
  }
end

-- ---- scripted servers ----

local LENGTH = 4 -- objects of each list

local function list_of(n)
  local items = {}
  for i = 1, n do items[i] = faults.object("pod-" .. i, tostring(i)) end
  return faults.json { apiVersion = "v1", kind = "PodList", metadata = {}, items = items }
end

local function events(n)
  local lines = {}
  for i = 1, n do lines[i] = faults.event("ADDED", "pod-" .. i, tostring(i)) end
  return lines
end

local function pieces(text, n)
  local list, size = {}, math.ceil(#text / n)
  for i = 1, #text, size do list[#list + 1] = text:sub(i, i + size - 1) end
  return list
end

--- An answer that begins so and goes on with a text, for ever.
local function fast(body, text)
  return {
    announce = 1000000000000, body = body, filler = text:rep(500), times = 1000000000, ["then"] = "close",
  }
end

--- How a server behaves, each in a namespace of that name; lists have LENGTH pods, watches as many
-- events.
--   short    a list at once                 slow     a list in pieces
--   flow     a watch's events one by one, then silence
--   silent   headers, and nothing more      broken   half a list, and a reset
--   gone     each connection ends at once: a watch rests between two of them
--   endless, torrent   a list, a watch that comes as fast as it is read, and has no end
local function behaviours()
  local list = list_of(LENGTH)
  return {
    short = { { body = list } },
    slow = { { chunks = pieces(list, 5), delay = 0.002 } },
    flow = { { chunks = events(LENGTH), delay = 0.001, ["then"] = "hang" } },
    silent = { { chunks = { " " }, ["then"] = "hang" } },
    broken = { { announce = #list, body = list:sub(1, #list - 90), ["then"] = "reset" } },
    gone = { { chunks = { " " }, ["then"] = "close" } },
    endless = { fast('{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[',
      faults.json(faults.object("pod", "1")) .. ",") },
    torrent = { fast("", faults.event("ADDED", "pod", "1")) },
  }
end

local function routes()
  local all = {}
  for name, steps in pairs(behaviours()) do
    all["/api/v1/namespaces/" .. name .. "/pods"] = steps
    all["/api/v1/namespaces/" .. name .. "/pods/one"] = { faults.json(faults.object("one", "1")) }
  end
  return all
end

world.LENGTH = LENGTH

local scripted

--- The pods of a scripted server that behaves like that. One client for all of them.
function world.pods(behaviour)
  if not scripted then
    local script = faults.script({ { status = 404 } }, "http", routes())
    local config = assert(kube.config.load {
      kubeconfig = faults.kubeconfig { server = script.server },
    })
    scripted = kube.dynamic(config):resource { version = "v1", resource = "pods" }
  end
  return scripted:namespace(behaviour)
end

-- ---- tasks that must end ----

--- Fails unless all of the tasks end, and none of them with an error: what each returned.
-- @param tasks  a list of { task =, what = text or function () -> text }
function world.finish(tasks)
  local deadline, results, late = kube.now() + world.PATIENCE, {}, {}
  for i, entry in ipairs(tasks) do
    local result, problem = entry.task:join(math.max(0, deadline - kube.now()))
    local what = type(entry.what) == "function" and entry.what() or entry.what
    if result == nil and kube.is_timeout(problem) and not entry.task.done then
      late[#late + 1] = what
    elseif problem ~= nil and result == nil then
      error(string.format("%s: %s", what, tostring(problem)), 2)
    end
    results[i] = result
  end
  if #late > 0 then
    error(string.format("%d of %d did not end: %s", #late, #tasks, table.concat(late, "; ")), 2)
  end
  return results
end

--- Starts fn(...) as a task that `finish` can wait for.
function world.start(what, fn, ...)
  return { what = what, task = assert(kube.spawn(fn, ...)) }
end

--- A pcall that may wait in any Lua: true, what fn returned | false, what it threw.
function world.try(fn, ...)
  local ok
  local task = assert(kube.spawn(function(...)
    local result = fn(...)
    ok = true
    return result
  end, ...))
  local result, problem = task:join(world.PATIENCE)
  if ok then return true, result end
  return false, problem
end

--- Calls fn(...), which may wait: true | false, what it threw, where this Lua can tell without a task
-- of its own. (PUC 5.1 cannot: there it is thrown on.)
function world.guard(fn, ...)
  if yields then return pcall(fn, ...) end
  fn(...)
  return true
end

--- Whether the code that asks may call kube.run: inside of one it may not.
function world.can_run() return not scope.current() or not scope.current().group end

--- Waits until check() gives something true, and returns it.
function world.eventually(what, check)
  local deadline = kube.now() + world.PATIENCE
  repeat
    local found = check()
    if found then return found end
    assert(kube.sleep(0.002))
  until kube.now() > deadline
  error(what .. ": it did not come true in time", 2)
end

-- ---- judging ----

local function show(value)
  return type(value) == "string" and string.format("%q", value) or tostring(value)
end

function world.equal(want, have, what)
  if want == have then return end
  error(string.format("%s: %s, and not %s", what or "got", show(have), show(want)), 2)
end

--- Fails unless value is nil and err an error of that reason.
function world.fails(reason, value, err)
  if value ~= nil then error("no error but " .. show(value), 2) end
  if not kube.is_error(err) then error("no error of kube but " .. show(err), 2) end
  if err.reason ~= reason then error("not " .. reason .. " but " .. tostring(err), 2) end
end

-- ---- what is reported ----

local log, serial = assert(os.getenv("KUBE_DRIVERS_LOG")), 0

--- A word that nobody else says.
function world.marker()
  serial = serial + 1
  return string.format("MARKER-%d-%s-", serial, tostring({}):match("0x(%w+)"))
end

--- How often a text has been reported to whom it may concern: stderr, nginx's error log.
function world.reported(text)
  local n, place = 0, 1
  local all = faults.read(log)
  while true do
    local first, last = all:find(text, place, true)
    if not first then return n end
    n, place = n + 1, last + 1
  end
end

--- Fails unless a text is reported, and once.
function world.reported_once(text)
  world.eventually("a report of " .. text, function() return world.reported(text) > 0 end)
  assert(kube.sleep(0.005))
  world.equal(1, world.reported(text), "reports")
end

return world
