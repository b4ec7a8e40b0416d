-- What the dynamic client sends is what client-go's sends, and what it makes of answers too.
-- Data: client-go v0.36.3 dynamic/testdata (TestGoldenRequest, TestGoldenResponse, whose inputs are
-- in dynamic/golden_test.go) and the rows of dynamic/client_test.go.
local faults = require("spec.support.faults")
local json = require("kube.json")
local kube = require("kube")

--- A server that answers everything so: groups too.
local function server(answer)
  return faults.script({ answer }, nil, { ["/apis"] = { answer } })
end

--- A resource of a server that answers everything with that body, in a namespace or in none.
local function resource(script, group, version, name, namespace)
  local config = assert(kube.config.load {
    kubeconfig = faults.kubeconfig { server = script.server },
  })
  return kube.dynamic(config):resource { group = group, version = version, resource = name }
    :namespace(namespace)
end

local function parameters(target)
  local query = {}
  for name, value in target:gmatch("[?&]([^=&]+)=([^&]*)") do query[name] = value end
  return query
end

--- The one request that a script was asked.
local function only_request(script)
  local requests = script.requests()
  assert.equal(1, #requests)
  return requests[1]
end

describe("the requests of client-go's golden files", function()
  local MIPS = { metadata = { name = "mips" } }
  local FLIPS = "/apis/flops/v1alpha1/namespaces/mops/flips"

  -- { what is done, line and query of the golden file, Content-Type, body, our own parameters }
  local ROWS = {
    create = { function(flips)
      return flips:create(MIPS, { fieldValidation = "warn", subresource = "fin" })
    end, "POST", "/mips/fin", { fieldValidation = "warn" }, "application/json", MIPS },
    update = { function(flips)
      return flips:update(MIPS, { fieldValidation = "warn", subresource = "fin" })
    end, "PUT", "/mips/fin", { fieldValidation = "warn" }, "application/json", MIPS },
    updatestatus = { function(flips)
      return flips:update_status(MIPS, { fieldValidation = "warn" })
    end, "PUT", "/mips/status", { fieldValidation = "warn" }, "application/json", MIPS },
    delete = { function(flips)
      return flips:delete("mips", { dryRun = { "All" }, subresource = "fin" })
    end, "DELETE", "/mips/fin", {}, "application/json",
      { kind = "DeleteOptions", apiVersion = "v1", dryRun = { "All" } } },
    deletecollection = { function(flips)
      return flips:delete_collection { dryRun = { "All" }, resourceVersion = "42" }
    end, "DELETE", "", { resourceVersion = "42" }, "application/json",
      { kind = "DeleteOptions", apiVersion = "v1", dryRun = { "All" } } },
    get = { function(flips)
      return flips:get("mips", { resourceVersion = "42", subresource = "fin" })
    end, "GET", "/mips/fin", { resourceVersion = "42" } },
    list = { function(flips) -- client-go's dynamic client asks for no pages by itself
      return flips:list { resourceVersion = "42", limit = 0 }
    end, "GET", "", { resourceVersion = "42" } },
    watch = { function(flips)
      return flips:watch({ resourceVersion = "42", resume = false }):next(10)
    end, "GET", "", { resourceVersion = "42", watch = "true" }, nil, nil,
      { allowWatchBookmarks = "true", timeoutSeconds = "%d+" } },
    patch = { function(flips)
      return flips:patch("mips", '{"foo":"bar"}\n', { type = kube.patch.STRATEGIC,
        fieldManager = "baz", subresource = "fin" })
    end, "PATCH", "/mips/fin", { fieldManager = "baz" },
      "application/strategic-merge-patch+json", { foo = "bar" } },
    apply = { function(flips)
      return flips:apply(MIPS, { force = true, subresource = "fin" })
    end, "PATCH", "/mips/fin", { force = "true" }, "application/apply-patch+yaml", MIPS,
      { fieldManager = "kube%-lua" } },
    applystatus = { function(flips)
      return flips:apply_status(MIPS, { force = true })
    end, "PATCH", "/mips/status", { force = "true" }, "application/apply-patch+yaml", MIPS,
      { fieldManager = "kube%-lua" } },
  }

  for name, row in pairs(ROWS) do
    it("are sent: " .. name, function()
      local script = server('{"kind":"List","apiVersion":"v1","items":[]}')
      row[1](resource(script, "flops", "v1alpha1", "flips", "mops"))
      local sent = only_request(script)
      assert.equal(row[2], sent.method)
      assert.equal(FLIPS .. row[3], (sent.target:match("^[^?]*")))
      local query = parameters(sent.target)
      for parameter, pattern in pairs(row[7] or {}) do
        assert.truthy(query[parameter]:find("^" .. pattern .. "$"), parameter)
        query[parameter] = nil
      end
      assert.same(row[4], query)
      assert.equal("application/json", sent.headers.accept)
      assert.equal("gzip", sent.headers["accept-encoding"])
      assert.equal(row[5], sent.headers["content-type"])
      if row[6] then
        assert.same(row[6], assert(json.decode(sent.body)))
        assert.equal(tostring(#sent.body), sent.headers["content-length"])
      else
        assert.equal("", sent.body)
        assert.is_nil(sent.headers["content-length"])
      end
    end)
  end

  it("has a body as text as it stands", function()
    local script = server("{}")
    resource(script, "flops", "v1alpha1", "flips", "mops"):patch("mips", '{"foo":"bar"}\n')
    assert.equal('{"foo":"bar"}\n', only_request(script).body)
  end)
end)

describe("the answers of client-go's golden files", function()
  local function account(metadata, kind)
    metadata.namespace, metadata.name = metadata.namespace or "default", metadata.name or "foobar"
    return { apiVersion = "v1", kind = kind or "ServiceAccount", metadata = metadata }
  end

  local function foobar()
    return account {
      creationTimestamp = "2024-09-20T17:16:28Z", resourceVersion = "207",
      uid = "a6bb38b5-67ca-4d0d-bd87-da746a94c8a5",
    }
  end

  local NAMED = { metadata = { name = "name" } }
  local ONE = {
    create = function(accounts) return accounts:create(NAMED) end,
    update = function(accounts) return accounts:update(NAMED) end,
    updatestatus = function(accounts) return accounts:update_status(NAMED) end,
    get = function(accounts) return accounts:get("name") end,
  }

  for name, ask in pairs(ONE) do
    it("are the same objects: " .. name, function()
      local script = server(faults.json(foobar()))
      assert.same(foobar(), assert(ask(resource(script, "", "v1", "serviceaccounts"))))
    end)
  end

  it("are the same list", function()
    local list = {
      apiVersion = "v1", kind = "ServiceAccountList", metadata = { resourceVersion = "222" },
      items = { foobar() },
    }
    local bare = '{"kind":"ServiceAccountList","apiVersion":"v1","metadata":'
      .. '{"resourceVersion":"222"},"items":[{"metadata":'
      .. faults.json(foobar().metadata) .. "}]}"
    local script = server(bare)
    assert.same(list, assert(resource(script, "", "v1", "serviceaccounts"):list()))
  end)

  it("are the same events", function()
    local added = account {
      creationTimestamp = "2024-09-18T14:06:40Z", resourceVersion = "217",
      uid = "a1453396-7a5c-405a-93f9-ff44af8e7689",
    }
    local bookmark = { apiVersion = "v1", kind = "ServiceAccount", metadata = {
      annotations = { ["k8s.io/initial-events-end"] = "true" }, resourceVersion = "964",
    } }
    local events = {
      { type = "ADDED", object = added }, { type = "BOOKMARK", object = bookmark },
    }
    local script = server { chunks = {
      faults.json(events[1]) .. "\n", faults.json(events[2]) .. "\n",
    } }
    local watch = resource(script, "", "v1", "serviceaccounts"):watch {
      resume = false, allowWatchBookmarks = true,
    }
    assert.same(events[1], assert(watch:next(10)))
    assert.same(events[2], assert(watch:next(10)))
    assert.is_nil(watch:next(10))
  end)
end)

-- ---- dynamic/client_test.go ----

local function object(kind, name, api_version)
  return { apiVersion = api_version or "gtest/vTest", kind = kind, metadata = { name = name } }
end

describe("the rows of client-go's dynamic/client_test.go", function()
  local ROOT, NAMESPACED = "/apis/gtest/vtest/rtest", "/apis/gtest/vtest/namespaces/nstest/rtest"

  local function rtest(script, namespace)
    return resource(script, "gtest", "vtest", "rtest", namespace)
  end

  --- Runs a row: what the client gives for that answer, and the request.
  local function run(answer, namespace, ask)
    local script = server(answer)
    local got, err = ask(rtest(script, namespace))
    return assert(got, err), only_request(script)
  end

  for namespace, path in pairs { [""] = ROOT, nstest = NAMESPACED } do
    local list = {
      apiVersion = "vTest", kind = "rTestList",
      items = { object("rTest", "item1", "vTest"), object("rTest", "item2", "vTest") },
    }
    it("List " .. path, function()
      local got, sent = run(faults.json(list), namespace, function(r) return r:list() end)
      assert.equal("GET", sent.method)
      assert.equal(path, (sent.target:match("^[^?]*")))
      assert.same({}, got.metadata)
      got.metadata = nil
      assert.same(list, got)
    end)

    it("DeleteCollection " .. path, function()
      local _, sent = run('{"kind":"Status","status":"Success"}', namespace, function(r)
        return r:delete_collection()
      end)
      assert.equal("DELETE", sent.method)
      assert.equal(path, sent.target)
      assert.equal("application/json", sent.headers["content-type"])
    end)

    it("Watch " .. path, function()
      local watched = object("rTest", "normal_watch")
      local script = server { chunks = {
        faults.json { type = "ADDED", object = watched },
        faults.json { type = "MODIFIED", object = watched },
        faults.json { type = "DELETED", object = watched },
      } }
      local watch = rtest(script, namespace):watch { resume = false }
      for _, kind in ipairs { "ADDED", "MODIFIED", "DELETED" } do
        assert.same({ type = kind, object = watched }, assert(watch:next(10)))
      end
      assert.equal(path, (only_request(script).target:match("^[^?]*")))
      assert.equal("true", only_request(script).query.watch)
    end)
  end

  -- subresource, namespace, name
  local ONES = {
    { nil, nil, "normal" }, { nil, "nstest", "namespaced" }, { "srtest", nil, "normal_sub" },
    { "srtest", "nstest", "namespaced_sub" },
  }

  local function path_of(row)
    return (row[2] and NAMESPACED or ROOT) .. "/" .. row[3] .. (row[1] and "/" .. row[1] or "")
  end

  for _, row in ipairs(ONES) do
    local given = { subresource = row[1] }
    local one = object(row[1] and "srTest" or "rTest", row[3])
    local text = faults.json(one)

    it("Get " .. path_of(row), function()
      local got, sent = run(text, row[2], function(r) return r:get(row[3], given) end)
      assert.same(one, got)
      assert.equal("GET " .. path_of(row), sent.method .. " " .. sent.target)
    end)

    it("Delete " .. path_of(row), function()
      local _, sent = run('{"kind":"Status","status":"Success"}', row[2], function(r)
        return r:delete(row[3], given)
      end)
      assert.equal("DELETE " .. path_of(row), sent.method .. " " .. sent.target)
      assert.equal("application/json", sent.headers["content-type"])
    end)

    it("Create " .. path_of(row), function()
      local got, sent = run(text, row[2], function(r) return r:create(one, given) end)
      assert.same(one, got)
      local path = row[1] and path_of(row) or (row[2] and NAMESPACED or ROOT)
      assert.equal("POST " .. path, sent.method .. " " .. sent.target)
      assert.equal("application/json", sent.headers["content-type"])
      assert.same(one, assert(json.decode(sent.body)))
    end)

    it("Update " .. path_of(row), function()
      local got, sent = run(text, row[2], function(r) return r:update(one, given) end)
      assert.same(one, got)
      assert.equal("PUT " .. path_of(row), sent.method .. " " .. sent.target)
      assert.equal("application/json", sent.headers["content-type"])
      assert.same(one, assert(json.decode(sent.body)))
    end)

    it("Patch " .. path_of(row), function()
      local got, sent = run(text, row[2], function(r)
        return r:patch(row[3], one, { subresource = row[1], type = kube.patch.STRATEGIC })
      end)
      assert.same(one, got)
      assert.equal("PATCH " .. path_of(row), sent.method .. " " .. sent.target)
      assert.equal("application/strategic-merge-patch+json", sent.headers["content-type"])
      assert.same(one, assert(json.decode(sent.body)))
    end)
  end

  it("Get of a subresource that is a list", function()
    local list = { apiVersion = "vTest", kind = "srTest", items = { object("srTest", "a1") } }
    assert.same(list, (run(faults.json(list), "nstest", function(r)
      return r:get("namespaced_subresource_get_list", { subresource = "srtest" })
    end)))
  end)

  it("Delete with options", function()
    local _, sent = run('{"kind":"Status","status":"Success"}', "nstest", function(r)
      return r:delete("x", { preconditions = { uid = "uid" }, propagationPolicy = "Background" })
    end)
    assert.same({
      kind = "DeleteOptions", apiVersion = "v1", propagationPolicy = "Background",
      preconditions = { uid = "uid" },
    }, assert(json.decode(sent.body)))
  end)

  it("TestInvalidSegments", function()
    local script = server("{}")
    local bad = object("vkind", "bad/name")
    local function refused(words, namespace, ask)
      local got, err = ask(rtest(script, namespace))
      assert.is_nil(got)
      assert.equal("BadRequest", err.reason)
      assert.truthy(err.message:find(words, 1, true), err.message)
    end
    local function stripped(r, verb) return r[verb](r, bad) end
    for _, verb in ipairs { "update", "update_status", "apply", "apply_status" } do
      refused("invalid resource name", nil, function(r) return stripped(r, verb) end)
      refused("invalid namespace", "bad/namespace", function(r) return stripped(r, verb) end)
    end
    for _, verb in ipairs { "get", "delete", "patch" } do
      local function ask(r) return r[verb](r, "bad/name", verb == "patch" and {} or nil) end
      refused("invalid resource name", nil, ask)
      refused("invalid namespace", "bad/namespace", ask)
    end
    for _, verb in ipairs { "list", "delete_collection" } do
      refused("invalid namespace", "bad/namespace", function(r) return r[verb](r) end)
    end
    refused("invalid namespace", "bad/namespace", function(r) return r:create(bad) end)
    refused("invalid namespace", "bad/namespace", function(r) return r:watch():next(5) end)
    assert.equal(0, #script.requests())
  end)
end)
