-- Clients that go away in the middle, hundreds of times: what they had asked for goes too.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local nginx = require("spec.support.nginx")
local uv = require("luv")

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect())
    lost = assert(kube.connect { kubeconfig = "@LOST@" })
    begun, ended = 0, 0
    function begin() begun = begun + 1 end
  } ]]

-- In each of them a client is left alone for a while.
local SERVER = [[
  lua_check_client_abort @CHECK@;
  location = /get { content_by_lua_block {
    begin()
    kube.with_timeout(1, function() lost:get("pod", "web") end)
    ended = ended + 1
  } }
  location = /list { content_by_lua_block {
    local namespaces = k:each("namespaces")
    assert(namespaces:next())
    begin()
    kube.sleep(1)
    ended = ended + 1
  } }
  location = /watch { content_by_lua_block {
    local watch = k:watch("namespaces")
    watch:next()
    begin()
    kube.with_timeout(1, function() while watch:next() do end end)
    ended = ended + 1
  } }
  location = /threads { content_by_lua_block {
    begin()
    ngx.thread.spawn(function() lost:get("pod", "web") end)
    kube.with_timeout(1, function() kube.spawn(kube.sleep, 1):join() end)
    ended = ended + 1
    ngx.exit(200)
  } }
  location = /soon { content_by_lua_block {
    begin()
    kube.with_timeout(0.1, function() lost:get("pod", "web") end)
    ended = ended + 1
  } }
  location = /state { content_by_lua_block {
    collectgarbage()
    collectgarbage()
    ngx.print(begun, " ", ended, " ", math.floor(collectgarbage("count")))
  } }
  location = /ok { content_by_lua_block {
    ngx.print(kube.sleep(0.01) and k:get("namespace", "default") ~= nil)
  } } ]]

local PATHS = { "/get", "/list", "/watch", "/threads" }

for _, check in ipairs { "on", "off" } do
  describe("with lua_check_client_abort " .. check .. ", a client that goes away", function()
    local server

    setup(function()
      server = nginx.start {
        http = HTTP, server = SERVER, env = { KUBECONFIG = cluster.kubeconfig("admin") },
        values = { CHECK = check, LOST = faults.kubeconfig { server = faults.blackhole } },
      }
    end)

    teardown(function() if server then server:stop() end end)

    --- How many requests have begun, have ended, and the kilobytes of Lua.
    local function state()
      local _, body = server:curl("/state")
      local begun, ended, memory = body:match("^(%d+) (%d+) (%d+)$")
      return tonumber(begun), tonumber(ended), tonumber(memory)
    end

    --- Asks for a path n times at once, and leaves when all have begun.
    local function abandon(path, n)
      local begun = state()
      local clients = {}
      for i = 1, n do
        clients[i] = uv.new_tcp()
        clients[i]:connect("127.0.0.1", server.port, function(err)
          assert(not err, err)
          clients[i]:write("GET " .. path .. " HTTP/1.1\r\nHost: spec\r\n\r\n")
        end)
      end
      cluster.eventually(function()
        uv.run("nowait")
        return state() == begun + n
      end, 10)
      for i = 1, n do clients[i]:close() end
      uv.run("nowait")
    end

    --- Hundreds who leave; what the worker has when all is over.
    local function storm()
      for _ = 1, 2 do
        for _, path in ipairs(PATHS) do abandon(path, 25) end
      end
      local pid = server:workers()[1]
      cluster.eventually(function()
        local begun, ended = state() -- which collects garbage
        return nginx.descriptors(pid) < 100 and (check == "on" or begun == ended)
      end, 10)
      local _, _, lua = state()
      return { threads = nginx.threads(pid), memory = nginx.memory(pid), lua = lua }
    end

    it("leaves no thread, descriptor or memory behind", function()
      storm() -- after which the allocator has what it needs
      local first = storm()
      local second = storm()
      assert.equal(2, second.threads)
      local grown = string.format("%d kB, of Lua %d", second.memory - first.memory,
        second.lua - first.lua)
      assert.is_true(second.memory < first.memory + 8000, grown)
      assert.is_true(second.lua < first.lua + 400, grown)
    end)

    it("leaves nothing of a deadline of its own to the next one", function()
      abandon("/soon", 20)
      kube.sleep(0.1)
      for _ = 1, 20 do assert.equal("true", select(2, server:curl("/ok"))) end
    end)

    it("does not keep the worker when it is to quit", function()
      abandon("/get", 10)
      server:quit(check == "on" and 1 or 2) -- which waits for what was begun
      assert.same({}, server:complaints())
      assert.equal(0, server:files())
    end)
  end)
end
