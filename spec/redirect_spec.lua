-- Answers that send a request elsewhere, followed as Go's net/http does, but for who we are.
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")
local proxies = require("spec.support.proxies")

local fails, POD, TOKEN = failing.fails, failing.POD, failing.TOKEN
local PATH = "/api/v1/namespaces/default/pods/web"

--- A step that sends the request to a place.
local function to(place, code, more)
  local step = { status = code or 307, headers = { Location = place }, body = "<a>elsewhere</a>" }
  for name, value in pairs(more or {}) do step[name] = value end
  return step
end

--- Makes the n-th step of a script send to a place, which is known when there is the script.
local function lead(script, n, place)
  local path = faults.dir .. script.path .. ".json"
  local scripted = assert(kube.json.decode(faults.read(path)))
  scripted.routes["/api/v1"][n].headers.Location = place
  local file = assert(io.open(path, "wb"))
  file:write(faults.json(scripted))
  file:close()
end

--- The pods of a script on https, with a token.
local function pods_of(script, more)
  local given = { server = script.server, ca = faults.ca, token = TOKEN }
  for name, value in pairs(more or {}) do given[name] = value end
  return faults.pods(given)
end

--- "GET /path" of each request that a script had.
local function asked(script)
  local found = {}
  for i, request in ipairs(script.requests()) do
    found[i] = request.method .. " " .. request.target
  end
  return found
end

local function list_of(...)
  return '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[' ..
    table.concat({ ... }, ",") .. "]}"
end

describe("a redirect on the same host", function()
  it("is followed, with our token, whichever it is", function()
    for _, code in ipairs { 301, 302, 303, 307, 308 } do
      local script = faults.script({ to("", code) }, "https", { ["/there"] = { POD } })
      lead(script, 1, script.server .. "/there?a=b#c")
      failing.works(pods_of(script))
      assert.same({ "GET " .. PATH, "GET /there?a=b" }, asked(script))
      assert.equal("Bearer " .. TOKEN, script.requests()[2].headers.authorization)
      assert.equal(script.requests()[1].connection, script.requests()[2].connection)
    end
  end)

  it("may be relative", function()
    for place, path in pairs {
      ["db"] = "/api/v1/namespaces/default/pods/db",
      ["../x/./y?z"] = "/api/v1/namespaces/default/x/y?z",
      ["?x=y"] = PATH .. "?x=y",
    } do
      local script = faults.script { to(place), POD }
      failing.works(faults.pods { server = script.server })
      assert.same({ "GET " .. PATH, "GET " .. path }, asked(script))
    end
  end)

  it("may leave the path below which the server is", function()
    local target = faults.script { POD }
    local script = faults.script { to(target.path .. "/there") }
    failing.works(faults.pods { server = script.server })
    assert.same({ "GET /there" }, asked(target))
    script = faults.script { to("//" .. target.server:match("//(.*)")) }
    failing.works(faults.pods { server = script.server })
  end)

  it("is followed with tls-server-name", function()
    local script = faults.script({ to("there"), to("", 307), POD }, "https_other")
    lead(script, 2, script.server .. "/api/v1/again")
    failing.works(pods_of(script, { cluster = { ["tls-server-name"] = "other.example" } }))
    assert.equal("GET /api/v1/again", asked(script)[3])
    assert.equal("Bearer " .. TOKEN, script.requests()[3].headers.authorization)
  end)

  it("does not change where the next request goes", function()
    local script = faults.script({ POD }, "http", { [PATH] = { to("there"), POD },
      ["/api/v1/namespaces/default/pods/there"] = { POD } })
    local pods = faults.pods { server = script.server }
    for _ = 1, 2 do failing.works(pods) end
    assert.same({ "GET " .. PATH, "GET /api/v1/namespaces/default/pods/there", "GET " .. PATH },
      asked(script))
  end)

  it("is an answer when it says no place, or is none", function()
    for _, step in ipairs { { status = 307 }, { status = 304, headers = { Location = "/x" } },
      { status = 300, headers = { Location = "/x" } }, to("") } do
      local script = faults.script { step }
      local pod, err = faults.pods { server = script.server }:get("web")
      fails(pod, err, "Unknown", script.server .. PATH, "status code we did not expect")
      assert.equal(step.status, err.code)
      assert.equal(1, #script.requests())
    end
  end)

  it("is followed whatever its body is", function()
    for _, more in ipairs {
      { body = "" }, { body = ("x"):rep(5000) }, { chunks = { "a", "b" } },
      { announce = 100, ["then"] = "close" }, { announce = 100000, body = "x", ["then"] = "hang" },
    } do
      local script = faults.script { to("there", 307, more), POD }
      failing.works(faults.pods { server = script.server })
    end
  end)
end)

describe("what is sent again", function()
  local object = faults.object("web", "7")

  it("is a GET without a body after 301, 302 and 303", function()
    for _, code in ipairs { 301, 302, 303 } do
      local script = faults.script { to("web", code), POD }
      assert(faults.pods { server = script.server }:create(object))
      local request = script.requests()[2]
      assert.same({ "GET", "" }, { request.method, request.body })
      assert.is_nil(request.headers["content-type"])
      assert.is_nil(request.headers["content-length"])
    end
  end)

  it("is the same after 307 and 308, to another host too", function()
    for _, code in ipairs { 307, 308 } do
      local target = faults.script({ POD }, "https")
      for _, place in ipairs { "there", target.server .. "/there" } do
        local script = faults.script({ to(place, code), POD }, "https")
        assert(pods_of(script):create(object))
        local first = script.requests()[1]
        local second = place == "there" and script.requests()[2] or target.requests()[1]
        assert.same({ "POST", first.body, "application/json" },
          { second.method, second.body, second.headers["content-type"] })
        assert.truthy(#first.body > 0)
      end
    end
  end)

  it("stays a GET", function()
    local script = faults.script { to("there", 303), to("there", 307), POD }
    assert(faults.pods { server = script.server }:delete("web"))
    assert.same({ "DELETE", "GET", "GET" }, { script.requests()[1].method,
      script.requests()[2].method, script.requests()[3].method })
  end)
end)

describe("a redirect to another host", function()
  --- The headers that another port got, which is asked without our token and certificate.
  local function stranger(from, target, more)
    local script = faults.script({ to(target.server .. "/there") }, from)
    failing.works(pods_of(script, more))
    local requests = target.requests()
    local request = requests[#requests]
    assert.equal("GET /there", request.method .. " " .. request.target)
    assert.is_nil(request.headers.authorization)
    assert.is_nil(request.client)
    assert.is_nil(request.headers.referer)
    return script.requests()[1], request
  end

  it("takes no token along", function()
    local first = stranger("https", faults.script({ POD }, "https_client"))
    assert.equal("Bearer " .. TOKEN, first.headers.authorization)
  end)

  it("shows no certificate", function()
    local user = { cert = faults.alice_cert, key = faults.alice_key }
    local script = faults.script({ POD }, "https_client")
    failing.works(pods_of(script, user)) -- a connection that bears it, to the same port
    assert.equal("commonName=alice", script.requests()[1].client)
    local target = faults.script({ POD }, "https_client")
    stranger("https", target, user)
    -- another name of the same port is another host
    local name = target.server:gsub("127%.0%.0%.1", "localhost")
    local named = faults.script({ to(name .. "/there") }, "https_client")
    failing.works(pods_of(named, user))
    assert.equal("commonName=alice", named.requests()[1].client)
    assert.is_nil(target.requests()[2].client)
  end)

  it("has no identity when it comes back", function()
    local home = faults.script({ POD }, "https_client")
    local away = faults.script({ to(home.server .. "/back") }, "https")
    local script = faults.script({ to(away.server .. "/there") }, "https_client")
    failing.works(pods_of(script, { cert = faults.alice_cert, key = faults.alice_key }))
    assert.equal("commonName=alice", script.requests()[1].client)
    assert.is_nil(home.requests()[1].client)
    assert.is_nil(home.requests()[1].headers.authorization)
  end)

  it("is trusted by the same CA, and by its own name", function()
    local other = faults.script({ POD }, "https_other")
    local script = faults.script({ to(other.server .. "/there") }, "https")
    local pod, err = pods_of(script):get("web")
    fails(pod, err, "TLS", "GET " .. script.server .. PATH .. ": redirected to " .. other.server ..
      "/there: ", "127.0.0.1")
    assert.same({}, other.requests())
  end)

  it("may lead from http to https", function()
    local target = faults.script({ POD }, "https")
    local script = faults.script { to(target.server .. "/there") }
    failing.works(faults.pods { server = script.server, ca = faults.ca, token = TOKEN })
    assert.is_nil(target.requests()[1].headers.authorization)
  end)

  it("may not lead from https to http", function()
    local target = faults.script { POD }
    local script = faults.script({ to(target.server .. "/there?token=s3cr3t") }, "https")
    local pod, err = pods_of(script):get("web")
    fails(pod, err, "Unknown", "GET " .. script.server .. PATH .. ": redirected from https to " ..
      target.server .. "/there: refused")
    assert.equal(307, err.code)
    assert.same({}, target.requests())
  end)

  it("says who refused, and that nobody was presented", function()
    local refused = faults.status(401, "Unauthorized", "Unauthorized")
    local target = faults.script({ refused }, "https_client")
    local script = faults.script({ to(target.server .. "/there?x=y") }, "https")
    local pod, err = pods_of(script):get("web")
    fails(pod, err, "Unauthorized",
      "GET " .. target.server .. "/there: no credentials are sent to another host")
    assert.equal(401, err.code)
  end)

  it("that is not there is named", function()
    local script = faults.script { to(faults.closed .. "/there?x=s3cr3t") }
    local pod, err = faults.pods { server = script.server }:get("web")
    fails(pod, err, "ConnectionRefused", "GET " .. script.server .. PATH .. ": redirected to " ..
      faults.closed .. "/there: ")
  end)

  it("goes through the proxy that the kubeconfig has", function()
    local target = faults.script({ POD }, "https_client")
    local script = faults.script({ to(target.server .. "/there") }, "https")
    local seen = proxies.asked(function()
      failing.works(pods_of(script, { cluster = { ["proxy-url"] = proxies.socks5 } }))
    end)
    assert.equal(target.server:match("//([^/]+)"), seen[#seen].target)
  end)
end)

describe("a redirect that is not followed", function()
  it("is one of too many", function()
    local script = faults.script { to("web") }
    local pod, err = faults.pods { server = script.server }:get("web")
    fails(pod, err, "Unknown", "GET " .. script.server .. PATH, "stopped after 10 redirects")
    assert.equal(307, err.code)
    assert.equal(10, #script.requests())
    local steps = {}
    for i = 1, 9 do steps[i] = to("web", 302) end
    steps[10] = POD
    failing.works(faults.pods { server = faults.script(steps).server })
  end)

  it("goes to what is no place", function()
    for place, words in pairs {
      ["ftp://127.0.0.1/"] = 'unsupported protocol scheme "ftp"',
      ["http://user:s3cr3t@127.0.0.1/"] = "holds credentials",
      ["http://"] = "failed to parse Location header",
      ["http://127.0.0.1:port/"] = "failed to parse Location header",
    } do
      local script = faults.script { to(place) }
      local pod, err = faults.pods { server = script.server }:get("web")
      fails(pod, err, "Unknown", "GET " .. script.server .. PATH, words)
      assert.equal(1, #script.requests())
    end
  end)

  it("takes too long", function()
    local script = faults.script { to(faults.blackhole .. "/there") }
    local pod, err = faults.pods { server = script.server }:get("web", { timeout = 0.2 })
    fails(pod, err, "Timeout", script.server,
      "redirected to " .. faults.blackhole .. "/there", "200 ms")
    script = faults.script { to("there", 307, { announce = 100, ["then"] = "hang" }) }
    pod, err = faults.pods { server = script.server }:get("web", { timeout = 0.2 })
    fails(pod, err, "Timeout", script.server, "200 ms")
  end)
end)

describe("lists and watches", function()
  it("are redirected, each page and each connection anew", function()
    local target = faults.script({ list_of(POD) }, "https_client")
    local script = faults.script({
      list_of(POD):gsub("{}", '{"continue":"more"}', 1), to(target.server .. "/there"),
    }, "https")
    assert.equal(2, #assert(pods_of(script):list()).items)
    assert.same({ "GET /there" }, asked(target))
    assert.matches("continue=more", asked(script)[2])
  end)

  it("a watch goes on where it was, from its own server", function()
    local function lines(...) return { chunks = { ... } } end
    local target = faults.script({
      lines(faults.event("ADDED", "a", "1"), faults.event("MODIFIED", "a", "2")),
      lines(faults.event("MODIFIED", "a", "4")),
    }, "https_client")
    local script = faults.script({ to(target.server .. "/first"),
      lines(faults.event("MODIFIED", "a", "3")), to(target.server .. "/second") }, "https")
    local watch = pods_of(script):watch()
    for version = 1, 4 do
      local event = assert(watch:next(20))
      assert.equal(tostring(version), event.object.metadata.resourceVersion)
    end
    watch:close()
    assert.same({ "GET /first", "GET /second" }, { asked(target)[1], asked(target)[2] })
    assert.equal("2", script.requests()[2].query.resourceVersion)
    assert.equal("3", script.requests()[3].query.resourceVersion)
    for _, request in ipairs(target.requests()) do assert.is_nil(request.headers.authorization) end
  end)

  it("a watch ends where it may not go", function()
    local target = faults.script { POD }
    local script = faults.script({ { chunks = { faults.event("MODIFIED", "a", "1") } },
      to(target.server .. "/there") }, "https")
    local watch = pods_of(script):watch { resourceVersion = "0" }
    assert(watch:next(10))
    local event, err = watch:next(10)
    fails(event, err, "Unknown", "redirected from https to http")
    assert.same({}, target.requests())
  end)
end)
