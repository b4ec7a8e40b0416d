-- Exec credential plugins against the real API server: what they give, when they run, how they
-- fail. The cases of client-go plugin/pkg/client/auth/exec/exec_test.go that need no network are in
-- spec/client/exec_test.c.
local certificates = require("kube.core").certificates
local cluster = require("spec.support.cluster")
local control = require("spec.support.control")
local failing = require("spec.support.failing")
local kube = require("kube")
local plugin = require("spec.support.plugin")
local process = require("spec.support.process")
local json = require("kube.json")

local SECRET = "SECRETMARK-never-shown"

describe("a credential plugin", function()
  local one, admin

  before_each(function()
    one = plugin.new()
    admin = plugin.admin_token()
  end)
  after_each(function() one:remove() end)

  local function connect(exec, more)
    return assert(kube.connect { kubeconfig = one:kubeconfig(exec, more) })
  end

  describe("says who we are", function()
    it("by a token, in one run for a thousand requests", function()
      one:gives { token = admin }
      local k = connect()
      for _ = 1, 1000 do assert(k:get("namespaces", "default")) end
      assert.equal(1, one:runs())
    end)

    it("in one run for all that wait for it", function()
      one:gives { token = admin }
      one:does("sleep 0.3; cat $said")
      local k = connect()
      kube.run(function()
        local tasks = {}
        for i = 1, 50 do
          tasks[i] = kube.spawn(function() return assert(k:get("namespaces", "default")) end)
        end
        for i = 1, 50 do assert.equal("default", tasks[i]:join().metadata.name) end
      end)
      assert.equal(1, one:runs())
    end)

    it("by a certificate", function()
      local cert, key = control.certificate("plugged-cert", "system:masters", "1h")
      one:gives { clientCertificateData = cert, clientKeyData = key }
      assert.equal("plugged-cert", assert(cluster.who(connect())).username)
    end)

    it("by a certificate until it gives none, and by a token then", function()
      local cert, key = control.certificate("plugged-cert", "system:masters", "1h")
      one:gives { clientCertificateData = cert, clientKeyData = key,
        expirationTimestamp = plugin.moment(os.time() + 2) }
      local k = connect()
      assert.equal("plugged-cert", assert(cluster.who(k)).username)
      one:gives { token = admin }
      cluster.eventually(function() return assert(cluster.who(k)).username == "admin-token" end)
    end)

    it("by its certificate only where the kubeconfig has none", function()
      local cert, key = control.certificate("plugged-cert", "system:masters", "1h")
      local own, own_key = control.certificate("own-cert", "system:masters", "1h")
      one:gives { clientCertificateData = cert, clientKeyData = key }
      local k = connect(nil, { user = {
        ["client-certificate-data"] = certificates.encode(own),
        ["client-key-data"] = certificates.encode(own_key) } })
      assert.equal("own-cert", assert(cluster.who(k)).username)
    end)

    it("by both API versions", function()
      one:gives({ token = admin }, plugin.BETA)
      local k = connect { apiVersion = plugin.BETA }
      assert.equal("admin-token", assert(cluster.who(k)).username)
    end)

    it("to all clients that are the same user, whichever comes first or goes", function()
      one:gives { token = admin }
      local path = one:kubeconfig()
      for _ = 1, 3 do
        local k = assert(kube.connect { kubeconfig = path })
        assert(k:get("namespaces", "default"))
        k = nil -- luacheck: ignore
        collectgarbage() collectgarbage()
      end
      assert.equal(1, one:runs())
    end)

    it("to each user for himself", function()
      one:does([[printf '{"kind":"ExecCredential","apiVersion":"%s","status":{"token":"%s"}}' ]]
        .. plugin.V1 .. " $MY_TOKEN")
      local users = {}
      for _, name in ipairs { "token", "denied" } do
        local token = process.read(cluster.kubeconfig(name)):match("token: (%S+)")
        users[name] = connect { env = { { name = "MY_TOKEN", value = token } } }
      end
      for _ = 1, 2 do
        assert.equal("admin-token", assert(cluster.who(users.token)).username)
        assert.equal("denied-token", assert(cluster.who(users.denied)).username)
      end
      assert.equal(2, one:runs())
    end)
  end)

  describe("is told", function()
    --- The ExecCredential that it got.
    local function told(exec, more)
      one:gives { token = admin }
      one:does("printf %s \"$KUBERNETES_EXEC_INFO\" > $said.info; cat $said")
      one.files[#one.files + 1] = one.said .. ".info"
      assert(connect(exec, more):get("namespaces", "default"))
      return assert(json.decode(assert(process.read(one.said .. ".info"))))
    end

    it("its API version, and that there is nobody to ask", function()
      local all = { kind = "ExecCredential", apiVersion = plugin.V1 }
      all.spec = { interactive = false }
      assert.same(all, told())
      assert.same(all, told { interactiveMode = "IfAvailable" })
    end)

    it("the cluster where it wants to know", function()
      local big = json.decode("12345678901234567")
      local info = told({ provideClusterInfo = true }, { cluster = { extensions = { {
        name = "client.authentication.k8s.io/exec",
        extension = { audience = "a", big = big } } } } })
      assert.equal(cluster.server, info.spec.cluster.server)
      assert.is_string(info.spec.cluster["certificate-authority-data"])
      assert.equal("a", info.spec.cluster.config.audience)
      assert.equal(json.encode(big), json.encode(info.spec.cluster.config.big))
    end)

    it("its arguments, without a shell between", function()
      one:gives { token = admin }
      one:does("printf '%s|' \"$@\" > $said.info; cat $said")
      one.files[#one.files + 1] = one.said .. ".info"
      assert(connect { args = { "a b", "$HOME", "*", "'; exit 1" } }:get("namespaces", "default"))
      assert.equal("a b|$HOME|*|'; exit 1|", process.read(one.said .. ".info"))
    end)
  end)

  describe("runs again", function()
    it("when what it gave has expired", function()
      one:gives { token = admin, expirationTimestamp = plugin.moment(os.time() + 2) }
      local k = connect()
      assert(k:get("namespaces", "default"))
      assert.equal(1, one:runs())
      one:gives { token = admin, expirationTimestamp = plugin.moment(os.time() + 3600) }
      cluster.eventually(function()
        assert(k:get("namespaces", "default"))
        return one:runs() == 2
      end)
      for _ = 1, 20 do assert(k:get("namespaces", "default")) end
      assert.equal(2, one:runs())
    end)

    it("once after a 401, and the request is sent again", function()
      one:gives { token = SECRET }
      one:does("[ $runs = 1 ] && exec cat $said; sed s/" .. SECRET .. "/" .. admin .. "/ $said")
      local k = connect()
      assert.equal("admin-token", assert(cluster.who(k)).username) -- a POST
      assert.equal(2, one:runs())
      assert(k:get("namespaces", "default"))
      assert.equal(2, one:runs())
    end)

    it("after a 401 in vain: that is the error, and the next call may be lucky", function()
      one:gives { token = SECRET }
      local k = connect()
      local pod, err = k:get("namespaces", "default")
      failing.fails(pod, err, "Unauthorized", "plugged")
      assert.is_nil(tostring(err):find(SECRET, 1, true))
      assert.equal(2, one:runs())
      one:gives { token = admin }
      assert(k:get("namespaces", "default"))
    end)

    it("for one of many that are refused at once", function()
      one:gives { token = SECRET }
      local k = connect()
      failing.fails(nil, select(2, k:get("namespaces", "default")), "Unauthorized")
      one:gives { token = admin }
      local before = one:runs()
      kube.run(function()
        local tasks = {}
        for i = 1, 30 do
          tasks[i] = kube.spawn(function() return assert(k:get("namespaces", "default")) end)
        end
        for i = 1, 30 do assert.equal("default", tasks[i]:join().metadata.name) end
      end)
      assert.equal(before + 1, one:runs())
    end)
  end)

  describe("that fails", function()
    --- The error of a get with it must have the words, and never the secret; with a good one the
    -- same client works again.
    local function fails_with(exec, ...)
      local k = connect(exec)
      local object, err = k:get("namespaces", "default")
      failing.fails(object, err, "Exec", "getting credentials", ...)
      assert.is_nil(tostring(err):find(SECRET, 1, true))
      if not exec then
        one:gives { token = admin }
        assert(k:get("namespaces", "default"))
      end
    end

    it("tells its exit code and what it said", function()
      one:does("echo " .. SECRET .. "; echo 'log in first' >&2; exit 3")
      fails_with(nil, one.path .. " failed with exit code 3", "log in first")
    end)

    it("is not there, with a hint how to get it", function()
      fails_with({ command = "/nosuch/plugin", installHint = "apt install it" },
        "exec: executable /nosuch/plugin not found", "apt install it")
      fails_with({ command = "nosuch-plugin" }, "exec: executable nosuch-plugin not found")
    end)

    it("prints rubbish", function()
      one:does("echo " .. SECRET)
      fails_with(nil, "decoding stdout", "not one JSON document")
    end)

    it("prints much of it", function()
      one:does("head -c 1048576 /dev/zero | tr '\\0' x")
      fails_with(nil, "decoding stdout: its 1048576 bytes")
    end)

    it("prints without end", function()
      one:does("exec cat /dev/zero")
      fails_with(nil, one.path)
    end)

    it("speaks another API version", function()
      one:gives({ token = SECRET }, plugin.BETA)
      fails_with(nil, "configured to use API version " .. plugin.V1,
        "returned version " .. plugin.BETA)
    end)

    it("wants a terminal where there is none", function()
      one:gives { token = admin }
      fails_with({ interactiveMode = "Always" }, "standard input is not a terminal")
      assert.equal(0, one:runs())
    end)

    it("fails all that waited for that run, and none that come later", function()
      one:does("sleep 0.3; exit 1")
      local k = connect()
      kube.run(function()
        local tasks = {}
        for i = 1, 20 do
          tasks[i] = kube.spawn(function() return k:get("namespaces", "default") end)
        end
        for i = 1, 20 do
          local object, err = tasks[i]:join()
          failing.fails(object, err, "Exec", "exit code 1")
        end
      end)
      assert.equal(1, one:runs())
      one:gives { token = admin }
      assert(k:get("namespaces", "default"))
    end)

    it("hangs: a call waits no longer than its time-out, and others go on meanwhile", function()
      one:does("echo $$ > $said.pid; exec sleep 1000")
      local k, other = connect(), cluster.connect()
      kube.run(function()
        local hanging = kube.spawn(function()
          return k:get("namespaces", "default", { timeout = 0.5 })
        end)
        for _ = 1, 20 do assert(other:get("namespaces", "default")) end
        local object, err = hanging:join()
        failing.fails(object, err, "Timeout", "GET " .. cluster.server)
      end)
    end)

    it("hangs, and nobody waits for it any more: it is killed all the same", function()
      one:does("echo $$ > $said.pid; exec sleep 1000")
      local k, other = connect(), cluster.connect()
      local object, err = k:get("namespaces", "default", { timeout = 0.5 })
      failing.fails(object, err, "Timeout")
      cluster.eventually(function() return one:pid() end)
      assert(require("kube.driver.host").engine()):advance(61)
      cluster.eventually(function()
        assert(other:get("namespaces", "default"))
        return one:is_gone()
      end)
    end)

    it("hangs for longer than exec_timeout: it is killed", function()
      one:does("echo $$ > $said.pid; echo waiting for you >&2; exec sleep 1000")
      local k = assert(kube.connect { kubeconfig = one:kubeconfig(), exec_timeout = 1.5 })
      local object, err = k:get("namespaces", "default")
      failing.fails(object, err, "Exec", "did not end within 1.5 s", "waiting for you")
      cluster.eventually(function() return one:is_gone() end)
    end)

    it("hangs for a minute: it is killed, with all that it started", function()
      one:does("sleep 1000 & echo $! > $said.pid; echo waiting for you >&2; wait")
      local k = connect()
      kube.run(function()
        local hanging = kube.spawn(function() return k:get("namespaces", "default") end)
        cluster.eventually(function() kube.sleep(0.01) return one:pid() end)
        local engine = assert(require("kube.driver.host").engine())
        engine:advance(61)
        cluster.eventually(function() -- its end is seen before who waits for it can look
          engine:step()
          return one:is_gone()
        end)
        engine:step()
        local object, err = hanging:join()
        failing.fails(object, err, "Exec", "did not end within 60 s", "waiting for you")
      end)
    end)
  end)

  describe("and a watch", function()
    it("that alone is left while it hangs: it is killed, and the engine rests", function()
      one:gives { token = admin, expirationTimestamp = plugin.moment(os.time() + 40) }
      local k = connect()
      local watch = assert(k:watch("configmaps", { namespace = "default", resourceVersion = "0" }))
      local engine = require("kube.driver.host").engine()
      kube.run(function()
        local task = kube.spawn(function() while watch:next() do end end)
        kube.sleep(0.3)
        one:does("echo $$ > $said.pid; exec sleep 1000")
        assert(engine):advance(38)
        assert(k:get("namespaces", "default")) -- renews beside it, and does not wait
        cluster.eventually(function() kube.sleep(0.01) return one:pid() end)
        engine:advance(61)
        cluster.eventually(function()
          kube.sleep(0.01)
          return one:is_gone()
        end)
        watch:close()
        pcall(task.join, task)
      end)
    end)

    it("goes on when the plugin gives a token that is taken, not before its third try", function()
      one:gives { token = admin, expirationTimestamp = plugin.moment(os.time() + 2) }
      local k, other = connect(), cluster.connect()
      local namespace = cluster.namespace("refused")
      local watch = assert(k:watch("configmaps", { namespace = namespace, timeoutSeconds = 1 }))
      kube.run(function()
        local task = kube.spawn(function()
          local event, err
          repeat
            event, err = watch:next()
            assert(event, err)
          until event.object.metadata.name == "late"
          return true
        end)
        kube.sleep(0.5)
        one:gives { token = admin }
        one:does("[ $runs -gt 3 ] || exec sed s/" .. admin .. "/" .. SECRET .. "/ $said; cat $said")
        cluster.eventually(function() kube.sleep(0.05) return one:runs() >= 3 end)
        assert(other:create(cluster.config_map(namespace, "late", {})))
        assert.is_true(task:join(20))
      end)
      watch:close()
    end)

    it("goes on while the token changes", function()
      one:gives { token = admin, expirationTimestamp = plugin.moment(os.time() + 3600) }
      local k = connect()
      local namespace = cluster.namespace("plugged")
      local watch = assert(k:watch("configmaps", { namespace = namespace, timeoutSeconds = 1 }))
      kube.run(function()
        local task = kube.spawn(function()
          local seen = {}
          repeat
            local event, err = watch:next()
            assert(event, err)
            seen[event.object.metadata.name] = true
          until seen.last
          return seen
        end)
        for i = 1, 3 do
          kube.sleep(0.7)
          assert(k:create(cluster.config_map(namespace, "c" .. i, {})))
        end
        assert(k:create(cluster.config_map(namespace, "last", {})))
        local seen = assert(task:join(20))
        assert.same({ true, true, true }, { seen.c1, seen.c2, seen.c3 })
      end)
      watch:close()
    end)
  end)
end)
