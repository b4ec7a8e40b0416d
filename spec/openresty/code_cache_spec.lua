-- lua_code_cache off: a Lua state for each request. Slow, and for development; nothing may pile up.
local cluster = require("spec.support.cluster")
local nginx = require("spec.support.nginx")

local SERVER = [[
  lua_code_cache off;
  location = /get { content_by_lua_block {
    local kube = require("kube")
    local object, err = assert(kube.connect()):get("namespace", "default")
    ngx.say(object and object.metadata.name or tostring(err))
  } }
  location = /watch { content_by_lua_block {
    local watch = assert(require("kube").connect()):watch("namespaces")
    ngx.say(watch:next().type) -- and leaves it open
  } }
  location = /spawn { content_by_lua_block {
    local kube = require("kube")
    local k = assert(kube.connect())
    kube.spawn(function()
      kube.sleep(0.05)
      local object, err = k:get("namespace", "default")
      ngx.log(ngx.NOTICE, "spawned: ", object and object.metadata.name or err)
    end)
  } }
  location = /left { content_by_lua_block {
    require("kube").spawn(function() require("kube").sleep(3600) end)
  } } ]]

describe("with lua_code_cache off", function()
  local server

  after_each(function() if server then server:stop() end end)

  --- What a worker is to have when nothing goes on.
  local function eventually_light(threads, descriptors)
    local pid = server:workers()[1]
    cluster.eventually(function()
      return nginx.threads(pid) <= threads and nginx.descriptors(pid) <= descriptors
    end, 3)
  end

  for name, http in pairs {
    ["loaded in init_by_lua"] = [[ init_by_lua_block { require("kube") } ]],
    ["loaded by each request"] = "",
  } do
    it("kube, " .. name .. ", leaves nothing when a request has ended", function()
      server = nginx.start {
        http = http, server = SERVER, env = { KUBECONFIG = cluster.kubeconfig("admin") },
      }
      local pid = server:workers()[1]
      -- where nobody loaded it before, the first state of a worker stays
      local threads = http == "" and 2 or 1
      local spawned = 0
      local function ask()
        assert.same({ 200, "default\n" }, { server:curl("/get") })
        assert.same({ 200, "ADDED\n" }, { server:curl("/watch") })
        assert.equal(200, (server:curl("/spawn")))
        spawned = spawned + 1
        cluster.eventually(function()
          return select(2, server:log():gsub("spawned: default", "")) == spawned
        end, 5)
      end
      ask()
      eventually_light(threads, 40)
      local stop = server:load("/get", 4)
      finally(stop)
      cluster.eventually(function() return nginx.threads(pid) > 2 end, 5)
      for _ = 1, 3 do ask() end
      local load = stop()
      assert.equal(0, load.failed)
      eventually_light(threads, 40)
      local before = nginx.memory(pid)
      for _ = 1, 8 do
        ask()
        eventually_light(threads, 40)
      end
      assert.is_true(nginx.memory(pid) < before + 4000)
      assert.equal(0, server:files())
      server:curl("/left")
      server:quit(2)
      assert.same({}, server:complaints { "lua_code_cache is off" })
    end)
  end
end)
