-- A worker's end and its successor's beginning, under load: no request notices, nothing is left.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local nginx = require("spec.support.nginx")

local k = cluster.connect()
local namespace = cluster.namespace("reload")

-- Each worker has watches open, a task that sleeps, and one that never gets an answer.
local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect { namespace = "@NAMESPACE@" })
    assert(k:get("configmap", "here")) -- in the master, at each reload
    lost = assert(kube.connect { kubeconfig = "@LOST@" })
    function follow()
      local watch = k:watch("configmaps")
      while watch:next() do end
    end
  }
  init_worker_by_lua_block {
    for i = 1, 3 do kube.spawn(follow) end
    kube.spawn(kube.sleep, 3600)
    kube.spawn(function() lost:get("pod", "web") end)
  } ]]

local SERVER = [[
  location = /get { content_by_lua_block {
    local object, err = k:get("configmap", "here")
    if not object then ngx.log(ngx.ERR, err) return ngx.exit(500) end
    ngx.say(object.metadata.name)
  } } ]]

describe("a worker of nginx", function()
  local server

  setup(function()
    assert(k:create {
      apiVersion = "v1", kind = "ConfigMap", metadata = { name = "here", namespace = namespace },
    })
    server = nginx.start {
      http = HTTP, server = SERVER, workers = 2, values = {
        NAMESPACE = namespace, LOST = faults.kubeconfig { server = faults.blackhole },
      },
      env = { KUBECONFIG = cluster.kubeconfig("admin") },
    }
  end)

  teardown(function() if server then server:stop() end end)

  --- One thread in C beside nginx's own, few descriptors, no files.
  local function assert_light()
    for _, pid in ipairs(server:workers()) do
      assert.equal(2, nginx.threads(pid))
      assert.is_true(nginx.descriptors(pid) < 60)
    end
    assert.equal(0, server:files())
  end

  it("is replaced fifty times under load, and no request fails", function()
    local before = nginx.descriptors(server.pid)
    local stop = server:load("/get")
    finally(stop)
    for _ = 1, 50 do server:reload() end
    local load = stop()
    cluster.eventually(function() return #server:leaving() == 0 end, 2)
    assert.equal(0, load.failed)
    assert.is_true(load.requests > 500)
    cluster.eventually(function() return nginx.descriptors(server.pid) == before end, 2)
    assert.equal(1, nginx.threads(server.pid))
    assert_light()
  end)

  it("is killed five times under load, and the next one serves", function()
    local stop = server:load("/get")
    finally(stop)
    for _ = 1, 5 do
      server:kill(server:workers()[1])
      assert.same({ 200, "here\n" }, { server:curl("/get") })
    end
    local load = stop()
    assert.is_true(load.failed <= 5 * 8) -- those that it had in hand
    assert_light()
  end)

  it("ends at once when nginx is stopped", function()
    server:signal("sigterm")
    cluster.eventually(function() return not nginx.is_alive(server.pid) end, 1)
    assert.equal(0, server:files())
    assert.same({}, server:complaints { "%[alert%] .* exited on signal 9" })
  end)
end)
