--- Runs specs on both servers, the control plane and kube.fake, each case in its own namespace.
--
--   local worlds = require("spec.support.worlds")
--   worlds.describe("k:wait", function(connect)
--     it("...", function() local k = connect() ... end)
--   end)
local busted = require("busted")
local cluster = require("spec.support.cluster")
local fake = require("kube.fake")

local worlds = {}

--- Calls body(connect, name) in a describe for each server; connect() gives a client whose
-- namespace is new.
function worlds.describe(title, body)
  busted.describe(title .. " on the control plane", function()
    body(function()
      return cluster.connect("admin", { namespace = cluster.namespace("worlds") })
    end, "cluster")
  end)
  busted.describe(title .. " on kube.fake", function()
    local server
    busted.setup(function() server = assert(fake.start()) end)
    busted.teardown(function() server:close() end)
    body(function()
      local k, name = assert(server:connect()), cluster.unique("worlds")
      assert(k:create { apiVersion = "v1", kind = "Namespace", metadata = { name = name } })
      k.namespace = name
      return k
    end, "fake")
  end)
end

--- A Deployment of two pods.
function worlds.deployment(name, labels)
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name, labels = labels },
    spec = {
      replicas = 2, selector = { matchLabels = { app = name } },
      template = {
        metadata = { labels = { app = name } },
        spec = { containers = { { name = "c", image = "i:1" } } },
      },
    },
  }
end

return worlds
