-- kube.certificates, against the control plane's own signer. Tables after client-go
-- util/certificate: certificate_manager_test.go, certificate_store_test.go, csr/csr_test.go.
local cluster = require("spec.support.cluster")
local kube = require("kube")
local manager = require("kube.certificates.manager")
local process = require("spec.support.process")
local request = require("kube.certificates.request")

local certificates = kube.certificates

local SIGNER = "kubernetes.io/kube-apiserver-client"
local PLAIN = "%-%-%-%-%-BEGIN "

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

--- A key and a request of a user.
local function new_request(user)
  local key = assert(certificates.new_key())
  return key, assert(certificates.new_request(key, { common_name = user,
    organizations = { "kube-lua" } }))
end

local function asking(name, key, csr, more)
  local given = { name = name, key = key, csr = csr, signer_name = SIGNER,
    usages = { "digital signature", "client auth" }, timeout = 60 }
  for field, value in pairs(more or {}) do given[field] = value end
  return given
end

--- Calls decide(k, name) once the request is there, in a task beside.
local function once_there(k, name, decide)
  return kube.spawn(function()
    local ok, err
    repeat
      kube.sleep(0.05)
      ok, err = decide(k, name)
    until ok or not kube.is_not_found(err)
    return assert(ok, err)
  end)
end

describe("kube.certificates in memory", function()
  it("makes keys, requests and certificates that fit together", function()
    for _, given in ipairs { {}, { type = "ecdsa", bits = 384 }, { type = "rsa" } } do
      local key = assert(certificates.new_key(given))
      assert.matches("^" .. PLAIN .. (given.type == "rsa" and "RSA" or "EC") .. " PRIVATE KEY", key)
      assert.matches("^" .. PLAIN .. "CERTIFICATE REQUEST",
        assert(certificates.new_request(key, { common_name = "jane" })))
      local ca = assert(certificates.new_ca(key, { common_name = "ca", organizations = { "o" } }))
      assert.is_true(certificates.check_key(ca, key))
      local info = certificates.parse(ca)[1]
      assert.equal("CN=ca,O=o", info.subject)
      assert.same({ "ca" }, info.dns_names)
      assert.is_true(info.is_ca)
      assert.equal(3650 * 86400, info.not_after - info.not_before)
    end
  end)

  it("makes a server's certificate of a CA of its own", function()
    for host, field in pairs { ["web.example"] = "dns_names", ["FD00::1"] = "ip_addresses" } do
      local pem, key = certificates.self_signed { host = host, dns_names = { "b" },
        ip_addresses = { "10.0.0.1" }, lifetime = 7200 }
      assert(pem, key)
      assert.is_true(certificates.check_key(pem, key))
      local all = certificates.parse(pem)
      assert.equal(2, #all)
      assert.equal(all[2].subject, all[1].issuer)
      assert.same({ true, false }, { all[2].is_ca, all[1].is_ca })
      assert.equal(host:lower(), all[1][field][1])
      assert.equal(3, #all[1].dns_names + #all[1].ip_addresses)
      assert.equal(7200, all[1].not_after - all[1].not_before)
      assert.equal(os.time() - 3600, all[1].not_before, 2)
    end
  end)

  it("says what it cannot do, without a byte of a key", function()
    local key = assert(certificates.new_key())
    local other = assert(certificates.new_key())
    local ca = assert(certificates.new_ca(other, { common_name = "ca" }))
    local cases = {
      { "BadRequest", "has 256", certificates.new_key { bits = 1 } },
      { "BadRequest", "no IP", certificates.new_request(key, { ip_addresses = { "x" } }) },
      { "Decode", "no PEM private key", certificates.new_request("secret", {}) },
      { "Decode", "does not belong", certificates.check_key(ca, key) },
      { "Decode", "no PEM certificate", certificates.parse(key) },
    }
    for _, case in ipairs(cases) do
      assert.is_nil(case[3])
      assert.equal(case[1], case[4].reason)
      assert.matches(case[2], case[4].message)
      assert.is_nil(case[4].message:find(key:sub(40, 60), 1, true))
      assert.is_nil(case[4].message:find("secret", 1, true))
    end
  end)

  it("throws what is the programmer's", function()
    local k = cluster.connect()
    local cases = {
      { "unknown option \"typ\"", certificates.new_key, { typ = "rsa" } },
      { '"ecdsa" or "rsa"', certificates.new_key, { type = "dsa" } },
      { "list of strings", certificates.new_request, "", { dns_names = "a" } },
      { "zero bytes", certificates.new_request, "", { common_name = "a\0b" } },
      { "client that kube.connect", certificates.request, {}, asking(nil, "", "") },
      { "csr is needed", certificates.request, k, {} },
      { "key is needed", certificates.request, k, asking("n", nil, "") },
      { "from 600 on", certificates.request, k, { expiration_seconds = 599 } },
      { "directory", certificates.store, {} },
      { "template is needed", certificates.manager, k, { store = {} } },
      { "unknown option", certificates.manager, k, { store = { current = print, update = print },
        template = { cn = "x" }, signer_name = "s", usages = {} } },
    }
    for _, case in ipairs(cases) do
      local ok, problem = pcall(function()
        local result = case[2](case[3], case[4])
        return result
      end)
      assert.is_false(ok)
      assert.matches("^[^:]*spec/certificates_spec.lua:%d+: ", problem)
      assert.matches(case[1], problem)
    end
  end)

  -- csr_test.go and the comments of certificates.k8s.io/v1
  it("judges a request by its conditions", function()
    local issued = "aXNzdWVk"
    local cases = {
      { {}, nil },
      { { certificate = issued }, nil },
      { { conditions = { { type = "Approved", status = "True" } } }, nil },
      { { conditions = { { type = "Approved" } }, certificate = "" }, nil },
      { { conditions = { { type = "Approved" } }, certificate = issued }, "issued" },
      { { conditions = { { type = "Approved" }, { type = "Failed", status = "True",
        reason = "R", message = "m" } } }, nil, "Failed", "has failed: Failed=True %(R: m%)" },
      { { conditions = { { type = "Denied", status = "True", reason = "No", message = "never" } },
        certificate = issued }, nil, "Denied", "is denied: Denied=True %(No: never%)" },
    }
    for _, case in ipairs(cases) do
      local got, err = request.judge { metadata = { name = "n" }, status = case[1] }
      assert.equal(case[2], got)
      assert.equal(case[3], err and err.reason)
      if err then assert.matches(case[4], err.message) end
    end
  end)

  -- TestSetRotationDeadline
  it("rotates when 70 to 90 % of the life are over", function()
    local hour = 3600
    local cases = {
      { "just issued", -1 * hour, 99 * hour }, { "half way", -24 * hour, 24 * hour },
      { "mostly expired", -69 * hour, 31 * hour }, { "just about", -91 * hour, 9 * hour },
      { "nearly expired", -99 * hour, 1 * hour }, { "already expired", -10 * hour, -1 * hour },
      { "long", -6 * 30 * 24 * hour, 6 * 30 * 24 * hour }, { "short", -30, 30 },
    }
    local due = {}
    for i, case in ipairs(cases) do
      local info = { not_before = case[2], not_after = case[3] }
      local life = case[3] - case[2]
      assert.equal(math.floor(case[2] + life * 0.7), manager.deadline(info, 0), case[1])
      assert.is_true(manager.deadline(info, 0.999) < case[2] + life * 0.9, case[1])
      due[i] = manager.deadline(info, 0) <= 0
    end
    assert.same({ false, false, false, true, true, true, false, false }, due)
  end)

  -- TestCertSatisfiesTemplate
  it("knows whether a certificate has what a template asks for", function()
    local cases = {
      { false, nil, nil }, { false, nil, {} }, { true, { common_name = "a" }, nil },
      { false, { common_name = "a" }, { common_name = "b" } },
      { false, { organizations = { "n" } }, { organizations = { "n", "f" } } },
      { true, { organizations = { "n", "f" } }, { organizations = { "n" } } },
      { false, { dns_names = { "a" } }, { dns_names = { "a", "b" } } },
      { true, { dns_names = { "a", "b" } }, { dns_names = { "a" } } },
      { false, { ip_addresses = { "192.168.1.1" } },
        { ip_addresses = { "192.168.1.1", "192.168.1.2" } } },
      { true, { ip_addresses = { "192.168.1.1", "192.168.1.2" } },
        { ip_addresses = { "192.168.1.1" } } },
      { true, { ip_addresses = { "fd00::1" } }, { ip_addresses = { "FD00:0::1" } } },
      { true, { common_name = "a", organizations = { "o" }, dns_names = { "d" } },
        { common_name = "a", organizations = { "o" }, dns_names = { "d" } } },
    }
    for i, case in ipairs(cases) do
      assert.equal(case[1], manager.satisfies(case[2], case[3]), "case " .. i)
    end
  end)
end)

describe("a store of certificates", function()
  local directory, pairs_of = nil, {}
  for i = 1, 2 do
    local pem, key = certificates.self_signed { host = "host-" .. i }
    pairs_of[i] = { certificate = pem, key = key }
  end

  before_each(function()
    directory = os.tmpname()
    os.remove(directory)
  end)

  after_each(function() process.run("rm -rf " .. directory) end)

  local function open(more)
    local given = { directory = directory, prefix = "client" }
    for name, value in pairs(more or {}) do given[name] = value end
    return certificates.store(given)
  end

  local function shell(text) return (process.run("cd " .. directory .. " && " .. text)) end

  it("is empty at first", function()
    local pair, err = assert(open()):current()
    assert.is_nil(pair)
    assert.equal("NotFound", err.reason)
    assert.truthy(err.message:find(directory .. "/client-current.pem", 1, true))
  end)

  it("keeps a pair in one private file behind a link", function()
    local store = assert(open { directory = directory .. "/deep/er" })
    local updated = assert(store:update(pairs_of[1].certificate, pairs_of[1].key))
    assert.equal(directory .. "/deep/er/client-current.pem", store:current_path())
    local pair = assert(store:current())
    assert.same(updated, pair)
    assert.equal(pairs_of[1].certificate, pair.certificate)
    assert.equal(pairs_of[1].key, pair.key)
    assert.matches("^CN=host%-1@", pair.info.subject)
    assert.equal(pairs_of[1].certificate .. pairs_of[1].key, process.read(store:current_path()))
    local name = shell("readlink deep/er/client-current.pem"):gsub("\n", "")
    assert.matches("^client%-20%d%d%-%d%d%-%d%d%-%d%d%-%d%d%-%d%d%.pem$", name)
    assert.equal("600\n", shell("stat -c %a deep/er/" .. name))
    assert.equal("755\n", shell("stat -c %a deep"))
  end)

  it("moves the link to a new file, and overwrites none", function()
    local store = assert(open())
    for i = 1, 5 do
      local pair = pairs_of[i % 2 + 1]
      assert(store:update(pair.certificate, pair.key))
      assert.equal(pair.key, store:current().key)
      assert.equal(pair.key, assert(open()):current().key)
    end
    assert.equal("5\n", shell("ls client-2*.pem | wc -l"))
    assert.equal("1\n", shell("ls | grep -c current"))
    assert.equal("", shell("ls | grep updated; true"))
  end)

  it("refuses what is not a pair, and writes nothing", function()
    local store = assert(open())
    local one, two = pairs_of[1], pairs_of[2]
    for _, case in ipairs { { one.certificate, two.key, "does not belong" },
      { "x", one.key, "no PEM certificate" }, { one.certificate, "x", "no PEM private key" } } do
      local ok, err = store:update(case[1], case[2])
      assert.is_nil(ok)
      assert.equal("Decode", err.reason)
      assert.matches(case[3], err.message)
    end
    assert.is_nil((io.open(directory)), "no directory was made")
  end)

  it("uses other files until there is an update", function()
    local one, two = pairs_of[1], pairs_of[2]
    process.run("mkdir -p " .. directory)
    write(directory .. "/client.crt", one.certificate)
    assert.is_nil((assert(open()):current()))
    write(directory .. "/client.key", one.key)
    assert.equal(one.key, assert(open()):current().key)
    write(directory .. "/a", two.certificate)
    write(directory .. "/b", two.key)
    local given = { certificate_file = directory .. "/a", key_file = directory .. "/b" }
    assert.equal(two.key, assert(open(given)):current().key)
    assert(assert(open(given)):update(one.certificate, one.key))
    assert.equal(one.key, assert(open(given)):current().key)
    write(directory .. "/client-current.pem", "broken")
    local pair, err = assert(open()):current()
    assert.is_nil(pair)
    assert.equal("Decode", err.reason)
    assert.matches("client%-current.pem: the text holds no PEM certificate", err.message)
  end)

  -- TestRecover, TestUpdateSymlink
  it("ends an update that was interrupted, and leaves files alone that are no links", function()
    local one, two = pairs_of[1], pairs_of[2]
    assert(assert(open()):update(one.certificate, one.key))
    shell("mv client-current.pem client-updated.pem")
    assert.equal(one.key, assert(open()):current().key)
    assert.equal("", shell("ls | grep updated; true"))

    shell("ln -s nowhere client-updated.pem") -- of another one: it is replaced
    assert(assert(open()):update(two.certificate, two.key))
    assert.equal(two.key, assert(open()):current().key)

    shell("rm client-current.pem && touch client-updated.pem")
    local store, err = open()
    assert.is_nil(store)
    assert.equal("Conflict", err.reason)
    assert.matches("client%-updated.pem should be a symbolic link", err.message)

    shell("rm client-updated.pem")
    write(directory .. "/client-current.pem", one.certificate .. one.key)
    store = assert(open())
    assert.equal(one.key, store:current().key)
    local ok, problem = store:update(two.certificate, two.key)
    assert.is_nil(ok)
    assert.equal("Conflict", problem.reason)
    assert.equal(one.key, store:current().key)
  end)

  it("says what the system refuses", function()
    local _, err = open { directory = "/proc/none" }:update(pairs_of[1].certificate,
      pairs_of[1].key)
    assert.equal("System", err.reason)
    assert.matches("cannot make the directory /proc/none: ", err.message)
  end)
end)

describe("certificates of a cluster", function()
  local k = cluster.connect("admin")

  --- A kubeconfig of a user with a certificate.
  local function connect_with(certificate, key)
    local config = assert(kube.yaml.load(process.read(cluster.kubeconfig("admin"))))
    local pem = os.tmpname()
    write(pem, certificate .. key)
    config.users = { { name = "u", user = { ["client-certificate"] = pem, ["client-key"] = pem } } }
    config.contexts[1].context.user = "u"
    local path = process.file(assert(kube.yaml.dump(config)))
    local client = assert(kube.connect { kubeconfig = path })
    os.remove(path)
    os.remove(pem)
    return client
  end

  local function who(client)
    local review = assert(client:create { apiVersion = "authentication.k8s.io/v1",
      kind = "SelfSubjectReview" })
    return review.status.userInfo
  end

  it("a request that is approved gives a certificate, and its holder is that user", function()
    local user = cluster.unique("jane")
    local key, csr = new_request(user)
    local certificate, name = kube.run(function()
      once_there(k, user, certificates.approve)
      return certificates.request(k, asking(user, key, csr, { expiration_seconds = 3600 }))
    end)
    assert(certificate, name)
    assert.equal(user, name)
    assert.is_true(certificates.check_key(certificate, key))
    local info = certificates.parse(certificate)[1]
    assert.same({ "digital signature", "client auth" }, info.usages)
    assert.same({ "kube-lua" }, info.organizations)
    assert.is_true(info.not_after - info.not_before <= 3600 + 300)
    local me = who(connect_with(certificate, key))
    assert.equal(user, me.username)
    assert.same({ "kube-lua", "system:authenticated" }, me.groups)

    -- one that is there already, and fits, is adopted
    local again = assert(certificates.request(k, asking(user, key, csr)))
    assert.equal(certificate, again)
    local other_key, other_csr = new_request(user)
    local none, err = certificates.request(k, asking(user, other_key, other_csr))
    assert.is_nil(none)
    assert.equal("Conflict", err.reason)
    assert.matches("signed with another key", err.message)
    local csr2 = assert(certificates.new_request(key, { common_name = "other" }))
    none, err = certificates.request(k, asking(user, key, csr2))
    assert.is_nil(none)
    assert.matches("is for the subject", err.message)
    none, err = certificates.request(k, asking(user, key, csr, { signer_name = "a.example/b" }))
    assert.is_nil(none)
    assert.matches("its signer is " .. SIGNER:gsub("%-", "%%-"), err.message)
    none, err = certificates.request(k, asking(user, key, other_csr))
    assert.is_nil(none)
    assert.equal("Decode", err.reason)
  end)

  it("a request without a name gets one", function()
    local key, csr = new_request("anna")
    local certificate, name = kube.run(function()
      kube.spawn(function()
        local watch = assert(k:watch("csr", { timeout = 30 }))
        local found
        repeat found = assert(watch:next()).object until found.metadata.generateName == "csr-"
          and not found.status.conditions
        watch:close()
        assert(certificates.approve(k, found.metadata.name, "because"))
      end)
      return certificates.request(k, asking(nil, key, csr))
    end)
    assert(certificate, name)
    assert.matches("^csr%-", name)
    assert.equal("because", k:get("csr", name).status.conditions[1].message)
    assert(k:delete("csr", name))
  end)

  it("one that is denied says so, with the message", function()
    local name = cluster.unique("denied")
    local key, csr = new_request(name)
    local none, err = kube.run(function()
      once_there(k, name, function() return certificates.deny(k, name, "not you") end)
      return certificates.request(k, asking(name, key, csr))
    end)
    assert.is_nil(none)
    assert.equal("Denied", err.reason)
    assert.matches(name:gsub("%-", "%%-") .. " is denied: .*not you", err.message)
    local _, invalid = certificates.approve(k, name)
    assert.equal("Invalid", invalid.reason)
    assert(certificates.deny(k, name)) -- again: it is as it should be
    assert.equal(1, #k:get("csr", name).status.conditions)
  end)

  it("one that nobody decides on runs out of time; canceled, it ends", function()
    local name = cluster.unique("nobody")
    local key, csr = new_request(name)
    local none, err = certificates.request(k, asking(name, key, csr, { timeout = 0.5 }))
    assert.is_nil(none)
    assert.equal("Timeout", err.reason)
    assert.matches("timed out after 0.5 s .*" .. name:gsub("%-", "%%-")
      .. "; last seen: it is neither approved nor denied", err.message)
    kube.run(function()
      local task = kube.spawn(certificates.request, k, asking(name, key, csr))
      kube.sleep(0.2)
      task:cancel()
      none, err = task:join(10)
    end)
    assert.is_nil(none)
    assert.equal("Canceled", err.reason)
    local other = cluster.unique("deleted")
    none, err = kube.run(function()
      once_there(k, other, function() return k:delete("csr", other) end)
      return certificates.request(k, asking(other, key, csr))
    end)
    assert.is_nil(none)
    assert.equal("NotFound", err.reason)
    assert.matches("was deleted", err.message)
  end)

  it("one that may not be asked for is refused", function()
    local key, csr = new_request("x")
    local none, err = certificates.request(cluster.connect("denied"), asking("x", key, csr))
    assert.is_nil(none)
    assert.equal("Forbidden", err.reason)
    assert.matches("^cannot create a certificate signing request: ", err.message)
    none, err = certificates.approve(k, "no-such-request")
    assert.is_nil(none)
    assert.equal("NotFound", err.reason)
  end)

  -- ---- rotation ----

  --- A clock that a spec owns: sleep moves it, and lets the others run.
  local function own_clock()
    local clock = { now = os.time(), slept = {} }
    function clock.time() return clock.now end
    function clock.random() return 0.5 end
    function clock.sleep(seconds)
      clock.now = clock.now + seconds
      clock.slept[#clock.slept + 1] = seconds
      return kube.sleep(0)
    end
    return clock
  end

  local function new_manager(client, clock, more)
    local directory = os.tmpname()
    os.remove(directory)
    finally(function() process.run("rm -rf " .. directory) end)
    local store = assert(certificates.store { directory = directory, prefix = "client" })
    local given = { store = store, signer_name = SIGNER, usages = { "client auth" },
      template = { common_name = cluster.unique("manager") }, expiration_seconds = 600,
      clock = { time = clock.time, sleep = clock.sleep, random = clock.random } }
    for name, value in pairs(more or {}) do given[name] = value end
    local made, err = certificates.manager(client, given)
    return made, err or store, given
  end

  --- Approves every request of a user until it is canceled.
  local function approve_all(user)
    return kube.spawn(function()
      local watch = assert(k:watch("csr"))
      while true do
        local event = watch:next()
        if not event then return watch:close() end
        local pem = event.object.spec.username == who(k).username
          and event.object.metadata.name
        if pem and event.type == "ADDED" and not event.object.status.conditions
            and event.object.metadata.generateName == "csr-" then
          certificates.approve(k, pem, "for " .. user)
        end
      end
    end)
  end

  it("a manager asks at once, and again when 80 % of a life are over", function()
    kube.run(function()
      local clock, rotated, task = own_clock(), {}, nil
      local managed, store, given = new_manager(k, clock, {
        on_rotate = function(pair)
          rotated[#rotated + 1] = { at = clock.now, pair = pair }
          if #rotated == 3 then task:cancel() end
        end,
      })
      assert(managed, store)
      assert.is_nil(managed:current())
      local approver = approve_all(given.template.common_name)
      task = kube.spawn(managed.run, managed)
      local none, err = task:join(60)
      approver:cancel()
      assert.is_nil(none)
      assert.equal("Canceled", err and err.reason)
      assert.equal(3, #rotated)
      for i = 2, 3 do
        local info = rotated[i - 1].pair.info
        local due = info.not_before + (info.not_after - info.not_before) * 0.8
        if due > rotated[i - 1].at then assert.is_true(rotated[i].at >= due) end
        assert.are_not.equal(rotated[i].pair.key, rotated[i - 1].pair.key)
      end
      local pair = assert(store:current())
      assert.equal(rotated[3].pair.key, pair.key)
      assert.equal(given.template.common_name, pair.info.common_name)
      local me = who(connect_with(pair.certificate, pair.key))
      assert.equal(given.template.common_name, me.username)

      -- who starts later finds it there, and does not ask
      clock.now = os.time()
      local later = assert(certificates.manager(k, given))
      assert.equal(pair.key, later:current().key)
      assert.is_true(later:next_deadline() > clock.now)
      assert.equal(math.floor(later:next_deadline()), later:next_deadline())
      clock.now = pair.info.not_after + 1
      assert.is_nil(later:current())
    end)
  end)

  it("a manager that fails tries again after 2, 4, 8, 16 seconds, then each 32", function()
    local clock, told = own_clock(), 0
    local function no_client() return nil, { reason = "Config", message = "no" } end
    local managed = assert(new_manager(no_client, clock, { on_error = function(err)
      told = told + 1
      assert.equal("no", err.message)
    end }))
    local sleep = clock.sleep
    local limited = 0
    managed._clock.sleep = function(seconds)
      limited = limited + 1
      if limited > 7 then return nil, { reason = "Canceled", message = "enough" } end
      return sleep(seconds)
    end
    local none, err = managed:run()
    assert.is_nil(none)
    assert.equal("enough", err.message)
    assert.equal(8, told)
    for i, base in ipairs { 2, 4, 8, 16 } do
      assert.is_true(math.abs(clock.slept[i] - base * 1.05) < 1e-9)
    end
    assert.same({ 32, 32, 32 }, { clock.slept[5], clock.slept[6], clock.slept[7] })
  end)

  it("a manager begins with bootstrap's pair, and replaces it at once", function()
    local pem, key = certificates.self_signed { host = "bootstrap" }
    local clock, seen = own_clock(), nil
    local managed, store = new_manager(function(current)
      seen = current
      return nil, { reason = "Config", message = "no" }
    end, clock, { bootstrap = { certificate = pem, key = key } })
    assert(managed, store)
    assert.equal(key, managed:current().key)
    assert.equal(key, store:current().key)
    for _ = 1, 2 do assert.equal(clock.now, managed:next_deadline()) end -- to look changes nothing
    assert.is_nil((managed:rotate()))
    assert.equal(clock.now, managed:next_deadline())
    assert.equal(key, seen.key)
    local none, err = new_manager(k, clock, { bootstrap = { certificate = pem,
      key = certificates.new_key() } })
    assert.is_nil(none)
    assert.equal("Decode", err.reason)
  end)

  it("a template that changes is asked for at once; one that is not there, not at all", function()
    local clock, template = own_clock(), nil
    local managed, store = new_manager(k, clock, { template = function() return template end })
    local pem, key = certificates.self_signed { host = "a" }
    assert(store:update(pem, key))
    local _, err = managed:rotate()
    assert.matches("no template", err.message)
    managed._pair, managed._forced = assert(store:current()), false
    assert.is_true(managed:next_deadline() > clock.now)
    template = { common_name = "b" }
    assert.equal(clock.now, managed:next_deadline())
    managed._asked = "b\0\0\0\0\0\0" -- that was asked for, and the signer gave something else
    assert.is_true(managed:next_deadline() > clock.now)
  end)
end)
