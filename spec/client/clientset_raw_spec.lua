-- Logs and proxies of the clientset: what is asked for, and that the answer is bytes.
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")

local fails = failing.fails

describe("what typed clients give as bytes", function()
  local script, core

  local function serve(steps)
    script = faults.script(steps)
    core = assert(kube.clientset { kubeconfig = faults.kubeconfig { server = script.server } })
      :core_v1()
  end

  local function target() return script.requests()[1].target end

  it("are the logs of a pod, with all options of the API", function()
    serve { { body = "one\ntwo\n", headers = { ["Content-Type"] = "text/plain" } } }
    local text = core:pods("ns"):get_logs("web-0", {
      container = "a&b", follow = false, previous = true, sinceSeconds = 60,
      sinceTime = "2026-01-02T03:04:05Z", timestamps = true, tailLines = 10, limitBytes = 1000,
      insecureSkipTLSVerifyBackend = true, stream = "Stdout", timeout = 5,
    }):raw()
    assert.equal("one\ntwo\n", text)
    assert.equal("/api/v1/namespaces/ns/pods/web-0/log?container=a%26b&follow=false"
      .. "&insecureSkipTLSVerifyBackend=true&limitBytes=1000&previous=true&sinceSeconds=60"
      .. "&sinceTime=2026-01-02T03%3A04%3A05Z&stream=Stdout&tailLines=10&timeout=5s"
      .. "&timestamps=true", target())
  end)

  it("come as they are written", function()
    serve { { chunks = { "one\n", "{", "two}\n" }, delay = 0.02 } }
    local pieces = {}
    for bytes in assert(core:pods("ns"):get_logs("web-0", { follow = true }):stream()) do
      pieces[#pieces + 1] = bytes
    end
    assert.equal("one\n{two}\n", table.concat(pieces))
    assert.equal("/api/v1/namespaces/ns/pods/web-0/log?follow=true", target())
  end)

  it("are what a pod or a service says", function()
    for _, case in ipairs { -- JoinSchemeNamePort: apimachinery util/net/port_split_test.go
      { { "http", "aoeu", "asdf" }, "http:aoeu:asdf" },
      { { "https", "aoeu", "" }, "https:aoeu:" },
      { { "https", "aoeu" }, "https:aoeu:" },
      { { "", "aoeu", "asdf" }, "aoeu:asdf" },
      { { nil, "aoeu" }, "aoeu" },
    } do
      local scheme, name, port = case[1][1], case[1][2], case[1][3]
      serve { "hello" }
      assert.equal("hello", core:services("ns"):proxy_get(scheme, name, port):raw())
      assert.equal("/api/v1/namespaces/ns/services/" .. case[2] .. "/proxy", target())
    end
    serve { "hello" }
    local request = core:pods("ns"):proxy_get("http", "web", "80", "/a/b c",
      { x = "1&2", y = { "3", "4" } })
    assert.equal("hello", request:raw())
    assert.equal("/api/v1/namespaces/ns/pods/http:web:80/proxy/a/b%20c?x=1%262&y=3&y=4", target())
  end)

  it("are refused by the server in its words", function()
    serve { faults.status(404, "NotFound", 'pods "x" not found') }
    fails(nil, select(2, core:pods("ns"):get_logs("x"):raw()), "NotFound", 'pods "x" not found')
    fails(nil, select(2, core:pods("ns"):get_logs(""):raw()), "BadRequest", "may not be empty")
    fails(nil, select(2, core:pods():get_logs("x")), "BadRequest", "an empty namespace")
  end)

  it("are not asked for what cannot be", function()
    serve { "" }
    assert.error_matches(function() core:pods("ns"):get_logs("x", { tail = 1 }) end,
      'get_logs: unknown option "tail"')
    assert.error_matches(function() core:pods("ns"):get_logs() end,
      "the name must be a string")
    assert.error_matches(function() core:services("ns"):proxy_get("http", "web", 80) end,
      "the port must be a string")
  end)
end)
