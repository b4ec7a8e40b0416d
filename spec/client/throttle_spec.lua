-- How often requests are sent, as Lua has it: qps and burst, and that what passes is tried again.
-- The numbers have their tables in throttle_test.c, retry_test.c and attempts_test.c.
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")

local fails = failing.fails
local BUSY = {
  status = 429, headers = { ["Retry-After"] = "0" },
  body = '{"kind":"Status","code":429,"reason":"TooManyRequests","message":"busy"}',
}

local function connect(script, more)
  local given = { kubeconfig = faults.kubeconfig { server = script.server } }
  for name, value in pairs(more or {}) do given[name] = value end
  return assert(kube.config.load(given))
end

local PODS = { group = "", version = "v1", resource = "pods" }

describe("requests of a configuration", function()
  it("wait for each other where qps says so, whatever client sends them", function()
    local config = connect(faults.script { "{}" }, { qps = 20, burst = 1 })
    local pods, rest = kube.dynamic(config):resource(PODS):namespace("a"), kube.rest(config)
    local began = kube.now()
    for _ = 1, 5 do
      assert(pods:get("x"))
      assert(rest:get():abs_path("/x"):send())
    end
    assert.is_true(kube.now() - began >= 9 / 20 - 0.001)
  end)

  it("tell how long they waited", function()
    local config = connect(faults.script { '{"items":[]}' }, { qps = 10, burst = 1 })
    local pods = kube.dynamic(config):resource(PODS):namespace("a")
    assert(pods:list())
    local stream = pods:each()
    assert.is_nil((stream:next()))
    local info = stream:info()
    assert.is_true(info.throttle_seconds > 0 and info.throttle_seconds <= 0.1)
    assert.equal(0, info.retries)
    stream:close()
  end)

  it("do not wait for longer than they may", function()
    local config = connect(faults.script { "{}" }, { qps = 0.01, burst = 1 })
    local pods = kube.dynamic(config):resource(PODS):namespace("a")
    assert(pods:get("x"))
    fails(nil, select(2, pods:get("x", { timeout = 5 })), "Timeout",
      "client-side throttling would hold it for longer than its 5000 ms (qps 0.01, burst 1)")
  end)

  it("refuse numbers that are none", function()
    local server = faults.script({ "{}" }).server
    fails(nil, select(2, kube.config.load {
      qps = 1, burst = -1, kubeconfig = faults.kubeconfig { server = server },
    }), "Config", "burst not less than 0")
  end)
end)

describe("a request that is refused for a while", function()
  it("is sent again, with its body", function()
    local script = faults.script { BUSY, BUSY, "{}" }
    local pods = kube.dynamic(connect(script)):resource(PODS):namespace("a")
    assert(pods:create { metadata = { name = "x" } })
    local bodies = {}
    for i, asked in ipairs(script.requests()) do bodies[i] = asked.method .. asked.body end
    local body = 'POST{"metadata":{"name":"x"}}'
    assert.same({ body, body, body }, bodies)
  end)

  it("is sent ten times more, or as often as the request says", function()
    local script = faults.script { BUSY }
    local config = connect(script)
    local _, err = kube.dynamic(config):resource(PODS):namespace("a"):get("x")
    fails(nil, err, "TooManyRequests", "busy")
    assert.equal(11, #script.requests())
    fails(nil, select(2, kube.rest(config):get():abs_path("/x"):max_retries(2):send()),
      "TooManyRequests", "busy")
    assert.equal(14, #script.requests())
    fails(nil, select(2, kube.rest(config):get():abs_path("/x"):max_retries(0):send()),
      "TooManyRequests", "busy")
    assert.equal(15, #script.requests())
  end)
end)
