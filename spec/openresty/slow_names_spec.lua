-- A resolver that takes its time: nobody but who asked for the name waits for it.
local faults = require("spec.support.faults")
local kube = require("kube")
local nginx = require("spec.support.nginx")
local other_host = require("spec.support.other_host")

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    slow = assert(kube.connect { kubeconfig = "@SLOW@" })
    quick = assert(kube.connect { kubeconfig = "@QUICK@" })
    function get(client)
      local pod, err = client:get("pod", "web")
      return pod and pod.metadata.name or tostring(err)
    end
  } ]]

local SERVER = [[
  lua_check_client_abort on;
  location = /slow { content_by_lua_block { ngx.print(get(slow)) } }
  location = /quick { content_by_lua_block { ngx.print(get(quick)) } }
  location = /in_time { content_by_lua_block {
    ngx.print(kube.with_timeout(0.3, function() return get(slow) end))
  } }
  location = /task { content_by_lua_block { kube.spawn(get, slow) } } ]]

describe("while nginx looks up a name for three seconds", function()
  local server

  after_each(function() if server then server:stop() end end)

  local function seconds(fn)
    local started = kube.now()
    fn()
    return kube.now() - started
  end

  it("others are answered, time-outs are kept, and a worker can quit", function()
    local script = faults.script { faults.json(faults.object("web", "1")) }
    local env = other_host("slow")
    server = nginx.start {
      http = HTTP, server = SERVER, env = env, values = {
        SLOW = faults.kubeconfig { server = script.server:gsub("127%.0%.0%.1", "slow") },
        QUICK = faults.kubeconfig { server = script.server },
      },
    }
    local pid = server:workers()[1]
    assert.equal("web", select(2, server:curl("/quick")))
    local first = server:begin("/slow")
    assert.is_true(seconds(function()
      for _ = 1, 20 do assert.equal("web", select(2, server:curl("/quick"))) end
    end) < 1.5)
    assert.is_true(seconds(function()
      assert.matches("not within the time-out of the call, or of kube.with_timeout (Timeout)",
        select(2, server:curl("/in_time")), 1, true)
    end) < 1)
    assert.equal("web", select(2, first()))
    server:curl("/task")
    assert.is_true(seconds(function() server:quit() end) < 1)
    assert.is_false(nginx.is_alive(pid))
    assert.same({}, server:complaints())
  end)
end)
