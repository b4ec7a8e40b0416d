-- How kube fails: mistakes of the programmer.
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")

local fails, works = failing.fails, failing.works
local POD = failing.POD

describe("a mistake of the programmer", function()
  local client = faults.connect { server = faults.closed }
  local pods = faults.pods { server = faults.closed }
  local pod = faults.object("web", "1")
  local nameless = { apiVersion = "v1", kind = "Pod", metadata = {} }

  --- fn, of one line, must throw an error positioned at that line that has the words.
  local function throws(fn, ...)
    local about = debug.getinfo(fn, "S")
    local ok, problem = pcall(fn)
    assert.is_false(ok)
    assert.equal("string", type(problem), tostring(problem))
    local place = string.format("%s:%d: ", about.short_src, about.linedefined)
    assert.equal(place, problem:sub(1, #place), problem)
    for _, word in ipairs { ... } do assert.truthy(problem:find(word, 1, true), problem) end
  end

  it("is told of a misspelt option, and what may have been meant", function()
    local o = { timeuot = 1 }
    local words = { "unknown option", '"timeuot"', 'did you mean "timeout"?' }
    throws(function() local _ = client:get("pods", "web", o) end, "get:", words[1], words[3])
    throws(function() local _ = client:list("pods", o) end, "list:", words[1], words[3])
    throws(function() local _ = client:each("pods", o) end, "each:", words[1], words[3])
    throws(function() local _ = client:watch("pods", o) end, "watch:", words[1], words[3])
    throws(function() local _ = client:create(pod, o) end, "create:", words[1], words[3])
    throws(function() local _ = client:update(pod, o) end, "update:", words[1], words[3])
    throws(function() local _ = client:update_status(pod, o) end, "update_status:", words[1])
    throws(function() local _ = client:patch("pods", "web", {}, o) end, "patch:", words[1])
    throws(function() local _ = client:apply(pod, o) end, "apply:", words[1], words[3])
    throws(function() local _ = client:delete("pods", "web", o) end, "delete:", words[1], words[3])
    throws(function() local _ = client:delete(pod, o) end, "delete:", words[1], words[3])
    throws(function() local _ = client:delete_collection("pods", o) end, "delete_collection:")
    throws(function() local _ = pods:get("web", o) end, "get:", words[1], words[2], words[3])
    throws(function() local _ = pods:list(o) end, "list:", words[1], words[3])
    throws(function() local _ = pods:each(o) end, "each:", words[1], words[3])
    throws(function() local _ = pods:watch(o) end, "watch:", words[1], words[3])
    throws(function() local _ = pods:create(pod, o) end, "create:", words[1], words[3])
    throws(function() local _ = pods:update(pod, o) end, "update:", words[1], words[3])
    throws(function() local _ = pods:update_status(pod, o) end, "update_status:", words[1])
    throws(function() local _ = pods:patch("web", {}, o) end, "patch:", words[1], words[3])
    throws(function() local _ = pods:apply(pod, o) end, "apply:", words[1], words[3])
    throws(function() local _ = pods:delete("web", o) end, "delete:", words[1], words[3])
    throws(function() local _ = pods:delete_collection(o) end, "delete_collection:", words[1])
    local c = { kubeconfg = "/nowhere" }
    throws(function() local _ = kube.connect(c) end, "kube.connect:", '"kubeconfig"?')
    throws(function() local _ = kube.config.load(c) end, "kube.config.load:", '"kubeconfig"?')
    throws(function() local _ = kube.dynamic(c) end, "kube.dynamic:", '"kubeconfig"?')
    throws(function() local _ = kube.discovery(c) end, "kube.discovery:", '"kubeconfig"?')
  end)

  it("is told of an option of a wrong type", function()
    local o = { timeout = "5s" }
    throws(function() local _ = client:get("pods", "web", o) end, "timeout must be a number")
    throws(function() local _ = client:list("pods", { limit = 1.5 }) end,
      "limit must be an integer")
    throws(function() local _ = client:watch("pods", { resume = "no" }) end, "resume", "boolean")
    throws(function() local _ = client:apply(pod, { force = 1 }) end, "force must be a boolean")
    local braces = { fields = { "{.metadata.name}" } }
    throws(function() local _ = client:get("pods", "web", braces) end, "without braces")
    local odd = faults.connect { server = faults.closed }
    odd.namespace = {}
    throws(function() local _ = odd:get("pods", "web") end, "k.namespace must be a string")
    throws(function() local _ = client:get("pods", "web", "default") end, "must be a table")
    throws(function() local _ = kube.connect("/etc/kubeconfig") end, "must be a table")
    throws(function() local _ = kube.connect { context = 5 } end, "context must be a string")
  end)

  it("is told of an option that has only some values", function()
    throws(function() local _ = client:watch("pods", { on_expired = "die" }) end, '"restart" or')
    throws(function() local _ = pods:watch { on_expired = "die" } end, '"restart" or "error"')
    throws(function() local _ = client:patch("pods", "web", {}, { type = "odd" }) end, '"merge"')
    throws(function() local _ = pods:patch("web", {}, { type = "odd" }) end,
      '"merge", "json", "strategic" or "apply"')
  end)

  it("is told of a dot where a colon is needed, and of names in the wrong place", function()
    throws(function() local _ = client.get("pods", "web") end, "call it with a colon: k:get(...)")
    throws(function() local _ = client.list("pods") end, "call it with a colon: k:list(...)")
    throws(function() local _ = pods.list() end, "list: call it with a colon")
    throws(function() local _ = pods.get("web") end, "get: call it with a colon")
    throws(function() local _ = pods.each { limit = 1 } end, "each: call it with a colon")
    throws(function() local _ = pods.namespace("a") end, "namespace: call it with a colon")
    local typed = assert(kube.clientset(client)):core_v1():pods("a")
    throws(function() local _ = typed.create(pod) end, "create: call it with a colon")
    throws(function() local _ = typed.evict(pod) end, "evict: call it with a colon")
    throws(function() local _ = typed.get_logs("a") end, "get_logs: call it with a colon")
    throws(function() local _ = kube.discovery(client).server_groups() end, "call it with a colon")
    throws(function() local _ = kube.scale(client).scales("a") end, "call it with a colon")
    throws(function() local _ = kube.metadata(client).resource(typed) end, "call it with a colon")
    throws(function() local _ = client:each("pods").next() end, "a colon: stream:next()")
    throws(function() local _ = kube:connect() end, "call it with a dot")
    throws(function() local _ = client:list("pods/web") end, '"pods/web" names an object')
    local both = { namespace = "a", all_namespaces = true }
    throws(function() local _ = client:list("pods", both) end, "exclude each other")
  end)

  it("is told what was wrong with fields", function()
    throws(function() local _ = client:list("pods", { fields = {} }) end, "a list of paths")
    throws(function() local _ = client:list("pods", { fields = { "a[0]" } }) end, "a list of paths")
    throws(function() local _ = client:list("pods", { fields = { a = 1 } }) end, "list of paths")
  end)

  it("is told why there is no object, when a text was not read", function()
    throws(function() client:apply(kube.yaml.load("a: [")) end, "there is no object",
      "line 2, column 1")
  end)

  it("is told of a missing kind, name, object or patch", function()
    throws(function() local _ = client:get() end, "get: the kind must be a string")
    throws(function() local _ = client:get("pods") end, "get: the name must be a string")
    throws(function() local _ = client:list() end, "list: the kind must be a string")
    throws(function() local _ = client:each({}) end, "each: the kind must be a string")
    throws(function() local _ = client:watch() end, "watch: the kind must be a string")
    throws(function() local _ = client:create() end, "create: an object")
    throws(function() local _ = client:create({ kind = "Pod" }) end, "apiVersion and kind")
    throws(function() local _ = client:update(nameless) end, "update:", "needs a metadata.name")
    throws(function() local _ = client:update_status(nameless) end, "needs a metadata.name")
    throws(function() local _ = client:apply(nameless) end, "apply:", "needs a metadata.name")
    throws(function() local _ = client:apply("text") end, "apply: the object must be a table")
    throws(function() local _ = client:patch("pods", "web") end, "patch: the patch must be a table")
    throws(function() local _ = client:delete("pods") end, "delete: the name must be a string")
    throws(function() local _ = client:delete(nameless) end, "delete:", "needs a metadata.name")
    throws(function() local _ = client:delete_collection() end, "the kind must be a string")
    throws(function() local _ = pods:get() end, "get: the name must be a string")
    throws(function() local _ = pods:update(nameless) end, "needs a metadata.name")
    throws(function() local _ = pods:delete() end, "delete: the name must be a string")
    throws(function() local _ = kube.dynamic(client.config):resource {} end, "resource:")
  end)
end)

describe("a name that cannot be one", function()
  local BAD = { "a/b", "a%2fb", "..", ".", "" }

  it("is refused before anything is sent, of an object", function()
    local script = faults.script { POD }
    local pods = faults.pods { server = script.server }
    for _, name in ipairs(BAD) do
      local object = faults.object(name, "1")
      local function refused(pod, err) fails(pod, err, "BadRequest", "resource name", name) end
      refused(pods:get(name))
      refused(pods:update(object))
      refused(pods:update_status(object))
      refused(pods:patch(name, {}))
      refused(pods:apply(object))
      refused(pods:delete(name))
    end
    assert.same({}, script.requests())
    works(pods)
  end)

  it("is refused before anything is sent, of a namespace", function()
    local script = faults.script { POD }
    local client = faults.connect { server = script.server }
    for _, name in ipairs { "a/b", "a%2fb", "..", "." } do
      local pod, err = client:get("pods", "web", { namespace = name })
      fails(pod, err, "BadRequest", "namespace", name)
      pod, err = client:list("pods", { namespace = name })
      fails(pod, err, "BadRequest", "namespace", name)
    end
    assert.same({}, script.requests())
    assert.equal("web", assert(client:get("pods", "web")).metadata.name)
  end)

  it("goes out escaped when it is only odd", function()
    local script = faults.script { POD }
    assert(faults.pods { server = script.server }:get("a?b#c d:e"))
    assert.equal("/api/v1/namespaces/default/pods/a%3Fb%23c%20d:e",
      (script.requests()[1].target:gsub("%%3A", ":")))
  end)
end)
