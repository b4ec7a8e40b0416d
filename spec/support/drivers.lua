--- Runs the cases of spec/drivers under a host, for specs:
--
--   local run = drivers.run("loop", drivers.start_here)
--   for _, name in ipairs(run.names) do it(name, function() run:check(name) end) end
local json = require("kube.json")
local parts = require("spec.drivers.parts")
local printed = require("spec.support.printed")
local process = require("spec.support.process")

local drivers = {}

local top = assert(os.getenv("KUBE_SPEC_TOP"))

local Run = {}
Run.__index = Run

--- The cases under a host, which start when the first of them is asked for.
-- @param start  function (env, log) that runs spec/drivers/main.lua there with those variables,
--   what is reported going to the file log: what it said
-- @return run { names = of the cases }
function drivers.run(host, start)
  local self = setmetatable({ host = host, start = start, names = {} }, Run)
  for i, case in ipairs(parts.cases(host == "blocking")) do self.names[i] = case.name end
  return self
end

--- Name -> { seconds =, problem = }, the name of the case that did not end (nil).
local function read_report(path)
  local results, open = {}, nil
  for line in (process.read(path) or ""):gmatch("[^\n]+") do
    local entry = assert(json.decode(line))
    open = entry.begins
    if entry.name then results[entry.name] = entry end
  end
  return results, open
end

local function run_all(self)
  local report, log = os.tmpname(), os.tmpname()
  local said = self.start({
    KUBE_DRIVERS_HOST = self.host, KUBE_DRIVERS_REPORT = report, KUBE_DRIVERS_LOG = log,
  }, log)
  self.results, self.open = read_report(report)
  self.said = said .. (process.read(log) or "")
  printed(self.said)
  os.remove(report)
  os.remove(log)
end

--- Throws unless a case ended well.
function Run:check(name)
  if not self.results then run_all(self) end
  local result = self.results[name]
  if result and result.problem then error(result.problem, 0) end
  if result then return end
  error(string.format("it did not end%s\n%s",
    self.open and self.open ~= name and ": " .. self.open .. " did not" or "",
    self.said:sub(-3000)), 0)
end

--- Runs the cases in a program of the Lua at hand.
function drivers.start_here(env, log)
  local said, code = process.run(string.format("exec %s %s 2>%s", process.lua,
    process.quote(top .. "/spec/drivers/main.lua"), process.quote(log)), env)
  return string.format("%sexit %s\n", said, tostring(code))
end

return drivers
