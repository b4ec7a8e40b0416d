-- Tokens, certificates and CAs that lie in files, and change under a running client.
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local failing = require("spec.support.failing")
local host = require("kube.driver.host")
local json = require("kube.json")
local kube = require("kube")
local process = require("spec.support.process")

--- Replaces a file as kubelet does: at once.
local function write(path, text)
  local file = assert(io.open(path .. ".new", "w"))
  file:write(text)
  file:close()
  assert(os.rename(path .. ".new", path))
end

--- Makes kube believe that so many seconds have passed.
local function pass(seconds) assert(host.engine()):advance(seconds) end

describe("a credential in a file", function()
  local paths

  before_each(function() paths = {} end)
  after_each(function()
    for _, path in ipairs(paths) do os.remove(path) end
  end)

  local function file(text)
    local path = process.file(text)
    paths[#paths + 1] = path
    return path
  end

  local function connect(user, ca)
    return assert(kube.connect { kubeconfig = file(json.encode {
      apiVersion = "v1", kind = "Config", ["current-context"] = "test",
      clusters = { { name = "test", cluster = {
        server = cluster.server, ["certificate-authority"] = ca or cluster.ca } } },
      users = { { name = "filed", user = user } },
      contexts = { { name = "test", context = { cluster = "test", user = "filed" } } },
    }) })
  end

  local function token_of(name)
    return process.read(cluster.kubeconfig(name)):match("token: (%S+)")
  end

  describe("that is a token", function()
    it("is read again each minute", function()
      local path = file(token_of("token") .. "\n")
      local k = connect { tokenFile = path }
      assert.equal("admin-token", assert(cluster.who(k)).username)
      write(path, token_of("denied"))
      assert.equal("admin-token", assert(cluster.who(k)).username)
      pass(61)
      assert.equal("denied-token", assert(cluster.who(k)).username)
    end)

    it("is read again at once after a 401", function()
      local path = file("no token of anybody")
      local k = connect { tokenFile = path }
      failing.fails(nil, select(2, cluster.who(k)), "Unauthorized", "filed")
      write(path, token_of("token"))
      assert.equal("admin-token", assert(cluster.who(k)).username)
      write(path, token_of("denied")) -- the old one is good still
      assert.equal("admin-token", assert(cluster.who(k)).username)
    end)

    it("stays what it was when the file is gone or empty", function()
      local path = file(token_of("token"))
      local k = connect { tokenFile = path }
      assert(cluster.who(k))
      local function empty() write(path, " \n") end
      local function remove() os.remove(path) end
      for _, spoil in ipairs { empty, remove } do
        spoil()
        pass(61)
        assert.equal("admin-token", assert(cluster.who(k)).username)
      end
    end)

    it("expires during a watch, which goes on with the next one", function()
      local namespace = cluster.namespace("token-file")
      local admin = cluster.connect()
      assert(admin:create { apiVersion = "v1", kind = "ServiceAccount",
        metadata = { name = "watcher", namespace = namespace } })
      assert(admin:create { apiVersion = "rbac.authorization.k8s.io/v1", kind = "RoleBinding",
        metadata = { name = "watcher", namespace = namespace },
        roleRef = { apiGroup = "rbac.authorization.k8s.io", kind = "ClusterRole", name = "view" },
        subjects = { { kind = "ServiceAccount", name = "watcher", namespace = namespace } } })
      local account = namespace .. "/watcher"
      local path = file(control.token(account, "1h"))
      local k = connect { tokenFile = path }
      cluster.eventually(function() return k:list("configmaps", { namespace = namespace }) end)
      local watch = assert(k:watch("configmaps", { namespace = namespace, timeoutSeconds = 1 }))
      assert(admin:create(cluster.config_map(namespace, "zeroth", {})))
      cluster.eventually(function()
        local event = watch:next(1)
        return event and event.object.metadata.name == "zeroth"
      end)
      write(path, control.token(account, "-1h")) -- dead, until the kubelet comes
      pass(61)
      assert(admin:create(cluster.config_map(namespace, "first", {})))
      kube.run(function()
        local task = kube.spawn(function()
          local names = {}
          repeat
            local event, err = watch:next()
            assert(event, err)
            names[event.object.metadata.name] = true
          until names.last
          return names
        end)
        kube.sleep(2.5) -- by now the connection has ended, and the next was refused
        write(path, control.token(account, "1h"))
        assert(admin:create(cluster.config_map(namespace, "last", {})))
        local names = assert(task:join(20))
        assert.is_true(names.first and names.last)
      end)
      watch:close()
    end)
  end)

  describe("that is a certificate", function()
    it("is read again with its key, and a watch connects with it", function()
      local cert, key = control.certificate("first-cert", "system:masters", "1h")
      local cert_path, key_path = file(cert), file(key)
      local k = connect { ["client-certificate"] = cert_path, ["client-key"] = key_path }
      assert.equal("first-cert", assert(cluster.who(k)).username)
      local namespace = cluster.namespace("cert-file")
      local watch = assert(k:watch("configmaps", { namespace = namespace }))
      assert(k:create(cluster.config_map(namespace, "before", {})))
      cluster.eventually(function()
        local event = watch:next(1)
        return event and event.object.metadata.name == "before"
      end)

      local next_cert, next_key = control.certificate("second-cert", "system:masters", "1h")
      write(cert_path, next_cert) -- and not yet the key
      pass(61)
      assert.equal("first-cert", assert(cluster.who(k)).username)
      write(key_path, next_key)
      pass(61)
      assert.equal("second-cert", assert(cluster.who(k)).username)
      assert(k:create(cluster.config_map(namespace, "after", {})))
      cluster.eventually(function()
        local event = watch:next(1)
        return event and event.object.metadata.name == "after"
      end)
      watch:close()
    end)
  end)

  describe("that is the CA", function()
    it("is read again: a client outlives the change of a cluster's CA", function()
      local path = file(process.read(cluster.ca))
      local k = connect({ token = token_of("token") }, path)
      local other = connect { token = token_of("token") }
      assert(cluster.who(k))
      assert(cluster.who(other))
      control.with_new_ca(function(pem)
        local object, err = k:get("namespaces", "default")
        failing.fails(object, err, "TLS", "certificate")
        write(path, pem)
        pass(61)
        assert(k:get("namespaces", "default"))
      end)
      write(path, process.read(cluster.ca))
      pass(61)
      assert(k:get("namespaces", "default"))
    end)
  end)
end)

describe("impersonation", function()
  it("says all that the kubeconfig says", function()
    local who = assert(cluster.who(cluster.connect("impersonating")))
    assert.equal("impersonated", who.username)
    assert.equal("42-impersonated", who.uid)
    assert.same({ "view", "look on" }, who.extra.scopes)
    assert.same({ "blue" }, who.extra["example.org/team"])
    local groups = {}
    for _, group in ipairs(who.groups) do groups[group] = true end
    assert.is_true(groups["view-group"] and groups["another group"])
  end)

  it("is what a script may ask for", function()
    local k = cluster.connect("admin", { as = "jane", as_groups = { "view-group", "b" } })
    local who = assert(cluster.who(k))
    assert.equal("jane", who.username)
    failing.fails(nil, select(2, cluster.who(cluster.connect("denied", { as = "jane" }))),
      "Forbidden", "impersonate")
  end)
end)
