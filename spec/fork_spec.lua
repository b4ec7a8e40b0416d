-- A process that forks: the child gets an engine of its own, and what the parent has under way goes
-- on undisturbed, however the child ends.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local process = require("spec.support.process")

if not pcall(require, "ffi") then return end -- other Luas cannot fork by themselves

--- Runs in a program of its own. fork_and(fn) forks: fn in the child, which then ends by leave.
local PREAMBLE = [==[
local ffi = require("ffi")
local kube = require("kube")
ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
local kubeconfig, namespace, leave, server = arg[1], arg[2], arg[3], arg[4]
local k = assert(kube.connect { kubeconfig = kubeconfig, namespace = namespace })

local LEAVE = {
  ["_exit"] = function() ffi.C._exit(0) end,
  ["os.exit"] = function() os.exit(0) end,
  ["os.exit, which closes Lua"] = function() os.exit(0, true) end,
}

local function fork_and(fn)
  local pid = ffi.C.fork()
  if pid == 0 then
    local ok, problem = xpcall(fn, debug.traceback)
    if not ok then
      io.stderr:write("the child: ", tostring(problem), "\n")
      ffi.C._exit(1)
    end
    collectgarbage()
    LEAVE[leave]()
  end
  return pid
end

local function await(pid)
  local status = ffi.new("int[1]")
  assert(ffi.C.waitpid(pid, status, 0) == pid)
  assert(status[0] == 0, "the child ended with " .. status[0])
end

local function config_map(name, data)
  return { apiVersion = "v1", kind = "ConfigMap", metadata = { name = name }, data = data }
end

local function watch_of(name)
  return assert(k:watch("configmaps", { fieldSelector = "metadata.name=" .. name }))
end

local function must_be(event, err, kind)
  if not event then error(tostring(err)) end
  assert(event.type == kind, event.type)
end

local function calls()
  for _ = 1, 3 do
    assert(k:get("namespaces", namespace, { timeout = 20 }))
    assert(#assert(k:list("namespaces", { timeout = 20 })).items > 0)
  end
end
]==]

local namespace = cluster.namespace("fork")

local function run(program, leave, server)
  local path = process.file(PREAMBLE .. program)
  local said, code = process.run_lua {
    path, cluster.kubeconfig("admin"), namespace, leave, server or "",
  }
  os.remove(path)
  assert.equal("the end\n", said)
  assert.equal(0, code)
end

for _, leave in ipairs { "_exit", "os.exit", "os.exit, which closes Lua" } do
  describe("a child that ends by " .. leave, function()
    it("makes calls of its own, and the parent's watch goes on", function()
      run([[
        local name = "plain-" .. #leave
        local watch = watch_of(name)
        assert(k:create(config_map(name, { n = "0" })))
        local event, err = watch:next(20)
        must_be(event, err, "ADDED")
        local before = watch:info()
        local pid = fork_and(function()
          calls()
          local own = watch_of(name)
          local mine, problem = own:next(20)
          must_be(mine, problem, "ADDED")
          own:close()
        end)
        calls()
        await(pid)
        assert(k:patch("configmaps", name, { data = { n = "1" } }))
        event, err = watch:next(20)
        must_be(event, err, "MODIFIED")
        assert(watch:info().connects == before.connects)
        watch:close()
        calls()
        print("the end")]], leave)
    end)

    it("leaves the connections of the parent alone: none is made anew", function()
      local script = faults.script { { chunks = {
        faults.event("ADDED", "one", "1"), faults.event("ADDED", "two", "2"),
        faults.event("ADDED", "three", "3"),
      }, delay = 0.15, ["then"] = "hang" } }
      run([[
        local config = assert(kube.config.load { kubeconfig = kubeconfig, server = server })
        local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
        local watch = pods:namespace("default"):watch()
        must_be(watch:next(20), nil, "ADDED")
        local pid = fork_and(function()
          local event, err = watch:next(0.05) -- it is the parent's
          assert(event == nil and err, "the child read its parent's stream")
          watch:close()
          watch, pods = nil, nil
          collectgarbage()
          calls()
        end)
        must_be(watch:next(20), nil, "ADDED")
        await(pid)
        must_be(watch:next(20), nil, "ADDED")
        print("the end")]], leave, script.server)
      assert.equal(1, #script.requests())
    end)

    it("inside kube.run goes on beside its parent, each with its own tasks", function()
      run([[
        local name = "loop-" .. #leave
        local heard
        kube.run(function()
          local watch = watch_of(name)
          local reader = kube.spawn(function()
            must_be(watch:next(20), nil, "ADDED")
            must_be(watch:next(20), nil, "MODIFIED")
            return true
          end)
          assert(k:create(config_map(name, { n = "0" })))
          assert(kube.sleep(0.02))
          local pid = fork_and(function()
            local tasks = {}
            for i = 1, 5 do tasks[i] = kube.spawn(function() calls() return true end) end
            for i = 1, 5 do assert(tasks[i]:join(20)) end
            assert(kube.sleep(0.01))
            local _, err = kube.with_timeout(0.01, kube.sleep, 60)
            assert(kube.is_timeout(err))
          end)
          local tasks = {}
          for i = 1, 5 do tasks[i] = kube.spawn(function() calls() return true end) end
          for i = 1, 5 do assert(tasks[i]:join(20)) end
          await(pid)
          assert(k:patch("configmaps", name, { data = { n = "1" } }))
          heard = reader:join(20)
          watch:close()
        end)
        assert(heard)
        calls()
        print("the end")]], leave)
    end)

    it("may run a loop of its own where its parent has none, and the reverse", function()
      run([[
        calls()
        local pid = fork_and(function()
          kube.run(function()
            for _ = 1, 5 do kube.spawn(calls) end
          end)
          calls()
        end)
        kube.run(function()
          for _ = 1, 5 do kube.spawn(calls) end
        end)
        await(pid)
        print("the end")]], leave)
    end)
  end)
end

describe("a child of a child", function()
  it("has an engine of its own as well", function()
    run([[
      calls()
      local pid = fork_and(function()
        calls()
        local inner = fork_and(calls)
        calls()
        await(inner)
        calls()
      end)
      calls()
      await(pid)
      print("the end")]], "_exit")
  end)
end)
