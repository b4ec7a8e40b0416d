-- What keeps a worker that is to quit, and what does not.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")
local nginx = require("spec.support.nginx")
local process = require("spec.support.process")

local AT_ONCE = 0.5 -- seconds, on a busy machine
local GRACE = 1     -- seconds that tasks have
local SLOW = 0.7    -- seconds until the slow server has answered
-- What nginx says of a timer that was started in a worker that was to quit already (ngx_lua 0.10.23
-- closes what it has for timers once only).
local TIMERS = { "open socket #%-2 left in connection", "%[alert%] [%d#]+: aborting" }

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
  location = /joined { content_by_lua_block {
    local task = kube.spawn(function()
      local inner = kube.spawn(function() begin() return slow:get("pod", "web") end)
      kube.sleep(1.5)
      return inner:join()
    end)
    local pod, err = task:join()
    ngx.say(pod and pod.metadata.name or tostring(err))
  } }
  location = /late { content_by_lua_block {
    begin()
    while not ngx.worker.exiting() do ngx.sleep(0.01) end
    local task = kube.spawn(function() return slow:get("pod", "web") end)
    local pod, err = task:join()
    ngx.say(pod and pod.metadata.name or tostring(err))
  } }
  location = /begun_by_nobody { log_by_lua_block {
    kube.spawn(function()
      begin()
      local pod, err = slow:get("pod", "web")
      ngx.log(ngx.NOTICE, "in the log phase: ", pod and pod.metadata.name or tostring(err))
    end)
  } content_by_lua_block { ngx.say("ok") } }
  location = /watches { content_by_lua_block {
    for i = 1, 9 do kube.spawn(follow) end
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
      { chunks = { "{", faults.json(faults.object("web", "1")):sub(2) }, delay = SLOW },
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
  -- @param expected  complaints
  local function quit(expected)
    local started = kube.now()
    server:quit()
    local seconds = kube.now() - started
    server.said = server:complaints(expected)
    assert.equal(0, server:files())
    return seconds
  end

  it("does not wait for its tasks for long, whatever they do", function()
    ask("/tasks")()
    assert.is_true(quit() < GRACE + AT_ONCE)
    assert.matches("the stubborn one ended", server:log())
  end)

  it("does not wait for the watches of its tasks", function()
    ask("/watches")()
    assert.is_true(quit() < AT_ONCE)
  end)

  it("lets a task end the call that it is in", function()
    ask("/begun_by_nobody")()
    local seconds = quit()
    assert.matches("in the log phase: web", server:log())
    assert.is_true(seconds < SLOW + AT_ONCE)
  end)

  it("lets a task go on for which a request waits, and what that waits for", function()
    local answer = ask("/joined")
    local seconds = quit()
    assert.equal("web", answer())
    assert.is_true(seconds < 1.5 + AT_ONCE)
  end)

  it("runs the tasks of a request that it lets end", function()
    local answer = ask("/late")
    local seconds = quit(TIMERS)
    assert.equal("web", answer())
    assert.is_true(seconds < SLOW + AT_ONCE)
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
    assert.is_true(seconds < SLOW + AT_ONCE)
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
