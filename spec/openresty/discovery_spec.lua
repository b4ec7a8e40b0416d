-- Discovery in a worker of nginx: files are not for it, unless it is told so.
local cluster = require("spec.support.cluster")
local nginx = require("spec.support.nginx")
local process = require("spec.support.process")

local SERVER = [[
  location = /usual { content_by_lua_block {
    local k = assert(kube.connect())
    ngx.print(assert(k:resource_for("deploy")).kind, " ", tostring(k:discovery():fresh()))
  } }
  location = /told { content_by_lua_block {
    local k = assert(kube.connect { discovery_cache = true })
    ngx.print(assert(k:resource_for("deploy")).kind, " ", tostring(k:discovery():fresh()))
  } }
  location = /legacy { content_by_lua_block {
    local discovery = assert(kube.connect()):discovery()
    local resources, problem = discovery:with_legacy():server_resources()
    ngx.print(#resources == #discovery:server_resources(), " ", tostring(problem))
  } }
]]

describe("discovery in nginx", function()
  local dir = os.tmpname()
  os.remove(dir)
  local server = nginx.start {
    env = { KUBECONFIG = cluster.kubeconfig("admin"), KUBECACHEDIR = dir },
    http = 'init_by_lua_block { kube = require("kube") }', server = SERVER,
  }

  teardown(function()
    server:stop()
    process.run("rm -rf " .. process.quote(dir))
  end)

  local function get(path)
    local code, body = server:curl(path)
    assert.equal(200, code, body)
    return body
  end

  local function files()
    return (process.run("find " .. process.quote(dir) .. " -type f | wc -l"))
  end

  it("leaves kubectl's cache alone", function()
    assert.equal("Deployment true", get("/usual"))
    assert.equal("Deployment true", get("/usual"))
    assert.truthy(files():find("No such file", 1, true))
  end)

  it("uses it when told to", function()
    assert.equal("Deployment true", get("/told"))
    assert.is_true(tonumber(files()) > 20)
    assert.equal("Deployment false", get("/told"))
  end)

  it("asks for the lists of a server of old at the same time", function()
    assert.equal("true nil", get("/legacy"))
  end)
end)
