-- kube.run, kube.spawn, and what a task is.
local cluster = require("spec.support.cluster")
local driver = require("kube.driver")
local kube = require("kube")
local process = require("spec.support.process")

local k = cluster.connect()
local namespace = cluster.namespace("run")

describe("kube.run", function()
  it("gives what its function gives, nil among it", function()
    local results = { n = select("#", kube.run(function() return 1, nil, "c", nil end)),
      kube.run(function() return 1, nil, "c", nil end) }
    assert.equal(4, results.n)
    assert.equal(1, results[1])
    assert.is_nil(results[2])
    assert.equal("c", results[3])
    assert.equal(0, select("#", kube.run(function() end)))
  end)

  it("hands its arguments on", function()
    assert.same({ "a", 3 }, { kube.run(function(first, second, ...)
      assert.is_nil(second)
      return first, 1 + select("#", ...) + 1
    end, "a", nil, nil) })
  end)

  it("is the driver inside, and the blocking one is outside", function()
    assert.equal("blocking", driver.current().name)
    assert.equal("loop", kube.run(function() return driver.current().name end))
    assert.equal("blocking", driver.current().name)
  end)

  it("cannot be nested", function()
    local message
    kube.run(function()
      local ok, problem = pcall(kube.run, function() end)
      assert.is_false(ok)
      message = problem
    end)
    assert.truthy(message:find("kube.run: already inside kube.run; use kube.spawn", 1, true))
    assert.equal("still fine", kube.run(function() return "still fine" end))
  end)

  it("needs a function, and works after it was called without one", function()
    for _, value in ipairs { "fn", {}, 1 } do
      local ok, message = pcall(kube.run, value)
      assert.is_false(ok)
      assert.truthy(message:find("kube.run: a function is needed", 1, true))
    end
    assert.is_false((pcall(kube.run)))
    assert.equal(1, kube.run(function() return 1 end))
  end)

  it("throws the error table that its function throws, unchanged", function()
    local err
    local ok, caught = pcall(kube.run, function()
      local _
      _, err = k:get("pods", "nobody", { namespace = namespace })
      error(err)
    end)
    assert.is_false(ok)
    assert.equal(err, caught)
    assert.is_true(kube.is_not_found(caught))
  end)

  it("throws the text that its function throws, with where it was", function()
    local ok, caught = pcall(kube.run, function()
      kube.sleep(0.001)
      error("all is lost", 0)
    end)
    assert.is_false(ok)
    assert.equal("all is lost", caught:match("^[^\n]+"))
    assert.truthy(caught:find("run_spec.lua", 1, true))
  end)

  it("throws even where nothing was thrown but nil", function()
    assert.is_false((pcall(kube.run, function() error() end)))
    assert.equal(1, kube.run(function() return 1 end))
  end)

  it("drops the other tasks when its function throws", function()
    local went_on = false
    assert.is_false((pcall(kube.run, function()
      kube.spawn(function() kube.sleep(0.02); went_on = true end)
      kube.sleep(0.001)
      error("all is lost", 0)
    end)))
    kube.run(function() kube.sleep(0.05) end)
    assert.is_false(went_on)
  end)

  it("does not let a dropped task come back in the next run when its answer arrives", function()
    local went_on, order = false, {}
    assert.is_false((pcall(kube.run, function()
      kube.spawn(function()
        k:get("namespaces", namespace)
        went_on = true
      end)
      kube.sleep(0) -- the other one has sent its request
      error("all is lost", 0)
    end)))
    kube.run(function()
      local other = kube.spawn(function()
        for i = 1, 20 do
          assert(k:get("namespaces", namespace))
          order[i] = i
        end
      end)
      assert(k:get("namespaces", namespace))
      other:join()
    end)
    assert.is_false(went_on)
    assert.equal(20, #order)
  end)

  it("leaves a stream that a dropped task read for the next reader, at once", function()
    local watch = assert(k:watch("configmaps", { namespace = namespace,
      fieldSelector = "metadata.name=later" }))
    collectgarbage("stop") -- the task is still there
    assert.is_false((pcall(kube.run, function()
      kube.spawn(function() watch:next(20) end)
      kube.sleep(0.01)
      error("all is lost", 0)
    end)))
    local event, err = watch:next(0.02)
    collectgarbage("restart")
    assert.is_nil(event)
    assert.is_true(kube.is_timeout(err))
    assert(k:create(cluster.config_map(namespace, "later")))
    assert.equal("later", assert(watch:next(20)).object.metadata.name)
    watch:close()
  end)

  it("ends when all that it spawned have ended", function()
    local ended = 0
    kube.run(function()
      for _ = 1, 3 do
        kube.spawn(function()
          kube.sleep(0.01)
          kube.spawn(function() kube.sleep(0.01); ended = ended + 1 end)
          ended = ended + 1
        end)
      end
    end)
    assert.equal(6, ended)
  end)
end)

describe("kube.spawn", function()
  it("is the programmer's error outside of kube.run", function()
    local ok, message = pcall(kube.spawn, function() end)
    assert.is_false(ok)
    assert.truthy(message:find("call it inside kube.run", 1, true))
  end)

  it("needs a function", function()
    kube.run(function()
      local ok, message = pcall(kube.spawn, "fn")
      assert.is_false(ok)
      assert.truthy(message:find("kube.spawn: a function is needed", 1, true))
    end)
  end)

  it("starts tasks in their order, after the one that spawned them waits", function()
    local order = {}
    kube.run(function()
      for i = 1, 3 do
        kube.spawn(function(name) order[#order + 1] = name end, "task " .. i)
      end
      order[#order + 1] = "main"
    end)
    assert.same({ "main", "task 1", "task 2", "task 3" }, order)
  end)

  it("reports on the standard error stream what a task throws that nobody joins", function()
    local said, status = process.run_program([[
      local kube = require("kube")
      kube.run(function()
        kube.spawn(function() error("a text") end)
        kube.spawn(function() error(select(2, kube.connect { kubeconfig = "/no/such" })) end)
        kube.spawn(function() error { message = "a table's text" } end)
        kube.sleep(0.01)
        print("main went on")
      end)
    ]])
    assert.equal(0, status)
    assert.truthy(said:find("kube: a spawned task failed: [^\n]*a text\n"), said)
    assert.truthy(said:find("stack traceback", 1, true), said)
    assert.truthy(said:find("kube: a spawned task failed: [^\n]*/no/such[^\n]*%(Config%)"), said)
    assert.truthy(said:find("kube: a spawned task failed: a table's text\n"), said)
    assert.truthy(said:find("main went on", 1, true), said)
  end)

  it("does not report what a joiner is given", function()
    local said, status = process.run_program([[
      local kube = require("kube")
      kube.run(function()
        local task = kube.spawn(function() kube.sleep(0.01) error("a text") end)
        local value, problem = task:join()
        assert(value == nil and problem:find("a text", 1, true))
      end)
    ]])
    assert.equal("", said)
    assert.equal(0, status)
  end)

  it("reports again once the joiner has given up", function()
    local said, status = process.run_program([[
      local kube = require("kube")
      kube.run(function()
        local task = kube.spawn(function() kube.sleep(0.02) error("a text") end)
        assert(kube.is_timeout(select(2, task:join(0.001))))
      end)
    ]])
    assert.equal(0, status)
    assert.truthy(said:find("kube: a spawned task failed: [^\n]*a text\n"), said)
  end)
end)

describe("a task", function()
  it("gives its results to who joins it, before and after its end", function()
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.005) return 1, nil, 3 end)
      for _ = 1, 2 do
        local a, b, c = task:join()
        assert.equal(1, a)
        assert.is_nil(b)
        assert.equal(3, c)
        assert.equal(3, select("#", task:join()))
      end
    end)
  end)

  it("gives its results to several joiners", function()
    local got = {}
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.005) return "result" end)
      for i = 1, 3 do kube.spawn(function() got[i] = task:join() end) end
    end)
    assert.same({ "result", "result", "result" }, got)
  end)

  it("gives the error table that it throws to who joins it", function()
    kube.run(function()
      local thrown
      local task = kube.spawn(function()
        kube.sleep(0.005)
        thrown = select(2, k:get("pods", "nobody", { namespace = namespace }))
        error(thrown)
      end)
      local value, err = task:join()
      assert.is_nil(value)
      assert.equal(thrown, err)
      assert.is_true(kube.is_not_found(err))
    end)
  end)

  it("is joined for no longer than the time-out", function()
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.1) return "result" end)
      local value, why = task:join(0.005)
      assert.is_nil(value)
      assert.equal("Timeout", why.reason)
      assert.is_true(kube.is_timeout(select(2, task:join(0))))
      assert.equal("result", task:join(20))
    end)
  end)

  it("may be asked for its results after the run", function()
    local task
    kube.run(function() task = kube.spawn(function() return "result" end) end)
    assert.equal("result", task:join())
  end)

  it("that was dropped counts as canceled, and may be canceled without harm", function()
    local task
    pcall(kube.run, function()
      task = kube.spawn(function() kube.sleep(60) end)
      kube.sleep(0.001)
      error("all is lost", 0)
    end)
    task:cancel()
    assert.is_true(kube.is_canceled(select(2, task:join())))
    local _, err = kube.run(function() return task:join() end)
    assert.is_true(kube.is_canceled(err))
  end)

  it("says so when a coroutine inside a task joins, which could never end", function()
    kube.run(function()
      local task = kube.spawn(function() kube.sleep(0.01) end)
      local ok, message = pcall(coroutine.wrap(function() task:join() end))
      assert.is_false(ok)
      assert.truthy(message:find("not in one inside those", 1, true))
      assert.is_nil((task:join()))
    end)
  end)
end)
