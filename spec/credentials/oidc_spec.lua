-- The auth-provider "oidc" against an issuer that the real API server trusts.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local failing = require("spec.support.failing")
local json = require("kube.json")
local kube = require("kube")
local process = require("spec.support.process")

describe("the auth-provider oidc", function()
  local path

  after_each(function() if path then os.remove(path) end end)

  --- A kubeconfig whose user has it.
  local function kubeconfig(config)
    path = process.file(json.encode {
      apiVersion = "v1", kind = "Config", ["current-context"] = "test",
      clusters = { { name = "test", cluster = {
        server = cluster.server, ["certificate-authority"] = cluster.ca } } },
      users = { { name = "with-oidc", user = {
        ["auth-provider"] = { name = "oidc", config = config } } } },
      contexts = { { name = "test", context = { cluster = "test", user = "with-oidc" } } },
    })
    return path
  end

  local function connect(config) return assert(kube.connect { kubeconfig = kubeconfig(config) }) end

  local function served() return control.oidc_requests().served end

  it("uses the id-token as long as it holds, and asks nobody", function()
    local before = served()
    local k = connect(control.oidc { user = "olga", ttl = "1h", groups = "oidc" })
    for _ = 1, 3 do assert.equal("olga", assert(cluster.who(k)).username) end
    assert(k:list("pods", { namespace = "default" }))
    assert.equal(before, served())
  end)

  for _, auth in ipairs { "basic", "form" } do
    it("refreshes once for all, with the client's secret by " .. auth, function()
      local before = served()
      local k = connect(control.oidc { user = "oleg", ttl = "-5s", auth = auth, ["then"] = "1h" })
      kube.run(function()
        local tasks = {}
        for i = 1, 20 do tasks[i] = kube.spawn(function() return cluster.who(k) end) end
        for i = 1, 20 do assert.equal("oleg", assert(tasks[i]:join()).username) end
      end)
      assert.equal(before + 1, served())
    end)
  end

  it("refreshes again and again, with the refresh-token that came last", function()
    local k = connect(control.oidc { user = "olaf", ttl = "-5s", ["then"] = "11s" })
    local before = served()
    assert.equal("olaf", assert(cluster.who(k)).username)
    cluster.eventually(function()
      assert.equal("olaf", assert(cluster.who(k)).username)
      return served() >= before + 3
    end)
  end)

  it("asks once for each call where what it gets has expired already", function()
    local k = connect(control.oidc { user = "opal", ttl = "-5s", ["then"] = "5s" })
    local before = served()
    for _ = 1, 3 do assert.equal("opal", assert(cluster.who(k)).username) end
    assert.is_true(served() - before >= 3 and served() - before <= 6) -- discovery is two calls
  end)

  it("writes what it got back to the kubeconfig, for whoever comes next", function()
    local config = control.oidc { user = "odo", ttl = "-5s", ["then"] = "1h" }
    assert.equal("odo", assert(cluster.who(connect(config))).username)
    local now = assert(kube.config.view { kubeconfig = path, raw = true })
    local written = now.users[1].user["auth-provider"].config
    assert.not_equal(config["id-token"], written["id-token"])
    assert.not_equal(config["refresh-token"], written["refresh-token"])
    assert.equal(config["client-id"], written["client-id"])
    local before = served()
    assert.equal("odo", assert(cluster.who(assert(kube.connect { kubeconfig = path }))).username)
    assert.equal(before, served())
  end)

  it("takes the tokens of another process, where its own refresh-token is used up", function()
    local config = control.oidc { user = "one", ttl = "-5s", groups = "oidc",
      ["then"] = "11s" }
    local first = connect(config)
    local second = assert(kube.connect { kubeconfig = path, proxy_url = "" })
    assert.equal("one", assert(cluster.who(first)).username)
    local other, status = process.run_program(string.format([[
      local kube = require("kube")
      local k = assert(kube.connect { kubeconfig = %q })
      require("kube.driver.host").engine():advance(30)
      assert(k:list("namespaces", { limit = 1 }))
      print("refreshed")]], path))
    assert.equal("refreshed\n", other)
    assert.equal(0, status)
    require("kube.driver.host").engine():advance(30)
    assert.equal("one", assert(cluster.who(first)).username)
    assert.equal("one", assert(cluster.who(second)).username)
  end)

  it("goes on where the kubeconfig cannot be written, and writes it when it can", function()
    local config = control.oidc { user = "ohm", ttl = "-5s", ["then"] = "1h" }
    local k = connect(config)
    local lock = assert(io.open(path .. ".lock", "w")) -- kubectl writes
    lock:close()
    assert.equal("ohm", assert(cluster.who(k)).username)
    local function written()
      local now = assert(kube.config.view { kubeconfig = path, raw = true })
      return now.users[1].user["auth-provider"].config["id-token"] ~= config["id-token"]
    end
    assert.is_false(written())
    os.remove(path .. ".lock")
    require("kube.driver.host").engine():advance(6)
    assert(cluster.who(k))
    assert.is_true(written())
  end)

  it("refreshes after a 401, and sends the request again", function()
    local config = control.oidc { user = "otto", ttl = "1h" }
    local head, claims = config["id-token"]:match("^(.-%..-)(%.)")
    config["id-token"] = head .. claims .. "c2lnbmF0dXJl" -- signed by nobody
    assert.equal("otto", assert(cluster.who(connect(config))).username)
  end)

  describe("fails", function()
    --- The error has the words and none of the tokens.
    local function fails_with(config, reason, ...)
      local k = connect(config)
      local who, err = cluster.who(k)
      failing.fails(who, err, reason, "getting credentials", ...)
      for _, name in ipairs { "id-token", "refresh-token", "client-secret" } do
        if config[name] then assert.is_nil(tostring(err):find(config[name], 1, true)) end
      end
    end

    it("where the token has expired, and there is none to refresh with", function()
      local config = control.oidc { user = "x", ttl = "-5s" }
      config["refresh-token"] = nil
      fails_with(config, "Exec", "No valid id-token, and cannot refresh without refresh-token")
    end)

    it("where the issuer refuses", function()
      local config = control.oidc { user = "x", ttl = "-5s" }
      config["refresh-token"] = "a-refresh-token-of-nobody"
      fails_with(config, "Exec", "failed to refresh token", "400", "invalid_grant")
    end)

    it("where the issuer is not trusted, or not there", function()
      local config = control.oidc { user = "x", ttl = "-5s" }
      config["idp-certificate-authority"] = cluster.ca
      fails_with(config, "TLS", "failed to query metadata endpoint of " .. config["idp-issuer-url"])
      config["idp-issuer-url"] = "https://127.0.0.1:1"
      fails_with(config, "ConnectionRefused", "https://127.0.0.1:1")
    end)

    it("where tokens would be asked for in the clear", function()
      local config = control.oidc { user = "x", ttl = "-5s" }
      config["idp-issuer-url"] = config["idp-issuer-url"]:gsub("/test$", "/plain")
      fails_with(config, "Exec", "names a token_endpoint without TLS")
    end)

    it("where something is missing or malformed", function()
      local config = control.oidc { user = "x", ttl = "1h" }
      config["id-token"] = "abc"
      fails_with(config, "Exec", "malformed")
      config["client-id"] = nil
      fails_with(config, "Config", "Must provide client-id")
      config["idp-issuer-url"] = nil
      fails_with(config, "Config", "Must provide idp-issuer-url")
    end)

    it("and the next call may be lucky", function()
      control.oidc_fails(2, 503)
      local k = connect(control.oidc { user = "olga", ttl = "-5s" })
      failing.fails(nil, select(2, cluster.who(k)), "Exec", "503")
      assert.equal("olga", assert(cluster.who(k)).username)
    end)
  end)
end)
