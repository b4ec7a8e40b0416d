--- Runs all cases under one host, in a program of its own (under nginx: in a worker). What came of
-- each is a line of JSON in the file KUBE_DRIVERS_REPORT: { name =, seconds =, problem = text }; a
-- line { begins = name } stands before it. spec/support/drivers.lua starts it.
local host = require("spec.drivers.hosts")[assert(os.getenv("KUBE_DRIVERS_HOST"))]
local json = require("kube.json")
local kube = require("kube")
local parts = require("spec.drivers.parts")
local world = require("spec.drivers.world")
local yields = require("kube.driver.yields")

local only = os.getenv("KUBE_DRIVERS_ONLY") or ""

world.host_has_tasks = host.tasks

local function report(line)
  local file = assert(io.open(assert(os.getenv("KUBE_DRIVERS_REPORT")), "ab"))
  file:write(assert(json.encode(line)), "\n")
  file:close()
end

--- Runs a case where it may wait: reports how it went.
local function run(case, seed)
  local function go()
    math.randomseed(seed)
    case.run(world)
  end
  if not yields and host.tasks then -- PUC 5.1 cannot yield out of a pcall
    local ok, problem = world.try(go)
    return not ok and tostring(problem) or nil
  end
  local ok, problem = xpcall(go, function(problem)
    return debug.traceback(tostring(problem), 2)
  end)
  return not ok and problem or nil
end

local function attempt(case)
  local seed = tonumber(os.getenv("KUBE_DRIVERS_SEED")) or os.time() % 100000
  report { begins = case.name }
  local before, ended, problem = kube.now(), false, nil
  host.enter(function()
    problem = run(case, seed)
    ended = true
  end)
  if not ended then problem = "it was left in the middle" end
  report {
    name = case.name, seconds = kube.now() - before,
    problem = problem and string.format("%s\n(KUBE_DRIVERS_SEED=%d)", problem, seed),
  }
end

host.main(function()
  for _, case in ipairs(parts.cases(not host.tasks)) do
    if case.name:find(only, 1, true) then attempt(case) end
  end
end)
