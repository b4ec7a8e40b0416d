-- How kube fails: answers that are none, and answers that say no.
local cluster = require("spec.support.cluster")
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

local fails, works = failing.fails, failing.works
local POD = failing.POD

describe("an answer that is not whole", function()
  local function check(step, reason, ...)
    local script = faults.script { step, POD }
    local pods = faults.pods { server = script.server }
    local pod, err = pods:get("web")
    fails(pod, err, reason, "GET " .. script.server, "/pods/web", ...)
    assert.equal(1, #script.requests())
    works(pods)
  end

  it("is noticed when fewer bytes came than were announced", function()
    check({ body = POD, announce = #POD + 10, ["then"] = "close" }, "Connection", "cut off")
  end)

  it("is noticed when the last chunk is missing", function()
    check({ chunks = { POD }, ["then"] = "close" }, "Connection", "cut off")
  end)

  it("is noticed when the connection is reset", function()
    check({ body = POD, announce = #POD + 10, ["then"] = "reset" }, "Connection")
  end)

  it("is noticed when it ends in the headers, or there is none", function()
    for _, raw in ipairs { "HTTP/1.1 200 OK\r\nContent-Le", "" } do
      local script = faults.script { { raw = raw, ["then"] = "close" } }
      local pod, err = faults.pods { server = script.server }:get("web")
      fails(pod, err, "Connection", "GET " .. script.server)
    end
    works(faults.pods { server = faults.script { POD }.server })
  end)

  it("is asked for once more on a connection that had been used, if that is harmless", function()
    local script = faults.script { POD, { raw = "", ["then"] = "close" }, POD }
    local pods = faults.pods { server = script.server }
    works(pods)
    works(pods)
    assert.equal(3, #script.requests())
  end)

  it("is asked for once more, after a rest, if it may be done twice", function()
    for _, verb in ipairs { "update", "delete" } do -- the methods: RFC 9110, section 9.2.2
      local script = faults.script { POD, { raw = "", ["then"] = "close" }, POD }
      local pods = faults.pods { server = script.server, max_retries = 1 }
      works(pods)
      assert(pods[verb](pods, verb == "delete" and "web" or faults.object("web", "1")))
      assert.equal(3, #script.requests(), verb)
    end
  end)

  it("is not asked for once more if that may do it twice", function()
    for _, verb in ipairs { "create", "patch", "apply" } do
      local script = faults.script { POD, { raw = "", ["then"] = "close" }, POD }
      local pods = faults.pods { server = script.server }
      works(pods)
      local what = verb == "patch" and "web" or faults.object("web", "1")
      local pod, err = pods[verb](pods, what, verb == "patch" and {} or nil)
      fails(pod, err, "Connection", script.server)
      assert.equal(2, #script.requests(), verb)
    end
  end)

  it("is told apart from one that is whole and no JSON", function()
    check({ body = '{"kind":"Pod",' }, "Decode", "offset")
  end)
end)

describe("a list that is not whole", function()
  local item = faults.json(faults.object("a", "1"))
  local head = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9"},"items":['

  local function check(step, reason, ...)
    local script = faults.script { step, POD }
    local pods = faults.pods { server = script.server }
    local stream = pods:each()
    assert.equal("a", assert(stream:next()).metadata.name)
    local pod, err = stream:next()
    fails(pod, err, reason, "GET " .. script.server, "/pods", ...)
    pod, err = stream:next()
    fails(pod, err, reason) -- the same again: never the end
    stream:close()
    works(pods)
    script = faults.script { step }
    local list
    list, err = faults.pods { server = script.server }:list()
    fails(list, err, reason, "GET " .. script.server)
  end

  it("gives the items that came, then the error", function()
    local text = head .. item .. ","
    check({ body = text, announce = #text + 10, ["then"] = "close" }, "Connection", "cut off")
    check({ chunks = { text }, ["then"] = "close" }, "Connection", "cut off")
    check({ chunks = { text }, ["then"] = "reset" }, "Connection")
  end)

  it("is not taken for whole where the server thinks it is", function()
    check({ body = head .. item }, "Decode", "truncated")
    check({ body = head .. item .. "]" }, "Decode", "truncated")
  end)
end)

describe("an answer of two gigabytes", function()
  local TWO_GB = 2147483648

  it("is not even begun when one object was asked for", function()
    local script = faults.script { { announce = TWO_GB, body = "{", ["then"] = "hang" }, POD }
    local pods = faults.pods { server = script.server }
    local pod, err = pods:get("web", { timeout = 10 })
    fails(pod, err, "TooLarge", "GET " .. script.server, "2147483648")
    works(pods)
  end)

  --- Kilobytes of memory that this process has.
  local function resident()
    return tonumber(faults.read("/proc/self/status"):match("VmRSS:%s*(%d+)"))
  end

  it("is read item by item when it is a list, in little memory, until it is cut", function()
    local big = faults.json {
      metadata = { name = "big", annotations = { filler = string.rep("x", 100000) } },
    } .. ","
    local script = faults.script {
      { announce = TWO_GB, body = '{"kind":"PodList","items":[', filler = big, times = 1000,
        ["then"] = "close" }, POD,
    }
    local pods = faults.pods { server = script.server }
    local stream = pods:each { fields = { "metadata.name" } }
    local before, most, count = resident(), 0, 0
    local item, err = stream:next()
    while item do
      count = count + 1
      if count % 20 == 0 then most = math.max(most, resident()) end
      item, err = stream:next()
    end
    fails(item, err, "Connection", "cut off")
    assert.equal(1000, count)
    assert.truthy(most - before < 20000, (most - before) .. " kB more for 100 MB")
    works(pods)
  end)
end)

describe("malformed JSON", function()
  local function first(step)
    local script = faults.script { step, POD }
    local pods = faults.pods { server = script.server }
    return pods, script.server
  end

  it("in an object is a Decode error that names the request", function()
    for _, body in ipairs { '{"kind":}', "[1,", "nonsense", '{"a":"\\x"}', POD .. "}", "" } do
      local pods, server = first(body)
      local pod, err = pods:get("web")
      fails(pod, err, "Decode", "GET " .. server, "/pods/web")
      works(pods)
    end
  end)

  it("in an item of a list is a Decode error that names the request", function()
    local pods, server = first('{"kind":"PodList","items":[{"metadata":{"name":}}]}')
    local list, err = pods:list()
    fails(list, err, "Decode", "GET " .. server, "/pods")
    works(pods)
  end)

  it("in the head of a list is a Decode error that names the request", function()
    for _, body in ipairs {
      '{"kind":"PodList","metadata":{"continue":},"items":[]}', '{"kind":"PodList" "items":[]}',
      '{"kind":"PodList","items":[]}}', '{"kind":"PodList","items":7}', '{"kind":"PodList"}', "[]",
    } do
      local pods, server = first(body)
      local list, err = pods:list()
      fails(list, err, "Decode", "GET " .. server, "/pods")
      works(pods)
    end
  end)

  it("in a watch is a Decode error that names the request", function()
    for _, line in ipairs {
      '{"type":}', "nonsense", '{"type":"ADDED"}', '{"type":"ADDED","object":[]}',
      '{"type":"ADDED","object":{"metadata":{"name":}}}', "[]",
    } do
      local pods, server = first { chunks = { line .. "\n" }, ["then"] = "hang" }
      local watch = pods:watch()
      local event, err = watch:next(10)
      fails(event, err, "Decode", "GET " .. server, "/pods")
      watch:close()
      works(pods)
    end
  end)
end)

describe("an answer that says no", function()
  local function status(fields)
    local all = { apiVersion = "v1", kind = "Status", status = "Failure" }
    for name, value in pairs(fields) do all[name] = value end
    return faults.json(all)
  end

  --- What the server answers, and the code, reason and words that must come of it.
  local cases = {
    { "a whole Status", 409, status { code = 409, reason = "Conflict", message = "too late" },
      409, "Conflict", "too late" },
    { "a reason that is a number", 404, status { code = 404, reason = 5, message = "gone away" },
      404, "NotFound", "gone away" },
    { "a message that is null", 403,
      status { code = 403, reason = "Forbidden", message = json.null }, 403, "Forbidden", "GET" },
    { "a message that is a list", 403, status { code = 403, message = json.array { "no" } },
      403, "Forbidden", "GET" },
    { "a code that is a string", 409,
      status { code = "409", reason = "Conflict", message = "late" }, 409, "Conflict", "late" },
    { "a code that makes no sense", 500,
      status { code = -3, reason = "InternalError", message = "m" }, 500, "InternalError", "m" },
    { "details that are an array", 422,
      status { code = 422, reason = "Invalid", message = "bad", details = json.array { 1 } },
      422, "Invalid", "bad" },
    { "no kind", 403, '{"reason":"Odd","message":"hm"}', 403, "Forbidden", "GET" },
    { "a JSON array", 500, "[1,2]", 500, "InternalError", "GET" },
    { "JSON that is none", 500, '{"kind":"Status",', 500, "InternalError", "GET" },
    { "nothing", 503, "", 503, "ServiceUnavailable", "GET" },
    { "plain text", 404, "404 page not found\n", 404, "NotFound", "404 page not found",
      "text/plain" },
    { "HTML", 502, "<html><b>Bad Gateway</b></html>", 502, "InternalError", "GET", "text/html" },
    { "a code of its own", 418, "", 418, "Unknown", "418" },
  }

  for _, case in ipairs(cases) do
    local what, code, body, want_code, reason, word, content_type = (table.unpack or unpack)(case)
    it("has a code and a reason though it holds " .. what, function()
      local script = faults.script {
        { status = code, body = body, headers = { ["Content-Type"] = content_type } }, POD,
      }
      local pods = faults.pods { server = script.server }
      local pod, err = pods:get("web")
      fails(pod, err, reason, word)
      assert.equal(want_code, err.code)
      assert.is_nil(err.message:find("<html>", 1, true))
      works(pods)
    end)
  end

  it("has its Status, and how long to wait", function()
    local script = faults.script {
      faults.status(429, "TooManyRequests", "slow down", { details = { retryAfterSeconds = 3 } }),
      { status = 503, headers = { ["Retry-After"] = "5" } },
    }
    local pods = faults.pods { server = script.server }
    local _, err = pods:get("web")
    assert.equal(3, err.retryAfter)
    assert.equal("slow down", err.status.message)
    _, err = pods:get("web")
    assert.equal(5, err.retryAfter)
    assert.equal(5, err.status.details.retryAfterSeconds)
    assert.is_true(kube.is_unexpected_server_error(err))
  end)
end)

describe("the real server", function()
  --- Its token is in the kubeconfig; no error may show it.
  local function token_of(name)
    local text = faults.read(cluster.kubeconfig(name))
    return assert(text:match("token: (%S+)"))
  end

  it("does not know a wrong token: Unauthorized, whose credentials and where", function()
    local client = cluster.connect("wrong-token")
    faults.secrets[#faults.secrets + 1] = token_of("wrong-token")
    local list, err = client:list("pods")
    fails(list, err, "Unauthorized", client.config.server, '"wrong-token"', "credentials")
    assert.equal(401, err.code)
    assert.is_true(kube.is_unauthorized(err))
  end)

  it("says no to who may not: Forbidden, who, what and where", function()
    local client = cluster.connect("denied")
    faults.secrets[#faults.secrets + 1] = token_of("denied")
    local list, err = client:list("secrets", { namespace = "kube-system" })
    fails(list, err, "Forbidden", "denied-token", "secrets", "kube-system", "list")
    assert.equal(403, err.code)
    assert.is_true(kube.is_forbidden(err))
    assert.truthy(#assert(client:discovery():server_groups()) > 3) -- what it may, it does
  end)

  it("says no to the anonymous", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("anonymous") })
    local pods = kube.dynamic(config):resource { version = "v1", resource = "pods" }
    local list, err = pods:list()
    fails(list, err, "Forbidden", "system:anonymous", "pods")
    assert.truthy(assert(kube.discovery(config):server_version()).gitVersion)
  end)

  it("has no such object", function()
    local client = cluster.connect("admin")
    local pod, err = client:get("pods", "nosuch")
    fails(pod, err, "NotFound", "nosuch", "pods")
    assert.equal(404, err.code)
    assert.equal("nosuch", err.status.details.name)
    assert.equal("default", assert(client:get("namespaces", "default")).metadata.name)
  end)

  it("has no such path", function()
    local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig("admin") })
    local odds = { group = "no.such", version = "v1", resource = "odds" }
    local list, err = kube.dynamic(config):resource(odds):list()
    fails(list, err, "NotFound", "GET " .. config.server, "/apis/no.such/v1/odds")
    assert.equal(404, err.code)
  end)

  it("has no such resource: NoMatch, and what may have been meant", function()
    local client = cluster.connect("admin")
    local list, err = client:list("deploiments")
    fails(list, err, "NoMatch", "deploiments", "deployments")
  end)
end)
