-- Who asks, and whom: clients of different users and servers share one engine, and never each
-- other's connections.
local cluster = require("spec.support.cluster")
local faults = require("spec.support.faults")
local kube = require("kube")

local POD = faults.json(faults.object("web", "7"))
local TOKEN = "s3cr3t-token"

-- ---- users of the real server ----

--- What becomes of "who am I", of the secrets of kube-system and of one that is not there, for each
-- kubeconfig.
local USERS = {
  { name = "admin", me = "admin", secrets = "SecretList", secret = "NotFound" },
  { name = "viewer", me = "viewer-cert", secrets = "viewer-cert may not",
    secret = "viewer-cert may not" },
  { name = "token", me = "admin-token", secrets = "SecretList", secret = "NotFound" },
  { name = "denied", me = "denied-token", secrets = "denied-token may not",
    secret = "denied-token may not" },
  { name = "anonymous", me = "system:anonymous may not", secrets = "system:anonymous may not",
    secret = "system:anonymous may not" },
  { name = "wrong-token", me = "Unauthorized", secrets = "Unauthorized", secret = "Unauthorized" },
}

--- A refusal in words: who may not, or the reason alone.
local function in_words(err)
  local who = err.message:match('User "([^"]+)" cannot')
  return err.reason == "Forbidden" and who and who .. " may not" or err.reason
end

local function resource(user, group, plural)
  local config = assert(kube.config.load { kubeconfig = cluster.kubeconfig(user.name) })
  return kube.dynamic(config):resource { group = group, version = "v1", resource = plural }
end

local REVIEW = { apiVersion = "authentication.k8s.io/v1", kind = "SelfSubjectReview" }

--- Asks the server who we are, in a POST.
local function ask_me(user)
  local reviews = resource(user, "authentication.k8s.io", "selfsubjectreviews")
  return function()
    local review, err = reviews:create(REVIEW)
    return review and review.status.userInfo.username or in_words(err)
  end
end

--- Asks for an object: such requests share connections (HTTP/2), those with tokens all one. The API
-- server ends the connection on which somebody asked whom it does not know, and what is under way
-- on it may have to be asked again.
local function ask_secret(user)
  local secrets = resource(user, "", "secrets"):namespace("kube-system")
  return function()
    local secret, err
    for _ = 1, 5 do
      secret, err = secrets:get("nosuch")
      assert.is_nil(secret)
      if err.reason ~= "Connection" then break end
    end
    return in_words(err)
  end
end

--- Asks for a list, for which each reader has a connection of its own (HTTP/1.1).
local function ask_secrets(user)
  local secrets = resource(user, "", "secrets"):namespace("kube-system")
  return function()
    local list, err = secrets:list()
    return list and list.kind or in_words(err)
  end
end

--- Two users ask in turn, then several times at the same time; each must get its own answers.
local function check_pair(first, second, ask, field)
  local what = first.name .. " and " .. second.name
  local ask_first, ask_second = ask(first), ask(second)
  for _ = 1, 2 do
    assert.equal(first[field], ask_first(), what)
    assert.equal(second[field], ask_second(), what)
  end
  local answers = {}
  local function note(want, ask_it)
    local answer = ask_it() -- waits: the place in the table is counted afterwards
    answers[#answers + 1] = { want, answer }
  end
  kube.run(function()
    for i = 1, 4 do
      kube.spawn(note, first[field], ask_first)
      kube.spawn(note, second[field], ask_second)
      if i == 2 then kube.sleep(0.005) end -- some come while others are under way
    end
  end)
  assert.equal(8, #answers)
  for _, answer in ipairs(answers) do assert.equal(answer[1], answer[2], what) end
end

local function each_pair(check)
  for _, first in ipairs(USERS) do
    for _, second in ipairs(USERS) do
      if first ~= second then check(first, second) end
    end
  end
end

describe("two users of one server", function()
  it("are each answered as themselves on shared connections, whoever comes first", function()
    each_pair(function(first, second) check_pair(first, second, ask_secret, "secret") end)
  end)

  it("are each known to the server as themselves, whoever comes first", function()
    each_pair(function(first, second) check_pair(first, second, ask_me, "me") end)
  end)

  it("are each answered as themselves on connections of their own, whoever comes first", function()
    each_pair(function(first, second) check_pair(first, second, ask_secrets, "secrets") end)
  end)

  it("are each answered as themselves when all ask at the same time", function()
    local answers = {}
    local function note(want, ask_it)
      local answer = ask_it()
      answers[#answers + 1] = { want, answer }
    end
    local rounds = 20 -- libcurl mixed answers up in one of a hundred, beside connections that ended
    for _ = 1, rounds do
      kube.run(function()
        for _ = 1, 2 do
          for _, user in ipairs(USERS) do
            kube.spawn(note, user.me, ask_me(user))
            kube.spawn(note, user.secret, ask_secret(user))
            kube.spawn(note, user.secrets, ask_secrets(user))
          end
        end
      end)
    end
    assert.equal(rounds * 2 * 3 * #USERS, #answers)
    for _, answer in ipairs(answers) do assert.equal(answer[1], answer[2]) end
  end)

  it("are themselves for the everyday client too", function()
    for _ = 1, 2 do
      for _, user in ipairs { USERS[1], USERS[2], USERS[3], USERS[4] } do
        local review = assert(cluster.connect(user.name):create(REVIEW))
        assert.equal(user.me, review.status.userInfo.username)
      end
    end
  end)

  it("are themselves when one watches while the other asks", function()
    local pods = resource(USERS[2], "", "pods"):namespace("kube-system")
    local watch = pods:watch { timeoutSeconds = 60 }
    local _, err = watch:next(0.05)
    assert.truthy(err == nil or err.reason == "Timeout", tostring(err))
    for _, user in ipairs(USERS) do assert.equal(user.me, ask_me(user)()) end
    watch:close()
  end)
end)

-- ---- certificates, tokens and neither, as a server sees them ----

describe("a server that asks for certificates", function()
  local function ways(server)
    return {
      { who = "commonName=alice", cert = faults.alice_cert, key = faults.alice_key },
      { who = "commonName=bob", cert = faults.bob_cert, key = faults.bob_key },
      { who = "Bearer " .. TOKEN, token = TOKEN },
      { who = "Bearer " .. TOKEN .. "2", token = TOKEN .. "2" },
      { who = "nobody" },
    }, function(way)
      return faults.pods { server = server, ca = faults.ca, cert = way.cert, key = way.key,
        token = way.token }
    end
  end

  local function who(request)
    return request.client or request.headers.authorization or "nobody"
  end

  it("sees each user as itself, in each order and at the same time", function()
    local script = faults.script({ POD }, "https_client")
    local all, pods_of = ways(script.server)
    for _, first in ipairs(all) do
      for _, second in ipairs(all) do
        local one, two = pods_of(first), pods_of(second)
        local before = #script.requests()
        assert(one:get("first"))
        assert(two:get("second"))
        kube.run(function()
          for _ = 1, 2 do
            kube.spawn(function() assert(one:get("first")) end)
            kube.spawn(function() assert(two:get("second")) end)
          end
        end)
        local requests = script.requests()
        assert.equal(before + 6, #requests)
        for i = before + 1, #requests do
          local is_first = requests[i].target:find("/first", 1, true)
          assert.equal((is_first and first or second).who, who(requests[i]))
        end
      end
    end
  end)

  it("never sees a certificate on the connection of another", function()
    local script = faults.script({ POD }, "https_client")
    local all, pods_of = ways(script.server)
    for _ = 1, 2 do
      for _, way in ipairs(all) do assert(pods_of(way):get("web")) end
    end
    local owner = {}
    for _, request in ipairs(script.requests()) do
      local certificate = request.client or "none"
      owner[request.connection] = owner[request.connection] or certificate
      assert.equal(owner[request.connection], certificate)
    end
  end)

  it("sees one connection of one user, also when its configuration was read twice", function()
    local script = faults.script({ POD }, "https_client")
    local all, pods_of = ways(script.server)
    for _, way in ipairs(all) do
      local before = #script.requests()
      for _ = 1, 3 do assert(pods_of(way):get("web")) end
      local requests = script.requests()
      assert.equal(before + 3, #requests)
      assert.equal(requests[before + 1].connection, requests[before + 2].connection, way.who)
      assert.equal(requests[before + 1].connection, requests[before + 3].connection, way.who)
    end
  end)
end)

describe("a token", function()
  it("is not sent in the clear", function()
    local script = faults.script { POD }
    assert(faults.pods { server = script.server, token = TOKEN }:get("web"))
    assert(faults.pods { server = script.server,
      user = { username = "a", password = "s3cr3t" } }:get("web"))
    for _, request in ipairs(script.requests()) do assert.is_nil(request.headers.authorization) end
  end)
end)

describe("a load balancer whose servers differ", function()
  local function slow_pod(name)
    local text = faults.json(faults.object(name, "7"))
    local half = math.floor(#text / 2)
    return { { chunks = { text:sub(1, half), text:sub(half + 1) }, delay = 0.2 } }
  end

  local function namespaces_as(user)
    local client = kube.dynamic { kubeconfig = cluster.kubeconfig(user), server = faults.forward }
    return client:resource { version = "v1", resource = "namespaces" }
  end

  -- libcurl takes a host and port for one server: after an HTTP/2 connection to it, it would put
  -- the next request on an HTTP/1.1 connection that is in use (csrc/core/claim.h).
  it("gives each call its own answer, on a connection that nobody else sends on", function()
    local script = faults.script({ "{}" }, "https", {
      ["/api/v1/namespaces/default/pods/one"] = slow_pod("one"),
      ["/api/v1/namespaces/default/pods/two"] = slow_pod("two"),
      ["/api/v1/namespaces/default/pods/three"] = slow_pod("three"),
    })
    local pods = faults.pods { server = faults.forward .. script.path, ca = faults.ca }
    local answers = {}
    local function get(name)
      local pod, err = pods:get(name)
      answers[name] = pod and pod.metadata.name or tostring(err)
    end
    faults.balance { script.server, cluster.server, script.server }
    kube.run(function()
      kube.spawn(get, "one") -- HTTP/1.1
      cluster.eventually(function() return #script.requests() == 1 end)
      assert(namespaces_as("viewer"):get("default")) -- HTTP/2
      kube.spawn(get, "two")
      kube.spawn(get, "three")
    end)
    assert.same({ one = "one", two = "two", three = "three" }, answers)
    local seen = {}
    for _, request in ipairs(script.requests()) do
      assert.is_nil(seen[request.connection])
      seen[request.connection] = true
    end
  end)
end)

-- ---- servers ----

describe("trust", function()
  local function pods(script, ca, cluster_fields)
    return faults.pods { server = script.server, ca = ca, cluster = cluster_fields }
  end

  local function refused(client)
    local pod, err = client:get("web")
    assert.is_nil(pod)
    assert.is_nil(faults.flaw(err, "TLS", { "certificate" }))
  end

  it("in another CA does not use the good connection that is there", function()
    local script = faults.script({ POD }, "https")
    local right, wrong = pods(script, faults.ca), pods(script, faults.ca2)
    assert(right:get("web"))
    refused(wrong)
    assert(right:get("web"))
    refused(wrong)
    local requests = script.requests()
    assert.equal(2, #requests)
    assert.equal(requests[1].connection, requests[2].connection) -- it was there all the time
  end)

  it("in another CA first does not harm the good one", function()
    local script = faults.script({ POD }, "https")
    local right, wrong = pods(script, faults.ca), pods(script, faults.ca2)
    refused(wrong)
    assert(right:get("web"))
    refused(wrong)
    assert.equal(1, #script.requests())
  end)

  it("in another CA is refused while good connections are made", function()
    local script = faults.script({ POD }, "https")
    local right, wrong = pods(script, faults.ca), pods(script, faults.ca2)
    local good, bad = 0, 0
    kube.run(function()
      for _ = 1, 4 do
        kube.spawn(function() if right:get("web") then good = good + 1 end end)
        kube.spawn(function()
          local _, err = wrong:get("web")
          if err and err.reason == "TLS" then bad = bad + 1 end
        end)
      end
    end)
    assert.equal(4, good)
    assert.equal(4, bad)
    assert.equal(4, #script.requests())
  end)

  it("in all that comes lends its connections to nobody who looks", function()
    local script = faults.script({ POD }, "https")
    local blind = pods(script, nil, { ["insecure-skip-tls-verify"] = true })
    assert(blind:get("web"))
    refused(pods(script, faults.ca2))
    refused(pods(script)) -- the system's roots
    assert(blind:get("web"))
    assert.equal(2, #script.requests())
  end)

  it("in another CA is refused of the real server too, before and after a good one", function()
    local wrong, right = cluster.connect("wrong-ca"), cluster.connect("admin")
    for _ = 1, 2 do
      local list, err = wrong:list("namespaces")
      assert.is_nil(list)
      assert.equal("TLS", err.reason)
      assert.equal("NamespaceList", assert(right:list("namespaces")).kind)
    end
  end)

  local function named(script, name)
    return pods(script, faults.ca, { ["tls-server-name"] = name })
  end

  it("in another server name does not use the good connection that is there", function()
    local script = faults.script({ POD }, "https")
    local good, bad = named(script, "fault.example"), named(script, "nosuch.example")
    for _ = 1, 2 do
      assert(good:get("web"))
      refused(bad)
    end
    local requests = script.requests()
    assert.equal(2, #requests)
    assert.equal(requests[1].connection, requests[2].connection)
  end)

  it("in another server name first does not harm the good one", function()
    local script = faults.script({ POD }, "https")
    local good, bad = named(script, "fault.example"), named(script, "nosuch.example")
    refused(bad)
    assert(good:get("web"))
    assert(pods(script, faults.ca):get("web"))
    refused(bad)
    assert.equal(2, #script.requests())
  end)

  it("in two server names that are both good has two connections", function()
    local script = faults.script({ POD }, "https")
    assert(named(script, "fault.example"):get("web"))
    assert(named(script, "localhost"):get("web"))
    assert(pods(script, faults.ca):get("web"))
    assert(named(script, "fault.example"):get("web"))
    local requests = script.requests()
    assert.are_not.equal(requests[1].connection, requests[2].connection)
    assert.are_not.equal(requests[1].connection, requests[3].connection)
    assert.are_not.equal(requests[2].connection, requests[3].connection)
    assert.equal(requests[1].connection, requests[4].connection)
  end)
end)

describe("one user", function()
  --- How many connections a list made.
  local function connects(user)
    local stream = resource(user, "", "namespaces"):each { limit = 1000 }
    local item, err = stream:next()
    while item do item, err = stream:next() end
    assert.is_nil(err)
    return stream:info().connects
  end

  it("uses its connection to the real server again", function()
    for _, user in ipairs { USERS[1], USERS[2], USERS[3] } do
      connects(user)
      assert.equal(0, connects(user), user.name)
    end
  end)
end)
