-- In which phases of nginx calls work, and what they say in the others.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local json = require("kube.json")
local nginx = require("spec.support.nginx")

-- Each phase asks for the same object and notes what it got, as text.
local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect())
    answers = {}
    function ask(phase)
      local started = kube.now()
      local object, err = k:get("namespace", "default")
      answers[phase or ngx.get_phase()] = object and object.metadata.name or tostring(err)
      assert(object or kube.now() - started < 2)
    end
    ask()
  }
  init_worker_by_lua_block {
    ask()
    ngx.timer.at(0, ask)
    kube.spawn(ask, "spawned in init_worker")
  }
  exit_worker_by_lua_block {
    ask()
    local _, err = kube.spawn(ask)
    ngx.log(ngx.NOTICE, "exit_worker says: ", answers.exit_worker, " and of kube.spawn: ", err)
  }
  upstream itself {
    server 0.0.0.1;
    balancer_by_lua_block {
      ask()
      kube.spawn(ask, "spawned in balancer")
      assert(require("ngx.balancer").set_current_peer("127.0.0.1", @PORT@))
    }
  }
  ssl_session_store_by_lua_block { ask() }
  server {
    listen 127.0.0.1:@TLSPORT@ ssl;
    ssl_certificate @DIR@/server.crt;
    ssl_certificate_key @DIR@/server.key;
    ssl_certificate_by_lua_block { ask() }
    ssl_session_tickets off;
    location / { return 200 "hello"; }
  } ]]

local SERVER = [[
  server_rewrite_by_lua_block { ask() }
  location = /all {
    set_by_lua_block $some { ask() kube.spawn(ask, "spawned in set") return "thing" }
    rewrite_by_lua_block { ask() }
    access_by_lua_block { ask() }
    content_by_lua_block { ask() ngx.say("done") }
    header_filter_by_lua_block { ask() kube.spawn(ask, "spawned in header_filter") }
    body_filter_by_lua_block { ask() kube.spawn(ask, "spawned in body_filter") }
    log_by_lua_block { ask() kube.spawn(ask, "spawned in log") }
  }
  location = /balanced { proxy_pass http://itself/target; }
  location = /target { return 200 "target"; }
  location = /answers { content_by_lua_block {
    ngx.print(kube.json.encode(answers))
  } } ]]

local WORKING = {
  "init", "timer", "server_rewrite", "rewrite", "access", "content", "ssl_cert",
  "spawned in init_worker", "spawned in set", "spawned in header_filter",
  "spawned in body_filter", "spawned in log", "spawned in balancer",
}
local REFUSED = {
  "init_worker", "set", "header_filter", "body_filter", "log", "balancer", "ssl_session_store",
}

describe("a call in nginx", function()
  local server

  --- What the phases got so far.
  local function answers()
    local code, body = server:curl("/answers")
    assert.equal(200, code)
    return json.decode(body)
  end

  setup(function()
    local tls_port = nginx.free_port()
    server = nginx.start {
      http = HTTP, server = SERVER, values = { TLSPORT = tls_port, DIR = faults.dir },
      env = { KUBECONFIG = cluster.kubeconfig("admin") },
    }
    assert.same({ 200, "done\n" }, { server:curl("/all") })
    assert.same({ 200, "target" }, { server:curl("/balanced") })
    faults.sh("echo | openssl s_client -connect 127.0.0.1:%d -tls1_2 -no_ticket", tls_port)
  end)

  teardown(function() if server then server:stop() end end)

  for _, phase in ipairs(WORKING) do
    it("is answered in " .. phase, function()
      cluster.eventually(function() return answers()[phase] end, 5)
      assert.equal("default", answers()[phase])
    end)
  end

  for _, phase in ipairs(REFUSED) do
    it("says in " .. phase .. "_by_lua that it cannot wait there, and what to do", function()
      local answer = answers()[phase] or "nothing"
      assert.matches(phase .. "_by_lua", answer, 1, true)
      assert.matches("ngx.timer.at(0, function() ... end)", answer, 1, true)
    end)
  end

  it("says so in exit_worker_by_lua, where nothing can be done", function()
    server:quit()
    assert.matches("exit_worker says: [^\n]*exit_worker_by_lua: nothing runs after it",
      server:log())
  end)

  it("leaves nothing in the log that nobody expects", function()
    assert.same({}, server:complaints())
  end)
end)
