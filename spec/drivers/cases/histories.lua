--- Random histories: tasks that spawn, sleep, get, read, join, close, cancel and set themselves
-- deadlines, all at once. A simple model knows what each step may give; whatever the order, no step
-- gives anything else, all tasks end, and what they throw is heard of once.
--
-- The model of a task: { task =, parent = its model, canceled =, perhaps = canceled when it had
-- ended: what it spawned may hear of it; ended =, throws = text, given = whether a joiner got it }.
-- A context is what one step runs in: { actor = model, deadline = the earliest around it }.
local kube = require("kube")

local ROUNDS = 60
local BEHAVIOURS = { "short", "slow", "flow", "silent", "endless" }

local function pick(list) return list[math.random(#list)] end

local function any_above(actor, field)
  while actor do
    if actor[field] then return true end
    actor = actor.parent
  end
  return false
end

--- Fails if a step may not have ended with this error.
-- @param own  the deadline of the step alone
local function must_be_allowed(context, what, err, own)
  if not kube.is_error(err) then error(what .. ": no error of kube: " .. tostring(err), 0) end
  if err.reason == "Canceled" then
    local actor = context.actor
    if any_above(actor, "canceled") or any_above(actor, "perhaps") then return end
  elseif err.reason == "Timeout" then
    local now = kube.now() + 0.0015
    if own and now >= own or context.deadline and now >= context.deadline then return end
  end
  error(what .. ": " .. tostring(err), 0)
end

--- Runs a step that waits in any case: once canceled, it must say so.
local function waits(context, what, own, fn, ...)
  local canceled = any_above(context.actor, "canceled")
  local result, err = fn(...)
  if result == nil then
    must_be_allowed(context, what, err, own)
  elseif canceled then
    error(what .. ": a canceled task waited", 0)
  end
  return result
end

-- ---- steps ----

local steps, history = {}, nil

--- A random time to wait, seconds.
local function moment() return math.random(0, 8) / 2000 end

function steps.sleep(_, context)
  local seconds, before = moment(), kube.now()
  if waits(context, "sleep", nil, kube.sleep, seconds) and kube.now() < before + seconds - 0.0015 then
    error("sleep: too short", 0)
  end
end

function steps.get(world, context)
  local pods = world.pods("short")
  local pod = waits(context, "get", nil, pods.get, pods, "one")
  if pod and pod.metadata.name ~= "one" then error("get: " .. pod.metadata.name, 0) end
end

function steps.list(world, context)
  local pods = world.pods(pick { "short", "slow" })
  local list = waits(context, "list", nil, pods.list, pods)
  if list and #list.items ~= world.LENGTH then error("list: " .. #list.items, 0) end
end

local function must_be_next(world, entry, object)
  entry.got = entry.got + 1
  if entry.closed then error("next: an object after close", 0) end
  if entry.behaviour == "endless" then return end
  local name = (entry.watch and object.object or object).metadata.name
  if name ~= "pod-" .. entry.got then
    error(string.format("next: %s came as object %d", name, entry.got), 0)
  end
end

function steps.next(world, context)
  local entry = pick(history.streams)
  if entry.read then return end
  entry.read = true
  local timeout = (context.deadline or math.random() < 0.3) and math.random() < 0.5 and 60 or moment()
  local object, err = entry.stream:next(timeout)
  entry.read = false
  if object then return must_be_next(world, entry, object) end
  if err then return must_be_allowed(context, "next", err, kube.now()) end
  if not entry.closed and (entry.watch or entry.got ~= world.LENGTH) then
    error("next: an end that nobody made", 0)
  end
end

function steps.close()
  if math.random() < 0.7 then return end
  local entry = pick(history.streams)
  entry.closed = true
  entry.stream:close()
end

function steps.cancel()
  if math.random() < 0.7 then return end
  local actor = pick(history.actors)
  actor[actor.ended and "perhaps" or "canceled"] = true
  actor.task:cancel()
end

function steps.join(_, context)
  local actor = pick(history.actors)
  local own, ended = moment(), actor.ended
  local deadline = kube.now() + own
  local result, problem = actor.task:join(own)
  if result == "ended" then return end
  if problem ~= nil and problem == actor.problem or actor.throws and type(problem) == "string"
    and problem:find(actor.throws, 1, true) then
    if not ended then actor.given = true end
    return
  end
  must_be_allowed(context, "join", problem, deadline)
end

function steps.collect()
  if math.random() < 0.1 then collectgarbage() end
  if math.random() < 0.3 then collectgarbage("step") end
end

local act

function steps.spawn(world, context)
  if context.depth > 3 or #history.actors > 40 then return end
  local actor = { parent = context.actor, throws = math.random() < 0.2 and world.marker() or nil }
  local inner = { actor = actor, deadline = context.deadline, depth = context.depth + 1 }
  actor.task = assert(kube.spawn(function()
    actor.problem = select(2, world.guard(act, world, inner, math.random(0, 5)))
    actor.ended = true
    if actor.problem then
      history.problems[#history.problems + 1] = actor.problem
      error(actor.problem, 0)
    end
    if actor.throws then error(actor.throws) end
    return "ended"
  end))
  history.actors[#history.actors + 1] = actor
end

function steps.deadline(world, context)
  local seconds = moment()
  local deadline = kube.now() + seconds
  kube.with_timeout(seconds, act, world, {
    actor = context.actor, depth = context.depth + 1,
    deadline = math.min(deadline, context.deadline or math.huge),
  }, math.random(1, 4))
end

local names = {}
for name in pairs(steps) do names[#names + 1] = name end
table.sort(names)

function act(world, context, n)
  if context.depth > 8 then return end
  for _ = 1, n do steps[pick(names)](world, context) end
end

-- ---- a round ----

local function open_streams(world)
  local list = {}
  for i = 1, 10 do
    local behaviour = pick(BEHAVIOURS)
    local watch = behaviour == "flow" or behaviour == "silent" and math.random() < 0.5
    local pods = world.pods(behaviour)
    list[i] = {
      behaviour = behaviour, watch = watch, got = 0,
      stream = watch and pods:watch() or pods:each(),
    }
  end
  return list
end

local function must_be_heard(world, actor)
  if not actor.throws then return end
  local times = actor.given and 0 or 1
  world.eventually("a report of " .. actor.throws, function()
    return world.reported(actor.throws) >= times
  end)
  world.equal(times, world.reported(actor.throws), "reports of " .. actor.throws)
end

local function round(world)
  history = { streams = open_streams(world), actors = {}, problems = {} }
  local root = { actor = {}, depth = 1 }
  for _ = 1, 12 do steps.spawn(world, root) end
  assert(kube.sleep(math.random() * 0.02))
  for _, entry in ipairs(history.streams) do
    entry.closed = true
    entry.stream:close()
  end
  local deadline, i = kube.now() + world.PATIENCE, 0
  while i < #history.actors do -- there may come more
    i = i + 1
    local actor = history.actors[i]
    while not actor.ended and kube.now() < deadline do assert(kube.sleep(0.001)) end
    if not actor.ended then error("task " .. i .. " of " .. #history.actors .. " did not end", 0) end
  end
  if history.problems[1] then error(history.problems[1], 0) end
  assert(kube.sleep(0.001))
  for _, actor in ipairs(history.actors) do must_be_heard(world, actor) end
end

return {
  {
    name = "random histories of all that tasks can do",
    run = function(world)
      for _ = 1, ROUNDS do round(world) end
    end,
  },
}
