-- What the test cluster does for credentials, shown without what kube makes of them.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")
local process = require("spec.support.process")

local REVIEW = json.encode { apiVersion = "authentication.k8s.io/v1", kind = "SelfSubjectReview" }

--- A client that knows the cluster by the CA in a file, and comes with a token.
local function bearer(token, ca)
  return faults.connect { server = cluster.server, ca = ca or cluster.ca, token = token }
end

--- POSTs JSON to the API server as admin, with further headers: status, answer.
local function post(path, body, headers)
  local words = ""
  for _, header in ipairs(headers or {}) do
    words = words .. " -H " .. process.quote(header):gsub("%%", "%%%%")
  end
  return control.ask("--cacert %s --cert %s --key %s -H %s -d %s" .. words .. " %s", cluster.ca,
    cluster.dir .. "/admin.crt", cluster.dir .. "/admin.key", "Content-Type: application/json",
    body, cluster.server .. path)
end

describe("the issuer of the test cluster", function()
  --- Uses a refresh token; how is "form", "basic", or an "id:secret" for Basic.
  local function refresh(config, how)
    local words = "--cacert %s --data-urlencode %s -d grant_type=refresh_token %s"
    local id, secret = config["client-id"], config["client-secret"]
    local more = {}
    if how == "form" then
      words = words .. " --data-urlencode %s --data-urlencode %s"
      more = { "client_id=" .. id, "client_secret=" .. secret }
    else
      local function escape(c) return ("%%%02X"):format(c:byte()) end
      words = words .. " -u %s"
      more[1] = how == "basic" and id .. ":" .. secret:gsub("[^%w]", escape) or how
    end
    return control.ask(words, config["idp-certificate-authority"],
      "refresh_token=" .. config["refresh-token"], config["idp-issuer-url"] .. "/token",
      more[1], more[2])
  end

  it("says who one is, and of what groups, for as long as it says", function()
    local config = control.oidc { user = "ann", groups = "oidc,blue sky", ttl = "60s" }
    local ann = bearer(config["id-token"])
    local who = assert(cluster.who(ann))
    assert.equal("ann", who.username)
    assert.same({ "oidc", "blue sky", "system:authenticated" }, who.groups)
    assert.truthy(ann:list("pods"))
    assert.is_true(kube.is_forbidden((select(2, ann:list("secrets")))))

    local over = bearer(control.oidc({ user = "ann", ttl = "-1s" })["id-token"])
    local nobody, err = cluster.who(over)
    assert.is_nil(nobody)
    assert.equal(401, err.code)

    local short = bearer(control.oidc({ user = "ann", ttl = "2s" })["id-token"])
    assert.equal("ann", assert(cluster.who(short)).username)
    cluster.eventually(function() return not cluster.who(short) end, 5)
  end)

  it("gives a new token for a refresh token, which then is no more", function()
    for _, how in ipairs { "form", "basic" } do
      local config = control.oidc { user = "ben", ttl = "-1m", ["then"] = "90s" }
      local before = control.oidc_requests()
      local status, answer = refresh(config, how)
      assert.equal(200, status)
      assert.equal(90, answer.expires_in)
      assert.equal("ben", assert(cluster.who(bearer(answer.id_token))).username)

      local again, refusal = refresh(config, how)
      assert.equal(400, again)
      assert.equal("invalid_grant", refusal.error)
      config["refresh-token"] = answer.refresh_token
      assert.equal(200, (refresh(config, how)))
      local after = control.oidc_requests()
      assert.same({ 2, 1 }, { after.served - before.served, after.refused - before.refused })
    end
  end)

  it("lets a refresh token live when told so, and gives no other", function()
    local config = control.oidc { user = "ben", ttl = "60s", rotate = false }
    for _ = 1, 2 do
      local status, answer = refresh(config, "basic")
      assert.equal(200, status)
      assert.is_nil(answer.refresh_token)
    end
  end)

  it("wants to know which client it is, and may want it in one way only", function()
    local config = control.oidc { user = "ben", ttl = "60s", auth = "form" }
    for _, how in ipairs { "kube:wrong", "other:" .. config["client-secret"], "basic" } do
      local status, answer = refresh(config, how)
      assert.equal(401, status)
      assert.equal("invalid_client", answer.error)
    end
    assert.equal(200, (refresh(config, "form")))
  end)

  it("fails when told to, as often as told", function()
    local config = control.oidc { user = "ben", ttl = "60s" }
    control.oidc_fails(2, 503)
    assert.equal(503, (refresh(config, "basic")))
    assert.equal(503, (refresh(config, "basic")))
    assert.equal(200, (refresh(config, "basic")))
  end)
end)

describe("the API server of the test cluster", function()
  it("gives tokens of a ServiceAccount, for it and for others", function()
    local namespace = cluster.namespace("cluster-spec")
    assert(cluster.connect():create {
      apiVersion = "v1", kind = "ServiceAccount",
      metadata = { name = "bot", namespace = namespace },
    })
    local function token(audiences)
      local path = "/api/v1/namespaces/" .. namespace .. "/serviceaccounts/bot/token"
      local status, answer = post(path, json.encode {
        apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest",
        spec = { audiences = audiences, expirationSeconds = 600 },
      })
      assert.equal(201, status)
      assert.equal(600, answer.spec.expirationSeconds)
      return answer.status.token
    end
    for _, audiences in ipairs { json.array {}, { "https://kubernetes.default.svc", "vault" } } do
      local who = assert(cluster.who(bearer(token(audiences))))
      assert.equal("system:serviceaccount:" .. namespace .. ":bot", who.username)
    end
    assert.equal(401, select(2, cluster.who(bearer(token { "vault" }))).code)
  end)

  it("takes an admin for whom he says he is", function()
    local status, review = post("/apis/authentication.k8s.io/v1/selfsubjectreviews", REVIEW, {
      "Impersonate-User: impersonated", "Impersonate-Uid: 42", "Impersonate-Group: view-group",
      "Impersonate-Group: another group", "Impersonate-Extra-scopes: view",
      "Impersonate-Extra-scopes: look on", "Impersonate-Extra-example.org%2fteam: blue",
    })
    assert.equal(201, status)
    assert.same({
      username = "impersonated", uid = "42",
      groups = { "view-group", "another group", "system:authenticated" },
      extra = { scopes = { "view", "look on" }, ["example.org/team"] = { "blue" } },
    }, review.status.userInfo)
  end)

  it("lets the group view-group look", function()
    for kind, expected in pairs { pods = 200, secrets = 403 } do
      local status = control.ask("--cacert %s --cert %s --key %s -H %s -H %s %s", cluster.ca,
        cluster.dir .. "/admin.crt", cluster.dir .. "/admin.key", "Impersonate-User: impersonated",
        "Impersonate-Group: view-group", cluster.server .. "/api/v1/" .. kind)
      assert.equal(expected, status)
    end
  end)

  it("can come back under another CA, and then knows who came before", function()
    local config = control.oidc { user = "cleo", ttl = "1h" }
    local first = faults.file(assert(process.read(cluster.ca)))
    control.with_new_ca(function(pem)
      assert.equal("admin", assert(cluster.who(cluster.connect("cert-files"))).username)
      local again = bearer(config["id-token"], faults.file(pem))
      assert.equal("cleo", assert(cluster.who(again)).username)
      local nobody, err = cluster.who(bearer(config["id-token"], first))
      assert.is_nil(nobody)
      assert.equal("TLS", err.reason)
      local status, said = control.ask("--cacert %s %s", first, cluster.server .. "/version")
      assert.is_nil(status)
      assert.truthy(said:find("certificate", 1, true), said)
    end)
    assert.equal("cleo", assert(cluster.who(bearer(config["id-token"], first))).username)
    assert.equal("admin", assert(cluster.who(cluster.connect())).username)
  end)
end)
