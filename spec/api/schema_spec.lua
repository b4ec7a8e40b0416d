-- Inputs and expected outputs of the tables: apimachinery runtime/schema/group_version_test.go.
local kube = require("kube")
local schema = require("kube.api.schema")

describe("an apiVersion", function()
  it("is a group and a version", function()
    for text, parts in pairs {
      v1 = { "", "v1" }, v2 = { "", "v2" }, ["/v1"] = { "", "v1" }, ["v1/"] = { "v1", "" },
      ["v1/a"] = { "v1", "a" }, [""] = { "", "" }, ["/"] = { "", "" },
      ["networking.k8s.io/v1"] = { "networking.k8s.io", "v1" },
    } do
      assert.same({ group = parts[1], version = parts[2] }, schema.parse_group_version(text), text)
    end
  end)

  it("has one slash at most", function()
    local parts, err = schema.parse_group_version("/v1/")
    assert.is_nil(parts)
    assert.equal("unexpected GroupVersion string: /v1/", err.message)
    assert.is_true(kube.is_bad_request(err))
  end)

  it("is written as it was", function()
    assert.equal("v1", schema.group_version("", "v1"))
    assert.equal("apps/v1", schema.group_version("apps", "v1"))
  end)
end)

describe("a resource and its group", function()
  it("are read from a text", function()
    for text, parts in pairs {
      v1 = { "", "v1" }, [".v1"] = { "v1", "" }, ["v1."] = { "", "v1" }, ["v1.a"] = { "a", "v1" },
      ["b.v1.a"] = { "v1.a", "b" },
    } do
      local expected = { group = parts[1], resource = parts[2] }
      assert.same(expected, schema.parse_group_resource(text), text)
    end
  end)

  it("are read both ways from what kubectl takes", function()
    for text, parts in pairs {
      v1 = { nil, "", "v1" }, [".v1"] = { nil, "v1", "" }, ["v1."] = { nil, "", "v1" },
      ["v1.a"] = { nil, "a", "v1" },
      ["b.v1.a"] = { { group = "a", version = "v1", resource = "b" }, "v1.a", "b" },
      ["pods.v1."] = { { group = "", version = "v1", resource = "pods" }, "v1.", "pods" },
    } do
      local full, short = schema.parse_resource_arg(text)
      assert.same(parts[1], full, text)
      assert.same({ group = parts[2], resource = parts[3] }, short, text)
    end
  end)

  it("are written with a dot", function()
    assert.equal("pods", schema.group_resource_text { resource = "pods" })
    assert.equal("deployments.apps",
      schema.group_resource_text { group = "apps", resource = "deployments" })
    assert.equal("/, Resource=xyz", schema.resource_text { resource = "xyz" })
    assert.equal("apps/v1, Kind=Deployment",
      schema.kind_text { group = "apps", version = "v1", kind = "Deployment" })
  end)
end)

describe("a kind and its group", function()
  it("are read from a text", function()
    for text, parts in pairs {
      Pod = { "", "Pod" }, [".StatefulSet"] = { "StatefulSet", "" },
      ["StatefulSet.apps"] = { "apps", "StatefulSet" },
    } do
      assert.same({ group = parts[1], kind = parts[2] }, schema.parse_group_kind(text), text)
    end
  end)

  it("are read both ways", function()
    for text, parts in pairs {
      Pod = { nil, "", "Pod" }, [".apps"] = { nil, "apps", "" }, ["Pod."] = { nil, "", "Pod" },
      ["StatefulSet.apps"] = { nil, "apps", "StatefulSet" },
      ["StatefulSet.v1.apps"] = {
        { group = "apps", version = "v1", kind = "StatefulSet" }, "v1.apps", "StatefulSet",
      },
    } do
      local full, short = schema.parse_kind_arg(text)
      assert.same(parts[1], full, text)
      assert.same({ group = parts[2], kind = parts[3] }, short, text)
    end
  end)
end)

it("throws for what is no text", function()
  assert.has_error(function() schema.parse_group_version(1) end,
    "kube.schema.parse_group_version: the text must be a string, not a number")
end)
