-- Each example is run as a user would run it, against the real API server.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local process = require("spec.support.process")

local admin = { KUBECONFIG = cluster.kubeconfig("admin") }

local function example(name, ...)
  local output, code = process.run_lua({ "examples/" .. name, ... }, admin)
  assert(code == 0, output)
  return output
end

local MANIFESTS = [[
apiVersion: v1
kind: ConfigMap
metadata: { name: settings }
data: { "on": "yes", empty: "" }
---
apiVersion: v1
kind: Pod
metadata: { name: web-0 }
spec: { containers: [ { name: web, image: "nginx:1.27" } ] }
]]

describe("examples", function()
  local k = cluster.connect("admin")
  local namespace = cluster.namespace("examples")

  it("apply.lua applies each document of a file", function()
    local path = process.file(MANIFESTS)
    local output = example("apply.lua", path, namespace)
    os.remove(path)
    assert.equal("configmap/settings applied\npod/web-0 applied\n", output)
    local settings = assert(k:get("cm/settings", nil, { namespace = namespace }))
    assert.same({ on = "yes", empty = "" }, settings.data)
    assert.equal("apply.lua", settings.metadata.managedFields[1].manager)
  end)

  it("apply.lua says why it failed, and fails", function()
    local path = process.file("apiVersion: v1\nkind: ConfigMap\nmetadata: { name: Bad_Name }\n")
    local output, code = process.run_lua({ "examples/apply.lua", path, namespace }, admin)
    os.remove(path)
    assert.equal(1, code)
    assert.matches("Bad_Name", output)
    assert.matches("%(Invalid 422%)", output)
  end)

  it("clients.lua shows the same pod through each client", function()
    local output = example("clients.lua", cluster.unique("clients"))
    assert.matches("^clientset\tPod\tweb%-0\ndynamic\tPod\tweb%-0\nrest\tPod\tweb%-0\nrest\tok\n"
      .. "discovery\tv1%.%S+\ndiscovery\tapps\tv1\nconnect\tweb%-0 is ready\n$", output)
  end)

  it("kubeconfig.lua makes one, and shows it without its token", function()
    local path = process.file("")
    local output = example("kubeconfig.lua", path, "https://127.0.0.1:1", "s3cr3t")
    assert.matches("current%-context: robot\n", output)
    assert.matches("token: REDACTED\n", output)
    assert.matches("token: s3cr3t\n", process.read(path))
    os.remove(path)
  end)

  it("watch.lua shows the pods there are, and follows them", function()
    cluster.eventually(function()
      return k:get("pod/web-0", nil, { namespace = namespace }).status.phase == "Running"
    end)
    assert.matches("ADDED%s+web%-0 Running ready", example("watch.lua", namespace, "1"))
  end)

  it("tasks.lua does several things at the same time, and ends", function()
    assert(k:create { apiVersion = "v1", kind = "Pod",
      metadata = { name = cluster.unique("task"), namespace = "default" },
      spec = { containers = { { name = "c", image = "i" } } } })
    local output = example("tasks.lua", "1.5")
    assert.matches("default\tADDED\ttask%-", output)
    assert.matches("\ntick\n", "\n" .. output)
    assert.matches("no more ticks: Canceled\n$", output)
  end)

  --- A watch that another loop waits for, and that loop's timer: both go on.
  local function judge_ticks(name, pod, env)
    local output, code = process.run_lua({ "examples/" .. name, "1.2" }, env)
    assert(code == 0, output)
    assert.matches("ADDED\t" .. pod:gsub("%-", "%%-") .. "\t", output)
    local _, ticks = output:gsub("tick\n", "")
    assert.is_true(ticks >= 4 and ticks <= 6, output)
  end

  for _, name in ipairs { "luv.lua", "cqueues.lua" } do
    it(name .. " watches while a timer of that loop ticks", function()
      local pod = cluster.unique("tick")
      assert(k:create { apiVersion = "v1", kind = "Pod",
        metadata = { name = pod, namespace = "default" },
        spec = { containers = { { name = "c", image = "i" } } } })
      judge_ticks(name, pod, admin)
    end)

    it(name .. " does the same on kube.fake, and says why it cannot", function()
      local server = assert(kube.fake.start { objects = kube.yaml.load_all(MANIFESTS) })
      local env = { KUBECONFIG = server.kubeconfig }
      judge_ticks(name, "web-0", env)
      local kept = process.file(assert(io.open(server.kubeconfig)):read("*a"))
      server:close()
      local output, code = process.run_lua({ "examples/" .. name, "1" }, { KUBECONFIG = kept })
      os.remove(kept)
      assert.equal(1, code)
      assert.matches("ConnectionRefused", output)
    end)
  end

  it("list_pods.lua shows every pod with its containers", function()
    local output = example("list_pods.lua")
    assert.matches(namespace:gsub("%-", "%%-") .. "/web%-0  Running  198%.", output)
    assert.matches("  web: running %(20..%-..%-..T..:..:..Z%), 0 restarts\n"
      .. "    image: nginx:1.27\n    id:    containerd://%x+", output)
  end)

  it("list_pods.c shows every pod, and needs no Lua", function()
    local program = os.getenv("KUBE_SPEC_BUILD") .. "/list_pods"
    local output, code = process.run(program, admin)
    assert.equal(0, code)
    assert.matches(namespace:gsub("%-", "%%-") .. "\tweb%-0\tRunning\n", output)
    assert.is_nil(process.run("ldd " .. program):match("lua"))
  end)

  it("list_pods.c says why it failed, and fails", function()
    local program = os.getenv("KUBE_SPEC_BUILD") .. "/list_pods"
    local output, code = process.run(program, { KUBECONFIG = cluster.kubeconfig("denied") })
    assert.equal(1, code)
    assert.matches('User "[^"]+" cannot list resource "pods"', output)
  end)

  it("crud.lua goes through all verbs for six kinds", function()
    local output = example("crud.lua", cluster.unique("crud"))
    local kinds = { "Deployment", "Service", "Ingress", "ReplicaSet", "Pod", "StatefulSet" }
    for _, kind in ipairs(kinds) do
      assert.matches(kind .. ": created %x+%-", output)
      assert.matches(kind .. ": updated to version %d+", output)
      assert.matches(kind .. ": %d in the list", output)
      assert.matches(kind .. ": deleted", output)
    end
  end)

  it("certificate.lua asks for a certificate, and is that user with it", function()
    local directory = os.tmpname()
    os.remove(directory)
    local output = example("certificate.lua", "jane", directory, "--approve")
    assert.matches("approved\tjane%-%d+\n", output)
    assert.matches("issued\tCN=jane\tuntil 20..%-..%-..T", output)
    assert.matches("the API server knows us as\tjane\n", output)
    local listed = process.run("ls -l " .. directory .. "/jane.kubeconfig")
    assert.equal("-rw-------", listed:sub(1, 10))
    local written = assert(kube.config.view { kubeconfig = directory .. "/jane.kubeconfig" })
    assert.equal("jane", written.contexts[1].context.user)
    assert.matches("^jane", written.users[1].user["client-key"]) -- beside it, as it may be moved
    process.run("rm -r " .. directory)
  end)

  local STEPS = { "Connect", "List", "Apply", "Watch", "Patch", "Watch", "Wait", "Show", "Delete" }

  -- Each step of the tour shows what it is for.
  local function judge_tour(output)
    local steps = {}
    for title in ("\n" .. output):gmatch("\n\n(%a+)  ") do steps[#steps + 1] = title end
    assert.same(STEPS, steps)
    assert.matches("NAME +STATUS +CREATED\n", output)
    assert.matches("\n  default +Active +20..%-", output)
    assert.matches("\n  configmap/settings applied\n  deployment/web applied\n", output)
    assert.matches("%[###%] 3 of 3 updated, 3 available, 0 old\n\nPatch", output)
    assert.matches("%[###%] 3 of 3 updated, 3 available, 0 old\n\nWait", output)
    assert.matches("is available: generation 2, 3 of 3 replicas\n", output)
    local row = "\n  web%-%x+%-%w+ +Running +0 +198%.18%.[%d.]+ +%S+ +%S+pause:3.10"
    local _, pods = output:gsub(row, "")
    assert.equal(3, pods)
    assert.matches('gone: deployments.apps "web" not found', output)
    assert.is_nil(output:find("\27", 1, true), "no terminal, no escapes")
  end

  it("tour.lua shows everything on kube.fake, which it starts", function()
    local output, code = process.run_lua({ "examples/tour.lua" }, { KUBECONFIG = "/nowhere" })
    assert(code == 0, output)
    judge_tour(output)
    assert.matches("http://127.0.0.1:%d+, an API server in memory: kube.fake", output)
  end)

  it("tour.lua says what it is about to do to a real cluster, and cleans up", function()
    local output = example("tour.lua", admin.KUBECONFIG)
    judge_tour(output)
    local name = output:match("creates the namespace (%S+) here, works in it alone, and removes it")
    assert.truthy(name, output)
    assert.truthy(output:find("creates the namespace", 1, true) < output:find("\nApply", 1, true))
    cluster.eventually(function()
      local gone, err = k:get("ns", name)
      return not gone and kube.is_not_found(err)
    end)
  end)

  it("fake_spec.lua is a test of a user's own", function()
    local output = process.run_lua { "/usr/bin/busted", "--output=plainTerminal",
      "examples/fake_spec.lua" }
    assert.matches("2 successes / 0 failures / 0 errors", output)
  end)

  it("make demo takes a cluster from its command line, not from the environment", function()
    local make = string.format("make -s --no-print-directory BUILD='%s' LUA=%s demo",
      os.getenv("KUBE_SPEC_BUILD"), process.lua)
    local clean = { KUBECONFIG = admin.KUBECONFIG, MAKEFLAGS = false, MAKELEVEL = false }
    local output, code = process.run(make, clean)
    assert(code == 0, output)
    assert.matches("kube.fake", output, 1, true)
    output, code = process.run(make .. " KUBECONFIG=" .. admin.KUBECONFIG, clean)
    assert(code == 0, output)
    assert.matches(k.config.server, output, 1, true)
  end)

  it("the ten lines of the README work as printed", function()
    local readme = assert(io.open("README.md")):read("*a")
    local script = assert(readme:match("```lua\n(.-)```"), "no Lua in the README")
    local path = process.file(script)
    local output, code = process.run_lua({ path }, admin)
    os.remove(path)
    assert(code == 0, output)
    assert.matches("web%-0\tRunning", output)
  end)
end)
