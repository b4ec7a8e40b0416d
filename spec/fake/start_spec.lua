-- Starting and ending kube.fake, and its options.
local eventually = require("spec.support.eventually")
local fake = require("kube.fake")
local kube = require("kube")
local launch = require("kube.fake.launch")
local process = require("spec.support.process")

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- A server that ends with the test.
local servers = {}

local function start(given)
  local server = assert(fake.start(given))
  servers[#servers + 1] = server
  return server, assert(server:connect())
end

after_each(function()
  for _, server in ipairs(servers) do server:close() end
  servers = {}
end)

describe("kube.fake", function()
  it("starts, serves and ends; its kubeconfig is for us alone", function()
    local server, k = start()
    assert.truthy(server.url:find("^http://127%.0%.0%.1:%d+$"))
    assert.truthy(tostring(server.pid):find("^%d+$"))
    assert.equal("default", k.namespace)
    assert.equal("600\n", (process.run("stat -c %a " .. server.kubeconfig)))
    assert.equal("700\n", (process.run("stat -c %a $(dirname " .. server.kubeconfig .. ")")))
    assert.equal("Active", assert(k:get("ns", "kube-system")).status.phase)
    assert.truthy(tostring(server):find(server.url, 1, true))
    server:close()
    server:close()
    assert.equal("kube.fake: closed", tostring(server))
    assert.is_false(process.is_alive(server.pid))
    assert.is_false(exists(server.kubeconfig))
    local _, err = k:list("ns")
    assert.is_true(kube.is_connection_refused(err))
  end)

  it("runs beside others, each on its own", function()
    local _, a = start()
    local _, b = start()
    assert(a:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "x" } })
    assert.is_true(kube.is_not_found(select(2, b:get("cm", "x"))))
  end)

  it("ends when its parent does, even by SIGKILL, and whatever the parent has started", function()
    local path = process.file [[
      local kube = require("kube")
      local server = assert(require("kube.fake").start())
      os.execute("sleep 5 >/dev/null 2>&1 &") -- it inherits our end of the pipe
      print(string.format("%d %s", server.pid, server.kubeconfig))
      io.stdout:flush()
      kube.sleep(60)]]
    local pipe = assert(io.popen("exec 2>&1; echo $$; exec " .. process.lua .. " " .. path))
    local parent = pipe:read("*l")
    local pid, kubeconfig = pipe:read("*l"):match("^(%d+) (.*)$")
    assert.is_true(process.is_alive(pid))
    process.run("kill -9 " .. parent)
    eventually(function() return not process.is_alive(pid) end)
    assert.is_false(exists(kubeconfig))
    pipe:close()
    os.remove(path)
  end)

  it("ends when it is collected, and with the Lua state", function()
    local pid
    do
      local server = assert(fake.start())
      pid = server.pid
    end
    collectgarbage()
    collectgarbage()
    eventually(function() return not process.is_alive(pid) end)
    local path = process.file [[local server = assert(require("kube.fake").start())
      print(string.format("%d", server.pid))]]
    local out = process.run_lua { path }
    assert.is_false(process.is_alive(tonumber(out:match("^(%d+)\n$"))))
    os.remove(path)
  end)

  it("ends at once though the server does not run", function()
    local server = start()
    process.run("kill -STOP " .. server.pid)
    server:close()
    assert.is_false(process.is_alive(server.pid))
    assert.is_false(exists(server.kubeconfig))
  end)

  local has_ffi, ffi = pcall(require, "ffi")
  if has_ffi then -- other Luas cannot fork by themselves
    it("stays when a process that was forked from its parent lets go of it", function()
      ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
      local server, k = start()
      local pid = ffi.C.fork()
      if pid == 0 then
        local ok = pcall(function()
          server:close()
          server:close()
          collectgarbage()
        end)
        ffi.C._exit(ok and tostring(server):find("closed") and 7 or 1)
      end
      local status = ffi.new("int[1]")
      assert.equal(pid, ffi.C.waitpid(pid, status, 0))
      assert.equal(7 * 256, status[0])
      assert(k:list("ns"))
      server:close()
      assert.is_false(process.is_alive(server.pid))
    end)
  end

  it("leaves nothing behind, however it ends", function()
    local directory = os.tmpname()
    os.remove(directory)
    process.run("mkdir -m 700 " .. directory)
    local function left() return (process.run("ls -A " .. directory)) end
    local path = process.file [[
      local fake, kube = require("kube.fake"), require("kube")
      local how = ...
      if how == "invalid" then
        return assert(select(2, fake.start { objects = { { kind = "Nothing" } } }))
      elseif how == "missing" then
        return assert(select(2, fake.start { lua = "/bin/false" }))
      end
      local server = assert(fake.start())
      assert(io.popen("ls -A " .. os.getenv("TMPDIR"), "r"):read("*l"):find("^kube%-fake"))
      if how == "error" then error("no more") end
      if how == "exit" then os.exit(3) end
      if how == "close" then return server:close() end
      -- The parent's own process group, as timeout(1) and a terminal have it.
      os.execute("kill -" .. how .. " 0")
      kube.sleep(10)]]
    for _, how in ipairs { "invalid", "missing", "close", "error", "exit", "INT", "TERM", "HUP" } do
      process.run("setsid -w " .. process.lua .. " " .. path .. " " .. how, { TMPDIR = directory })
      eventually(function() return left() == "" end)
    end
    os.remove(path)
    os.remove(directory)
  end)

  it("starts whatever LUA_INIT does", function()
    local path = process.file [[local server = assert(require("kube.fake").start())
      print(server.url)]]
    local number = _VERSION:match("%d%.%d"):gsub("%.", "_")
    local noise = "print('noise') io.stdout:write('noise')"
    local out = process.run_lua({ path }, { LUA_INIT = noise, ["LUA_INIT_" .. number] = noise })
    assert.truthy(out:find("noisehttp://127%.0%.0%.1:%d+\n$"), out)
    os.remove(path)
  end)

  it("starts within kube.run, beside other tasks", function()
    local count, objects = 0, {}
    for i = 1, 2000 do
      objects[i] = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" .. i } }
    end
    kube.run(function()
      local task = kube.spawn(function()
        repeat count = count + 1 until not kube.sleep(0.001)
      end)
      local _, k = start { objects = objects }
      task:cancel()
      assert(k:get("cm/c2000"))
    end)
    assert.is_true(count > 10)
  end)

  it("takes its options once, by no known way, and nothing else before", function()
    local chunk = launch.command(process.lua, 'require("kube.fake.main")(parent)')
    local pipe = assert(io.popen(chunk, "r"))
    local pid = pipe:read("*l")
    local said = assert(kube.json.decode(pipe:read("*l")))
    assert.equal(pid, string.format("%d", said.pid))
    local function ask(path, body)
      return (process.run("curl -s -o /dev/null -w '%{http_code}' " .. (body and "-d '" .. body
        .. "' -H 'Content-Type: application/json' " or "") .. said.url .. path))
    end
    local worlds = "/apis/fake.kube-lua/v1/worlds"
    for _, path in ipairs { "/", "/readyz", "/api/v1/pods", worlds } do
      assert.equal("503", ask(path))
    end
    assert.equal("201", ask(worlds, '{"history":10,"bookmark_every":60,"pods":{}}'))
    assert.equal("404", ask(worlds, "{}"))
    assert.equal("200", ask("/readyz"))
    assert.is_nil(process.run("curl -s " .. said.url .. "/apis"):find("fake.kube-lua", 1, true))
    process.run("kill " .. pid)
    pipe:close()
    assert.is_false(exists(said.kubeconfig))
  end)

  it("takes no Ctrl-C that is meant for its parent", function()
    local server, k = start()
    process.run("kill -INT " .. server.pid)
    -- It has taken the signal when none is pending any more.
    eventually(function()
      local pending = process.run("grep -E '^S(hd|ig)Pnd' /proc/" .. server.pid .. "/status")
      return pending ~= "" and not pending:gsub("%a+:", ""):find("[1-9a-f]")
    end)
    assert(k:list("ns"))
  end)

  it("says what to install where luv is missing", function()
    local path = process.file("#!/bin/sh\nexec " .. process.lua
      .. " -e 'package.preload.luv = function() error(\"none\", 0) end' \"$@\"\n")
    process.run("chmod 700 " .. path)
    local server, err = fake.start { lua = path }
    assert.is_nil(server)
    assert.equal("Config", err.reason)
    for _, word in ipairs { path, "lua-luv", "luarocks install luv", "none" } do
      assert.truthy(err.message:find(word, 1, true), err.message)
    end
    os.remove(path)
  end)

  it("says which interpreter did not start it", function()
    local server, err = fake.start { lua = "/bin/false" }
    assert.is_nil(server)
    assert.equal("Config", err.reason)
    assert.truthy(err.message:find("/bin/false", 1, true))
  end)

  it("says what came instead of a server, and waits for no other end", function()
    for words, reason in pairs {
      ["echo nonsense; exec sleep 60"] = "Config", ["echo 7; exec sleep 60"] = "Config",
      ['echo "{\\"reason\\":\\"System\\",\\"message\\":\\"m\\"}"; exec sleep 60'] = "System",
      -- It dies before it gets the options.
      ["exec " .. process.lua .. " -e 'local uv = require(\"luv\") "
        .. "uv.run = function() os.exit(1) end' \"$@\""] = "System",
    } do
      local path = process.file("#!/bin/sh\n" .. words .. "\n")
      process.run("chmod 700 " .. path)
      local server, err = fake.start { lua = path }
      assert.is_nil(server)
      assert.equal(reason, err.reason, words)
      os.remove(path)
    end
  end)

  it("finds its interpreter by the version where arg says nothing", function()
    local old = rawget(_G, "arg")
    for _, words in ipairs { false, { [0] = "x" }, { [-1] = "/usr/sbin/nginx", [0] = "x" } } do
      rawset(_G, "arg", words or nil)
      local server, err = fake.start()
      rawset(_G, "arg", old)
      assert(server, tostring(err))
      server:close()
    end
  end)

  it("throws at options that it does not know", function()
    for _, given in ipairs { { object = {} }, { objects = 7 },
        { objects = { kind = "Pod" } }, { pods = { readyAfter = 1 } },
        { pods = { ready_after = "1" } }, { pods = { ready_after = -1 } }, { history = 0 },
        { resources = { { kind = "A", version = "v1" } } }, { resources = { { kinds = "A" } } },
        { resources = { 7 } }, { lua = 5.4 } } do
      assert.has_error(function() fake.start(given) end)
    end
    local ok, message = pcall(function() return (fake.start { object = {} }) end)
    assert.is_false(ok)
    assert.truthy(message:find("start_spec", 1, true))
    assert.truthy(message:find('did you mean "objects"?', 1, true))
    assert.has_error(function() start().connect() end)
  end)
end)

describe("the option objects", function()
  it("are there from the start, with their status and namespaces", function()
    local server, k = start { objects = {
      { apiVersion = "v1", kind = "Pod", metadata = { name = "web-0", namespace = "shop" },
        spec = { containers = { { name = "c", image = "i" } } },
        status = { phase = "Failed", message = "broken" } },
      { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "empty", uid = "u" } },
      { apiVersion = "v1", kind = "Namespace", metadata = { name = "shop", labels = { a = "b" } } },
      { apiVersion = "v1", kind = "Node", metadata = { name = "n1" } },
    } }
    local pod = assert(k:get("pod", "web-0", { namespace = "shop" }))
    assert.equal("Failed", pod.status.phase)
    assert.equal("broken", pod.status.message)
    assert.equal("u", assert(k:get("cm", "empty")).metadata.uid)
    assert.equal("b", assert(k:get("ns", "shop")).metadata.labels.a)
    -- A pod that the controller takes on after it runs, and this one still does not.
    assert(k:create { apiVersion = "v1", kind = "Pod", metadata = { name = "later" },
      spec = { containers = { { name = "c", image = "i" } } } })
    eventually(function() return assert(k:get("pod/later")).status.phase == "Running" end)
    assert.equal("Failed", assert(k:get("pod", "web-0", { namespace = "shop" })).status.phase)
    assert.equal("n1", assert(k:get("pod/later")).spec.nodeName)
    assert.equal(1, #assert(k:list("nodes")).items)
    local err = select(2, k:watch("cm", { resourceVersion = "1", on_expired = "error" }):next(5))
    assert.is_true(kube.is_expired(err), tostring(err))
    assert.truthy(server.url)
  end)

  it("may be large", function()
    local objects, text = {}, ("x"):rep(900 * 1000)
    for i = 1, 8 do
      objects[i] = { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" .. i },
        data = { text = text } }
    end
    local _, k = start { objects = objects }
    assert.equal(#text, #assert(k:get("cm/c8")).data.text)
    local err = select(2, k:create { apiVersion = "v1", kind = "ConfigMap",
      metadata = { name = "big" }, data = { text = text:rep(4) } })
    assert.equal(413, err.code)
    assert.equal("Request entity too large: limit is 3145728", err.message)
  end)

  it("say which of them cannot be", function()
    for text, objects in pairs {
      ['objects[2]: no kind "Job" of apiVersion "batch/v1" is served'] = {
        { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } },
        { apiVersion = "batch/v1", kind = "Job", metadata = { name = "a" } } },
      ["objects[1]: ConfigMap \"A\" is invalid"] = {
        { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "A" } } },
      ["objects[2]: configmaps \"a\" already exists"] = {
        { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } },
        { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" } } },
      ["objects[1]: json: cannot unmarshal"] = {
        { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "a" }, data = { a = 1 } } },
    } do
      local server, err = fake.start { objects = objects }
      assert.is_nil(server)
      assert.equal("Invalid", err.reason)
      assert.truthy(err.message:find(text, 1, true), err.message)
    end
  end)
end)

describe("the other options", function()
  it("resources adds kinds, which are kept as they come", function()
    local _, k = start { resources = { {
      group = "stable.example.com", version = "v1", kind = "CronTab", resource = "crontabs",
      shortNames = { "ct" },
    }, { group = "x.io", version = "v1beta1", kind = "Ring", resource = "rings",
      namespaced = false } } }
    local made = assert(k:create {
      apiVersion = "stable.example.com/v1", kind = "CronTab", metadata = { name = "a" },
      spec = { cron = "* *", replicas = 3, none = kube.null, list = kube.array() },
    })
    assert.equal(1, made.metadata.generation)
    assert.equal("default", made.metadata.namespace)
    local read = assert(k:get("ct", "a"))
    assert.same({ "none" }, kube.json.nulls(read.spec))
    assert.is_true(kube.json.is_array(read.spec.list))
    assert.equal("CronTab", assert(k:list("crontabs")).items[1].kind)
    read = assert(k:patch("ct/a", { spec = { replicas = 4 } }))
    assert.equal(2, read.metadata.generation)
    read = assert(k:patch("ct/a", { metadata = { labels = { a = "b" } } }))
    assert.equal(2, read.metadata.generation)
    assert(k:create { apiVersion = "x.io/v1beta1", kind = "Ring", metadata = { name = "one" } })
    assert.equal(1, #assert(k:list("rings")).items)
    assert(k:apply { apiVersion = "x.io/v1beta1", kind = "Ring", metadata = { name = "two" } })
    assert(k:delete("rings", "two"))
  end)

  it("pods says when they run, or never", function()
    local _, k = start { pods = { scheduled_after = 0, ready_after = false, gone_after = false } }
    local pod = { apiVersion = "v1", kind = "Pod", metadata = { name = "p" },
      spec = { containers = { { name = "c", image = "i" } } } }
    assert(k:create(pod))
    kube.sleep(0.3)
    local read = assert(k:get("pod", "p"))
    assert.equal("Pending", read.status.phase)
    assert.equal("fake-node", read.spec.nodeName)
    assert.equal("Ready", assert(k:get("node/fake-node")).status.conditions[1].type)
    read.status.phase = "Running"
    assert(k:update_status(read))
    assert(k:delete("pod", "p"))
    kube.sleep(0.3)
    assert.is_string(assert(k:get("pod", "p")).metadata.deletionTimestamp)
    assert(k:delete("pod", "p", { gracePeriodSeconds = 0 }))
    assert.is_true(kube.is_not_found(select(2, k:get("pod", "p"))))
  end)

  it("history is how far back watches and pages reach", function()
    local _, k = start { history = 5 }
    for i = 1, 4 do
      assert(k:create { apiVersion = "v1", kind = "ConfigMap", metadata = { name = "c" .. i } })
    end
    local page = assert(k:list("cm", { limit = 2 }))
    for i = 1, 10 do assert(k:patch("cm/c1", { data = { v = tostring(i) } })) end
    local next_page, err = k:list("cm", { limit = 2, continue = page.metadata.continue })
    assert.is_nil(next_page)
    assert.is_true(kube.is_expired(err))
    assert.equal(410, err.code)
    local rest = assert(k:list("cm", { limit = 2, continue = err.status.metadata.continue }))
    assert.equal("c3", rest.items[1].metadata.name)
    local watch = assert(k:watch("cm", { resourceVersion = page.metadata.resourceVersion,
      on_expired = "error" }))
    assert.is_true(kube.is_expired(select(2, watch:next(5))))
    watch:close()
  end)

  it("bookmark_every is how often a watch says where it is", function()
    local server = start { bookmark_every = 0.1 }
    local out = process.run("curl -sN --max-time 5 '" .. server.url .. "/api/v1/configmaps?watch=1"
      .. "&allowWatchBookmarks=true&timeoutSeconds=1'")
    local _, bookmarks = out:gsub('"type":"BOOKMARK"', "")
    assert.is_true(bookmarks >= 5, out)
  end)
end)
