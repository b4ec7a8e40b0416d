-- What code in a request, a timer or a task of nginx can do with kube beside plain calls.
local cluster = require("spec.support.cluster")
local nginx = require("spec.support.nginx")

local k = cluster.connect()
local namespace = cluster.namespace("requests")

local HTTP = [[
  init_by_lua_block {
    kube = require("kube")
    k = assert(kube.connect { namespace = "@NAMESPACE@" })
    function get(name)
      local object, err = k:get("configmap", name)
      return object and object.metadata.name or err.reason
    end
    shared, noted = {}, {}
  } ]]

-- Each location is one thing that can be done.
local SERVER = [[
  location = /threads { content_by_lua_block {
    local threads, names = {}, {}
    for i = 1, 9 do threads[i] = ngx.thread.spawn(get, "cm-" .. i) end
    for i = 1, 9 do local _, name = ngx.thread.wait(threads[i]) names[i] = name end
    ngx.say(table.concat(names, " "))
  } }
  location = /generator { content_by_lua_block {
    local each = coroutine.wrap(function()
      for object in k:each("configmaps", { labelSelector = "number" }) do
        coroutine.yield(object.metadata.name)
      end
    end)
    for name in each do ngx.print(name, " ") end
  } }
  location = /get { content_by_lua_block { ngx.print(get(ngx.var.arg_name)) } }
  location = /subrequests { content_by_lua_block {
    local first, second = ngx.location.capture_multi {
      { "/get?name=cm-1" }, { "/get?name=none" },
    }
    ngx.say(get("cm-2"), " ", first.body, " ", second.body)
  } }
  location = /open { content_by_lua_block {
    shared.watch = k:watch("configmaps", { labelSelector = "watched" })
    ngx.say(tostring(shared.watch:open()))
  } }
  location = /next { content_by_lua_block {
    local event, err = shared.watch:next(5)
    ngx.say(event and event.type .. " " .. event.object.metadata.name or tostring(err))
  } }
  location = /close { content_by_lua_block { shared.watch:close() ngx.say("closed") } }
  location = /run { content_by_lua_block {
    ngx.say(kube.run(function()
      local tasks = {}
      for i = 1, 3 do tasks[i] = kube.spawn(get, "cm-" .. i) end
      return tasks[3]:join() .. " " .. tasks[2]:join() .. " " .. tasks[1]:join()
    end))
  } }
  location = /run_throws { content_by_lua_block {
    local ok, problem = pcall(kube.run, function()
      kube.spawn(function() noted.other = select(2, kube.sleep(60)).reason end)
      kube.sleep(0.01)
      error("thrown in kube.run", 0)
    end)
    ngx.say(tostring(ok), " ", (tostring(problem):match("[^\n]*")))
  } }
  location = /noted { content_by_lua_block { ngx.say(tostring(noted[ngx.var.arg_what])) } }
  location = /in_time { content_by_lua_block {
    local started = kube.now()
    local idle = k:watch("configmaps", { labelSelector = "none" })
    local _, err = kube.with_timeout(0.2, function() return idle:next() end)
    ngx.say(err.reason, " ", math.floor((kube.now() - started) * 10))
  } }
  location = /spawn { content_by_lua_block {
    kube.spawn(function() kube.sleep(0.05) noted.spawned = get("cm-1") end)
    ngx.say("gone")
  } }
  location = /join { content_by_lua_block {
    local task = kube.spawn(function() kube.sleep(0.01) return get("cm-1") end)
    local other = kube.spawn(function() return task:join() end)
    ngx.say(task:join(), " ", other:join())
  } }
  location = /cancel { content_by_lua_block {
    local task = kube.spawn(function() return select(2, kube.sleep(60)).reason end)
    kube.sleep(0.01)
    task:cancel()
    ngx.say((task:join(1)))
  } }
  location = /log {
    content_by_lua_block { ngx.say("") }
    log_by_lua_block {
      local task = kube.spawn(kube.sleep, 60)
      noted.join = tostring(select(2, task:join()))
      noted.sleep = tostring(select(2, kube.sleep(1)))
      noted.next = tostring(select(2, shared.idle:next()))
      noted.run = tostring(select(2, kube.run(function() noted.ran = true end)))
      noted.pure = kube.yaml.dump(kube.json.decode('{"a": [1]}'))
        .. kube.connect().config.namespace
      task:cancel()
    }
  }
  location = /idle { content_by_lua_block {
    shared.idle = k:watch("configmaps", { labelSelector = "none" })
    ngx.say(shared.idle:next(0.01) == nil)
  } }
  location = /fail { content_by_lua_block {
    kube.spawn(function() assert(k:get("configmap", "absent")) end)
    kube.spawn(function() error("a text of mine") end)
    ngx.log(ngx.ERR, "refused: ", select(2, k:get("configmap", "absent too")))
    ngx.say("")
  } }
  location = /yield { content_by_lua_block {
    for i = 1, 1000 do assert(kube.sleep(0)) end
    ngx.say("yielded")
  } } ]]

describe("in a request of nginx", function()
  local server

  --- The answer to a path.
  local function ask(path)
    local code, body = server:curl(path)
    assert.equal(200, code)
    return (body:gsub("%s+$", ""))
  end

  local function create(name, labels)
    assert(k:create {
      apiVersion = "v1", kind = "ConfigMap",
      metadata = { name = name, namespace = namespace, labels = labels },
    })
  end

  --- Waits until a task or a phase has noted something.
  local function noted(what)
    return cluster.eventually(function()
      local text = ask("/noted?what=" .. what)
      return text ~= "nil" and text
    end, 5)
  end

  setup(function()
    for i = 1, 9 do create("cm-" .. i, { number = tostring(i) }) end
    server = nginx.start {
      http = HTTP, server = SERVER, values = { NAMESPACE = namespace },
      env = { KUBECONFIG = cluster.kubeconfig("admin") },
    }
  end)

  teardown(function() if server then server:stop() end end)

  it("light threads ask at the same time", function()
    assert.equal("cm-1 cm-2 cm-3 cm-4 cm-5 cm-6 cm-7 cm-8 cm-9", ask("/threads"))
  end)

  it("a coroutine of the user's own reads a stream and yields what it wants", function()
    assert.equal("cm-1 cm-2 cm-3 cm-4 cm-5 cm-6 cm-7 cm-8 cm-9", ask("/generator"))
  end)

  it("subrequests ask, beside each other and beside their parent", function()
    assert.equal("cm-2 cm-1 NotFound", ask("/subrequests"))
  end)

  it("a stream that one request opened is read by others, and closed by another", function()
    assert.equal("true", ask("/open"))
    create("first", { watched = "yes" })
    assert.equal("ADDED first", ask("/next"))
    create("second", { watched = "yes" })
    assert.equal("ADDED second", ask("/next"))
    assert.equal("closed", ask("/close"))
    assert.equal("nil", ask("/next"))
  end)

  it("kube.run waits for its tasks", function()
    assert.equal("cm-3 cm-2 cm-1", ask("/run"))
  end)

  it("what kube.run's function throws is thrown, and its tasks are canceled", function()
    assert.equal("false thrown in kube.run", ask("/run_throws"))
    assert.equal("Canceled", noted("other"))
  end)

  it("kube.with_timeout ends a wait in time", function()
    assert.matches("^Timeout [23]$", ask("/in_time"))
  end)

  it("a spawned task outlives its request", function()
    assert.equal("gone", ask("/spawn"))
    assert.equal("cm-1", noted("spawned"))
  end)

  it("tasks are joined, from the request and from one another, and canceled", function()
    assert.equal("cm-1 cm-1", ask("/join"))
    assert.equal("Canceled", ask("/cancel"))
  end)

  it("phases that cannot wait refuse all that would, and can all that does not", function()
    assert.equal("true", ask("/idle"))
    ask("/log")
    for _, what in ipairs { "join", "sleep", "next", "run" } do
      assert.matches("cannot wait in the phase log_by_lua", noted(what), 1, true)
    end
    assert.equal("nil", ask("/noted?what=ran"))
    assert.equal("a:\n- 1\ndefault", noted("pure"))
  end)

  it("errors are readable lines of the log", function()
    ask("/fail")
    local log = cluster.eventually(function()
      local log = server:log()
      return log:find("a text of mine", 1, true) and log:find('"absent" not found', 1, true) and log
    end, 5)
    assert.matches('a spawned task failed: configmaps "absent" not found (NotFound 404)', log, 1,
      true)
    assert.matches("a spawned task failed: content_by_lua%(nginx.conf:%d+%):3: a text of mine\n"
      .. "stack traceback:\n", log)
    assert.matches('refused: configmaps "absent too" not found (NotFound 404)', log, 1, true)
  end)

  it("kube.sleep(0) lets the others run, without a word in the log", function()
    assert.equal("yielded", ask("/yield"))
    assert.is_nil(server:log():find("[warn]", 1, true))
  end)

  it("nothing else is in the log", function()
    assert.same({}, server:complaints {
      "a spawned task failed", "refused: ", "^stack traceback", "^\t",
    })
  end)
end)
