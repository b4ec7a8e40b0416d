-- What specs of one namespace make, and how they look at what comes back.
--
--   local own = things.of(cluster.namespace("mine"))
--   local here, pod = own.here, own.pod
local assert = require("luassert")
local cluster = require("spec.support.cluster")
local kube = require("kube")

local things = {}

--- Objects of a namespace, and options that name it: { here =, config_map =, pod =, deployment = }.
function things.of(namespace)
  local own = {}

  --- The options that are given, and the namespace.
  function own.here(given)
    given = given or {}
    given.namespace = namespace
    return given
  end

  function own.config_map(...) return cluster.config_map(namespace, ...) end

  function own.pod(name, annotations)
    return {
      apiVersion = "v1", kind = "Pod",
      metadata = { name = name, namespace = namespace, annotations = annotations },
      spec = { containers = { { name = "app", image = "nginx:1.27" } } },
    }
  end

  function own.deployment(name, replicas)
    return {
      apiVersion = "apps/v1", kind = "Deployment",
      metadata = { name = name, namespace = namespace },
      spec = {
        replicas = replicas, selector = { matchLabels = { app = name } },
        template = {
          metadata = { labels = { app = name } },
          spec = { containers = { { name = "app", image = "nginx:1.27" } } },
        },
      },
    }
  end

  return own
end

--- The names of a list's items, sorted.
function things.names(list)
  local found = {}
  for i, object in ipairs(list.items) do found[i] = object.metadata.name end
  table.sort(found)
  return found
end

--- That a call gave nil and an error with that reason; the error.
function things.refused(reason, value, err)
  assert.is_nil(value)
  assert.is_true(kube.is_error(err), tostring(err))
  assert.equal(reason, err.reason)
  return err
end

return things
