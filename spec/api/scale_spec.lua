-- Scales of old and of today: client-go scale/scheme/*/conversion.go, kubectl
-- pkg/scale/scale_test.go.
local kube = require("kube")
local scale = require("kube.api.scale")

local OLD = { "extensions/v1beta1", "apps/v1beta1", "apps/v1beta2" }

local function of(api_version, status)
  return {
    apiVersion = api_version, kind = "Scale", metadata = { name = "foo" }, spec = { replicas = 10 },
    status = status,
  }
end

describe("a Scale", function()
  -- the status of old, that of autoscaling/v1, and what becomes of that again
  local STATUSES = {
    { { replicas = 10, targetSelector = "foo=bar" }, { replicas = 10, selector = "foo=bar" },
      { replicas = 10, targetSelector = "foo=bar", selector = { foo = "bar" } } },
    { { replicas = 1, selector = { b = "2", a = "1" } }, { replicas = 1, selector = "a=1,b=2" },
      { replicas = 1, targetSelector = "a=1,b=2", selector = { a = "1", b = "2" } } },
    { { replicas = 1, targetSelector = "x in (b, a),!y", selector = { x = "wrong" } },
      { replicas = 1, selector = "x in (a,b),!y" },
      { replicas = 1, targetSelector = "x in (a,b),!y" } },
    { { replicas = 0 }, { replicas = 0, selector = "" }, { replicas = 0 } },
    { { replicas = 0, targetSelector = "" }, { replicas = 0, selector = "" }, { replicas = 0 } },
  }

  for _, api_version in ipairs(OLD) do
    it("of " .. api_version .. " becomes one of autoscaling/v1, and that becomes it", function()
      for _, row in ipairs(STATUSES) do
        local today = scale.to_v1(of(api_version, row[1]))
        assert.same(of("autoscaling/v1", row[2]), today)
        assert.same(of(api_version, row[3]), scale.to(today, api_version))
        assert.same(today, scale.to(scale.to(today, api_version), "autoscaling/v1"))
      end
      assert.same(of("autoscaling/v1"), scale.to_v1(of(api_version)))
      assert.same(of(api_version), scale.to(of("autoscaling/v1"), api_version))
    end)
  end

  it("of autoscaling/v1 stays what it is", function()
    local one = of("autoscaling/v1", { replicas = 1, selector = "b=1,a=2" })
    assert.equal(one, scale.to_v1(one))
    assert.equal(one, scale.to(one, "autoscaling/v1"))
  end)

  it("leaves the one that it was made of alone", function()
    local old = of(OLD[1], STATUSES[1][1])
    scale.to_v1(old)
    assert.same(of(OLD[1], { replicas = 10, targetSelector = "foo=bar" }), old)
    local more = scale.with_replicas(old, 11)
    assert.same({ 10, 11 }, { old.spec.replicas, more.spec.replicas })
  end)

  it("is one of these, or an error", function()
    for _, row in ipairs {
      { of("apps/v1"), "autoscaling/v1", "not convertible to autoscaling Scale: apps/v1 Scale" },
      { { apiVersion = "v1", kind = "Pod" }, "autoscaling/v1", "autoscaling Scale: v1 Pod" },
      { "text", "autoscaling/v1", "autoscaling Scale: a string" },
      { of("autoscaling/v1"), "apps/v1", "could not convert scale update to external Scale: no "
        .. "Scale in apps/v1" },
      { of(OLD[1], { targetSelector = "a in (" }), "autoscaling/v1",
        "failed to parse target selector: " },
      { of("autoscaling/v1", { selector = "a==b=c" }), OLD[1],
        "failed to parse target selector: " },
    } do
      local found, err = scale.to(row[1], row[2])
      assert.is_nil(found)
      assert.is_true(kube.is_bad_request(err))
      assert.truthy(err.message:find(row[3], 1, true), err.message)
    end
  end)

  it("asks for nothing where it says nothing: servers do not write 0", function()
    assert.equal(0, scale.wanted { spec = {} })
    assert.equal(0, scale.wanted {})
    assert.equal(3, scale.wanted { spec = { replicas = 3 } })
    assert.equal(0, scale.actual {})
    assert.equal(2, scale.actual { status = { replicas = 2 } })
    assert.equal(0, scale.with_replicas({}, 0).spec.replicas)
  end)

  it("is as it must be, or what is wrong is told in kubectl's words", function()
    local five = { metadata = { resourceVersion = "7" }, spec = { replicas = 5 } }
    for _, row in ipairs {
      { {}, nil }, { { current_replicas = 5 }, nil }, { { resourceVersion = "7" }, nil },
      { { current_replicas = 5, resourceVersion = "7" }, nil },
      { { current_replicas = 1 }, "Expected replicas to be 1, was 5" },
      { { current_replicas = 0, resourceVersion = "7" }, "Expected replicas to be 0, was 5" },
      { { current_replicas = 5, resourceVersion = "v1" },
        "Expected resource version to be v1, was 7" },
    } do
      assert.equal(row[2], (scale.fault(five, row[1])))
    end
    assert.is_nil((scale.fault({ metadata = {}, spec = {} }, { current_replicas = 0 })))
  end)
end)
