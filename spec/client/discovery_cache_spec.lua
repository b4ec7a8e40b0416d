-- kubectl's cache of what servers serve: who reads it, who fills it, when it is not used. What a
-- file may be is in discovery_test.c.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")
local process = require("spec.support.process")

local serial = 0

--- A directory that nobody made yet.
local function directory()
  serial = serial + 1
  return string.format("%s/cache-%s-%s-%d", faults.dir, process.lua:gsub("[^%w]", ""),
    tostring(faults):match("0x(%x+)"), serial)
end

local function thing(kind)
  return json.array { { resource = kind:lower() .. "s", singularResource = kind:lower(),
    responseKind = { group = "g", version = "v1", kind = kind }, scope = "Namespaced",
    verbs = json.array { "get" }, subresources = json.array { { subresource = "scale",
      responseKind = { group = "autoscaling", version = "v1", kind = "Scale" },
      verbs = json.array { "get" } } } } }
end

local function apis(kind)
  return faults.json { kind = "APIGroupDiscoveryList", items = json.array { {
    metadata = { name = "g" }, versions = json.array {
      { version = "v1", resources = thing(kind) }, { version = "v0", resources = json.array() },
    },
  } } }
end

--- A server that serves pods and Things, then pods and Others.
local function server()
  return faults.script({ faults.json { kind = "PodList", apiVersion = "v1", metadata = {},
    items = json.array() } }, nil, { ["/apis"] = { apis("Thing"), apis("Other") } })
end

local function open(script, dir)
  return assert(kube.discovery {
    kubeconfig = faults.kubeconfig { server = script.server }, discovery_cache = dir,
  })
end

local function names(discovery)
  local all = {}
  for i, r in ipairs(assert(discovery:server_resources())) do all[i] = r.resource end
  return table.concat(all, " ")
end

--- Where a server's files are.
local function place(script, dir)
  return dir .. "/discovery/" .. script.server:gsub("^http://", ""):gsub("[^%w_/.()]", "_")
end

describe("the cache", function()
  -- client-go discovery/cached/disk/cached_discovery_test.go TestCachedDiscoveryClient_Fresh
  it("is filled by the first, and read by the next", function()
    local script, dir = server(), directory()
    local first = open(script, dir)
    assert.equal("pods things", names(first))
    assert.is_true(first:fresh())
    local second = open(script, dir)
    assert.is_false(second:fresh())
    assert.equal("pods things", names(second))
    assert.is_false(second:fresh())
    assert.equal(2, #script.requests(true))
    assert.same(first:server_resources(), second:server_resources())
    assert.same(first:server_groups(), second:server_groups())
    assert.same(first:server_subresources(), second:server_subresources())
    second:invalidate()
    assert.equal("pods others", names(second))
    assert.is_true(second:fresh())
    assert.equal("pods others", names(open(script, dir)))
    assert.equal(4, #script.requests(true))
  end)

  it("is where kubectl has it, and has what kubectl has", function()
    local script, dir = server(), directory()
    names(open(script, dir))
    local own = place(script, dir)
    local groups = assert(json.decode(faults.read(own .. "/servergroups.json")))
    assert.same({ kind = "APIGroupList", apiVersion = "v1", groups = {
      { name = "", versions = { { groupVersion = "v1", version = "v1" } },
        preferredVersion = { groupVersion = "v1", version = "v1" } },
      { name = "g", versions = { { groupVersion = "g/v1", version = "v1" },
        { groupVersion = "g/v0", version = "v0" } },
        preferredVersion = { groupVersion = "g/v1", version = "v1" } },
    } }, groups)
    assert.same({ kind = "APIResourceList", apiVersion = "v1", groupVersion = "g/v1",
      resources = {
        { name = "things", singularName = "thing", namespaced = true, group = "g",
          version = "v1", kind = "Thing", verbs = { "get" } },
        { name = "things/scale", singularName = "thing", namespaced = true, kind = "Scale",
          group = "autoscaling", version = "v1", verbs = { "get" } },
      } }, assert(json.decode(faults.read(own .. "/g/v1/serverresources.json"))))
    local files = faults.sh("cd %s && find . -type f | sort", process.quote(dir))
    local _, count = files:gsub("\n", "")
    assert.equal(4, count, files)
  end)

  it("is not used when a file of it is broken, and is mended then", function()
    local script, dir = server(), directory()
    names(open(script, dir))
    local file = assert(io.open(place(script, dir) .. "/g/v1/serverresources.json", "wb"))
    file:write("{")
    file:close()
    assert.equal("pods others", names(open(script, dir)))
    assert.equal(4, #script.requests(true))
    assert.equal("pods others", names(open(script, dir)))
    assert.equal(4, #script.requests(true))
  end)

  it("is not used after six hours", function()
    local script, dir = server(), directory()
    names(open(script, dir))
    faults.sh("touch -d '7 hours ago' %s/servergroups.json", process.quote(place(script, dir)))
    assert.equal("pods others", names(open(script, dir)))
  end)

  it("is nowhere when told so, and no harm is done where it cannot be", function()
    for _, dir in ipairs { false, "/dev/null", "/proc/none" } do
      local script = server()
      assert.equal("pods things", names(open(script, dir)))
      assert.equal("pods others", names(open(script, dir)))
    end
  end)

  it("does not hide what was made since", function()
    local script, dir = server(), directory()
    names(open(script, dir))
    local k = assert(kube.connect {
      kubeconfig = faults.kubeconfig { server = script.server }, discovery_cache = dir,
    })
    assert.equal("others", assert(k:resource_for("others")).resource)
    assert.equal(4, #script.requests(true))
    assert.is_nil((k:resource_for("none")))
    assert.equal(6, #script.requests(true)) -- each miss looks once more
    local fresh = assert(kube.connect {
      kubeconfig = faults.kubeconfig { server = script.server }, discovery_cache = directory(),
    })
    assert.is_nil((fresh:resource_for("none")))
    assert.equal(8, #script.requests(true)) -- but not right after the first look
  end)

  it("makes a name of a resource cost nothing", function()
    local script, dir = server(), directory()
    names(open(script, dir))
    local before = #script.requests(true)
    local k = assert(kube.connect {
      kubeconfig = faults.kubeconfig { server = script.server }, discovery_cache = dir,
    })
    assert(k:list("po"))
    assert.equal(1, #script.requests(true) - before)
  end)

  it("is kubectl's unless told otherwise: KUBECACHEDIR, or HOME", function()
    local program = [[
      local kube = require("kube")
      local given = { kubeconfig = %q, discovery_cache = %s }
      local discovery = assert(kube.discovery(given))
      assert(discovery:server_resources())
      io.write(tostring(discovery:fresh()))
    ]]
    local function run(env, given)
      local script = server()
      local text = program:format(faults.kubeconfig { server = script.server }, given or "nil")
      faults.run_lua(env, text)
      return script, faults.run_lua(env, text)
    end
    local dir = directory()
    local script, fresh = run { KUBECACHEDIR = dir, HOME = "/nowhere" }
    assert.equal("false", fresh)
    assert.truthy(process.read(place(script, dir) .. "/servergroups.json"))
    script, fresh = run { HOME = dir }
    assert.equal("false", fresh)
    assert.truthy(process.read(place(script, dir .. "/.kube/cache") .. "/servergroups.json"))
    assert.equal("true", select(2, run {}))
    assert.equal("true", select(2, run({ HOME = dir }, "false")))
    assert.equal("false", select(2, run({ HOME = dir }, "true")))
  end)

  it("stays whole when many fill and read it at once", function()
    local script, dir = server(), directory()
    local program = faults.file(string.format([[
      local kube = require("kube")
      for _ = 1, 20 do
        local discovery = assert(kube.discovery { kubeconfig = %q, discovery_cache = %q })
        assert(#assert(discovery:server_resources()) == 2)
        assert(discovery:refresh())
      end
      io.write("good ")
    ]], faults.kubeconfig { server = script.server }, dir), ".lua")
    local command = process.lua .. " " .. process.quote(program)
    local out = process.run(("(" .. command .. ") & "):rep(4) .. "wait")
    assert.equal(("good "):rep(4), out)
    assert.equal("pods others", names(open(script, dir)))
    assert.equal("", faults.sh("find %s -name '*.json.*'", process.quote(dir)))
  end)

  it("refuses what is no place", function()
    for _, given in ipairs { 5, {} } do
      local ok, err = pcall(kube.connect, { discovery_cache = given })
      assert.is_false(ok)
      assert.truthy(err:find("discovery_cache must be a boolean or a path", 1, true), err)
    end
  end)
end)

-- Where there is a kubectl, it is asked: it is client-go's own client of this cache.
if select(2, process.run("command -v kubectl")) == 0 then
  describe("the cache, shared with kubectl,", function()
    local kubeconfig = cluster.kubeconfig("admin")

    local function kubectl(dir, arguments)
      return process.run("kubectl --kubeconfig " .. process.quote(kubeconfig) .. " " .. arguments,
        { KUBECACHEDIR = dir })
    end

    local function open_own(dir)
      return assert(kube.discovery { kubeconfig = kubeconfig, discovery_cache = dir })
    end

    it("is read by us when kubectl filled it", function()
      local dir = directory()
      local out, code = kubectl(dir, "--cache-dir " .. process.quote(dir) .. " get ns")
      assert.equal(0, code, out)
      local discovery = open_own(dir)
      local resources, problem = discovery:server_resources()
      assert.is_nil(problem)
      assert.is_false(discovery:fresh(), "it was not used")
      local live = assert(open_own(false):server_resources())
      local function by_name(list)
        local all = {}
        for _, r in ipairs(list) do
          all[r.group .. "/" .. r.version .. "/" .. r.resource] = r
        end
        return all
      end
      assert.same(by_name(live), by_name(resources))
    end)

    it("is read by kubectl when we filled it", function()
      local dir = directory()
      assert(open_own(dir):server_resources())
      local out, code = kubectl(dir, "--cache-dir " .. process.quote(dir)
        .. " -v=8 get deploy,ing,crd -A")
      assert.equal(0, code, out)
      assert.truthy(out:find("GET https?://[^\n]*/apis/apps/v1/deployments"), out)
      assert.is_nil(out:find("GET https?://[^/\n]*/apis?%?"), out)
      assert.is_nil(out:find("GET https?://[^/\n]*/apis/apps/v1%?"), out)
    end)
  end)
end
