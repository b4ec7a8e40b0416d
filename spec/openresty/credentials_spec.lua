-- Credentials inside nginx: plugins beside its workers, whose own handler of SIGCHLD takes every
-- exit status it can get; and a pod's service account, whose variables nginx hides.
local cluster = require("spec.support.cluster")
local eventually = require("spec.support.eventually")
local nginx = require("spec.support.nginx")
local plugin = require("spec.support.plugin")
local process = require("spec.support.process")

-- A client for each kubeconfig that a request names. Pages with what went wrong are a 502.
local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    local clients = {}
    function client(path)
      path = ngx.unescape_uri(path)
      local k, err = clients[path], nil
      if not k then k, err = kube.connect { kubeconfig = path } end
      clients[path] = k
      return k, err
    end
    function answer(object, err)
      ngx.status = object and 200 or 502
      ngx.say(object and object.metadata.name or err.reason .. ": " .. tostring(err))
    end
    function get(k, err)
      if not k then return answer(nil, err) end
      answer(k:get("namespaces", "default", { timeout = tonumber(ngx.var.arg_timeout) }))
    end
  } ]]

local SERVER = [[
  location = /get { content_by_lua_block { get(client(ngx.var.arg_config)) } }
  location = /pass { content_by_lua_block {
    assert(require("kube.driver.host").engine()):advance(tonumber(ngx.var.arg_seconds))
    ngx.say("done")
  } } ]]

describe("a credential plugin in nginx", function()
  local server, one, admin

  setup(function()
    admin = plugin.admin_token()
    server = nginx.start { http = HTTP, server = SERVER }
  end)
  teardown(function() server:stop() end)
  before_each(function() one = plugin.new() end)
  after_each(function() one:remove() end)

  local function page(path, words)
    return "/get?config=" .. path:gsub("[^%w/._-]", function(c)
      return string.format("%%%02X", c:byte())
    end) .. (words or "")
  end

  local function begun() return one:runs() > 0 end

  --- Nothing is left of those that ran: not even what a parent must reap.
  local function no_children()
    local worker = server:workers()[1]
    eventually(function() return #nginx.children(worker) == 0 end)
  end

  it("says who we are, in one run for many requests", function()
    one:gives { token = admin }
    local path = one:kubeconfig()
    for _ = 1, 10 do assert.same({ 200, "default\n" }, { server:curl(page(path)) }) end
    assert.equal(1, one:runs())
    no_children()
  end)

  it("runs once for 20 requests at once", function()
    local go_on = one:gives_later { token = admin }
    local path, answers = one:kubeconfig(), {}
    for i = 1, 20 do answers[i] = server:begin(page(path)) end
    eventually(begun)
    go_on()
    for i = 1, 20 do assert.same({ 200, "default\n" }, { answers[i]() }) end
    assert.equal(1, one:runs())
    no_children()
  end)

  it("holds up only those that need it, however long it takes", function()
    local go_on = one:gives_later { token = admin }
    local answer = server:begin(page(one:kubeconfig()))
    eventually(begun)
    local other = page((cluster.kubeconfig("admin")))
    for _ = 1, 20 do assert.same({ 200, "default\n" }, { server:curl(other) }) end
    go_on()
    assert.same({ 200, "default\n" }, { answer() })
    assert.equal(1, one:runs())
  end)

  it("that gives an expired token runs for each request, and leaves nothing", function()
    one:gives { token = admin, expirationTimestamp = plugin.moment(os.time() - 60) }
    local path, worker = one:kubeconfig(), server:workers()[1]
    local function ask(times)
      for _ = 1, times do assert.same({ 200, "default\n" }, { server:curl(page(path)) }) end
      no_children()
    end
    ask(3)
    local before, runs = nginx.descriptors(worker), one:runs()
    ask(30)
    assert.is_true(one:runs() >= runs + 30)
    eventually(function() return nginx.descriptors(worker) <= before end)
  end)

  it("that fails is a clear error, though nginx may have taken its exit status", function()
    one:does("echo SECRETMARK; echo 'log in first' >&2; exit 3")
    local path, worker = one:kubeconfig(), server:workers()[1]
    local before
    for i = 1, 30 do
      local code, body = server:curl(page(path))
      assert.equal(502, code)
      assert.matches("^Exec: ", body)
      for _, words in ipairs { "getting credentials", one.path, "log in first" } do
        assert.is_truthy(body:find(words, 1, true), body)
      end
      assert.is_truthy(body:find("failed with exit code 3", 1, true)
        or body:find("decoding stdout", 1, true), body)
      assert.is_nil(body:find("SECRETMARK", 1, true))
      if i == 3 then before = nginx.descriptors(worker) end
    end
    assert.equal(30, one:runs())
    no_children()
    eventually(function() return nginx.descriptors(worker) <= before end)
    one:gives { token = admin }
    assert.same({ 200, "default\n" }, { server:curl(page(path)) })
  end)

  it("that is not there is a clear error", function()
    local code, body = server:curl(page(one:kubeconfig { command = "/nosuch/plugin" }))
    assert.equal(502, code)
    assert.is_truthy(body:find("exec: executable /nosuch/plugin not found", 1, true), body)
  end)

  it("that hangs is killed after a minute, with all that it started", function()
    one:does("sleep 1000 & echo $! > $said.pid; wait")
    local answer = server:begin(page(one:kubeconfig()))
    local pid = eventually(function() return one:pid() end)
    server:curl("/pass?seconds=61")
    local code, body = answer()
    assert.equal(502, code)
    assert.matches("did not end within 60 s", body, 1, true)
    eventually(function() return not nginx.is_alive(pid) end)
    no_children()
  end)

  it("keeps no request longer than its time-out, and is of use to who comes later", function()
    local go_on = one:gives_later { token = admin }
    local path = one:kubeconfig()
    local code, body = server:curl(page(path, "&timeout=0.2"))
    assert.equal(502, code)
    assert.matches("^Timeout: ", body)
    go_on()
    assert.same({ 200, "default\n" }, { server:curl(page(path)) })
    assert.equal(1, one:runs())
    no_children()
  end)

  it("is no reason for nginx to complain, nor shown in its log", function()
    local killed = "unknown process %d+ exited on signal 9" -- by us
    assert.same({}, server:complaints { killed })
    for _, secret in ipairs { admin, "SECRETMARK" } do
      assert.is_nil(server:log():find(secret, 1, true))
    end
  end)
end)

describe("a credential plugin whose worker leaves", function()
  local server, one

  before_each(function()
    one = plugin.new()
    server = nginx.start { http = HTTP, server = SERVER }
  end)
  after_each(function()
    server:stop()
    one:remove()
  end)

  local function begin()
    local answer = server:begin("/get?config=" .. one:kubeconfig())
    eventually(function() return one:runs() > 0 end)
    return answer
  end

  it("for another one ends in peace, and the request is answered", function()
    local go_on = one:gives_later { token = plugin.admin_token() }
    local answer = begin()
    server:reload()
    assert.equal(1, #server:leaving())
    go_on()
    assert.same({ 200, "default\n" }, { answer() })
    eventually(function() return #server:leaving() == 0 end)
    assert.equal(1, one:runs())
    assert.same({}, server:complaints())
  end)

  it("at once is killed", function()
    one:does("echo $$ > $said.pid; exec sleep 1000")
    local answer = begin()
    local pid = eventually(function() return one:pid() end)
    server:signal("sigterm")
    pcall(answer) -- there is none
    eventually(function() return not nginx.is_alive(pid) end)
  end)
end)

describe("the service account of a pod, in nginx", function()
  local server

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  --- A command that runs another one where the files of a pod are.
  local function in_a_pod(token_path)
    local is_root = process.run("id -u") == "0\n"
    local flags = is_root and "-m" or "-rm"
    local _, failed = process.run("unshare " .. flags .. " true")
    if failed ~= 0 then flags = flags .. " --propagation unchanged" end
    return "unshare " .. flags .. " sh -c " .. process.quote(string.format([[
      pod=/run/secrets/kubernetes.io/serviceaccount
      mount -t tmpfs none /run && mkdir -p $pod && cp %s $pod/token && cp %s $pod/ca.crt || exit 1
      exec "$0" "$@" ]], token_path, cluster.ca)), is_root and "" or "user root;"
  end

  --- An nginx there whose workers see these variables: the answer of /get.
  local function get(names)
    local token_path = process.file(plugin.admin_token())
    local host, port = cluster.server:match("^https://(.+):(%d+)$")
    local wrapper, main = in_a_pod(token_path)
    local ok, problem = pcall(function()
      server = nginx.start {
        http = HTTP, main = main, wrapper = wrapper,
        env = { KUBERNETES_SERVICE_HOST = host, KUBERNETES_SERVICE_PORT = port },
        values = { ENV = names }, server = [[
          location = /get { content_by_lua_block { get(kube.connect()) } } ]],
      }
    end)
    os.remove(token_path)
    if not ok then error(problem, 0) end
    return server:curl("/get")
  end

  it("works where nginx.conf names its variables", function()
    assert.same({ 200, "default\n" },
      { get("env KUBERNETES_SERVICE_HOST; env KUBERNETES_SERVICE_PORT;") })
  end)

  it("else the error says which lines nginx.conf needs", function()
    local code, body = get("")
    assert.equal(502, code)
    assert.matches("^Config: ", body)
    assert.is_truthy(body:find(
      '"env KUBERNETES_SERVICE_HOST; env KUBERNETES_SERVICE_PORT;" to nginx.conf', 1, true), body)
  end)
end)
