--- What happens, told in lines, as kubectl's -v=6 to -v=9 has it.
--
--   KUBE_LOG=6 lua script.lua      kube.log.level(8)
--
-- | level | what is told                                                                    |
-- |-------|---------------------------------------------------------------------------------|
-- | 0     | nothing; Warning headers come in any case (kube.set_warning_handler)            |
-- | 6     | a line for each answer: verb, url, status, milliseconds                         |
-- | 7     | and one for each request, with its headers                                      |
-- | 8     | and the headers of answers, and up to 1,024 bytes of bodies                     |
-- | 9     | requests as curl commands, timings, and up to 10,240 bytes of bodies            |
-- | 10    | and bodies up to 1 MiB                                                          |
--
-- Who we are is masked: the Authorization header, also in a curl command, cookies and their like.
-- Of bodies that may hold a Secret or a token (Secrets, TokenRequests, TokenReviews, ...) nothing
-- is told but how long they are. Parameters of a URL are not masked.
--
-- Lines go to stderr, with the time in front; in nginx to its error log, at the level notice; in
-- Neovim to vim.notify. KUBE_LOG is read once; nginx must be told to keep it (env KUBE_LOG;).
local core = require("kube.core")
local options = require("kube.api.options")

local log = {}

local chosen -- the handler that somebody set
local hosts  -- that of the host, where stderr is not the place
local engine -- whose lines they are
local draining = false

local complained = setmetatable({}, { __mode = "k" }) -- handlers that failed

--- Who takes the lines; nil: the core writes them to stderr.
local function sink() return chosen or hosts end

local function keep()
  if engine and engine:is_ours() then engine:keep_log(sink() ~= nil) end
end

--- The level, or sets it: an integer from 0 to 10. It is that of the process, and at first what
-- KUBE_LOG in the environment says, else 0.
-- @return the level
function log.level(level)
  if level == nil then return core.log_level() end
  options.check_type(level, "integer", "kube.log.level: the level")
  if level < 0 or level > 10 then error("kube.log.level: the level must be from 0 to 10", 2) end
  return core.log_level(level)
end

--- Makes fn(line) take the lines, which then go nowhere else; nil: as at first. A line is a text of
-- one line, however much it tells. It is called when a call ends and after the engine stepped, and
-- must not wait; what it throws is said once, and no matter to anybody.
function log.handler(fn)
  if fn ~= nil then options.check_type(fn, "function", "kube.log.handler: the handler") end
  chosen = fn
  keep()
end

-- ---- for the others ----

--- Where lines go in a host: fn(line, is_warning).
function log.set_host(fn)
  hosts = fn
  keep()
end

--- From now on lines come of this engine.
function log.attach(new)
  engine = new
  keep()
end

--- Calls a function of the user's. What it throws the first time is said.
-- @param what  what it is called then: "the handler of the log"
function log.call(what, fn, ...)
  local ok, problem = pcall(fn, ...)
  if ok or complained[fn] then return end
  complained[fn] = true
  local text = "kube: " .. what .. " failed: " .. tostring(problem)
  if hosts and hosts ~= fn then pcall(hosts, text, true) else io.stderr:write(text, "\n") end
end

--- Says a line, whatever the level.
function log.say(line, is_warning)
  local fn = sink()
  if not fn then return io.stderr:write(line .. "\n") end
  log.call("the handler of the log", fn, line, is_warning)
end

--- Hands over the lines that wait.
function log.drain()
  local fn = sink()
  if not fn or not engine or draining or not engine:is_ours() then return end
  draining = true
  local line = engine:take_log()
  while line do
    log.call("the handler of the log", fn, line)
    line = engine:take_log()
  end
  draining = false
end

return log
