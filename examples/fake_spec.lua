-- How to test a program of yours without a cluster, on the Lua that kube was built for:
--   busted --lua=/usr/bin/lua5.4 examples/fake_spec.lua
local kube = require("kube")

-- What is tested: labels the pods of a namespace that were restarted more often than `limit` times,
-- and returns how many there were.
local function mark_restless(k, namespace, limit)
  local marked = 0
  for pod in k:each("pods", { namespace = namespace }) do
    local restarts = 0
    for _, container in ipairs(pod.status.containerStatuses or {}) do
      restarts = restarts + container.restartCount
    end
    if restarts > limit then
      assert(k:patch("pod", pod.metadata.name, { metadata = { labels = { restless = "true" } } },
        { namespace = namespace }))
      marked = marked + 1
    end
  end
  return marked
end

local function pod(name, restarts)
  return {
    apiVersion = "v1", kind = "Pod", metadata = { name = name, namespace = "shop" },
    spec = { containers = { { name = "c", image = "i" } } },
    status = { containerStatuses = { { name = "c", ready = true, restartCount = restarts } } },
  }
end

describe("mark_restless", function()
  local server, k

  before_each(function() -- a new world for each: it takes some milliseconds
    server = assert(kube.fake.start {
      objects = { pod("calm", 2), pod("restless", 7) },
      pods = { scheduled_after = false }, -- they stay as they are
    })
    k = assert(server:connect { namespace = "shop" })
  end)

  after_each(function() server:close() end)

  it("labels those above the limit, and no others", function()
    assert.equal(1, mark_restless(k, "shop", 5))
    local marked = assert(k:list("pods", { labelSelector = "restless=true" }))
    assert.equal(1, #marked.items)
    assert.equal("restless", marked.items[1].metadata.name)
  end)

  it("says why it cannot", function()
    server:close()
    local ok, err = pcall(mark_restless, k, "shop", 5)
    assert.is_false(ok)
    assert.equal("ConnectionRefused", err.reason)
  end)
end)
