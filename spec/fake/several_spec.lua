-- Names, kinds, categories and lists of several resources against the server in memory.
local kube = require("kube")

describe("the fake server", function()
  local server, k

  setup(function()
    server = assert(kube.fake.start())
    k = assert(server:connect())
  end)

  teardown(function() server:close() end)

  it("has categories, and lists of several", function()
    assert(k:create { apiVersion = "v1", kind = "Secret", metadata = { name = "key" } })
    assert(k:create {
      apiVersion = "v1", kind = "Service", metadata = { name = "web" },
      spec = { ports = { { port = 80 } } },
    })
    local list = assert(k:list("all,secrets", { fieldSelector = "metadata.name!=kubernetes" }))
    local kinds = {}
    for i, item in ipairs(list.items) do kinds[i] = item.kind .. " " .. item.metadata.name end
    assert.same({ "Service web", "Secret key" }, kinds)
    local count = 0
    for _ in k:each("svc,secrets", { limit = 1 }) do count = count + 1 end
    assert.is_true(count >= 2)
  end)

  it("has no list of the Tables of several, but their rows", function()
    local list, err = k:list("svc,secrets", { as = "Table" })
    assert.is_nil(list)
    assert.is_true(kube.is_bad_request(err))
    assert.is_truthy(err.message:find('as = "Table" is for lists of one resource', 1, true))
    for row in k:each("svc,secrets", { as = "Table" }) do assert.is_table(row) end
  end)

  it("is mapped both ways", function()
    local mapper = k:restmapper()
    assert.equal("deployments", assert(mapper:mapping("Deployment.apps")).resource.resource)
    assert.same({ group = "apps", version = "v1", kind = "Deployment" }, mapper:kind_for("deploy"))
    assert.is_true(kube.is_no_match(select(2, mapper:resource_for("carts"))))
  end)
end)
