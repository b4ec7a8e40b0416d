-- A tour of kube: connect, list, apply a file, watch a rollout, wait, show, delete.
--   lua tour.lua                 on kube.fake, an API server in memory that it starts itself
--   lua tour.lua KUBECONFIG      on a real cluster, in a namespace that it creates and removes
local kube = require("kube")

local here = arg[0]:match("^(.*)/[^/]*$") or "."
local is_terminal = os.execute("test -t 1")
is_terminal = is_terminal == true or is_terminal == 0

-- ---- showing ----

local function say(...) print(string.format(...)) end

local function headline(title, code)
  print()
  print(is_terminal and string.format("\27[1m%s\27[0m  \27[2m%s\27[0m", title, code)
    or title .. "  " .. code)
end

-- Rows of texts in columns; the first row is the head.
local function show_table(rows)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, text in ipairs(row) do widths[i] = math.max(widths[i] or 0, #text) end
  end
  for _, row in ipairs(rows) do
    local cells = {}
    for i, text in ipairs(row) do cells[i] = text .. (" "):rep(widths[i] - #text) end
    print("  " .. (table.concat(cells, "   "):gsub("%s+$", "")))
  end
end

-- One line that changes in place on a terminal, and a line for each change elsewhere.
local shown
local function show_live(text, is_last)
  if is_terminal then
    io.write("\r\27[K  ", text, is_last and "\n" or "")
    io.flush()
  elseif text ~= shown then
    print("  " .. text)
  end
  shown = text
end

-- ---- the steps ----

local function list_namespaces(k)
  headline("List", 'k:list("namespaces")')
  local rows = { { "NAME", "STATUS", "CREATED" } }
  for _, namespace in ipairs(assert(k:list("namespaces")).items) do
    local metadata = namespace.metadata
    rows[#rows + 1] = { metadata.name, namespace.status.phase, metadata.creationTimestamp }
  end
  show_table(rows)
end

local function apply_file(k, path)
  headline("Apply", "k:apply(kube.yaml.load_all(text))")
  local file = assert(io.open(path))
  local objects = assert(kube.yaml.load_all(file:read("*a")))
  file:close()
  for _, object in ipairs(assert(k:apply(objects))) do
    say("  %s/%s applied", object.kind:lower(), object.metadata.name)
  end
end

local function progress(deployment)
  local status, wanted = deployment.status, deployment.spec.replicas
  local updated, available = status.updatedReplicas or 0, status.availableReplicas or 0
  local done = status.observedGeneration == deployment.metadata.generation
    and updated == wanted and available == wanted and status.replicas == wanted
  local bar = ("#"):rep(math.min(updated, available, wanted))
  bar = bar .. ("."):rep(wanted - #bar)
  return string.format("deployment/%s [%s] %d of %d updated, %d available, %d old",
    deployment.metadata.name, bar, updated, wanted, available,
    math.max(0, (status.replicas or 0) - updated)), done
end

local function watch_rollout(k, name)
  local selector = "metadata.name=" .. name
  headline("Watch", string.format('k:watch("deploy", { fieldSelector = %q })', selector))
  local watch = assert(k:watch("deploy", { fieldSelector = selector, timeout = 120 }))
  for event in watch:events() do
    local text, done = progress(event.object)
    show_live(text, done)
    if done then return watch:close() end
  end
  error("the rollout took longer than two minutes")
end

local function change_image(k, name, image)
  local path = "/spec/template/spec/containers/0/image"
  headline("Patch", string.format('k:patch("deploy/%s", { { op = "replace", path = %q, '
    .. 'value = %q } }, { type = "json" })', name, path, image))
  assert(k:patch("deploy/" .. name, { { op = "replace", path = path, value = image } },
    { type = "json" }))
  say("  its image is now %s: the pods are replaced", image)
end

local function wait_until_available(k, name)
  headline("Wait",
    string.format('k:wait("deploy/%s", { condition = "Available", timeout = 60 })', name))
  local deployment = assert(k:wait("deploy/" .. name, { condition = "Available", timeout = 60 }))
  say("  deployment/%s is available: generation %d, %d of %d replicas", name,
    deployment.metadata.generation, deployment.status.availableReplicas, deployment.spec.replicas)
end

local function show_pods(k)
  headline("Show", 'for pod in k:each("pods") do ... end')
  local rows = { { "NAME", "PHASE", "RESTARTS", "IP", "NODE", "IMAGE" } }
  for pod in k:each("pods", { labelSelector = "app=web" }) do
    if not pod.metadata.deletionTimestamp then
      local container = (pod.status.containerStatuses or {})[1] or {}
      rows[#rows + 1] = {
        pod.metadata.name, pod.status.phase, tostring(container.restartCount or 0),
        pod.status.podIP or "-", pod.spec.nodeName or "-", pod.spec.containers[1].image,
      }
    end
  end
  show_table(rows)
end

local function delete(k, name)
  headline("Delete", string.format('k:delete("deploy/%s")', name))
  assert(k:delete("deploy/" .. name))
  local _, err = k:get("deploy/" .. name)
  say("  gone: %s", tostring(err))
end

local function tour(k)
  apply_file(k, here .. "/tour.yaml")
  watch_rollout(k, "web")
  change_image(k, "web", "registry.k8s.io/pause:3.10")
  watch_rollout(k, "web")
  wait_until_available(k, "web")
  show_pods(k)
  delete(k, "web")
end

-- ---- where it happens ----

-- Runs the tour in a namespace of its own, which is removed however the tour ends.
local function in_namespace(k, name)
  assert(k:create { apiVersion = "v1", kind = "Namespace", metadata = { name = name } })
  k.namespace = name
  local ok, problem = pcall(tour, k)
  local removed, err = k:delete("namespace", name)
  say(removed and "  and the namespace %s with it" or "  the namespace %s is still there: %s", name,
    tostring(err))
  if not ok then error(problem, 0) end
end

local kubeconfig = arg[1]
local server = not kubeconfig and assert(kube.fake.start()) or nil
local k = assert(kube.connect { kubeconfig = kubeconfig or server.kubeconfig })
local namespace = "kube-tour-" .. os.time() % 100000

headline("Connect", "kube.connect()")
say("  %s, %s", k.config.server, server and "an API server in memory: kube.fake" or k.config.source)
if not server then
  say("  The tour creates the namespace %s here, works in it alone, and removes it at its end.",
    namespace)
  say("  If it is interrupted: kubectl delete namespace %s", namespace)
end
list_namespaces(k)
in_namespace(k, namespace)
if server then server:close() end
