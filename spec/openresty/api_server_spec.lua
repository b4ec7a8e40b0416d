-- An API server that is killed and comes back while watches run and gets go on.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local json = require("kube.json")
local nginx = require("spec.support.nginx")

local k = cluster.connect()
local namespace = cluster.namespace("api-server")

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect { namespace = "@NAMESPACE@" })
    seen, reasons = {}, {}
    function follow()
      repeat
        local watch = k:watch("configmaps")
        local event
        repeat
          event = watch:next()
          if event then seen[event.object.metadata.name] = true end
        until not event
        watch:close()
      until not kube.sleep(0.1)
    end
  }
  init_worker_by_lua_block { for _ = 1, 5 do kube.spawn(follow) end } ]]

local SERVER = [[
  location = /get { content_by_lua_block {
    local object, err = k:get("configmap", "here")
    if object then ngx.print("here") return end
    reasons[err.reason] = (reasons[err.reason] or 0) + 1
    ngx.status = 503
    ngx.print(tostring(err))
  } }
  location = /seen { content_by_lua_block { ngx.print(tostring(seen[ngx.var.arg_name])) } }
  location = /reasons { content_by_lua_block { ngx.print(kube.json.encode(reasons)) } } ]]

describe("an API server that is killed", function()
  local server

  teardown(function() if server then server:stop() end end)

  local function create(name)
    assert(k:create {
      apiVersion = "v1", kind = "ConfigMap", metadata = { name = name, namespace = namespace },
    })
  end

  it("is asked again when it is back, and what failed meanwhile says why", function()
    create("here")
    server = nginx.start {
      http = HTTP, server = SERVER, values = { NAMESPACE = namespace },
      env = { KUBECONFIG = cluster.kubeconfig("admin") },
    }
    local pid = server:workers()[1]
    cluster.eventually(function()
      return select(2, server:curl("/seen?name=here")) == "true"
    end, 5)
    local before = { threads = nginx.threads(pid), descriptors = nginx.descriptors(pid) }
    local stop = server:load("/get", 4)
    finally(stop)
    for i = 1, 2 do
      control.without_apiserver(function()
        cluster.eventually(function() return (server:curl("/get")) == 503 end, 10)
      end)
      create("after-" .. i)
      cluster.eventually(function() return (server:curl("/get")) == 200 end, 10)
      cluster.eventually(function()
        return select(2, server:curl("/seen?name=after-" .. i)) == "true"
      end, 30)
    end
    local load = stop()
    assert.is_true(load.requests > load.failed)
    for reason in pairs(json.decode(select(2, server:curl("/reasons")))) do
      assert.is_truthy(({ ConnectionRefused = 1, Connection = 1, TLS = 1 })[reason], reason)
    end
    assert.equal(before.threads, nginx.threads(pid))
    assert.is_true(nginx.descriptors(pid) <= before.descriptors + 10)
    assert.same({}, server:complaints())
  end)
end)
