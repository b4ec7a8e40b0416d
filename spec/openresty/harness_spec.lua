-- What the other specs in here stand on: spec/support/nginx.lua.
local nginx = require("spec.support.nginx")
local process = require("spec.support.process")

describe("an nginx of a spec", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  local PAGE = [[
    location = /pid { content_by_lua_block { ngx.say(ngx.worker.pid()) } }
    location = /env { content_by_lua_block { ngx.say(os.getenv("PLACE")) } }
    location = /kube { content_by_lua_block { ngx.say(kube._VERSION) } } ]]

  local function start(given)
    given.server, given.http = PAGE, [[ init_by_lua_block { kube = require("kube") } ]]
    server = nginx.start(given)
    return server
  end

  it("serves Lua that finds kube, with the variables it was given", function()
    start { env = { PLACE = "it's here" } }
    assert.same({ 200, "it's here\n" }, { server:curl("/env") })
    local code, body = server:curl("/kube")
    assert.equal(200, code)
    assert.matches("^%d+%.%d+", body)
  end)

  it("knows its workers, and what they have open", function()
    start { workers = 2 }
    local pids = server:workers()
    assert.equal(2, #pids)
    local _, body = server:curl("/pid")
    assert.is_true(tonumber(body) == pids[1] or tonumber(body) == pids[2])
    assert.is_true(nginx.threads(pids[1]) >= 1)
    assert.is_true(nginx.descriptors(pids[1]) > 3)
  end)

  it("has other workers after a reload, and after one was killed", function()
    start {}
    local first = server:workers()[1]
    server:reload()
    local second = server:workers()[1]
    assert.are_not.equal(first, second)
    server:kill(second)
    assert.are_not.equal(second, server:workers()[1])
    assert.equal(200, (server:curl("/pid")))
  end)

  it("leaves nothing when it is stopped, twice too, and after it has quit", function()
    start { workers = 2 }
    local pids, prefix = server:workers(), server.prefix
    server:stop()
    server:stop()
    for _, pid in ipairs(pids) do assert.is_false(nginx.is_alive(pid)) end
    assert.is_nil(io.open(prefix .. "/nginx.conf"))
    start {}
    server:quit()
    server:stop()
  end)

  it("is gone when the program that started it failed", function()
    local path = process.file([[
      require("kube")
      local server = require("spec.support.nginx").start {}
      print(server.prefix, server.pid)
      error("the spec fails") ]])
    local output, code = process.run_lua { path }
    os.remove(path)
    assert.equal(1, code)
    local prefix, pid = output:match("(%S+)\t(%d+)")
    assert.is_false(nginx.is_alive(tonumber(pid)))
    assert.is_nil(io.open(prefix .. "/nginx.conf"))
  end)

  it("says what its log says when it does not start", function()
    local ok, problem = pcall(nginx.start, { server = "no_such_directive;" })
    assert.is_false(ok)
    assert.matches('unknown directive "no_such_directive"', problem, 1, true)
  end)
end)
