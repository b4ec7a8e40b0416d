-- The REST client: what goes out, and what comes back, as it is written in Lua. Paths, and what is
-- checked before anything is sent, have their tables in rest_test.c.
local cluster = require("spec.support.cluster")
local failing = require("spec.support.failing")
local faults = require("spec.support.faults")
local kube = require("kube")

local fails = failing.fails

describe("a request that is written piece by piece", function()
  local script, rest

  local function serve(steps, on)
    script = faults.script(steps, on)
    rest = assert(kube.rest { kubeconfig = faults.kubeconfig { server = script.server } })
  end

  it("has its pieces in their places, and parameters in order", function()
    serve { "{}" }
    local request = rest:get():namespace("a"):resource("Pods"):name("b"):subresource("proxy", "x")
      :suffix("y", "z"):param("b", 2):param("a", "1&2=3;ä +%")
      :params { c = { "x", "y" }, d = true }
      :header("X-Mine", "yes"):header("Accept", "application/yaml, application/json")
    assert.same({}, request:send())
    local asked = script.requests()[1]
    assert.equal("GET", asked.method)
    assert.equal("/api/v1/namespaces/a/pods/b/proxy/x/y/z?a=1%262%3D3%3B%C3%A4%20%2B%25&b=2&c=x&c=y"
      .. "&d=true", asked.target)
    assert.same({ "yes", "application/yaml, application/json" },
      { asked.headers["x-mine"], asked.headers.accept })
  end)

  it("sends bytes as they are, and tables as JSON", function()
    serve { '{"kind":"Pod"}' }
    assert.equal("Pod", assert(rest:post():resource("pods"):body { metadata = { name = "x" } }
      :send()).kind)
    assert(rest:put():abs_path("/x/"):body("\0bytes", "text/plain"):send())
    assert(rest:patch("merge"):resource("pods"):name("x"):body { spec = kube.null }:send())
    assert(rest:delete():resource("pods"):name("x"):send())
    local told = {}
    for i, asked in ipairs(script.requests()) do
      local kind = asked.headers["content-type"] or ""
      told[i] = { asked.method, asked.target, kind, asked.body or "" }
    end
    assert.same({
      { "POST", "/api/v1/pods", "application/json", '{"metadata":{"name":"x"}}' },
      { "PUT", "/x/", "text/plain", "\0bytes" },
      { "PATCH", "/api/v1/pods/x", "application/merge-patch+json", '{"spec":null}' },
      { "DELETE", "/api/v1/pods/x", "", "" },
    }, told)
  end)

  it("gives an object, a text, bytes or a stream", function()
    serve {
      { body = '{"a": [1, 2]}', headers = { ["Content-Type"] = "application/json; charset=x" } },
      { body = "ok", headers = { ["Content-Type"] = "text/plain" } },
      '{"a": 1}', { chunks = { "one\n", "two\n", "three" }, delay = 0.02 },
    }
    assert.same({ a = { 1, 2 } }, rest:get():resource("x"):send())
    assert.equal("ok", rest:get():resource("x"):send())
    assert.equal('{"a": 1}', rest:get():resource("x"):raw())
    local all = {}
    for bytes in assert(rest:get():resource("x"):stream()) do all[#all + 1] = bytes end
    assert.equal("one\ntwo\nthree", table.concat(all))
  end)

  it("says what the server refuses, and what cannot be sent", function()
    serve { faults.status(404, "NotFound", 'pods "x" not found') }
    fails(nil, select(2, rest:get():resource("pods"):name("x"):send()), "NotFound", "not found")
    fails(nil, select(2, rest:get():resource("pods"):name("x"):raw()), "NotFound", "not found")
    local lines = assert(rest:get():resource("pods"):name("x"):stream())
    fails(nil, select(2, lines:next(5)), "NotFound", "not found")
    local cases = {
      ["resource name may not be empty"] = rest:get():resource("pods"):name(""),
      ["an empty namespace may not be set during creation"] = rest:post():namespace(""),
      ["invalid namespace \"a/b\": may not contain '/'"] = rest:get():namespace("a/b"),
      ["resource already set to \"a\", cannot change to \"b\""] = rest:get():resource("a")
        :resource("b"),
      ["there is no verb"] = rest:verb("BREW"),
      ["holds a line break"] = rest:get():header("X", "a\r\nB: c"),
    }
    local before = #script.requests()
    for words, request in pairs(cases) do
      fails(nil, select(2, request:send()), "BadRequest", words)
      fails(nil, select(2, request:stream()), "BadRequest", words)
    end
    fails(nil, select(2, rest:post():body { f = print }:send()), "BadRequest", "function")
    assert.equal(before, #script.requests())
  end)

  it("throws what is no request at all", function()
    serve { "{}" }
    for words, wrong in pairs {
      ["must be a string"] = function() rest:get():name(1) end,
      ["must be a table"] = function() rest:get():params("a") end,
      ["a string, a number or a boolean"] = function() rest:get():param("a", {}) end,
      ["a string or a table"] = function() rest:get():body(1) end,
      ['"json", "merge", "strategic" or "apply"'] = function() rest:patch("xml") end,
      ["an integer"] = function() rest:get():max_retries(1.5) end,
      ["suffix: a segment must be a string, not nil"] = function()
        rest:get():suffix("a", nil, "b")
      end,
      ["params: the value must be"] = function() rest:get():params { a = { {} } } end,
      ["the content type must be a string"] = function() rest:get():body("x", 5) end,
    } do
      local ok, problem = pcall(wrong)
      assert.is_false(ok)
      assert.truthy(problem:find(words, 1, true), problem)
      assert.truthy(problem:find("rest_spec.lua", 1, true), problem)
    end
  end)

  it("tells the server of its time-out, which holds", function()
    serve { { body = "{", announce = 10, ["then"] = "hang" } }
    local object, err = rest:get():resource("pods"):timeout(0.3):send()
    fails(object, err, "Timeout", "300 ms")
    assert.equal("/api/v1/pods?timeout=300ms", script.requests()[1].target)
  end)

  it("takes numbers however large or small they are", function()
    serve { "{}" }
    local url = script.server .. "/api/v1/pods"
    local pods = function() return rest:get():resource("pods") end
    assert.equal(url .. "?timeout=1ms", pods():timeout(1e-9):url()) -- and not none at all
    assert.equal(url .. "?timeout=277777777h46m40s", pods():timeout(1 / 0):url())
    assert.equal(url, pods():timeout(-1):url())
    assert.equal(url .. "?a=1.2089258196146e%2B24", pods():param("a", 2 ^ 80):url())
    assert.same({}, pods():max_retries(2 ^ 60):timeout(1e300):send())
  end)

  it("has selectors in parameters as texts, and never leaves one out", function()
    serve { "{}" }
    local function url_with(value)
      return rest:get():resource("pods"):params { labelSelector = value }:url()
    end
    local url = script.server .. "/api/v1/pods?labelSelector="
    assert.equal(url .. "app%3Dweb", url_with(kube.selector.from_set { app = "web" }))
    assert.equal(script.server .. "/api/v1/pods?labelSelector=a&labelSelector=b",
      url_with { "a", "b" })
    for _, wrong in ipairs { { app = "web" }, {}, { "a", b = "c" }, kube.selector.nothing() } do
      local ok, problem = pcall(url_with, wrong)
      assert.is_false(ok)
      assert.truthy(problem:find("rest_spec.lua", 1, true), problem)
      assert.truthy(problem:find("labelSelector", 1, true), problem)
    end
  end)

  it("takes a path with its query as kubectl get --raw does", function()
    serve { "{}" }
    for uri, want in pairs {
      ["/api/v1/pods?z=1&labelSelector=a%3Db+c"] = "/api/v1/pods?labelSelector=a%3Db%20c&z=1",
      ["/healthz"] = "/healthz", ["/a%20b+c/?x"] = "/a%20b+c/?x=", ["/?a=1&a=2"] = "/?a=1&a=2",
    } do
      assert.equal(script.server .. want, rest:get():request_uri(uri):url())
    end
  end)

  it("has no URL if it cannot be sent", function()
    serve { "{}" }
    fails(nil, select(2, rest:get():resource("pods"):name("a/b"):url()), "BadRequest",
      "may not contain '/'")
  end)

  it("is written with colons", function()
    serve { "{}" }
    local request = rest:get()
    for words, wrong in pairs {
      ["rest:get: call it with a colon"] = function() rest.get() end,
      ["request:resource: call it with a colon"] = function() request.resource("pods") end,
      ["request:send: call it with a colon"] = function() request.send() end,
    } do
      local ok, problem = pcall(wrong)
      assert.is_false(ok)
      assert.truthy(problem:find("rest_spec.lua", 1, true), problem)
      assert.truthy(problem:find(words, 1, true), problem)
    end
  end)

  it("may be sent again, and tells its URL", function()
    serve { "{}" }
    local request = rest:get():resource("pods"):param("limit", 1)
    assert.equal(script.server .. "/api/v1/pods?limit=1", request:url())
    local long = ("x"):rep(20000)
    assert.equal(script.server .. "/api/v1/" .. long, rest:get():resource(long):url())
    assert.same({}, request:send())
    assert.same({}, request:send())
    assert.equal(2, #script.requests())
  end)

  it("goes before what we would send of ourselves", function()
    script = faults.script({ "{}" }, "https")
    rest = assert(kube.rest({ kubeconfig = faults.kubeconfig {
      server = script.server, ca = faults.ca, token = "of-the-user", user = { as = "jane" } } }))
    assert(rest:get():resource("x"):send())
    assert(rest:get():resource("x"):header("Authorization", "Bearer other")
      :header("user-agent", "me"):header("Impersonate-User", "joe"):send())
    local one, two = script.requests()[1].headers, script.requests()[2].headers
    assert.same({ "Bearer of-the-user", "jane" }, { one.authorization, one["impersonate-user"] })
    assert.matches("^kube%-lua/", one["user-agent"])
    assert.same({ "Bearer other", "joe", "me" },
      { two.authorization, two["impersonate-user"], two["user-agent"] })
  end)
end)

describe("a request to the real API server", function()
  it("does what all clients do", function()
    local namespace = cluster.namespace("rest")
    local rest = assert(kube.rest { kubeconfig = cluster.kubeconfig("admin") })
    local apps = rest:group_version("apps", "v1")
    local made = assert(rest:post():namespace(namespace):resource("configmaps")
      :body(cluster.config_map(namespace, "one", { a = "1" })):send())
    assert.equal("one", made.metadata.name)
    local patched = assert(rest:patch("merge"):namespace(namespace):resource("configmaps")
      :name("one"):body { data = { b = "2" } }:param("fieldManager", "me"):send())
    assert.same({ a = "1", b = "2" }, patched.data)
    local listed = assert(rest:get():namespace(namespace):resource("configmaps")
      :param("labelSelector", "tier in (a,b),!gone"):param("limit", 5):send())
    assert.same({}, listed.items)
    fails(nil, select(2, rest:get():resource("pods"):param("labelSelector", "a&b=%+"):send()),
      "BadRequest", "a&b")
    assert.equal("DeploymentList", assert(apps:get():resource("deployments"):send()).kind)
    assert.equal("ok", rest:get():abs_path("/readyz"):raw())
    assert.equal("ok", rest:get():abs_path("/livez"):send())
    local found, err = rest:get():namespace(namespace):resource("configmaps"):name("none"):send()
    fails(found, err, "NotFound", 'configmaps "none" not found')
    assert(rest:delete():namespace(namespace):resource("configmaps"):name("one"):send())
  end)
end)
