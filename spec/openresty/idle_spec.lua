-- A worker in which nothing happens sleeps: nobody looks at a clock now and then.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local nginx = require("spec.support.nginx")

local HTTP = [[
  init_by_lua_block { kube = require("kube") k = assert(kube.connect()) open = 0 }
  init_worker_by_lua_block {
    for _, resource in ipairs { "pods", "services", "secrets", "jobs", "deployments" } do
      kube.spawn(function()
        local watch = k:watch(resource, { namespace = "@NAMESPACE@" })
        watch:next(1) -- nothing, and the connection is quiet
        open = open + 1
        while watch:next() do end
      end)
    end
    kube.spawn(kube.sleep, 3600)
  } ]]

local SERVER = [[ location = /open { content_by_lua_block { ngx.print(open) } } ]]

--- Waits until a process sleeps (the end of our own connection wakes it once more): nginx.sleeps.
local function asleep(pid)
  local before
  cluster.eventually(function()
    local last = before
    before = nginx.sleeps(pid)
    if last ~= before then kube.sleep(0.2) end
    return last == before
  end, 5)
  return before
end

describe("a worker of nginx with five idle watches", function()
  it("sleeps, after a reload too", function()
    local server = nginx.start {
      http = HTTP, server = SERVER, values = { NAMESPACE = cluster.namespace("idle") },
      env = { KUBECONFIG = cluster.kubeconfig("admin") },
    }
    finally(function() server:stop() end)
    server:reload()
    local pid = server:workers()[1]
    cluster.eventually(function() return select(2, server:curl("/open")) == "5" end, 5)
    local before = asleep(pid)
    kube.sleep(3)
    assert.equal(before, nginx.sleeps(pid))
  end)
end)
