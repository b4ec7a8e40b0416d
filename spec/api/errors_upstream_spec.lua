-- What errors answer, by the tables of apimachinery v0.36.3 pkg/api/errors/errors_test.go:
-- TestErrorNew, TestReasonForError..., TestIsErrorTypesByReasonAndCode, TestIsTooManyRequests...,
-- TestIsRequestEntityTooLargeError..., TestIsUnexpectedServerError, TestSuggestsClientDelay...,
-- TestStatusCause... (rows of wrapped errors have no like here: errors do not wrap).
local errors = require("kube.api.errors")

local is = errors.predicates

--- The same answers must come from an error that was made of the Status, and from the Status.
local function both(status)
  return { errors.from_status(status), status }
end

describe("a predicate, as apimachinery has it,", function()
  -- predicate, its reason, its code, and a reason of others; whether that one goes before the code
  local BY_CODE = {
    { "is_request_entity_too_large", "RequestEntityTooLarge", 413, "Forbidden", false },
    { "is_too_many_requests", "TooManyRequests", 429, "Forbidden", false },
    { "is_forbidden", "Forbidden", 403, "NotFound", true },
    { "is_not_found", "NotFound", 404, "Forbidden", true },
    { "is_conflict", "Conflict", 409, "AlreadyExists", true },
    { "is_invalid", "Invalid", 422, "NotFound", true },
    { "is_gone", "Gone", 410, "Expired", true },
    { "is_not_acceptable", "NotAcceptable", 406, "NotFound", true },
    { "is_unsupported_media_type", "UnsupportedMediaType", 415, "NotFound", true },
    { "is_method_not_supported", "MethodNotAllowed", 405, "NotFound", true },
    { "is_service_unavailable", "ServiceUnavailable", 503, "NotFound", true },
    { "is_bad_request", "BadRequest", 400, "NotFound", true },
    { "is_unauthorized", "Unauthorized", 401, "NotFound", true },
    { "is_timeout", "Timeout", 504, "NotFound", true },
    { "is_internal_error", "InternalError", 500, "NotFound", true },
  }

  for _, row in ipairs(BY_CODE) do
    local name, reason, code, other, considered = (table.unpack or unpack)(row)
    it(name .. ", goes by the reason and by the code", function()
      for _, err in ipairs(both { reason = reason }) do assert.is_true(is[name](err)) end
      for _, unknown in ipairs { "", "Odd", "Unknown" } do
        for _, err in ipairs(both { reason = unknown, code = code }) do
          assert.is_true(is[name](err), unknown)
        end
      end
      for _, err in ipairs(both { reason = other, code = code }) do
        assert.equal(not considered, is[name](err))
      end
      for _, err in ipairs(both { code = code + 7000 }) do assert.is_false(is[name](err)) end
      for _, err in ipairs(both {}) do assert.is_false(is[name](err)) end
    end)
  end

  it("goes by the reason alone where a code has more than one", function()
    for name, reason in pairs { is_already_exists = "AlreadyExists", is_expired = "Expired",
      is_resource_expired = "Expired", is_server_timeout = "ServerTimeout",
      is_store_read_error = "StorageReadError" } do
      assert.is_true(is[name] { reason = reason })
      for _, code in ipairs { 409, 410, 500, 504 } do
        assert.is_false(is[name] { reason = "", code = code }, name)
      end
    end
  end)

  it("knows what no API server sent", function()
    local cause = { reason = "UnexpectedServerResponse", message = "unknown" }
    for _, err in ipairs(both { details = { causes = { { reason = "Other" }, cause } } }) do
      assert.is_true(is.is_unexpected_server_error(err))
    end
    for _, err in ipairs(both { details = { causes = { { reason = "Other" } } } }) do
      assert.is_false(is.is_unexpected_server_error(err))
    end
    assert.is_false(is.is_unexpected_server_error(nil))
    assert.is_false(is.is_unexpected_server_error { reason = "Timeout", message = "of ours" })
  end)
end)

describe("a question to an error", function()
  it("for its reason has an answer", function()
    assert.equal("Unauthorized", errors.reason_for_error { reason = "Unauthorized" })
    assert.equal("Unknown", errors.reason_for_error(nil))
    assert.equal("Unknown", errors.reason_for_error("boom"))
    assert.equal("Unknown", errors.reason_for_error { reason = "" })
  end)

  it("for its cause gives the first of the kind", function()
    local some = { reason = "SomeCause", field = "a" }
    for _, err in ipairs(both { details = { causes = { some, { reason = "SomeCause" } } } }) do
      assert.equal(some, errors.status_cause(err, "SomeCause"))
      assert.is_nil(errors.status_cause(err, "Other"))
      assert.is_true(errors.has_status_cause(err, "SomeCause"))
      assert.is_false(errors.has_status_cause(err, "Other"))
    end
    assert.is_nil(errors.status_cause(nil, "SomeCause"))
    assert.is_nil(errors.status_cause("boom", "SomeCause"))
  end)

  it("for a delay gives the seconds, if it has some", function()
    -- reason, code, details.retryAfterSeconds, what is suggested
    for _, row in ipairs {
      { "AlreadyExists", 409, 1, 1 },
      { "ServerTimeout", 500, 10, 10 },
      { "ServerTimeout", 500, nil, 0 },
      { "Timeout", 504, 10, 10 },
      { "TooManyRequests", 429, 10, 10 },
      { "TooManyRequests", 429, 1, 1 },
      { "InternalError", 500, 10, 10 },
      { "TooManyRequests", 429, nil, nil },
      { "TooManyRequests", 429, 0, nil },
    } do
      for _, err in ipairs(both { reason = row[1], code = row[2],
        details = { retryAfterSeconds = row[3] } }) do
        assert.equal(row[4], errors.suggests_client_delay(err))
      end
    end
    assert.is_nil(errors.suggests_client_delay(nil))
    assert.is_nil(errors.suggests_client_delay("boom"))
    assert.equal(3, errors.suggests_client_delay { reason = "X", retryAfter = 3 })
  end)
end)

describe("an error of a Status", function()
  it("has what it says", function()
    local status = { kind = "Status", reason = "Conflict", code = 409, message = "late",
      details = { retryAfterSeconds = 2 } }
    local err = errors.from_status(status)
    assert.is_true(errors.is(err))
    assert.equal("late (Conflict 409)", tostring(err))
    assert.equal(status, err.status)
    assert.equal(2, err.retryAfter)
  end)

  it("prints, whatever it says", function()
    for _, status in ipairs { {}, { reason = {}, message = {}, details = 3 }, { reason = "" } } do
      assert.matches("did not say why %(Unknown%)", tostring(errors.from_status(status)))
    end
  end)
end)
