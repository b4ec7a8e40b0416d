-- What libraries a host process has is asked before they are used.
local cluster = require("spec.support.cluster")
local nginx = require("spec.support.nginx")
local other_host = require("spec.support.other_host")
local process = require("spec.support.process")

local OPENSSL = "kube was built for OpenSSL 3, but this process has loaded OpenSSL 1.1.1w  "
  .. "11 Sep 2023 (its own, if it is OpenResty): build kube and libcurl with the OpenSSL of the "
  .. "host, or use a host that has OpenSSL 3"

local SERVER = [[
  location = /require { content_by_lua_block {
    local ok, problem = pcall(require, "kube")
    ngx.print(ok and "loaded" or problem)
  } }
  location = /get { content_by_lua_block {
    local object, err = require("kube").connect():get("namespace", "default")
    ngx.print(object and object.metadata.name or tostring(err))
  } } ]]

describe("in a process that has", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  --- What nginx answers there.
  local function answer(what, path)
    local env = other_host(what)
    env.KUBECONFIG = cluster.kubeconfig("admin")
    server = nginx.start { server = SERVER, env = env }
    local code, body = server:curl(path)
    assert.equal(200, code)
    return body
  end

  it("what kube was built for, it works", function()
    assert.equal("default", answer("nothing", "/get"))
  end)

  it("another OpenSSL, require says which and what to do, in nginx", function()
    assert.matches(OPENSSL, answer("openssl1", "/require"), 1, true)
  end)

  it("another OpenSSL, require says so in a Lua of its own too", function()
    local said, code = process.run_lua({ "-e", "require('kube')" }, other_host("openssl1"))
    assert.are_not.equal(0, code)
    assert.matches(OPENSSL, said, 1, true)
  end)

  it("a libcurl that would block on names, no call is begun", function()
    assert.matches("^libcurl [%d.]+ looks names up blocking: install one with the threaded "
      .. "resolver %(Debian: libcurl4%) %(System%)$", answer("blocking", "/get"))
  end)

  it("a libcurl on another TLS, no call is begun", function()
    assert.matches("^libcurl [%d.]+ is built on GnuTLS/3.7.9: install the one built on OpenSSL "
      .. "%(Debian: libcurl4%) %(System%)$", answer("gnutls", "/get"))
  end)
end)
