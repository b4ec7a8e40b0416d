-- What nginx or the system does not give: an error that says so, in time, and no hang.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local nginx = require("spec.support.nginx")

local HTTP = [[
  @LIMIT@
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect())
    occupied, spawned = false, false
  } ]]

local SERVER = [[
  location = /get { content_by_lua_block {
    local object, err = k:get("namespace", "default")
    ngx.print(object and object.metadata.name or tostring(err))
  } }
  location = /spawn { content_by_lua_block {
    local task, err = kube.spawn(function() spawned = k:get("namespace", "default") end)
    ngx.print(task and "spawned" or tostring(err))
  } }
  location = /spawned { content_by_lua_block { ngx.print(tostring(spawned ~= false)) } }
  location = /yield { content_by_lua_block { ngx.print(tostring(kube.sleep(0))) } }
  location = /occupy { content_by_lua_block {
    occupied = true
    ngx.timer.at(0, function() while occupied do ngx.sleep(0.02) end end)
    ngx.sleep(0.05)
  } }
  location = /release { content_by_lua_block { occupied = false ngx.sleep(0.05) } }
  location = /fill { content_by_lua_block {
    repeat local ok = ngx.timer.at(60, function() end) until not ok
  } } ]]

describe("an nginx of which too little is left", function()
  local servers = {}

  after_each(function()
    for i, server in ipairs(servers) do
      server:stop()
      servers[i] = nil
    end
  end)

  --- An nginx, and what its worker has.
  local function start(limit, given)
    given = given or {}
    given.http, given.server, given.env = HTTP, SERVER, given.env or {}
    given.values = { LIMIT = limit, CONNECTIONS = given.connections }
    given.env.KUBECONFIG = cluster.kubeconfig("admin")
    local server = nginx.start(given)
    servers[#servers + 1] = server
    local pid = server:workers()[1]
    return server, pid, nginx.descriptors(pid)
  end

  local function answer(server, path) return (select(2, server:curl(path))) end

  it("says so within five seconds where no timer is started, and works once one is", function()
    local server, pid = start("lua_max_running_timers 3;")
    for _ = 1, 3 do server:curl("/occupy") end
    local before = nginx.descriptors(pid)
    local started = kube.now()
    local get, yield = server:begin("/get"), server:begin("/yield")
    assert.equal("spawned", answer(server, "/spawn"))
    local _, text = get()
    assert.equal("nginx: kube's timer was not started within 5 s: raise lua_max_running_timers, "
      .. "or worker_connections (System)", text)
    assert.equal("true", select(2, yield()))
    assert.is_true(kube.now() - started < 6)
    assert.equal(1, nginx.threads(pid))
    assert.is_true(nginx.descriptors(pid) <= before + 6) -- the engine's
    server:curl("/release")
    assert.equal("default", answer(server, "/get"))
    assert.equal("spawned", answer(server, "/spawn"))
    cluster.eventually(function() return answer(server, "/spawned") == "true" end, 5)
    server:quit(2)
    assert.equal(0, server:files())
    assert.same({}, server:complaints { "%d lua_max_running_timers are not enough" })
  end)

  it("says so at once where no timer has a place", function()
    local server, pid, before = start("lua_max_pending_timers 3;")
    server:curl("/fill")
    for _, path in ipairs { "/get", "/spawn" } do
      assert.equal("nginx: too many pending timers: raise lua_max_pending_timers (System)",
        answer(server, path))
    end
    assert.equal("true", answer(server, "/yield"))
    assert.equal(1, nginx.threads(pid))
    assert.is_true(nginx.descriptors(pid) <= before + 6)
    server:quit(2)
    assert.same({}, server:complaints())
  end)

  it("says so at once where no file can be made", function()
    local server, pid, before = start("", { env = { TMPDIR = "/proc/none" } })
    assert.equal("cannot make a waker (a thread and a socket in TMPDIR or /tmp): No such file or "
      .. "directory (System)", answer(server, "/get"))
    assert.equal(1, nginx.threads(pid))
    assert.is_true(nginx.descriptors(pid) <= before + 6)
  end)

  it("needs few connections of its own", function()
    local server = start("", { connections = 8 })
    assert.equal("default", answer(server, "/get"))
    server:curl("/spawn")
    cluster.eventually(function() return answer(server, "/spawned") == "true" end, 5)
  end)

  it("answers or says why not, however few descriptors it may have", function()
    local worked, failed = 0, 0
    local _, _, least = start("")
    for limit = least + 1, least + 12 do
      local server, pid = start("", { main = "worker_rlimit_nofile " .. limit .. ";" })
      for _ = 1, 2 do
        local text = answer(server, "/get")
        if text == "default" then
          worked = worked + 1
        else
          failed = failed + 1
          if not text:find("connection reset by peer (System)", 1, true) then
            assert.matches("[Tt]oo many open files.*%(System%)$", text)
          end
        end
      end
      local sleeps = nginx.sleeps(pid)
      kube.sleep(0.1)
      assert.is_true(nginx.sleeps(pid) < sleeps + 10) -- nobody tries again and again
      assert.equal(0, server:files())
    end
    assert.is_true(worked > 0 and failed > 0)
  end)
end)
