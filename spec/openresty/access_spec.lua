-- examples/openresty/access.lua asks the real API server.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local json = require("kube.json")
local openresty = require("spec.support.openresty")
local process = require("spec.support.process")

local REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"

describe("the access check", function()
  local k = cluster.connect("admin")
  local namespace = cluster.namespace("access")
  local server

  local function create(object)
    object.metadata.namespace = namespace
    return assert(k:create(object))
  end

  --- A ServiceAccount that may see pods, or not.
  local function account(name, role)
    create { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = name } }
    if not role then return end
    create {
      apiVersion = "rbac.authorization.k8s.io/v1", kind = "RoleBinding", metadata = { name = name },
      roleRef = { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = role },
      subjects = { { kind = "ServiceAccount", name = name, namespace = namespace } },
    }
  end

  local serial = 0

  --- A new token of an account, so that nobody has asked about it yet.
  local function token(name, lasts)
    serial = serial + 1
    return control.token(namespace .. "/" .. name, lasts or (3600 + serial) .. "s")
  end

  local function get(its_token, words)
    local all = { "-H", its_token and "Authorization: Bearer " .. its_token or "X-None: none" }
    for _, word in ipairs(words or {}) do all[#all + 1] = word end
    return server:curl("/private/", all)
  end

  setup(function()
    server = openresty(cluster.kubeconfig("admin"), namespace, { workers = 1 })
    account("viewer", "view")
    account("nobody")
    cluster.eventually(function() -- the binding takes a moment to be known
      return (get(token("viewer"))) == 200
    end)
  end)

  teardown(function()
    control.faults {}
    server:stop()
  end)

  it("lets in who may, and says who it is to what lies behind", function()
    local code, body = get(token("viewer"), { "-H", "X-Remote-User: system:admin" })
    assert.equal(200, code)
    assert.equal(string.format("Hello, system:serviceaccount:%s:viewer\n", namespace), body)
  end)

  it("refuses who may not, by name", function()
    local code, body = get(token("nobody"))
    assert.equal(403, code)
    assert.same({
      code = 403, reason = "Forbidden",
      message = string.format("system:serviceaccount:%s:nobody may not get pods", namespace),
    }, json.decode(body))
    assert.equal(403, (get(token("viewer"), { "-X", "DELETE" })))
  end)

  it("refuses who is not known: no token, one that nobody has, one that expired", function()
    assert.equal(401, (get(nil)))
    assert.equal(401, (get("not-a-token")))
    assert.equal(401, (get(token("viewer", "-5m"))))
    assert.equal(401, (server:curl("/private/", { "-u", "viewer:" .. token("viewer") })))
    local _, answer = get(nil, { "-i" })
    assert.matches('\nWWW%-Authenticate: Bearer realm="kubernetes"\r\n', answer)
    assert.matches('"reason":"Unauthorized"', answer)
  end)

  it("asks once for several requests at the same time, and not again for a while", function()
    control.faults { { method = "POST", path = REVIEWS, delay_ms = 300 } }
    local its_token = token("viewer")
    local output = process.run(string.format("for i in 1 2 3 4 5 6 7 8; do curl -sS -o /dev/null "
      .. "-w '%%{http_code} ' -H 'Authorization: Bearer %s' %s/private/ & done; wait", its_token,
      server.url))
    assert.equal(("200 "):rep(8), output)
    assert.equal(1, control.seen())
    assert.equal(200, (get(its_token)))
    assert.equal(1, control.seen())
    assert.equal(200, (get(token("viewer"))))
    assert.equal(2, control.seen())
    control.faults {}
  end)

  it("remembers a refusal too, but no failure", function()
    control.faults { { method = "POST", path = REVIEWS } }
    assert.equal(401, (get("unknown-1")))
    assert.equal(401, (get("unknown-1")))
    assert.equal(1, control.seen())
    local its_token = token("viewer")
    control.faults { { method = "POST", path = REVIEWS, drop = true } }
    local code, body = get(its_token)
    assert.equal(503, code)
    assert.equal("ServiceUnavailable", json.decode(body).reason)
    control.faults {}
    assert.equal(200, (get(its_token)))
  end)

  it("takes a refusal of nginx itself for a failure, not for one of the user", function()
    local denied = openresty(cluster.kubeconfig("denied"), namespace, { workers = 1 })
    local code = denied:curl("/private/", { "-H", "Authorization: Bearer " .. token("viewer") })
    local log = denied:log()
    denied:stop()
    assert.equal(503, code)
    assert.matches("cannot create resource \"tokenreviews\"", log, 1, true)
  end)

  it("writes no token into the log", function()
    local its_token = token("nobody")
    get(its_token)
    control.faults { { method = "POST", path = REVIEWS, status = 422, body = its_token } }
    get(token("viewer"))
    control.faults {}
    assert.is_nil(server:log():find("eyJ", 1, true), server:log())
  end)
end)
