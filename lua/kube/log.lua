--- What happens, told in lines, as kubectl's -v=6 to -v=9 has it.
--
--   KUBE_LOG=6 lua script.lua      kube.log.level(8)
--
-- | level | what is told                                                                    |
-- |-------|---------------------------------------------------------------------------------|
-- | 0     | nothing; Warning headers come in any case (kube.set_warning_handler)            |
-- | 3     | a wait of 50 ms or more because of the option qps                               |
-- | 4     | a rest before a request is sent again                                           |
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
local lines = require("kube.driver.lines")
local options = require("kube.api.options")

local log = {}

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
-- one line, however much it tells. It is called after the engine stepped and when a call ends, and
-- must not wait. What it throws is said once on stderr, and stops nothing. Who is too slow is told
-- how many lines were dropped.
function log.handler(fn)
  if fn ~= nil then options.check_type(fn, "function", "kube.log.handler: the handler") end
  lines.choose(fn)
end

return log
