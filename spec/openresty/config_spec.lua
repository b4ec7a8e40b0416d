-- examples/openresty/config.lua follows a ConfigMap of the real API server.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local openresty = require("spec.support.openresty")

describe("the handler of a ConfigMap", function()
  local k = cluster.connect("admin")
  local namespace = cluster.namespace("config")
  local server

  local function put(data, binary)
    return assert(k:apply({
      apiVersion = "v1", kind = "ConfigMap",
      metadata = { name = "settings", namespace = namespace }, data = data, binaryData = binary,
    }, { force = true }))
  end

  local function becomes(code, text)
    local last
    local ok = pcall(cluster.eventually, function()
      local got, body = server:curl("/greeting")
      last = got .. " " .. body
      return got == code and (not text or body == text)
    end, 20)
    assert(ok, "it became " .. tostring(last))
  end

  setup(function() server = openresty(cluster.kubeconfig("admin"), namespace) end)
  teardown(function() server:stop() end)

  it("serves its key as it is now, and says when that is gone", function()
    assert.equal(404, (server:curl("/greeting")))
    put { greeting = "Hello\n" }
    becomes(200, "Hello\n")
    put { greeting = "Good evening\n" }
    becomes(200, "Good evening\n")
    put { other = "x" }
    becomes(404)
    put(nil, { greeting = "AAH/" })
    becomes(200, "\0\1\255")
    assert(k:delete("cm", "settings", { namespace = namespace }))
    becomes(404)
  end)

  it("answers 304 to who has it already", function()
    put { greeting = "Hello\n" }
    becomes(200, "Hello\n")
    local _, head = server:curl("/greeting", { "-i" })
    local tag = head:match('\nETag: ("%d+")')
    assert.equal(304, (server:curl("/greeting", { "-H", "If-None-Match: " .. tag })))
  end)

  it("serves what it knows while the API server is away, and 503 when it knows nothing", function()
    put { greeting = "known\n" }
    becomes(200, "known\n")
    control.without_apiserver(function()
      assert.same({ 200, "known\n" }, { server:curl("/greeting") })
      server:reload()
      assert.equal(503, (server:curl("/greeting")))
    end)
    becomes(200, "known\n")
    put { greeting = "new\n" }
    becomes(200, "new\n")
  end)

  it("has one watch a worker, and none before it is asked for", function()
    local quiet = openresty(cluster.kubeconfig("admin"), namespace, { workers = 1 })
    local path = "/api/v1/namespaces/" .. namespace .. "/configmaps?*watch=true"
    control.faults { { path = path } }
    assert.equal(0, control.seen())
    for _ = 1, 5 do assert.equal(200, (quiet:curl("/greeting"))) end
    assert.equal(1, control.seen())
    control.faults {}
    quiet:stop()
  end)
end)
