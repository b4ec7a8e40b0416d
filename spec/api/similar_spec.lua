local similar = require("kube.api.similar")

local NAMES = { "pods", "nodes", "services", "deployments", "namespaces", "configmaps" }

describe("similar.nearest", function()
  it("finds a name with a letter too many, too few, or wrong", function()
    assert.equal("pods", similar.nearest("podss", NAMES))
    assert.equal("pods", similar.nearest("pds", NAMES))
    assert.equal("deployments", similar.nearest("deploymnets", NAMES))
    assert.equal("configmaps", similar.nearest("confgmap", NAMES))
    assert.equal("services", similar.nearest("zervices", NAMES))
  end)

  it("finds a name with two letters swapped", function()
    assert.equal("pods", similar.nearest("pdos", NAMES))
    assert.equal("deploy", similar.nearest("deplyo", { "deploy", "replicas" }))
    assert.is_nil(similar.nearest("dpso", NAMES)) -- twice
  end)

  it("does not look at the case", function()
    assert.equal("pods", similar.nearest("PODS", NAMES))
    assert.equal("labelSelector", similar.nearest("labelselector", { "limit", "labelSelector" }))
  end)

  it("finds the same name at no distance", function()
    for _, name in ipairs(NAMES) do assert.equal(name, similar.nearest(name, NAMES)) end
  end)

  it("finds nothing where more than a third differs", function()
    assert.is_nil(similar.nearest("xyz", NAMES))
    assert.is_nil(similar.nearest("po", NAMES))
    assert.is_nil(similar.nearest("abcdef", { "abcxyz" })) -- 3 of 6
    assert.equal("abcdyz", similar.nearest("abcdef", { "abcdyz" })) -- 2 of 6
  end)

  it("takes the alphabet's first of those equally near, in whatever order they come", function()
    assert.equal("cart", similar.nearest("carx", { "cast", "cary", "cart" }))
    assert.equal("cart", similar.nearest("carx", { "cart", "cary", "cast" }))
  end)

  it("takes the nearer one before the alphabet's first", function()
    assert.equal("zzabcdefg", similar.nearest("zzabcdefh", { "aaabcdefg", "zzabcdefg" }))
  end)

  it("finds nothing among no names, and for no word", function()
    assert.is_nil(similar.nearest("pods", {}))
    assert.is_nil(similar.nearest("", NAMES))
  end)
end)

describe("similar.hint", function()
  it("asks whether the name was meant", function()
    assert.equal('; did you mean "pods"?', similar.hint("podz", NAMES))
  end)

  it("is silent where no name is near", function()
    assert.equal("", similar.hint("xyz", NAMES))
  end)
end)
