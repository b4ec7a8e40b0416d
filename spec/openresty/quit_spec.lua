-- What keeps a worker that is to quit, and what does not.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local nginx = require("spec.support.nginx")
local process = require("spec.support.process")

local AT_ONCE = 0.5 -- seconds, on a busy machine

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect())
    lost = assert(kube.connect { kubeconfig = "@LOST@" })
    slow = assert(kube.connect { kubeconfig = "@SLOW@" })
    begun = 0
    function begin() begun = begun + 1 end
    function follow()
      local watch, err = k:watch("namespaces") -- asks what there is, and may be canceled then
      if not watch then return err end
      local event
      repeat event, err = watch:next() begin() until not event
      return err
    end
  } ]]

local SERVER = [[
  lua_check_client_abort on;
  location = /watch { content_by_lua_block { ngx.say(tostring(follow())) } }
  location = /slow { content_by_lua_block {
    begin()
    local pod, err = slow:get("pod", "web")
    ngx.say(pod and pod.metadata.name or tostring(err))
  } }
  location = /lost { content_by_lua_block { begin() lost:get("pod", "web") } }
  location = /tasks { content_by_lua_block {
    for i = 1, 9 do
      kube.spawn(follow)
      kube.spawn(kube.sleep, 3600)
      kube.spawn(function() lost:get("pod", "web") end)
      kube.spawn(function() kube.run(function() kube.spawn(kube.sleep, 3600) end) end)
    end
    local stubborn = kube.spawn(function()
      for i = 1, 9 do kube.sleep(3600) end
      ngx.log(ngx.NOTICE, "the stubborn one ended")
    end)
    kube.spawn(function() stubborn:join() end)
    begin()
  } }
  location = /begun { content_by_lua_block { ngx.print(begun) } } ]]

describe("a worker of nginx that is to quit", function()
  local server

  before_each(function()
    local slow = faults.script {
      { chunks = { "{", faults.json(faults.object("web", "1")):sub(2) }, delay = 0.7 },
    }
    server = nginx.start {
      http = HTTP, server = SERVER, env = { KUBECONFIG = cluster.kubeconfig("admin") },
      values = {
        LOST = faults.kubeconfig { server = faults.blackhole },
        SLOW = faults.kubeconfig { server = slow.server },
      },
    }
  end)

  after_each(function()
    server:stop()
    assert.same({}, server.said)
  end)

  --- Asks for a path beside us: function () that gives the answer, once it is there.
  local function ask(path)
    local pipe = assert(io.popen("curl -sS -m 20 " .. process.quote(server.url .. path) .. " 2>&1"))
    cluster.eventually(function() return select(2, server:curl("/begun")) ~= "0" end, 5)
    return function()
      local answer = pipe:read("*a"):gsub("%s+$", "")
      pipe:close()
      return answer
    end
  end

  --- Quits: after how many seconds it was gone.
  local function quit()
    local started = kube.now()
    server:quit()
    local seconds = kube.now() - started
    server.said = server:complaints()
    assert.equal(0, server:files())
    return seconds
  end

  it("does not wait for its tasks, whatever they do", function()
    ask("/tasks")()
    assert.is_true(quit() < AT_ONCE)
    assert.matches("the stubborn one ended", server:log())
  end)

  it("ends the watch of a request, which can say so", function()
    local answer = ask("/watch")
    assert.is_true(quit() < AT_ONCE)
    assert.matches("%(Canceled%)$", answer())
  end)

  it("gives a request the answer it waits for", function()
    local answer = ask("/slow")
    local seconds = quit()
    assert.equal("web", answer())
    assert.is_true(seconds < 0.7 + AT_ONCE)
  end)

  it("does not wait for a request whose client has gone", function()
    local pipe = io.popen("echo $$; exec curl -sS -m 20 " .. server.url .. "/lost 2>&1")
    local pid = tonumber(pipe:read("*l"))
    cluster.eventually(function() return select(2, server:curl("/begun")) == "1" end, 5)
    server:signal("sigkill", pid)
    pipe:close()
    assert.is_true(quit() < AT_ONCE)
  end)

  it("has nothing to wait for when kube was never used", function()
    assert.is_true(quit() < AT_ONCE)
  end)
end)
