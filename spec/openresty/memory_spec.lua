-- What a worker does a million times costs it no memory: nginx keeps things until a request or a
-- timer has ended, and those of kube last as long as the worker.
local nginx = require("spec.support.nginx")

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    local config = assert(kube.config.load { kubeconfig = "@PREFIX@/kubeconfig" })
    pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }:namespace("default")
    function report()
      collectgarbage()
      collectgarbage()
      ngx.print(math.floor(collectgarbage("count")))
    end
  } ]]

-- It is its own API server.
local SERVER = [[
  location = /api/v1/namespaces/default/pods/web {
    default_type application/json;
    return 200 '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}';
  }
  location = /steps { content_by_lua_block {
    for _ = 1, 100000 do kube.sleep(0) end
    report()
  } }
  location = /tasks { content_by_lua_block {
    for _ = 1, 200 do
      local tasks = {}
      for i = 1, 100 do tasks[i] = kube.spawn(function() return i end) end
      for i = 1, 100 do assert(tasks[i]:join() == i) end
    end
    report()
  } }
  location = /gets { content_by_lua_block {
    for _ = 1, @GETS@ do assert(pods:get("web").metadata.name == "web") end
    report()
  } }
  location = /aborted { content_by_lua_block {
    for _ = 1, 1000 do
      local thread = ngx.thread.spawn(function()
        kube.with_timeout(60, function() kube.sleep(60) end)
      end)
      ngx.thread.kill(thread)
    end
    report()
  } } ]]

local KUBECONFIG = [[{ "apiVersion": "v1", "kind": "Config", "current-context": "itself",
  "contexts": [{ "name": "itself", "context": { "cluster": "itself", "user": "nobody" } }],
  "clusters": [{ "name": "itself", "cluster": { "server": "http://127.0.0.1:%d" } }],
  "users": [{ "name": "nobody", "user": {} }] }]]

local WHAT = {
  ["/steps"] = "half a million steps of the engine", ["/tasks"] = "a hundred thousand tasks",
  ["/gets"] = "twenty thousand gets",
  ["/aborted"] = "light threads that were killed while they waited",
}

describe("a worker of nginx", function()
  local server, pid

  setup(function()
    server = nginx.start {
      http = HTTP, server = SERVER, values = { GETS = "4000" },
      prepare = function(prefix, port)
        local file = assert(io.open(prefix .. "/kubeconfig", "wb"))
        file:write(KUBECONFIG:format(port))
        file:close()
      end,
    }
    pid = server:workers()[1]
  end)

  teardown(function() if server then server:stop() end end)

  for _, path in ipairs { "/steps", "/tasks", "/gets", "/aborted" } do
    it("does not grow by " .. WHAT[path], function()
      local function go()
        local code, lua = server:curl(path)
        assert.equal(200, code)
        return tonumber(lua), nginx.memory(pid)
      end
      go()
      local lua, memory = go()
      for _ = 1, 2 do go() end
      local lua_after, memory_after = go()
      assert.is_true(lua_after < lua + 50)
      assert.is_true(memory_after < memory + 500)
    end)
  end

  it("has nothing to say about it", function() assert.same({}, server:complaints()) end)
end)
