--- Many streams at once, short and slow, and what may happen to them: read to the end, closed by
-- their reader or by others, canceled, out of time. Whatever happens, each gives its objects in
-- order and none twice, and ends.
local kube = require("kube")

-- ---- one stream, its reader and what is done to it ----

local LISTS = { "short", "slow", "broken" }
local WATCHES = { "flow", "silent" }

local function pick(list) return list[math.random(#list)] end

--- What will happen to a stream. Only a list has an end of its own.
local function random_plan(i)
  local watch = math.random() < 0.4
  local fate = pick(watch and { "closed", "left", "canceled", "deadline" }
    or { "read", "closed", "left", "canceled", "deadline", "impatient" })
  return {
    i = i, watch = watch, behaviour = pick(watch and WATCHES or LISTS), fate = fate,
    after = math.random() < 0.3 and 0 or math.random() * 0.008, got = 0,
  }
end

local function describe(plan)
  return string.format("stream %d (%s, %s after %.4f s, %d objects so far, %s)", plan.i,
    plan.behaviour, plan.fate, plan.after, plan.got, plan.state or "not begun")
end

--- Whether a plan allows that a stream ends so: nil, or what is wrong.
local function flaw(plan, err)
  if err == nil then
    if plan.closed then return nil end
    if plan.watch then return "a watch ended by itself" end
    return plan.got ~= plan.length and "the end came after " .. plan.got .. " objects" or nil
  elseif not kube.is_error(err) then
    return "no error of kube: " .. tostring(err)
  elseif err.reason == "Canceled" then
    return not plan.canceled and "canceled by nobody" or nil
  elseif err.reason == "Timeout" then
    if plan.deadline and kube.now() >= plan.deadline - 0.002 then return nil end
    return "out of time too early"
  elseif plan.behaviour == "broken" then
    return nil
  end
  return tostring(err)
end

local function must_be_next(plan, object)
  local pod = plan.watch and object.object or object
  plan.got = plan.got + 1
  if pod.metadata.name ~= "pod-" .. plan.got then
    error(string.format("%s came as object %d", pod.metadata.name, plan.got), 0)
  end
end

--- Reads a stream until it ends one way or the other, or its reader leaves it.
local function read(plan, stream)
  while true do
    if plan.fate == "left" and plan.got >= plan.leaves then
      plan.closed = true
      stream:close()
    end
    plan.state = "in next"
    local object, err = stream:next(plan.patience)
    plan.state = "reading"
    if object then
      must_be_next(plan, object)
    else
      local impatient = plan.fate == "impatient" and kube.is_timeout(err)
      if not impatient then
        local problem = flaw(plan, err)
        if problem then error(problem, 0) end
        plan.state = "ended"
        return true
      end
    end
  end
end

local function open(world, plan)
  local pods = world.pods(plan.behaviour)
  plan.length = world.LENGTH
  if not plan.watch then return pods:each() end
  return pods:watch()
end

local function run_plan(world, plan)
  local stream = open(world, plan)
  plan.stream = stream
  if plan.fate == "left" then
    plan.leaves = math.random(0, plan.behaviour == "silent" and 0 or world.LENGTH)
  end
  if plan.fate == "impatient" then plan.patience = 0.001 end
  if plan.fate == "deadline" then
    plan.deadline = kube.now() + plan.after
    return kube.with_timeout(plan.after, read, plan, stream)
  end
  return read(plan, stream)
end

--- Does from outside what the plan wants done.
local function disturb(plan, task)
  if plan.fate ~= "closed" and plan.fate ~= "canceled" then return end
  if plan.after > 0 then assert(kube.sleep(plan.after)) end
  if plan.fate == "canceled" then
    plan.canceled = true
    task:cancel()
  else
    while not plan.stream and not task.done do kube.sleep(0) end -- cqueues begins with the last
    plan.closed = true
    if plan.stream then plan.stream:close() end
  end
end

--- `n` streams at once, in whatever order comes.
local function mix(world, n)
  local tasks = {}
  for i = 1, n do
    local plan = random_plan(i)
    local entry = world.start(function() return describe(plan) end, function()
      local ok = run_plan(world, plan)
      plan.stream:close()
      return ok
    end)
    tasks[#tasks + 1] = entry
    if plan.fate == "closed" and plan.after == 0 then plan.after = 0.001 end
    tasks[#tasks + 1] = world.start("the disturber of stream " .. i, disturb, plan, entry.task)
  end
  for i, result in ipairs(world.finish(tasks)) do
    if i % 2 == 1 then world.equal(true, result, tasks[i].what()) end
  end
end

-- ---- calls from inside of woken calls ----

--- An event starts a get, its answer another one, and that one's a change, which is an event.
local function chain(world, name, length)
  local k, namespace = world.cluster()
  local watch = k:watch("configmaps", {
    namespace = namespace, fieldSelector = "metadata.name=" .. name,
  })
  assert(k:create(world.config_map(name, { n = "0" })))
  local n = 0
  while n < length do
    local event = assert(watch:next(world.PATIENCE))
    if tonumber(event.object.data.n) == n then
      n = n + 1
      local answers = {}
      for i = 1, 3 do
        answers[i] = world.start(name .. "'s get", function()
          local first = assert(k:get("configmaps", name, { namespace = namespace }))
          return assert(kube.spawn(function()
            return assert(k:get("configmaps", name, { namespace = namespace })).metadata.uid
              == first.metadata.uid
          end)):join()
        end)
      end
      for _, same in ipairs(world.finish(answers)) do world.equal(true, same, "the same object") end
      assert(k:patch("configmaps", name, { data = { n = tostring(n) } }, { namespace = namespace }))
    end
  end
  watch:close()
  return true
end

-- ---- two servers ----

local function subjects(script)
  local found = {}
  for _, request in ipairs(script.requests()) do
    found[request.client or "nobody"] = true
  end
  return found
end

--- A server that wants a certificate, and a client of one of its users.
local function secure(world, user)
  local faults = world.faults
  local script = faults.script({ faults.json(faults.object(user, "1")) }, "https_client")
  local pods = faults.pods {
    server = script.server, ca = faults.ca,
    cert = faults[user .. "_cert"], key = faults[user .. "_key"],
  }
  return pods, script
end

return {
  {
    name = "200 streams at once, short and slow, however they end",
    run = function(world) mix(world, 200) end,
  },
  {
    name = "a mix of streams, 200 times over",
    run = function(world)
      for _ = 1, tonumber(os.getenv("KUBE_DRIVERS_ROUNDS")) or 200 do mix(world, 20) end
    end,
  },
  {
    name = "calls that are started by what other calls bring",
    run = function(world)
      world.cluster()
      local tasks = {}
      for i = 1, 10 do
        local name = "chain-" .. i
        tasks[i] = world.start(name, chain, world, name, 5)
      end
      world.finish(tasks)
    end,
  },
  {
    name = "clients of different servers, each with its own CA and user, at once",
    run = function(world)
      local k, namespace = world.cluster()
      local alice, alices = secure(world, "alice")
      local bob, bobs = secure(world, "bob")
      local tasks = {}
      for i = 1, 60 do
        tasks[i] = world.start("get " .. i, function()
          if i % 3 == 0 then
            return assert(k:get("namespaces", namespace)).metadata.name == namespace
          end
          local name = i % 3 == 1 and "alice" or "bob"
          return assert((i % 3 == 1 and alice or bob):get("x")).metadata.name == name
        end)
      end
      for _, right in ipairs(world.finish(tasks)) do world.equal(true, right, "its own answer") end
      for script, name in pairs { [alices] = "alice", [bobs] = "bob" } do
        local found = subjects(script)
        local first = next(found)
        assert(first and first:find("commonName=" .. name, 1, true), tostring(first))
        world.equal(nil, next(found, first), "somebody else")
      end
    end,
  },
  {
    name = "a client whose CA is another is refused, beside one that is not",
    run = function(world)
      local faults = world.faults
      local script = faults.script({ faults.json(faults.object("x", "1")) }, "https")
      local good = faults.pods { server = script.server, ca = faults.ca }
      local bad = faults.pods { server = script.server, ca = faults.ca2 }
      local tasks = {}
      for i = 1, 10 do
        tasks[i] = world.start("get " .. i, function()
          local pod, err = (i % 2 == 0 and good or bad):get("x")
          if i % 2 == 0 then return assert(pod, err) end
          world.fails("TLS", pod, err)
          return true
        end)
      end
      world.finish(tasks)
    end,
  },
  {
    name = "a stream has one reader at a time",
    run = function(world)
      local watch = world.pods("silent"):watch()
      local reader = world.start("the reader", function()
        local event, err = watch:next()
        return event == nil and err == nil
      end)
      assert(kube.sleep(0.01))
      local ok, problem = world.try(function() watch:next(1) end)
      world.equal(false, ok, "the second reader")
      assert(tostring(problem):find("one reader a stream", 1, true), tostring(problem))
      watch:close()
      world.equal(true, world.finish({ reader })[1], "the first reader's end")
    end,
  },
  {
    name = "a list, a get and a watch",
    alone = true,
    run = function(world)
      local k, namespace = world.cluster()
      assert(k:create(world.config_map("plain")))
      world.equal("plain", assert(k:get("configmaps", "plain", { namespace = namespace }))
        .metadata.name)
      local list, n = world.pods("slow"):each(), 0
      while true do
        local pod, err = list:next(world.PATIENCE)
        assert(not err, err)
        if not pod then break end
        n = n + 1
      end
      world.equal(world.LENGTH, n, "objects")
      local watch = world.pods("flow"):watch()
      for i = 1, world.LENGTH do
        world.equal("pod-" .. i, assert(watch:next(world.PATIENCE)).object.metadata.name)
      end
      world.fails("Timeout", watch:next(0.005))
      watch:close()
      world.equal(nil, (watch:next()))
    end,
  },
}
