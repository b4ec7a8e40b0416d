--- Errors as values: what `nil, err` holds.
--
-- An error is a table that prints well (tostring and .. give "message (NotFound 404)") and can be
-- asked:
--
--   | field      |                                                                        |
--   |------------|------------------------------------------------------------------------|
--   | code       | HTTP status code; nil where there was none                             |
--   | reason     | Kubernetes' reason ("NotFound", "Conflict", ...) or one of those below |
--   | message    | who, what, where, what was tried; never a secret                       |
--   | status     | the whole Status that the server sent, a table; nil if it sent none    |
--   | retryAfter | seconds that the server asks to wait; nil if it does not               |
--   | offset     | of kube.json.decode alone: the bytes before the fault                  |
--
-- Where Kubernetes has no word for it, because it never came to an answer, the reason is one of
-- ours:
--
--   | reason            |                                                                    |
--   |-------------------|--------------------------------------------------------------------|
--   | Config            | a kubeconfig that is missing, broken or incomplete                 |
--   | DNS               | the server's name has no address                                   |
--   | ConnectionRefused | nobody answers there                                               |
--   | Connection        | the connection broke in the middle                                 |
--   | TLS               | the server, or our certificate, is not trusted                     |
--   | Timeout           | it did not come in time                                            |
--   | Canceled          | the task that waited was canceled                                  |
--   | CannotWait        | the host cannot wait there: a phase of nginx, a callback of luv    |
--   | BadRequest        | what was asked for cannot be sent                                  |
--   | NoMatch           | the server has no resource of that name, or of that kind           |
--   | AlreadyOwned      | the object has another controller                                  |
--   | Denied, Failed    | of a certificate signing request: nobody will issue it             |
--   | Decode            | bytes that are no JSON, no YAML, or not what they should be        |
--   | TooLarge          | past a ceiling                                                     |
--   | OutOfMemory       | there is no memory for it                                          |
--   | System            | the operating system refused                                       |
--   | Exec              | a credential plugin failed                                         |
local errors = {}

local methods = {}

local metatable = { __index = methods, __name = "kube.error" }

--- "message (NotFound 404)": what a log wants.
function metatable.__tostring(err)
  if not err.code then return string.format("%s (%s)", err.message, err.reason) end
  return string.format("%s (%s %d)", err.message, err.reason, err.code)
end

function metatable.__concat(a, b) return tostring(a) .. tostring(b) end

--- Makes an error table that the C core creates behave like ours: one metatable for both.
function errors.adopt(mt)
  for name, value in pairs(metatable) do mt[name] = value end
  metatable = mt
end

--- An error of our own: { reason =, message =, code =, ... }.
function errors.new(fields) return setmetatable(fields, metatable) end

--- Whether a value is such an error.
function errors.is(value)
  return type(value) == "table" and getmetatable(value) == metatable
end

--- The error for a wait that ended without what was waited for: "timeout", "deadline", "canceled"
-- or an error.
function errors.from_wait(why, what)
  if why == "timeout" then
    return errors.new { reason = "Timeout", message = what .. ": nothing came in time" }
  elseif why == "deadline" then
    return errors.new {
      reason = "Timeout",
      message = what .. ": not within the time-out of the call, or of kube.with_timeout",
    }
  elseif why == "canceled" then
    return errors.new { reason = "Canceled", message = what .. ": the task was canceled" }
  end
  return why
end

-- ---- predicates: apimachinery api/errors ----

local function by_reason(...)
  local reasons = {}
  for _, reason in ipairs { ... } do reasons[reason] = true end
  return function(err) return type(err) == "table" and reasons[err.reason] == true end
end

--- Predicates ask an error, or a Status, for its reason; each is false for nil.
errors.predicates = {
  is_not_found = by_reason("NotFound"),
  is_already_exists = by_reason("AlreadyExists"),
  is_conflict = by_reason("Conflict"),
  is_invalid = by_reason("Invalid"),
  is_gone = by_reason("Gone", "Expired"),
  is_expired = by_reason("Expired"),
  is_forbidden = by_reason("Forbidden"),
  is_unauthorized = by_reason("Unauthorized"),
  is_bad_request = by_reason("BadRequest"),
  is_too_many_requests = by_reason("TooManyRequests"),
  is_server_timeout = by_reason("ServerTimeout"),
  is_timeout = by_reason("Timeout", "ServerTimeout"),
  is_internal_error = by_reason("InternalError"),
  is_service_unavailable = by_reason("ServiceUnavailable"),
  is_method_not_supported = by_reason("MethodNotAllowed"),
  is_canceled = by_reason("Canceled"),
  is_cannot_wait = by_reason("CannotWait"),
  is_no_match = by_reason("NoMatch"),
  is_connection_refused = by_reason("ConnectionRefused"),
  is_tls = by_reason("TLS"),
}

return errors
