-- Streams beside other tasks, in `for` loops, and in coroutines that are not tasks.
local cluster = require("spec.support.cluster")
local kube = require("kube")

-- PUC 5.1 cannot yield in an iterator of `for`
local yields_in_for = pcall(coroutine.wrap(function() for _ in coroutine.yield do end end))

local k = cluster.connect()
local namespace = cluster.namespace("streams")

describe("a stream", function()
  if not yields_in_for then
    it("says what to do instead of a for loop inside kube.run", function()
      assert.error_matches(function()
        kube.run(function() for _ in k:each("namespaces") do end end)
      end, "cannot wait in a for loop inside kube.run: call stream:next%(%) there")
    end)
  end

  it("that another task closes ends for the one that reads it", function()
    local ended, value, err = false, nil, nil
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace,
        fieldSelector = "metadata.name=never" }))
      kube.spawn(function()
        value, err = watch:next(20)
        ended = true
      end)
      kube.sleep(0.02)
      assert.is_false(ended)
      watch:close()
      watch:close()
    end)
    assert.is_true(ended)
    assert.is_nil(value)
    assert.is_nil(err)
  end)

  it("closed in the middle of a list gives nothing more", function()
    for i = 1, 3 do assert(k:create(cluster.config_map(namespace, "middle-" .. i))) end
    local configmaps = k:each("configmaps", { namespace = namespace })
    assert.truthy(configmaps:next())
    configmaps:close()
    assert.is_nil(configmaps:next())
  end)

  it("has one reader at a time", function()
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace,
        fieldSelector = "metadata.name=never" }))
      local reader = kube.spawn(function() watch:next() end)
      kube.sleep(0.01)
      local second = kube.spawn(function() watch:next(20) end)
      local _, problem = second:join()
      assert.truthy(tostring(problem):find("one reader a stream", 1, true))
      watch:close()
      reader:join()
    end)
  end)

  it("goes on after a time-out", function()
    kube.run(function()
      local watch = assert(k:watch("configmaps", { namespace = namespace,
        fieldSelector = "metadata.name=after" }))
      local event, err = watch:next(0.02)
      assert.is_nil(event)
      assert.is_true(kube.is_timeout(err))
      assert(k:create(cluster.config_map(namespace, "after")))
      event = assert(watch:next(20))
      assert.equal("ADDED", event.type)
      assert.equal("after", event.object.metadata.name)
      watch:close()
    end)
  end)

  if yields_in_for then
    it("is read by for inside kube.run, where this Lua can yield there", function()
      local names = kube.run(function()
        local found = {}
        for namespaces in k:each("namespaces") do found[namespaces.metadata.name] = true end
        return found
      end)
      assert.is_true(names[namespace])
      assert.is_true(names.default)
    end)
  end

  it("is read by for outside of kube.run", function()
    local found
    for one in k:each("namespaces") do
      if one.metadata.name == namespace then found = true end
    end
    assert.is_true(found)
  end)
end)

describe("a client", function()
  it("made outside of kube.run works inside, and the reverse", function()
    local outside = cluster.connect()
    assert.equal(namespace, kube.run(function()
      return assert(outside:get("ns", namespace)).metadata.name
    end))
    assert.equal(namespace, assert(outside:get("ns", namespace)).metadata.name)
    local inside = kube.run(function()
      local made = cluster.connect()
      assert(made:get("ns", namespace))
      return made
    end)
    assert.equal(namespace, assert(inside:get("ns", namespace)).metadata.name)
  end)

  it("has streams that may be begun outside and read on inside, and the reverse", function()
    local first, second = k:each("namespaces", { limit = 1 }), nil
    local names = { assert(first:next()).metadata.name }
    kube.run(function()
      names[2] = assert(first:next()).metadata.name
      second = k:each("namespaces", { limit = 1 })
      assert.equal(names[1], assert(second:next()).metadata.name)
    end)
    assert.equal(names[2], assert(second:next()).metadata.name)
    first:close()
    second:close()
  end)
end)

describe("a coroutine inside a task", function()
  it("waits in place: a generator may read from the server", function()
    local seen = {}
    kube.run(function()
      local generator = coroutine.wrap(function()
        for _, kind in ipairs { "namespaces", "nodes" } do
          local stream = k:each(kind)
          local object = assert(stream:next(20))
          while object do
            coroutine.yield(object)
            object = stream:next(20)
          end
        end
      end)
      local object = generator()
      while object do
        seen[object.kind] = (seen[object.kind] or 0) + 1
        object = generator()
      end
    end)
    assert.equal(2, seen.Node)
    assert.is_true(seen.Namespace >= 4)
  end)

  it("does not cost its neighbours their answers", function()
    local answers = 0
    kube.run(function()
      for _ = 1, 20 do
        kube.spawn(function()
          assert(k:get("namespaces", namespace, { timeout = 20 }))
          answers = answers + 1
        end)
      end
      kube.sleep(0)
      coroutine.wrap(function()
        kube.sleep(0.02)
        for _ = 1, 5 do assert(k:get("namespaces", namespace)) end
      end)()
    end)
    assert.equal(20, answers)
  end)
end)
