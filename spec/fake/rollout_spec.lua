-- How a Deployment rolls: never too many pods, never too few, and it arrives.
local rollout = require("kube.fake.controllers.rollout")

local function spec(replicas, surge, missing)
  return { replicas = replicas, strategy = { type = "RollingUpdate", rollingUpdate = {
    maxSurge = surge, maxUnavailable = missing,
  } } }
end

--- Rolls from old pods to new ones; at each step some pods that are not ready become so.
-- @return the steps that it took
local function roll(wanted, old_replicas)
  local new = { replicas = rollout.first(wanted, { { replicas = old_replicas } }), available = 0 }
  local old = { { replicas = old_replicas, available = old_replicas } }
  for step = 1, 200 do
    local plan = rollout.plan(wanted, new, old)
    new.replicas, old[1].replicas = plan.new, plan.old[1]
    new.available = math.min(new.available, new.replicas)
    old[1].available = math.min(old[1].available, old[1].replicas)
    local all, ready = new.replicas + old[1].replicas, new.available + old[1].available
    assert.is_true(all <= math.max(rollout.most(wanted), old_replicas), "too many: " .. all)
    assert.is_true(ready >= math.min(wanted.replicas, old_replicas) - rollout.unavailable(wanted),
      "too few: " .. ready)
    if new.available == wanted.replicas and old[1].replicas == 0 then return step end
    new.available = math.min(new.replicas, new.available + 1)
  end
  error("it never arrived")
end

describe("a rollout", function()
  it("arrives within its bounds, whatever they are", function()
    for _, replicas in ipairs { 1, 2, 3, 4, 7, 10 } do
      for _, surge in ipairs { 0, 1, 3, "25%", "100%" } do
        for _, missing in ipairs { 0, 1, 2, "25%", "50%" } do
          for _, before in ipairs { replicas, 1, replicas + 3 } do
            roll(spec(replicas, surge, missing), before)
          end
        end
      end
    end
  end)

  it("rounds what may be more up and what may be missing down", function()
    assert.equal(4, rollout.most(spec(3, "25%", "25%")))
    assert.equal(0, rollout.unavailable(spec(3, "25%", "25%")))
    assert.equal(1, rollout.unavailable(spec(4, "25%", "25%")))
    assert.equal(1, rollout.unavailable(spec(3, 0, 0)))
    assert.equal(13, rollout.most { replicas = 10 })
  end)

  it("scales at once where there is nothing to roll", function()
    assert.equal(5, rollout.first(spec(5, "25%", "25%"), {}))
    assert.same({ new = 2, old = {} },
      rollout.plan(spec(2, 1, 0), { replicas = 5, available = 5 }, {}))
  end)

  it("takes away old pods that are not ready first", function()
    assert.same({ new = 1, old = { 3, 0 } }, rollout.plan(spec(4, 1, 1),
      { replicas = 1, available = 0 }, { { replicas = 3, available = 3 },
        { replicas = 1, available = 0 } }))
  end)
end)
