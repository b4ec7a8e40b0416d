-- The clients that client-go has, on one configuration: the same pod through each of them. Works in
-- a namespace of its own, which it removes.
--   lua clients.lua [NAMESPACE]
local kube = require("kube")

local config = assert(kube.config.load())
local namespace = arg[1] or "kube-lua-clients"

-- The clientset: a method for each group, version and resource, with the verbs that it has
local clientset = assert(kube.clientset(config))
local core = clientset:core_v1()
assert(core:namespaces():create { metadata = { name = namespace } })
local pods = core:pods(namespace)
local created = assert(pods:create {
  metadata = { name = "web-0", labels = { app = "web" } },
  spec = { containers = { { name = "app", image = "nginx:1.27" } } },
})
print("clientset", created.kind, created.metadata.name)

-- The dynamic client: any resource by its group, version and plural, those of CRDs too
local dynamic = assert(kube.dynamic(config))
local resource = { group = "", version = "v1", resource = "pods" }
for pod in dynamic:resource(resource):namespace(namespace):each { labelSelector = "app=web" } do
  print("dynamic", pod.kind, pod.metadata.name)
end

-- The REST client: any request
local rest = assert(kube.rest(config))
local pod = assert(rest:get():namespace(namespace):resource("pods"):name("web-0"):send())
print("rest", pod.kind, pod.metadata.name)
print("rest", assert(rest:get():abs_path("/readyz"):raw()))

-- The discovery client: what there is
local discovery = assert(kube.discovery(config))
print("discovery", assert(discovery:server_version()).gitVersion)
for _, group in ipairs(assert(discovery:server_groups())) do
  if group.name == "apps" then print("discovery", group.name, group.preferredVersion) end
end

-- Everyday use: the names that people use
local k = assert(kube.connect(config))
assert(k:wait("po/web-0", { condition = "Ready", namespace = namespace }))
print("connect", "web-0 is ready")

assert(core:namespaces():delete(namespace))
