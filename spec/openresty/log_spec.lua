-- The log and warnings in a worker of nginx: in its error log, or where a handler puts them.
local faults = require("spec.support.faults")
local nginx = require("spec.support.nginx")

local function start(script, env, more)
  return nginx.start {
    env = env,
    http = string.format([[init_by_lua_block {
      local kube = require("kube")
      k = assert(kube.rest { kubeconfig = "/dev/null", server = %q, token = "SECRETMARK",
        certificate_authority = %q })
      lines = {}
      %s
    }]], script.server, faults.ca, more or ""),
    server = [[
      location = /get { content_by_lua_block {
        local object, err = k:get():abs_path("/x"):send()
        ngx.say(object and object.kind or tostring(err))
      } }
      location = /lines { content_by_lua_block { ngx.print(table.concat(lines, "\n")) } }
    ]],
  }
end

local function script()
  return faults.script({
    { body = '{"kind":"Pod"}', headers = { Warning = '299 - "deprecated"' } },
  }, "https")
end

local function count(text, pattern) return select(2, text:gsub(pattern, "")) end

describe("in nginx", function()
  local server
  after_each(function() server:stop() end)

  it("the log goes to nginx's, by KUBE_LOG, and so do warnings", function()
    server = start(script(), { KUBE_LOG = "7" })
    for _ = 1, 3 do assert.same({ 200, "Pod\n" }, { server:curl("/get") }) end
    local log = server:log()
    assert.equal(3, count(log, "%[notice%][^\n]*Request verb=\"GET\"[^\n]*Bearer <masked>"))
    assert.equal(3, count(log, "%[notice%][^\n]*Response verb=\"GET\"[^\n]*status=200"))
    assert.equal(1, count(log, "%[warn%][^\n]*Warning: deprecated"))
    assert.equal(0, count(log, "SECRETMARK"))
    assert.same({}, server:complaints())
  end)

  it("a handler takes both", function()
    server = start(script(), {}, [[
      kube.log.level(6)
      kube.log.handler(function(line) lines[#lines + 1] = line end)
    ]])
    assert.same({ 200, "Pod\n" }, { server:curl("/get") })
    local _, lines = server:curl("/lines")
    assert.equal(1, count(lines, "Response verb=\"GET\""))
    assert.equal(1, count(lines, "Warning: deprecated"))
    assert.equal(0, count(server:log(), "Response verb="))
  end)
end)
