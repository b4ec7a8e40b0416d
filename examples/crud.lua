-- Create, get, update, patch, list and delete: a Deployment, a Service, an Ingress, a ReplicaSet, a
-- Pod and a StatefulSet. Works in a namespace of its own, which it removes.
--   lua crud.lua [NAMESPACE]
local kube = require("kube")

local k = assert(kube.connect())
local namespace = arg[1] or "kube-lua-crud"

local labels = { app = "crud" }

local function template(image)
  return {
    metadata = { labels = labels },
    spec = { containers = { { name = "app", image = image } } },
  }
end

local selector = { matchLabels = labels }

local manifests = {
  { apiVersion = "apps/v1", kind = "Deployment",
    spec = { replicas = 2, selector = selector, template = template("nginx:1.27") } },
  { apiVersion = "v1", kind = "Service",
    spec = { selector = labels, ports = { { port = 80, targetPort = 8080 } } } },
  { apiVersion = "networking.k8s.io/v1", kind = "Ingress",
    spec = { defaultBackend = { service = { name = "crud", port = { number = 80 } } } } },
  { apiVersion = "apps/v1", kind = "ReplicaSet",
    spec = { replicas = 1, selector = selector, template = template("nginx:1.27") } },
  { apiVersion = "v1", kind = "Pod", spec = template("nginx:1.27").spec },
  { apiVersion = "apps/v1", kind = "StatefulSet",
    spec = { serviceName = "crud", replicas = 1, selector = selector,
      template = template("nginx:1.27") } },
}

-- Controllers write to these objects too: a Conflict means that somebody was faster.
local function update(kind, name, change)
  return assert(kube.retry.on_conflict(function()
    local object = assert(k:get(kind, name, { namespace = namespace }))
    change(object)
    return k:update(object)
  end, kube.retry.DEFAULT_BACKOFF))
end

local function tour(manifest)
  local kind = manifest.kind
  manifest.metadata = { name = "crud", namespace = namespace, labels = labels }

  local created = assert(k:create(manifest))
  print(string.format("%s: created %s", kind, created.metadata.uid))

  local read = assert(k:get(kind, "crud", { namespace = namespace }))
  assert(read.metadata.uid == created.metadata.uid)

  local updated = update(kind, "crud", function(object)
    object.metadata.annotations = { note = "updated" }
  end)
  print(string.format("%s: updated to version %s", kind, updated.metadata.resourceVersion))

  local patched = assert(k:patch(kind, "crud", {
    metadata = { annotations = { note = kube.null, patched = "yes" } },
  }, { namespace = namespace }))
  assert(patched.metadata.annotations.note == nil and patched.metadata.annotations.patched == "yes")

  local list = assert(k:list(kind, { namespace = namespace, labelSelector = "app=crud" }))
  print(string.format("%s: %d in the list", kind, #list.items))

  assert(k:delete(kind, "crud", { namespace = namespace, gracePeriodSeconds = 0 }))
  print(string.format("%s: deleted", kind))
end

assert(k:create { apiVersion = "v1", kind = "Namespace", metadata = { name = namespace } })
for _, manifest in ipairs(manifests) do tour(manifest) end
assert(k:delete("namespace", namespace))
