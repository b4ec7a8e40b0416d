-- A server that sends events as fast as it can: the neighbours are served, the memory is bounded.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local nginx = require("spec.support.nginx")

local EVENT = faults.event("MODIFIED", "web", "2")

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    local config = assert(kube.config.load { kubeconfig = "@FLOOD@" })
    pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }:namespace("default")
    events = 0
  } ]]

local SERVER = [[
  location = /fast { content_by_lua_block {
    kube.spawn(function()
      local watch = pods:watch()
      while watch:next() do events = events + 1 end
    end)
  } }
  location = /slow { content_by_lua_block {
    kube.spawn(function()
      local watch = pods:watch()
      while watch:next() and kube.sleep(0.01) do events = events + 1 end
    end)
  } }
  location = /events { content_by_lua_block { ngx.print(events) } }
  location = /ok { return 200 "ok"; } ]]

describe("a worker of nginx that is flooded with events", function()
  local server, pid

  before_each(function()
    local script = faults.script {
      { raw = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n",
        filler = EVENT:rep(100), times = 1000000, ["then"] = "close" },
    }
    server = nginx.start {
      http = HTTP, server = SERVER,
      values = { FLOOD = faults.kubeconfig { server = script.server } },
    }
    pid = server:workers()[1]
  end)

  after_each(function() server:stop() end)

  local function events() return tonumber((select(2, server:curl("/events")))) end

  it("keeps answering while it reads them all", function()
    server:curl("/fast")
    cluster.eventually(function() return events() > 20000 end, 10)
    local memory, before = nginx.memory(pid), events()
    local seconds = {}
    for i = 1, 100 do
      local started = kube.now()
      assert.equal("ok", select(2, server:curl("/ok")))
      seconds[i] = kube.now() - started
    end
    table.sort(seconds)
    assert.is_true(seconds[50] < 0.25) -- one may be late on a busy machine, not the half of them
    assert.is_true(seconds[100] < 10) -- and nobody is forgotten
    cluster.eventually(function() return events() > before + 20000 end, 10)
    assert.is_true(nginx.memory(pid) < memory + 8000)
    assert.is_true(nginx.memory(pid) < 30000)
    server:quit(2)
    assert.same({}, server:complaints())
  end)

  it("holds the server up when who reads is slow", function()
    server:curl("/slow")
    cluster.eventually(function() return events() > 20 end, 10)
    local memory = nginx.memory(pid)
    cluster.eventually(function() return events() > 100 end, 10)
    assert.is_true(nginx.memory(pid) < 30000)
    assert.is_true(nginx.memory(pid) < memory + 4000)
    server:quit(2)
    assert.same({}, server:complaints())
  end)
end)
