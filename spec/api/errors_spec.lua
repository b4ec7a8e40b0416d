local errors = require("kube.api.errors")

local function not_found()
  return errors.new { reason = "NotFound", code = 404, message = 'pods "web-0" not found' }
end

describe("an error", function()
  it("prints what happened, why, and HTTP's code where there was one", function()
    assert.equal('pods "web-0" not found (NotFound 404)', tostring(not_found()))
    assert.equal("it took too long (Timeout)",
      tostring(errors.new { reason = "Timeout", message = "it took too long" }))
  end)

  it("joins texts from both sides", function()
    assert.equal('get: pods "web-0" not found (NotFound 404)', "get: " .. not_found())
    assert.equal('pods "web-0" not found (NotFound 404)!', not_found() .. "!")
    assert.equal("a (Config)b (Config)", errors.new { reason = "Config", message = "a" }
      .. errors.new { reason = "Config", message = "b" })
  end)

  it("passes error and pcall as it is", function()
    local thrown = not_found()
    local ok, caught = pcall(error, thrown)
    assert.is_false(ok)
    assert.equal(thrown, caught)
  end)

  it("is known from other values", function()
    assert.is_true(errors.is(not_found()))
    assert.is_false(errors.is { reason = "NotFound", message = "a table of somebody else" })
    assert.is_false(errors.is("NotFound"))
    assert.is_false(errors.is(nil))
  end)

  it("has one metatable with those that the core makes", function()
    local from_core, err = require("kube").connect { kubeconfig = "/there/is/no/such/file" }
    assert.is_nil(from_core)
    assert.is_true(errors.is(err))
    assert.equal("Config", err.reason)
    assert.equal(getmetatable(not_found()), getmetatable(err))
    assert.equal(err.message .. " (Config)", tostring(err))
  end)
end)

describe("an error of a wait", function()
  it("says what was waited for, and that it did not come in time", function()
    local err = errors.from_wait("timeout", "GET https://host/api")
    assert.equal("Timeout", err.reason)
    assert.equal("GET https://host/api: nothing came in time", err.message)
  end)

  it("says that the task was canceled", function()
    local err = errors.from_wait("canceled", "GET https://host/api")
    assert.equal("Canceled", err.reason)
    assert.equal("GET https://host/api: the task was canceled", err.message)
  end)

  it("is any other error as it was", function()
    local err = not_found()
    assert.equal(err, errors.from_wait(err, "GET https://host/api"))
  end)
end)

describe("a predicate", function()
  -- each reason, and all predicates that it satisfies
  local TRUE_FOR = {
    NotFound = { "is_not_found" },
    AlreadyExists = { "is_already_exists" },
    Conflict = { "is_conflict" },
    Invalid = { "is_invalid" },
    Gone = { "is_gone" },
    Expired = { "is_expired", "is_resource_expired" },
    Forbidden = { "is_forbidden" },
    Unauthorized = { "is_unauthorized" },
    BadRequest = { "is_bad_request" },
    TooManyRequests = { "is_too_many_requests" },
    ServerTimeout = { "is_server_timeout" },
    StorageReadError = { "is_store_read_error" },
    Timeout = { "is_timeout" },
    InternalError = { "is_internal_error" },
    ServiceUnavailable = { "is_service_unavailable" },
    MethodNotAllowed = { "is_method_not_supported" },
    NotAcceptable = { "is_not_acceptable" },
    RequestEntityTooLarge = { "is_request_entity_too_large" },
    UnsupportedMediaType = { "is_unsupported_media_type" },
    Canceled = { "is_canceled" },
    NoMatch = { "is_no_match" },
    AmbiguousMatch = { "is_ambiguous_match" },
    GroupDiscoveryFailed = { "is_group_discovery_failed" },
    ConnectionRefused = { "is_connection_refused" },
    TLS = { "is_tls" },
    CannotWait = { "is_cannot_wait" },
    ["Nobody's"] = {},
  }

  it("is true for its reasons and for no other", function()
    for reason, names in pairs(TRUE_FOR) do
      local expected, actual = {}, {}
      for _, name in ipairs(names) do expected[name] = true end
      local err = errors.new { reason = reason, message = "" }
      for name, predicate in pairs(errors.predicates) do
        local answer = predicate(err)
        assert.is_boolean(answer)
        if answer then actual[name] = true end
      end
      assert.same(expected, actual, reason)
    end
  end)

  it("has a reason that it is true for", function()
    local covered = { is_unexpected_server_error = true } -- by a cause
    for _, names in pairs(TRUE_FOR) do
      for _, name in ipairs(names) do covered[name] = true end
    end
    for name in pairs(errors.predicates) do assert.is_true(covered[name], name) end
  end)

  it("is false for what is no error", function()
    for name, predicate in pairs(errors.predicates) do
      for _, value in ipairs { "NotFound", 404, {}, { reason = {} }, true, { details = 1 },
        { status = { details = { causes = { 1, {} } } } } } do
        assert.is_false(predicate(value), name)
      end
      assert.is_false(predicate(nil), name)
    end
  end)

  it("stands at the front door", function()
    local kube = require("kube")
    for name, predicate in pairs(errors.predicates) do assert.equal(predicate, kube[name], name) end
  end)
end)
