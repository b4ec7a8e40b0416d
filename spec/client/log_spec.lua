-- What is told while a request runs: the log at each level, and what it never shows; warnings;
-- figures of each call. The lines themselves have their tables in trace_test.c, redact_test.c and
-- warning_test.c.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")

local TOKEN = "SECRETMARK-token"

--- Takes all lines until the spec has ended.
local function listen(level)
  local said = {}
  kube.log.level(level)
  kube.log.handler(function(line) said[#said + 1] = line end)
  return said
end

local function silence()
  kube.log.handler(nil)
  kube.log.level(0)
  kube.set_warning_handler(nil)
  kube.on_request(nil)
end

--- A client of a server by TLS that knows us by a token.
local function connect(script, more)
  local given = { kubeconfig = faults.kubeconfig {
    server = script.server, ca = faults.ca, token = TOKEN,
  } }
  for name, value in pairs(more or {}) do given[name] = value end
  return assert(kube.config.load(given))
end

local function pods_of(config)
  return kube.dynamic(config):resource { version = "v1", resource = "pods" }:namespace("default")
end

local POD = faults.json(faults.object("web", "1"))

--- How many lines there are that begin so.
local function count(said, start)
  local n = 0
  for _, line in ipairs(said) do
    if line:sub(1, #start) == start then n = n + 1 end
  end
  return n
end

local function no_secret(text)
  for _, secret in ipairs(faults.secrets) do
    assert(not text:find(secret, 1, true), "a secret in: " .. text)
  end
end

describe("the log", function()
  after_each(silence)

  it("tells more at each level, as kubectl's -v", function()
    local expected = { -- requests, answers, bodies
      [0] = { 0, 0, 0 }, [5] = { 0, 0, 0 }, [6] = { 0, 1, 0 }, [7] = { 1, 1, 0 }, [8] = { 1, 2, 1 },
      [9] = { 1, 2, 1 }, [10] = { 1, 2, 1 },
    }
    for level, wanted in pairs(expected) do
      local said = listen(level)
      local pods = pods_of(connect(faults.script({ POD }, "https")))
      assert(pods:get("web"))
      assert.same(wanted, { count(said, "Request "), count(said, "Response "),
        count(said, "Response Body ") }, "level " .. level)
      silence()
    end
  end)

  it("tells who asked, but not who he is", function()
    local said = listen(7)
    assert(pods_of(connect(faults.script({ POD }, "https"))):get("web", { resourceVersion = "0" }))
    assert.matches('^Request verb="GET" url="https://127.0.0.1:%d+/%S+/api/v1/namespaces/default/'
      .. 'pods/web%?resourceVersion=0" headers=%[.*"Authorization: Bearer <masked>".*%]$', said[1])
    assert.matches('^Response verb="GET" url="%S+" status=200 milliseconds=%d+$', said[2])
    said = listen(9)
    assert(pods_of(connect(faults.script({ POD }, "https"))):get("web"))
    assert.matches("^Request curl %-v %-XGET .*%-H 'Authorization: Bearer <masked>'.* '%S+/web'$",
      said[1])
    assert.matches(" milliseconds=%d+ %a+Milliseconds=%d+ .*serverProcessingMilliseconds=%d+$",
      said[2])
  end)

  it("says of an answer that is an error, and of none, what there is to say", function()
    local said = listen(6)
    local script = faults.script({ faults.status(404, "NotFound", "no such pod") }, "https")
    assert.is_nil(pods_of(connect(script)):get("web"))
    assert.matches(' status=404 milliseconds=%d+$', said[1])
    local nobody = assert(kube.config.load { kubeconfig = "/dev/null", server = faults.closed })
    assert.is_nil(pods_of(nobody):get("web"))
    assert.matches(' error="Failed to connect.*" milliseconds=%d+$', said[2])
    assert.equal(2, #said)
  end)

  it("tells of a list's pages, and of the beginning of a watch", function()
    local said = listen(8)
    local pages = faults.script({
      '{"kind":"PodList","metadata":{"continue":"x"},"items":[{"a":1}]}',
      '{"kind":"PodList","metadata":{},"items":[{"a":2}]}',
    }, "https")
    assert.equal(2, #assert(pods_of(connect(pages)):list()).items)
    assert.same({ 2, 4, 2 }, { count(said, "Request "), count(said, "Response "),
      count(said, "Response Body ") })
    assert.matches("continue=x", table.concat(said, "\n"))
    local events = faults.script({ { chunks = { faults.event("ADDED", "web", "1") },
      ["then"] = "hang" } }, "https")
    local watch = pods_of(connect(events)):watch()
    assert(watch:next(10))
    assert.equal(3, count(said, "Request "))
    assert.equal(2, count(said, "Response Body ")) -- it goes on
    watch:close()
    assert.equal(3, count(said, "Response Body "))
  end)

  it("goes to the handler alone, and one that fails is no matter", function()
    local calls, script = 0, faults.script({ POD }, "https")
    local told = faults.run_lua({ SERVER = script.server, CA = faults.ca, KUBE_LOG = "6" }, [[
      local kube = require("kube")
      assert(kube.log.level() == 6)
      kube.log.handler(function() error("this handler is broken") end)
      local k = assert(kube.rest { kubeconfig = "/dev/null", server = os.getenv("SERVER"),
        certificate_authority = os.getenv("CA") })
      for _ = 1, 3 do assert(k:get():abs_path("/x"):send()) end
      kube.log.handler(nil)
      assert(k:get():abs_path("/x"):send())
    ]], "2>&1")
    for _ in told:gmatch("this handler is broken") do calls = calls + 1 end
    assert.equal(1, calls)
    local _, lines = told:gsub("kube %d%d:%d%d:%d%d%.%d%d%d Response ", "")
    assert.equal(1, lines)
  end)

  it("refuses what is no level and no handler", function()
    assert.has_error(function() kube.log.level(11) end, "kube.log.level: the level must be from 0 "
      .. "to 10")
    assert.has_error(function() kube.log.level("6") end)
    assert.has_error(function() kube.log.handler("x") end)
  end)
end)

describe("what the log never shows", function()
  local SECRET = faults.json { apiVersion = "v1", kind = "Secret",
    metadata = { name = "s", namespace = "default" }, data = { password = "U0VDUkVUTUFSSw==" } }
  local BARE = faults.json { data = { password = "SECRETMARK" } } -- it does not say what it is
  local REVIEW = faults.json { apiVersion = "authentication.k8s.io/v1", kind = "TokenReview",
    spec = { token = "SECRETMARK" } }

  after_each(silence)

  --- Does all that a Secret or a token is in, for a configuration.
  local PROGRAM = [[
    local kube = require("kube")
    return function(config)
      local dynamic, rest = kube.dynamic(config), kube.rest(config)
      local secrets = dynamic:resource { version = "v1", resource = "secrets" }:namespace("default")
      local object = { apiVersion = "v1", kind = "Secret", metadata = { name = "s" },
        stringData = { a = "SECRETMARK", b = "s3cr3t" } }
      assert(secrets:get("s"))
      secrets:list()
      assert(secrets:create(object))
      assert(secrets:update(object))
      assert(secrets:apply(object))
      assert(secrets:patch("s", { stringData = { a = "SECRETMARK" } }))
      assert(secrets:delete("s"))
      local watch = secrets:watch { resume = false }
      watch:next(10)
      watch:close()
      local accounts = dynamic:resource { version = "v1", resource = "serviceaccounts" }
      assert(accounts:namespace("default"):create({ kind = "X", spec = { a = "SECRETMARK" } },
        { name = "x", subresource = "token" }))
      assert(rest:post():abs_path("/apis/authentication.k8s.io/v1/tokenreviews")
        :body { spec = { token = "SECRETMARK" } }:send())
      assert(rest:post():abs_path("/elsewhere")
        :body { kind = "Secret", data = { a = "SECRETMARK" } }:send())
      assert(rest:get():abs_path("/elsewhere"):header("Cookie", "a=SECRETMARK")
        :header("X-My-Token", "SECRETMARK"):header("Authorization", "Bearer SECRETMARK"):send())
    end
  ]]
  local run_all = assert((loadstring or load)(PROGRAM))()

  local function server()
    return faults.script({
      SECRET, { body = BARE, headers = { ["Set-Cookie"] = "a=SECRETMARK" } }, SECRET, SECRET, BARE,
      SECRET, SECRET, faults.json { type = "ADDED", object = { data = { a = "SECRETMARK" } } },
      BARE,
    }, "https_client", {
      ["/apis"] = { REVIEW }, ["/elsewhere"] = { SECRET },
    })
  end

  local function identity()
    return { token = TOKEN, client_certificate = faults.alice_cert, client_key = faults.alice_key,
      certificate_authority = faults.ca, kubeconfig = "/dev/null" }
  end

  it("tokens, keys and Secrets, at any level", function()
    for _, level in ipairs { 6, 7, 8, 9, 10 } do
      local said, given = listen(level), identity()
      given.server = server().server
      run_all(assert(kube.config.load(given)))
      local all = table.concat(said, "\n")
      assert.is_true(#said >= 12)
      no_secret(all)
      if level >= 8 then
        local _, hidden = all:gsub("bytes, a Secret: not shown", "")
        assert.is_true(hidden >= 19, hidden .. " hidden of:\n" .. all)
      end
      silence()
    end
  end)

  it("the same on stderr, by KUBE_LOG", function()
    local given = identity()
    local text = faults.run_lua({
      KUBE_LOG = "10", SERVER = server().server, TOKEN = TOKEN, CERT = given.client_certificate,
      KEY = given.client_key, CA = given.certificate_authority,
    }, string.format([[
      local run_all = (function() %s end)()
      run_all(assert(require("kube").config.load { kubeconfig = "/dev/null",
        server = os.getenv("SERVER"), token = os.getenv("TOKEN"),
        client_certificate = os.getenv("CERT"), client_key = os.getenv("KEY"),
        certificate_authority = os.getenv("CA") }))
    ]], PROGRAM), "2>&1")
    assert.matches("kube %d+:%d+:%d+%.%d+ Request curl", text)
    no_secret(text)
  end)
end)

describe("warnings of a server", function()
  after_each(silence)

  local function warned(...)
    return { body = POD, headers = { Warning = table.concat({ ... }, ", ") } }
  end

  it("reach the handler of a configuration, else that of all", function()
    local own, common = {}, {}
    kube.set_warning_handler(function(warning) common[#common + 1] = warning end)
    local script = faults.script({
      warned('299 - "v1beta1 is deprecated"', '199 - "not this"', '299 me "use \\"v1\\""'),
    }, "https")
    assert(pods_of(connect(script)):get("web"))
    assert(pods_of(connect(script, {
      warning_handler = function(warning) own[#own + 1] = warning end,
    })):get("web"))
    local request = "GET " .. script.server .. "/api/v1/namespaces/default/pods/web"
    local expected = {
      { code = 299, agent = "-", text = "v1beta1 is deprecated", request = request },
      { code = 299, agent = "me", text = 'use "v1"', request = request },
    }
    assert.same(expected, common)
    assert.same(expected, own)
    assert(pods_of(connect(script, { warning_handler = false })):get("web"))
    assert.equal(2, #common)
    kube.set_warning_handler(false)
    assert(pods_of(connect(script)):get("web"))
    assert.equal(2, #common)
  end)

  it("come with errors, writes, lists and each connection of a watch", function()
    local texts = {}
    kube.set_warning_handler(function(warning) texts[#texts + 1] = warning.text end)
    local function warns(step, text)
      step = type(step) == "table" and step or { body = step }
      step.headers = { Warning = '299 - "' .. text .. '"' }
      return step
    end
    local script = faults.script({
      warns(faults.status(409, "Conflict", "no"), "error"), warns(POD, "write"),
      warns('{"kind":"PodList","metadata":{"continue":"x"},"items":[{"a":1}]}', "page 1"),
      warns('{"kind":"PodList","metadata":{},"items":[{"a":2}]}', "page 2"),
      warns({ chunks = { faults.event("MODIFIED", "web", "1") } }, "connection 1"),
      warns({ chunks = { faults.event("MODIFIED", "web", "2") }, ["then"] = "hang" },
        "connection 2"),
    }, "https")
    local pods = pods_of(connect(script))
    assert.is_nil(pods:update(faults.object("web", "1")))
    assert(pods:create(faults.object("web")))
    assert.equal(2, #assert(pods:list()).items)
    local watch = pods:watch { resourceVersion = "1" }
    assert.equal("1", assert(watch:next(10)).object.metadata.resourceVersion)
    assert.equal("2", assert(watch:next(10)).object.metadata.resourceVersion)
    watch:close()
    assert.same({ "error", "write", "page 1", "page 2", "connection 1", "connection 2" }, texts)
  end)

  it("are logged once each by default", function()
    local script = faults.script({
      warned('299 - "one"'), warned('299 - "two"', '299 - "one"'), warned('299 - "two"'),
    }, "https")
    local text = faults.run_lua({ SERVER = script.server, CA = faults.ca }, [[
      local kube = require("kube")
      local k = assert(kube.rest { kubeconfig = "/dev/null", server = os.getenv("SERVER"),
        certificate_authority = os.getenv("CA") })
      for _ = 1, 4 do assert(k:get():abs_path("/x"):send()) end
    ]], "2>&1")
    assert.equal("Warning: one\nWarning: two\n", text)
  end)

  it("go to the log's handler where there is one", function()
    local said = listen(0)
    assert(pods_of(connect(faults.script({ warned('299 - "by the log"') }, "https"))):get("web"))
    assert.same({ "Warning: by the log" }, said)
  end)

  it("of a handler that throws are no matter to the call, and that is said once", function()
    local said = faults.run_lua({
      SERVER = faults.script({ warned('299 - "a"') }, "https").server, CA = faults.ca,
    }, [[
      local kube = require("kube")
      kube.set_warning_handler(function() error("no warnings here") end)
      kube.on_request(function() error("no figures here") end)
      local k = assert(kube.rest { kubeconfig = "/dev/null", server = os.getenv("SERVER"),
        certificate_authority = os.getenv("CA") })
      for _ = 1, 3 do assert(k:get():abs_path("/x"):send().kind == "Pod") end
    ]], "2>&1")
    assert.matches("^kube: the warning handler failed: [^\n]*no warnings here\n"
      .. "kube: kube.on_request failed: [^\n]*no figures here\n$", said)
  end)

  it("let the handler close what it is told of", function()
    local watch
    kube.set_warning_handler(function() watch:close() end)
    local script = faults.script({ { chunks = { faults.event("ADDED", "web", "1") },
      ["then"] = "hang", headers = { Warning = '299 - "a", 299 - "b"' } } }, "https")
    watch = pods_of(connect(script)):watch()
    watch:next(10)
    assert.is_nil((watch:next(10)))
  end)
end)

describe("figures of a call", function()
  after_each(silence)

  it("come once for each, to both who want them", function()
    local common, own = {}, {}
    kube.on_request(function(request) common[#common + 1] = request end)
    local script = faults.script({ POD }, "https")
    local config = connect(script, { on_request = function(r) own[#own + 1] = r end })
    assert(pods_of(config):create(faults.object("web")))
    assert.equal(1, #common)
    assert.same(common, own)
    local request = common[1]
    assert.is_true(request.seconds > 0 and request.seconds < 30)
    request.seconds = nil
    assert.same({
      verb = "POST", host = script.server:match("//([^/]+)"),
      path = script.path .. "/api/v1/namespaces/default/pods", code = 200,
      bytes_sent = #script.requests()[1].body, bytes_received = #POD,
      retries = 0, throttle_seconds = 0,
    }, request)
    assert(pods_of(connect(script)):get("web"))
    assert.same({ 2, 1 }, { #common, #own })
  end)

  it("say why a call failed", function()
    local told = {}
    kube.on_request(function(request) told[#told + 1] = { request.code, request.reason } end)
    local script = faults.script({ faults.status(404, "NotFound", "no such pod") }, "https")
    assert.is_nil(pods_of(connect(script)):get("web"))
    local nobody = assert(kube.config.load { kubeconfig = "/dev/null", server = faults.closed })
    assert.is_nil(pods_of(nobody):get("web"))
    local hangs = faults.script({ { raw = "", ["then"] = "hang" } }, "https")
    assert.is_nil(pods_of(connect(hangs)):get("web", { timeout = 0.05 }))
    assert.same({ { 404, "NotFound" }, { nil, "ConnectionRefused" }, { nil, "Timeout" } }, told)
  end)

  it("count retries, and how long a request waited for its turn", function()
    local told, said = {}, listen(6)
    kube.on_request(function(request) told[#told + 1] = request end)
    local busy = faults.status(429, "TooManyRequests", "later")
    busy.headers = { ["Retry-After"] = "1" }
    local script = faults.script({ busy, POD }, "https")
    assert(pods_of(connect(script)):get("web"))
    assert.same({ 1, 200, 1, 0 },
      { #told, told[1].code, told[1].retries, told[1].throttle_seconds })
    assert.is_true(told[1].seconds >= 1)
    assert.equal(3, #said)
    assert.matches(" status=429 ", said[1])
    assert.matches("Rests before another try .* attempt=1 ", said[2])
    assert.matches(" status=200 ", said[3])
    local slow = pods_of(connect(script, { qps = 20, burst = 1 }))
    for _ = 1, 3 do assert(slow:get("web")) end
    assert.equal(0, told[2].throttle_seconds)
    assert.is_true(told[3].throttle_seconds > 0 and told[3].throttle_seconds < 0.5)
    assert.is_true(told[3].seconds >= told[3].throttle_seconds)
  end)

  it("of a list and a watch come at the end", function()
    local told = {}
    kube.on_request(function(request) told[#told + 1] = request end)
    local script = faults.script({
      '{"kind":"PodList","metadata":{"continue":"x"},"items":[{"a":1}]}',
      '{"kind":"PodList","metadata":{},"items":[{"a":2}]}',
      { chunks = { faults.event("ADDED", "web", "1"), faults.event("MODIFIED", "web", "2") },
        ["then"] = "hang" },
    }, "https")
    local pods = pods_of(connect(script))
    assert(pods:list())
    assert.same({ 1, 200 }, { #told, told[1].code })
    local watch = pods:watch()
    assert(watch:next(10))
    assert(watch:next(10))
    assert.equal(1, #told)
    watch:close()
    watch:close()
    assert.same({ 2, 200 }, { #told, told[2].code })
    assert.is_true(told[2].bytes_received > 100)
  end)

  it("come inside kube.run too, for each task", function()
    local told = {}
    kube.on_request(function(request) told[#told + 1] = request.path end)
    local pods = pods_of(connect(faults.script({ POD }, "https")))
    kube.run(function()
      for i = 1, 5 do kube.spawn(function() assert(pods:get("web-" .. i)) end) end
    end)
    table.sort(told)
    assert.equal(5, #told)
    assert.matches("/web%-1$", told[1])
  end)
end)

describe("a real API server", function()
  after_each(silence)

  it("warns of what is deprecated, and of fields that it does not know", function()
    local told = {}
    kube.set_warning_handler(function(warning) told[#told + 1] = warning.text end)
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
    assert(kube.rest(config):get():resource("componentstatuses"):send())
    assert.same({ "v1 ComponentStatus is deprecated in v1.19+" }, told)
    assert(kube.connect(config):create({ apiVersion = "v1", kind = "ConfigMap", mistyped = "x",
      metadata = { name = "warned" } }, { namespace = "default", dryRun = "All",
      fieldValidation = "Warn" }))
    assert.same({ 'unknown field "mistyped"' }, { told[2] })
  end)

  it("has Secrets that the log does not show, whichever way they go", function()
    local k = cluster.connect("admin")
    local namespace = cluster.namespace("log")
    local said = listen(10)
    local secret = { apiVersion = "v1", kind = "Secret", stringData = { a = "SECRETMARK" },
      metadata = { name = "mine", namespace = namespace } }
    assert(k:apply(secret))
    assert(k:get("secret", "mine", { namespace = namespace }))
    assert(k:list("secrets", { namespace = namespace }))
    local watch = k:watch("secrets", { namespace = namespace })
    assert(watch:next(10))
    watch:close()
    local account = { apiVersion = "v1", kind = "ServiceAccount", metadata = { name = "mine",
      namespace = namespace } }
    assert(k:create(account))
    local review = assert(kube.dynamic(k.config):resource { version = "v1",
      resource = "serviceaccounts" }:namespace(namespace):create({
      apiVersion = "authentication.k8s.io/v1", kind = "TokenRequest", spec = {},
    }, { name = "mine", subresource = "token" }))
    local all = table.concat(said, "\n")
    no_secret(all)
    assert.is_nil(all:find(review.status.token, 1, true))
    assert.is_nil(all:find(review.status.token:match("^[^.]+%.([^.]+)"), 1, true))
    local _, hidden = all:gsub("bytes, a Secret: not shown", "")
    assert.is_true(hidden >= 7, hidden .. " hidden")
    assert.is_truthy(all:find('"kind":"ServiceAccount"', 1, true))
  end)
end)

describe("the user agent", function()
  local function sent(more)
    local script = faults.script({ POD }, "https")
    assert(pods_of(connect(script, more)):get("web"))
    return script.requests()[1].headers["user-agent"]
  end

  it("is ours, or what the configuration says", function()
    assert.matches("^kube%-lua/" .. kube._VERSION:gsub("%p", "%%%0") .. " %(linux/%w+%)$", sent())
    assert.equal(kube.config.USER_AGENT, sent())
    local mine = kube.config.USER_AGENT .. "/my-controller"
    assert.equal(mine, sent { user_agent = mine })
    assert.equal(kube.config.USER_AGENT, sent { user_agent = "" })
  end)

  it("has no control characters", function()
    for _, bad in ipairs { "a\r\nB: c", "a\nb", "\1", "a\127" } do
      local config, err = kube.config.load {
        kubeconfig = "/dev/null", server = "http://127.0.0.1:9", user_agent = bad,
      }
      assert.is_nil(config)
      assert.is_nil(faults.flaw(err, "Config", { "the user agent holds a control character" }))
    end
  end)
end)
