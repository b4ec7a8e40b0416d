--- A stream may be closed at any moment: in each state that it may be in, by its reader and by
-- others, or dropped. Its reader gets the end, and what comes after it is nothing.
local kube = require("kube")

--- The states in which a stream can be found, and how one comes there: `open` makes it, `begun` says
-- whether somebody reads it first.
local function states(world)
  local faults = world.faults
  local function pods_at(server, ca)
    return faults.pods { server = server, ca = ca }
  end
  local to_http = faults.blackhole
  local to_tls = faults.blackhole:gsub("^http:", "https:")
  local refused = faults.closed
  return {
    { "not started", function() return world.pods("slow"):each() end, pause = 0, unread = true },
    { "just begun", function() return world.pods("slow"):each() end, pause = 0 },
    { "in a TLS handshake", function() return pods_at(to_tls, faults.ca):watch() end },
    { "waiting for the headers", function() return pods_at(to_http):each() end },
    { "waiting for the headers of a watch", function() return pods_at(to_http):watch() end },
    { "waiting for the body", function() return world.pods("silent"):each() end },
    { "in the body", function() return world.pods("slow"):each() end, ends = true },
    { "in a body that comes faster than it is read",
      function() return world.pods("endless"):each() end },
    { "in the events of a watch", function() return world.pods("flow"):watch() end },
    { "resting between two connections", function() return world.pods("gone"):watch() end },
    { "resting after a connection that was refused", function() return pods_at(refused):watch() end,
      ends = true },
    { "ended", function() return world.pods("short"):each() end, ends = true },
  }
end

--- Reads until the end: true, unless that came as an error.
local function read_to_end(state, stream)
  local seen = 0
  while true do
    local object, err = stream:next(math.random() < 0.5 and 60 or nil)
    if not object then
      if err and not state.ends then error(state[1] .. ": " .. tostring(err), 0) end
      return true
    end
    seen = seen + 1
    if seen % 50 == 0 then kube.sleep(0) end
  end
end

local function must_be_closed(world, state, stream)
  for _ = 1, 2 do
    local object, err = stream:next(20)
    if object ~= nil or err ~= nil then
      error(string.format("%s: after close came %s %s", state[1], tostring(object), tostring(err)))
    end
    stream:close()
  end
  world.equal(nil, stream:info(), "info")
  world.equal(nil, stream:list_head(), "list_head")
end

local function pause_of(state)
  return state.pause or math.random() * 0.012
end

--- Closed by another task, while its reader waits.
local function by_another(world, state)
  local stream = state[2]()
  local reader = not state.unread and assert(kube.spawn(read_to_end, state, stream))
  if pause_of(state) > 0 then assert(kube.sleep(pause_of(state))) end
  stream:close()
  if reader then
    local ok, problem = reader:join(world.PATIENCE)
    if not ok then error(state[1] .. ": the reader got " .. tostring(problem)) end
  end
  must_be_closed(world, state, stream)
  return true
end

--- Closed by its reader, between two waits.
local function by_its_reader(world, state)
  local stream = state[2]()
  local deadline = kube.now() + pause_of(state)
  while not state.unread do
    local object, err = stream:next(math.max(0, deadline - kube.now()))
    if not object and (not err or not kube.is_timeout(err) or kube.now() >= deadline) then break end
    if kube.now() >= deadline then break end
  end
  stream:close()
  must_be_closed(world, state, stream)
end

--- Not closed at all: its task is canceled, and everything is dropped.
local function dropped(world, state)
  local stream = state[2]()
  local reader = assert(kube.spawn(function()
    local object, err
    repeat object, err = stream:next() until not object
    return err == nil or kube.is_canceled(err) or state.ends
  end))
  if pause_of(state) > 0 then assert(kube.sleep(pause_of(state))) end
  reader:cancel()
  local ok, problem = reader:join(world.PATIENCE)
  if not ok then error(state[1] .. ": the reader got " .. tostring(problem)) end
end

return {
  {
    name = "a stream closed by its reader, in each state", alone = true,
    run = function(world)
      for _ = 1, 3 do
        for _, state in ipairs(states(world)) do by_its_reader(world, state) end
      end
    end,
  },
  {
    name = "a stream closed by another task, in each state, many at once",
    run = function(world)
      local tasks = {}
      for _ = 1, 5 do
        for _, state in ipairs(states(world)) do
          tasks[#tasks + 1] = world.start(state[1], by_another, world, state)
        end
      end
      for i, ok in ipairs(world.finish(tasks)) do world.equal(true, ok, tasks[i].what) end
    end,
  },
  {
    name = "a stream dropped by a task that was canceled, in each state",
    run = function(world)
      local tasks = {}
      for _ = 1, 3 do
        for _, state in ipairs(states(world)) do
          tasks[#tasks + 1] = world.start(state[1], dropped, world, state)
        end
      end
      world.finish(tasks)
      collectgarbage()
      collectgarbage()
      world.equal(world.LENGTH, #assert(world.pods("short"):list()).items, "objects")
    end,
  },
  {
    name = "a stream closed by several at once, and by its reader's own neighbour in the same turn",
    run = function(world)
      for _ = 1, 20 do
        local stream = world.pods("flow"):watch()
        local reader = world.start("the reader", read_to_end, { "flow" }, stream)
        local closers = {}
        for i = 1, 3 do
          closers[i] = world.start("closer " .. i, function()
            kube.sleep(0.002)
            stream:close()
          end)
        end
        world.finish(closers)
        world.equal(true, world.finish({ reader })[1], "the reader's end")
      end
    end,
  },
}
