-- kube.fake on the wire: what a client of any kind may send.
local fake = require("kube.fake")
local json = require("kube.json")
local uv = require("luv")

local server

setup(function()
  server = assert(fake.start { pods = { ready_after = 0.05, scheduled_after = 0, gone_after = 0 } })
end)
teardown(function() server:close() end)

--- Sends pieces, one after the other, and gives all that came back: until the server closes, or
-- until done(all so far), at most five seconds.
local function talk(pieces, done)
  local received, over = {}, false
  local socket, timer = uv.new_tcp(), uv.new_timer()
  local function finish()
    over = true
    uv.stop()
  end
  timer:start(5000, 0, finish)
  socket:connect("127.0.0.1", tonumber(server.url:match("%d+$")), function(err)
    if err then return finish() end
    local function send(i)
      if over or not pieces[i] then return end
      socket:write(pieces[i], function() send(i + 1) end)
    end
    send(1)
    socket:read_start(function(problem, bytes)
      if problem or not bytes then return finish() end
      received[#received + 1] = bytes
      if done and done(table.concat(received)) then finish() end
    end)
  end)
  uv.run()
  socket:close()
  timer:close()
  uv.run("nowait")
  return table.concat(received)
end

local function request(method, path, body, more)
  return string.format("%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s", method, path, more or "",
    body and "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n" or "",
    body or "")
end

local CLOSE = "Connection: close\r\n"

--- The answers in a text: { code =, head =, body = }, of bodies of known length.
local function answers(text)
  local found, at = {}, 1
  while at <= #text do
    local head_end = select(2, text:find("\r\n\r\n", at, true))
    if not head_end then break end
    local head = text:sub(at, head_end)
    local length = tonumber(head:match("Content%-Length: (%d+)")) or 0
    found[#found + 1] = {
      code = tonumber(head:match("^HTTP/1%.1 (%d+)")), head = head,
      body = text:sub(head_end + 1, head_end + length),
    }
    at = head_end + length + 1
  end
  return found
end

local function codes(text)
  local found = {}
  for i, answer in ipairs(answers(text)) do found[i] = answer.code end
  return found
end

local MAPS = "/api/v1/namespaces/default/configmaps"

describe("a connection", function()
  it("gets the answers to pipelined requests in their order", function()
    local text = talk { request("GET", "/readyz") .. request("GET", "/nope")
      .. request("POST", MAPS, '{"metadata":{"name":"piped"}}') .. request("GET", MAPS .. "/piped")
      .. request("DELETE", MAPS .. "/piped") .. request("GET", MAPS .. "/piped")
      .. request("GET", "/readyz", nil, CLOSE) }
    assert.same({ 200, 404, 201, 200, 200, 404, 200 }, codes(text))
    assert.equal("ok", answers(text)[7].body)
  end)

  it("may send byte by byte", function()
    local bytes = {}
    local text = request("POST", MAPS, '{"metadata":{"name":"slow"}}')
      .. request("DELETE", MAPS .. "/slow", nil, CLOSE)
    for i = 1, #text do bytes[i] = text:sub(i, i) end
    assert.same({ 201, 200 }, codes(talk(bytes)))
  end)

  it("may send a chunked body, and wait to be asked for it", function()
    local body = '{"metadata":{"name":"chunked"}}'
    local text = talk({ "POST " .. MAPS .. " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json"
      .. "\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n" },
      function(all) return all:find("100 Continue", 1, true) end)
    assert.equal("HTTP/1.1 100 Continue\r\n\r\n", text)
    text = talk { "POST " .. MAPS .. " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      .. "Transfer-Encoding: chunked\r\n\r\n"
      .. string.format("a\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", body:sub(1, 10), #body - 10,
        body:sub(11)), request("DELETE", MAPS .. "/chunked", nil, CLOSE) }
    assert.same({ 201, 200 }, codes(text))
  end)

  it("goes on after a watch", function()
    local text = talk { request("GET", MAPS .. "?watch=1&timeoutSeconds=1&labelSelector=none")
      .. request("GET", "/readyz", nil, CLOSE) }
    local first, rest = text:match("^(.-\r\n\r\n)0\r\n\r\n(.*)$")
    assert.truthy(first:find("Transfer-Encoding: chunked", 1, true))
    assert.same({ 200 }, codes(rest))
  end)

  it("gets no body for HEAD, and the end after HTTP/1.0 and Connection: close", function()
    local text = talk { request("HEAD", MAPS, nil, CLOSE) }
    assert.equal("\r\n\r\n", text:sub(-4))
    assert.equal(405, answers(text)[1].code)
    assert.same({ 200 }, codes(talk { "GET /readyz HTTP/1.0\r\n\r\n" }))
    text = talk { "GET " .. MAPS .. "?watch=1&timeoutSeconds=1 HTTP/1.0\r\n\r\n" }
    assert.is_nil(text:find("chunked", 1, true))
  end)

  it("may go in the middle of anything", function()
    for _, text in ipairs { "", "GE", "GET / HTTP/1.1\r\nHo", request("GET", MAPS .. "?watch=1"),
        request("POST", MAPS, ("x"):rep(100)):sub(1, -50) } do
      local socket = uv.new_tcp()
      socket:connect("127.0.0.1", tonumber(server.url:match("%d+$")), function()
        socket:write(text, function() socket:close() end)
      end)
      uv.run()
    end
    assert.same({ 201 }, codes(talk { request("POST", MAPS, '{"metadata":{"name":"still"}}',
      CLOSE) }))
  end)

  it("gets a Status where it sends too much, even if it goes on sending", function()
    local big = ("x"):rep(4 * 1024 * 1024)
    local answer = answers(talk { request("POST", MAPS, big) })[1]
    assert.equal(413, answer.code)
    assert.equal("Request entity too large: limit is 3145728", json.decode(answer.body).message)
    assert.equal(431, answers(talk { "GET /" .. big })[1].code)
    assert.equal(431, answers(talk { "GET / HTTP/1.1\r\nA: " .. big .. "\r\n\r\n" })[1].code)
  end)

  it("is not held up by what others send to be slow", function()
    local long = ("a"):rep(1000 * 1000)
    for _, text in ipairs {
      request("GET", MAPS, nil, "Accept: a" .. (" "):rep(1000 * 1000) .. "b\r\n"),
      request("POST", MAPS, "{}", "Content-Type: a" .. (" "):rep(1000 * 1000) .. "b\r\n"),
      request("POST", MAPS, '{"apiVersion":"' .. long .. '/v1"}'),
      (request("PATCH", MAPS .. "/x?fieldManager=x", '{"apiVersion":"' .. long .. '/v1"}')
        :gsub("application/json", "application/apply-patch+yaml", 1)),
      request("GET", MAPS .. "?continue=" .. ("="):rep(1000 * 1000) .. "a"),
    } do
      local all = talk({ text }, function(all) return all:find("\r\n\r\n", 1, true) end)
      assert.truthy(all:find("^HTTP/1.1 4"), all:sub(1, 200))
    end
  end)

  it("lives on after a watch of any time, and after one that cannot be", function()
    local function watch(seconds)
      return request("GET", MAPS .. "?watch=1&timeoutSeconds=" .. seconds)
    end
    local text = talk { watch("9223372036854775808") .. watch("-9223372036854775809")
      .. watch("x") .. watch("1") .. request("GET", "/readyz", nil, CLOSE) }
    for i, code in ipairs { 400, 400, 400, 200 } do assert.equal(code, codes(text)[i]) end
    assert.truthy(text:find("value out of range", 1, true))
    assert.truthy(text:find("ok$"))
    text = talk({ watch("9223372036854775807") }, function(all)
      return all:find("\r\n\r\n", 1, true)
    end)
    assert.same({ 200 }, codes(text))
    assert.same({ 201, 200 }, codes(talk { request("POST", MAPS, '{"metadata":{"name":"late"}}')
      .. request("DELETE", MAPS .. "/late", nil, CLOSE) }))
  end)

  it("is closed after what is no HTTP, and the server lives", function()
    math.randomseed(11)
    for _ = 1, 200 do
      local bytes = {}
      for i = 1, math.random(1, 80) do bytes[i] = string.char(math.random(0, 255)) end
      local text = talk { table.concat(bytes), "\r\n\r\n", request("GET", "/readyz", nil, CLOSE) }
      assert.truthy(text:find("^HTTP/1.1 [245]"))
    end
    assert.same({ 200 }, codes(talk { request("GET", "/readyz", nil, CLOSE) }))
  end)
end)

-- ---- whatever is in it ----

local VALUES = { "null", "true", "7", "-1", "1.5", "1e400", '""', '"x"', '"A b"', "[]", "{}",
  "[null]", '["a"]', "[7]", "[{}]", '{"a":"b"}', '{"a":7}', '{"a":null}', '"2020-01-01T00:00:00Z"',
  '{"matchLabels":{"a":"b"}}', '{"matchExpressions":[{"key":"a","operator":"In"}]}',
  '[{"name":"c","image":"i"}]', '{"type":"Recreate"}', '{"type":"RollingUpdate","rollingUpdate":'
    .. '{"maxSurge":"x","maxUnavailable":-3}}', '{"metadata":{"labels":{"a":"b"}},"spec":'
    .. '{"containers":[{"name":"c","image":"i"}]}}' }

local NAMES = { "name", "generateName", "namespace", "uid", "labels", "annotations", "finalizers",
  "ownerReferences", "resourceVersion", "generation", "deletionTimestamp", "creationTimestamp",
  "deletionGracePeriodSeconds", "managedFields" }
local SPEC = { "replicas", "selector", "template", "containers", "strategy", "clusterIP", "type",
  "ports", "nodeName", "finalizers", "paused", "revisionHistoryLimit", "hostNetwork" }
local STATUS = { "phase", "conditions", "replicas", "availableReplicas", "containerStatuses" }

local function any(list) return list[math.random(#list)] end

local function seldom() return math.random(8) == 1 end

--- What makes a pod and a workload good, as members.
local GOOD = [["containers":[{"name":"c","image":"i"}],"selector":{"matchLabels":{"a":"b"}},]]
  .. [["template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c",]]
  .. [["image":"i"}]}},"replicas":2]]

--- An object of some fields with some values: text.
-- @param good  members that it begins with; later ones of the same name count
local function object_of(names, n, good)
  local members = { good }
  for _ = 1, math.random(0, n) do
    members[#members + 1] = string.format("%q:%s", any(names), any(VALUES))
  end
  return "{" .. table.concat(members, ",") .. "}"
end

--- A body that is nearly an object.
local function body_of(name)
  local metadata = object_of(NAMES, seldom() and 3 or 0)
  if not seldom() then
    metadata = '{"name":"' .. name .. '"' .. (metadata == "{}" and "" or ",")
      .. metadata:sub(2)
  end
  return string.format('{"metadata":%s,"spec":%s,"status":%s,%q:%s}', metadata,
    seldom() and any(VALUES) or object_of(SPEC, 2, not seldom() and GOOD or nil),
    seldom() and any(VALUES) or object_of(STATUS, 3),
    any { "data", "kind", "apiVersion", "x", "stringData", "type" }, any(VALUES))
end

local PATHS = { MAPS, "/api/v1/namespaces/default/pods", "/api/v1/namespaces/default/services",
  "/api/v1/namespaces/default/secrets", "/apis/apps/v1/namespaces/default/deployments",
  "/apis/apps/v1/namespaces/default/replicasets", "/api/v1/namespaces", "/api/v1/nodes" }
local TYPES = { "application/json", "application/merge-patch+json", "application/json-patch+json",
  "application/apply-patch+yaml", "application/yaml" }
local PATCHES = { TYPES[2], TYPES[2], TYPES[3], TYPES[4] }
local QUERIES = { "", "?dryRun=All", "?fieldManager=x", "?watch=1&timeoutSeconds=1",
  "?limit=1&continue=%00", "?labelSelector=a%20in%20(%00)", "?fieldSelector=metadata.name%3D%FF",
  "?propagationPolicy=Foreground", "?gracePeriodSeconds=-7",
  "?resourceVersion=99999999999999999999", "?limit=99999999999999999999",
  "?timeoutSeconds=-1", "?gracePeriodSeconds=9223372036854775807",
  "?watch=1&timeoutSeconds=99999999999999999999" }

local function random_request()
  local name = seldom() and any { "..", "%2e", "a%2fb", "%00", "%FF" } or "n" .. math.random(5)
  local method, path = any { "GET", "POST", "PUT", "PATCH", "DELETE", "POST" }, any(PATHS)
  if method ~= "POST" and not seldom() then path = path .. "/" .. name end
  if seldom() then path = path .. "/status" end
  local query = seldom() and any(QUERIES) or method == "PATCH" and "?fieldManager=x" or ""
  if method == "GET" and query:find("watch", 1, true) then query = "" end
  local body = seldom() and any(VALUES) or body_of(name)
  if seldom() then body = body:sub(1, math.random(#body)) end
  local media = seldom() and any(TYPES) or method == "PATCH" and any(PATCHES) or TYPES[1]
  return string.format("%s %s%s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
    .. "\r\n%s", method, path, query, media, #body, body)
end

describe("the server", function()
  it("answers whatever is in a request, and fails at none", function()
    math.randomseed(5)
    for _ = 1, 60 do
      local requests = {}
      for i = 1, 50 do requests[i] = random_request() end
      local all = answers(talk { table.concat(requests) .. request("GET", "/readyz", nil, CLOSE) })
      assert.equal(51, #all)
      for i, answer in ipairs(all) do
        assert.is_nil(answer.body:find("kube.fake failed", 1, true), requests[i])
        assert(answer.body == "ok" or json.decode(answer.body), answer.body)
      end
    end
    assert.same({ 200 }, codes(talk { request("GET", "/api/v1/pods", nil, CLOSE) }))
  end)
end)
