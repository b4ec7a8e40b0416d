-- Kubeconfigs written by kube.config: what goes in comes back, whatever else stands there.
local kube = require("kube")
local process = require("spec.support.process")

local config = kube.config

describe("kube.config", function()
  local path, options

  before_each(function()
    path = process.file("")
    options = { kubeconfig = path }
  end)

  after_each(function() os.remove(path) end)

  local function write(text)
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
  end

  local function load() return assert(kube.yaml.load(process.read(path))) end

  local function fails(reason, words, ok, err)
    assert.is_nil(ok)
    assert.equal(reason, err.reason)
    assert.truthy(err.message:find(words, 1, true), err.message)
    assert.falsy(err.message:find("s3cr3t", 1, true), err.message)
  end

  it("makes what kube.config.load understands", function()
    assert.is_true(config.set_cluster("c", { server = "http://127.0.0.1:1" }, options))
    assert.is_true(config.set_user("u", { username = "me", password = "s3cr3t" }, options))
    assert.is_true(config.set_context("x", { cluster = "c", user = "u", namespace = "n" }, options))
    assert.is_true(config.use_context("x", options))
    local loaded = assert(config.load(options))
    assert.same({ "http://127.0.0.1:1", "n", "x" },
      { loaded.server, loaded.namespace, loaded.context })
  end)

  it("makes a file that is not there, for its owner alone", function()
    os.remove(path)
    assert.is_true(config.set("users.u.token", "s3cr3t", options))
    assert.equal("s3cr3t", load().users[1].user.token)
    assert.equal("-rw-------", (process.run("ls -l " .. process.quote(path))):sub(1, 10))
  end)

  it("sets and unsets values", function()
    assert.is_true(config.set("clusters.a.b.insecure-skip-tls-verify", true, options))
    assert.is_true(config.set("clusters.a.b.server", "s", options))
    assert.is_true(config.set("users.u.client-key-data", "s3cr3t",
      { kubeconfig = path, raw_bytes = true }))
    assert.same({ ["insecure-skip-tls-verify"] = true, server = "s" }, load().clusters[1].cluster)
    assert.equal("czNjcjN0", load().users[1].user["client-key-data"])
    assert.is_true(config.unset("clusters.a.b.insecure-skip-tls-verify", options))
    assert.same({ server = "s" }, load().clusters[1].cluster)
    assert.is_true(config.unset("clusters.a.b", options))
    assert.equal(0, #load().clusters)
  end)

  it("renames and deletes", function()
    write("current-context: a\ncontexts: [{name: a, context: {cluster: c}}]\n"
      .. "clusters: [{name: c, cluster: {}}]\nusers: [{name: u, user: {}}]\n")
    assert.is_true(config.rename_context("a", "b", options))
    assert.same({ { name = "b", cluster = "c", current = true } }, config.get_contexts(options))
    assert.same({ "c" }, config.get_clusters(options))
    assert.same({ "u" }, config.get_users(options))
    assert.is_true(config.delete_context("b", options))
    assert.is_true(config.delete_cluster("c", options))
    assert.is_true(config.delete_user("u", options))
    assert.same({}, config.get_users(options))
    fails("Config", "cannot delete context b, not in " .. path, config.delete_context("b", options))
    fails("Config", "no context exists with the name: \"b\" (there are: none)",
      config.use_context("b", options))
  end)

  it("takes fields away", function()
    assert.is_true(config.set_context("x", { cluster = "c", user = "u", namespace = "n" }, options))
    assert.is_true(config.set_context("x", { user = "", namespace = kube.null }, options))
    assert.same({ cluster = "c" }, load().contexts[1].context)
  end)

  it("takes what kube.certificates makes as data", function()
    local certificate, key = kube.certificates.self_signed { host = "127.0.0.1" }
    assert.is_true(config.set_cluster("c", { server = "https://127.0.0.1:1",
      ["certificate-authority-data"] = certificate }, options))
    assert.is_true(config.set_user("u", { ["client-certificate-data"] = certificate,
      ["client-key-data"] = key }, options))
    assert.is_true(config.set_context("x", { cluster = "c", user = "u" }, options))
    assert.is_true(config.use_context("x", options))
    assert.equal("u", assert(config.load(options)).user)
    assert.falsy(process.read(path):find("BEGIN", 1, true))
  end)

  it("shows no secrets unless they are asked for", function()
    assert.is_true(config.set_user("u", { token = "s3cr3t" }, options))
    assert.equal("REDACTED", assert(config.view(options)).users[1].user.token)
    assert.equal("s3cr3t",
      assert(config.view { kubeconfig = path, raw = true }).users[1].user.token)
    write("users: [{name: u, user: {client-key: '-----BEGIN s3cr3t', tokenFile: f}}]")
    assert.same({ ["client-key"] = "REDACTED", tokenFile = "f" },
      assert(config.view(options)).users[1].user)
    fails("Config", "client-key is a path", config.view { kubeconfig = path, flatten = true })
  end)

  it("tells what it does not take, and not the secret", function()
    fails("BadRequest", "unable to parse", config.set("user.x", "s3cr3t", options))
    fails("BadRequest", "base64", config.set("users.u.client-key-data", "s3cr3t!", options))
    fails("BadRequest", "there is no field tokn: there are client-certificate, ",
      config.set_user("u", { tokn = "s3cr3t" }, options))
    fails("BadRequest", "token must be a string", config.set_user("u", { token = {} }, options))
    write("users: [s3cr3t")
    fails("Config", "error loading config file \"" .. path, config.unset("users", options))
    assert.equal("users: [s3cr3t", process.read(path))
  end)

  it("throws for what the programmer did", function()
    local function throws(words, f, ...)
      local good, message = pcall(f, ...)
      assert.is_false(good)
      assert.truthy(tostring(message):find(words, 1, true), tostring(message))
    end
    throws("the path must be a string", config.set, nil, "x")
    throws("the value must be a string", config.set, "users.u.token", 1)
    throws("unknown option", config.set, "users.u.token", "x", { kubeconfg = path })
    throws("NUL", config.set, "users.u.token", "x\0y", options)
    throws("the fields must be a table", config.set_user, "u")
    throws("unknown option", config.view, { timeout = 1 })
    throws("spec/config/write_spec.lua:", function() config.unset(nil) end)
    throws("spec/config/write_spec.lua:", function() config.set_user("u", {}, { x = 1 }) end)
    throws("spec/config/write_spec.lua:", function() config.get_users { x = 1 } end)
  end)

  it("waits for a lock no longer than it may, and says whose it is", function()
    local lock = path .. ".lock"
    assert(io.open(lock, "w")):close()
    fails("Timeout", lock,
      config.set("users.u.token", "s3cr3t", { kubeconfig = path, timeout = 0 }))
    os.remove(lock)
    assert.is_true(config.set("users.u.token", "s3cr3t", { kubeconfig = path, timeout = 0 }))
  end)

  it("goes by KUBECONFIG: each stanza stays in its file", function()
    local other = process.file("users: [{name: v, user: {}}]\n")
    local said, code = process.run_lua({ "-e", [[
      local config = require("kube").config
      assert(config.set("users.v.token", "a"))
      assert(config.set("users.w.token", "b"))
    ]] }, { KUBECONFIG = path .. ":/nowhere/config:" .. other })
    assert.same({ "", 0 }, { said, code })
    assert.equal("a", kube.yaml.load(process.read(other)).users[1].user.token)
    assert.equal("b", load().users[1].user.token)
    os.remove(other)
  end)

  it("loses nothing when two programs write at once", function()
    local program = process.file([[
      local config = require("kube").config
      for i = 1, 60 do
        assert(config.set("users." .. arg[1] .. i .. ".token", "t",
          { kubeconfig = arg[2], timeout = 60 }))
      end]])
    local one = string.format("%s %s %%s %s", process.lua, process.quote(program),
      process.quote(path))
    local said, code = process.run(one:format("a") .. " & " .. one:format("b") .. "; wait $!")
    os.remove(program)
    assert.same({ "", 0 }, { said, code })
    assert.equal(120, #load().users)
  end)

  -- ---- random kubeconfigs ----

  -- (but -0.0, which YAML's readers, Go's too, take for the integer 0 once it is written as -0)
  local SCALARS = {
    "text", "''", "'yes'", "yes", "~", "'~'", "1", "'1'", "1.5", "'1.5'", "0x10", "'0x10'",
    "18446744073709551615", "-9223372036854775808", "123456789012345678901234567890", "1e400",
    "1e-400", "1e3", "'1e3'", "2020-01-01", "'2020-01-01'", "'a: b'", "'# no comment'",
    "\"tab\\tline\\nquote\\\"\"", "\"\\u00e9\\u2028\\U0001F600\"", "' spaces '", "'-'", "'{}'",
    "{}", "[]", "!!str 5", "'null'", "0o7", "017", "'017'", "1_000", "'1_000'", "12:30:45",
  }

  local function value(random, depth)
    local kind = random(depth > 0 and 6 or 4)
    if kind <= 4 then return SCALARS[random(#SCALARS)] end
    local parts = {}
    for i = 1, random(3) do
      local inner = value(random, depth - 1)
      parts[i] = kind == 5 and inner or string.format("f%d: %s", i, inner)
    end
    return (kind == 5 and "[%s]" or "{%s}"):format(table.concat(parts, ", "))
  end

  local function kubeconfig(random)
    local lines = { "unknown: " .. value(random, 2), "extensions: " .. value(random, 2) }
    for _, kind in ipairs { "cluster", "user", "context" } do
      lines[#lines + 1] = kind .. "s:"
      for i = 1, random(3) do
        lines[#lines + 1] = string.format("- {name: n%d, more: %s, %s: {x: %s, extensions: %s}}", i,
          value(random, 1), kind, value(random, 2), value(random, 1))
      end
    end
    return table.concat(lines, "\n") .. "\n"
  end

  --- The JSON of all that is in the file, which shows numbers as they stand.
  local function json()
    return assert(require("kube.core").yaml.to_json(process.read(path)))[1]
  end

  it("brings back what it did not change, whatever it is", function()
    local seed = 1
    local function random(n) -- the same in every Lua
      seed = (seed * 16807) % 2147483647
      return seed % n + 1
    end
    for round = 1, 150 do
      write(kubeconfig(random))
      local before = json()
      assert.is_true(config.set("users.new.token", "s3cr3t", options))
      assert.is_true(config.set("contexts.n1.namespace", "s3cr3t", options))
      assert.is_true(config.unset("contexts.n1.namespace", options))
      assert.is_true(config.unset("users.new", options))
      assert.equal(before, json(), "round " .. round)
    end
  end)
end)
