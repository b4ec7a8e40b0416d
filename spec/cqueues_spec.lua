-- What is cqueues' own: several controllers, one inside another, and those that are dropped. (What
-- all drivers have in common: spec/drivers.)
local cluster = require("spec.support.cluster")
local cqueues = require("cqueues")
local kube = require("kube")
local yields = require("kube.driver.yields")

local k = cluster.connect()
local PATIENCE = 20

local function get() return assert(k:get("namespaces", "default", { timeout = PATIENCE })) end

local function quiet_watch()
  return assert(k:watch("configmaps", { fieldSelector = "metadata.name=never" }))
end

--- Steps controllers by turns until check() is true.
local function step_until(check, controllers, seconds)
  local deadline = kube.now() + PATIENCE
  while not check() and kube.now() < deadline do
    for _, controller in ipairs(controllers) do assert(controller:step(seconds)) end
  end
  assert.is_truthy(check())
end

describe("a controller of cqueues", function()
  setup(get)

  it("may run inside another one", function()
    local outer, got, ticks = cqueues.new(), 0, 0
    outer:wrap(function()
      local inner = cqueues.new()
      for _ = 1, 5 do
        inner:wrap(function()
          get()
          assert(kube.sleep(0.01))
          got = got + 1
        end)
      end
      assert(inner:loop())
      get()
    end)
    outer:wrap(function()
      for _ = 1, 20 do
        cqueues.sleep(0.002)
        ticks = ticks + 1
      end
    end)
    assert(outer:loop(PATIENCE))
    assert.equal(5, got)
    assert.equal(20, ticks)
  end)

  it("may be stepped by turns with another one", function()
    local first, second, n = cqueues.new(), cqueues.new(), 0
    for _, controller in ipairs { first, second } do
      for _ = 1, 5 do
        controller:wrap(function()
          for _ = 1, 3 do
            get()
            kube.sleep(0.001)
          end
          n = n + 1
        end)
      end
    end
    step_until(function() return n == 10 end, { first, second }, 0.01)
  end)

  it("does not sleep through an answer that another one has stepped for", function()
    local busy, patient, n = cqueues.new(), cqueues.new(), 0
    busy:wrap(function()
      for _ = 1, 100 do get() end
    end)
    patient:wrap(function()
      for _ = 1, 20 do get() end
      n = n + 1
    end)
    local before = kube.now()
    while n == 0 do
      assert(busy:step(0))
      assert(patient:step(1))
      assert.is_true(kube.now() - before < PATIENCE)
    end
  end)

  it("gives a task's results to one that waits in another controller", function()
    local first, second, task, got = cqueues.new(), cqueues.new(), nil, nil
    first:wrap(function()
      task = kube.spawn(function()
        kube.sleep(0.02)
        return "result"
      end)
    end)
    second:wrap(function()
      while not task do cqueues.sleep(0.001) end
      got = task:join(PATIENCE)
    end)
    step_until(function() return got end, { first, second }, 0.01)
    assert.equal("result", got)
  end)

  it("may be dropped, or closed, while somebody waits in it", function()
    do
      local dropped, closed = cqueues.new(), cqueues.new()
      for _, controller in ipairs { dropped, closed } do
        controller:wrap(function() quiet_watch():next() end)
        controller:wrap(function() kube.run(function() kube.spawn(kube.sleep, 60) end) end)
        for _ = 1, 3 do controller:step(0.01) end
      end
      closed:close()
    end
    collectgarbage()
    collectgarbage()
    local another, n = cqueues.new(), 0
    another:wrap(function()
      get()
      n = n + 1
    end)
    assert(another:loop(PATIENCE))
    assert.equal(1, n)
  end)

  it("may go on with a stream that was read in another one", function()
    local list, n = k:each("namespaces"), 0
    for _ = 1, 2 do
      local controller = cqueues.new()
      controller:wrap(function()
        assert(list:next(PATIENCE))
        n = n + 1
      end)
      assert(controller:loop(PATIENCE))
    end
    assert(list:next(PATIENCE))
    list:close()
    assert.equal(2, n)
  end)

  it("ends when nobody waits in it any more", function()
    local controller, before = cqueues.new(), kube.now()
    controller:wrap(get)
    assert(controller:loop(PATIENCE))
    assert.is_true(controller:empty())
    assert.is_true(kube.now() - before < PATIENCE / 2)
  end)

  it("hears what a coroutine of the user's own throws, as without kube", function()
    local controller = cqueues.new()
    controller:wrap(function()
      kube.sleep(0.001)
      error("own trouble")
    end)
    local ok, problem = controller:loop(PATIENCE)
    assert.is_falsy(ok)
    assert.matches("own trouble", tostring(problem), 1, true)
  end)

  if yields then
    it("gives what kube.run throws to its caller, and cancels the others", function()
      local controller, caught, reason = cqueues.new(), nil, nil
      controller:wrap(function()
        caught = select(2, pcall(kube.run, function()
          kube.spawn(function() reason = select(2, kube.sleep(60)).reason end)
          kube.sleep(0.001)
          error("all is lost", 0)
        end))
      end)
      assert(controller:loop(PATIENCE))
      assert.matches("all is lost", caught, 1, true)
      assert.equal("Canceled", reason)
    end)
  end
end)
