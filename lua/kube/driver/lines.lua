--- Where lines of the log go. The core writes them to stderr, or keeps them for whoever takes them
-- here: a handler of the user's, or the host, where stderr is not the place.
local lines = {}

local chosen -- by the user
local hosts
local engine -- whose lines they are
local draining = false

local complained = setmetatable({}, { __mode = "k" }) -- functions of the user's that failed

--- Who takes the lines; nil: the core writes them.
local function sink() return chosen or hosts end

local function keep()
  if engine and engine:is_ours() then engine:keep_log(sink() ~= nil) end
end

--- Makes fn(line) take them; nil: nobody.
function lines.choose(fn)
  lines.drain() -- to who had them so far
  chosen = fn
  keep()
end

--- Where they go in a host: fn(line, is_warning).
function lines.set_host(fn)
  hosts = fn
  keep()
end

--- From now on they come from this engine.
function lines.attach(new)
  engine = new
  keep()
end

--- Calls a function of the user's. What it throws is said the first time.
-- @param what  what it is called then: "the handler of the log"
function lines.call(what, fn, ...)
  local ok, problem = pcall(fn, ...)
  if ok or complained[fn] then return end
  complained[fn] = true
  local text = "kube: " .. what .. " failed: " .. tostring(problem)
  if hosts and fn ~= hosts then pcall(hosts, text, true) else io.stderr:write(text .. "\n") end
end

--- Says a line, whatever the level.
function lines.say(line, is_warning)
  local fn = sink()
  if not fn then return io.stderr:write(line .. "\n") end
  lines.call("the handler of the log", fn, line, is_warning)
end

local function take_all(fn)
  local line = engine:take_log()
  while line do
    lines.call("the handler of the log", fn, line)
    line = engine:take_log()
  end
end

--- Hands over those that wait; a handler that makes some is not called inside itself.
function lines.drain()
  local fn = sink()
  if not fn or not engine or draining or not engine:is_ours() then return end
  draining = true
  local ok, problem = pcall(take_all, fn)
  draining = false
  if not ok then error(problem, 0) end
end

return lines
