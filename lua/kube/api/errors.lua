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
--   | status     | of what the server refused: the whole Status that it sent, a table, or |
--   |            | one that says as much, with the cause UnexpectedServerResponse         |
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
--   | AmbiguousMatch    | several resources, or kinds, fit what was asked for                |
--   | GroupDiscoveryFailed | of some group-versions it is not known what is served; `groups` |
--   | Stale             | the server behind a group-version does not answer                  |
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

--- What is given back for what cannot be asked for: nil, an error with the reason BadRequest.
function errors.bad_request(message)
  return nil, errors.new { reason = "BadRequest", message = message }
end

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

local function whole(value)
  return type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 31 and value or nil
end

--- The error that a Status tells of. What has another type than a Status has it is not told.
function errors.from_status(status)
  local details = type(status.details) == "table" and status.details or {}
  return errors.new {
    reason = type(status.reason) == "string" and status.reason ~= "" and status.reason or "Unknown",
    code = whole(status.code),
    message = type(status.message) == "string" and status.message
      or "the server refused and did not say why",
    status = status, retryAfter = whole(details.retryAfterSeconds),
  }
end

-- ---- questions: apimachinery api/errors ----
--
-- | case                              | apimachinery       | here                              |
-- |-----------------------------------|--------------------|-----------------------------------|
-- | an error that wraps another       | the inner is asked | errors do not wrap                |
-- | no reason                         | ""                 | "Unknown"                         |
-- | IsUnexpectedObjectError           | of Go's types      | left out                          |

local KNOWN = {}
for reason in ([[Unauthorized Forbidden NotFound AlreadyExists Conflict Gone Invalid ServerTimeout
  StorageReadError Timeout TooManyRequests BadRequest MethodNotAllowed NotAcceptable
  RequestEntityTooLarge UnsupportedMediaType InternalError Expired ServiceUnavailable]])
  :gmatch("%a+") do
  KNOWN[reason] = true
end

local function by_reason(reason)
  return function(err) return type(err) == "table" and err.reason == reason end
end

--- By the reason, or by the code where the reason is none that Kubernetes has.
local function by_reason_or_code(reason, code)
  return function(err)
    if type(err) ~= "table" then return false end
    return err.reason == reason or (err.code == code and not KNOWN[err.reason])
  end
end

--- By the reason, or by the code whatever the reason is.
local function by_either(reason, code)
  return function(err)
    return type(err) == "table" and (err.reason == reason or err.code == code)
  end
end

--- The details of an error's Status, or of a Status.
local function details_of(err)
  if type(err) ~= "table" then return {} end
  local status = type(err.status) == "table" and err.status or err
  return type(status.details) == "table" and status.details or {}
end

--- The cause of that kind: { reason = kind, message =, field = } | nil. Kinds are, among others,
-- "FieldValueInvalid", "FieldManagerConflict" and "UnexpectedServerResponse". Rule: apimachinery's
-- StatusCause.
function errors.status_cause(err, kind)
  local causes = details_of(err).causes
  if type(causes) ~= "table" then return nil end
  for _, cause in ipairs(causes) do
    if type(cause) == "table" and cause.reason == kind then return cause end
  end
  return nil
end

--- Whether it has a cause of that kind.
function errors.has_status_cause(err, kind) return errors.status_cause(err, kind) ~= nil end

--- The seconds that the server asks to wait; nil when it does not ask. 0 is an answer, too: a
-- ServerTimeout wants another try. Rule: apimachinery's SuggestsClientDelay.
function errors.suggests_client_delay(err)
  if type(err) ~= "table" then return nil end
  local seconds = err.retryAfter or details_of(err).retryAfterSeconds
  if type(seconds) ~= "number" or seconds <= 0 then seconds = nil end
  if err.reason == "ServerTimeout" then return seconds or 0 end
  return seconds
end

--- Why it was refused: one of Kubernetes' reasons, one of ours, or "Unknown", for nil too.
function errors.reason_for_error(err)
  local reason = type(err) == "table" and err.reason
  return type(reason) == "string" and reason ~= "" and reason or "Unknown"
end

local function by_cause(kind)
  return function(err) return errors.has_status_cause(err, kind) end
end

--- Predicates ask an error, or a Status, for its reason, and where that is none of Kubernetes',
-- most of them for its code; each is false for nil. Rules: apimachinery api/errors, function by
-- function. is_expired is is_resource_expired; a 410 comes as Gone or as Expired, and each has its
-- own.
errors.predicates = {
  is_not_found = by_reason_or_code("NotFound", 404),
  is_already_exists = by_reason("AlreadyExists"),
  is_conflict = by_reason_or_code("Conflict", 409),
  is_invalid = by_reason_or_code("Invalid", 422),
  is_gone = by_reason_or_code("Gone", 410),
  is_expired = by_reason("Expired"),
  is_resource_expired = by_reason("Expired"),
  is_not_acceptable = by_reason_or_code("NotAcceptable", 406),
  is_unsupported_media_type = by_reason_or_code("UnsupportedMediaType", 415),
  is_method_not_supported = by_reason_or_code("MethodNotAllowed", 405),
  is_service_unavailable = by_reason_or_code("ServiceUnavailable", 503),
  is_bad_request = by_reason_or_code("BadRequest", 400),
  is_unauthorized = by_reason_or_code("Unauthorized", 401),
  is_forbidden = by_reason_or_code("Forbidden", 403),
  is_timeout = by_reason_or_code("Timeout", 504),
  is_server_timeout = by_reason("ServerTimeout"),
  is_internal_error = by_reason_or_code("InternalError", 500),
  is_too_many_requests = by_either("TooManyRequests", 429),
  is_request_entity_too_large = by_either("RequestEntityTooLarge", 413),
  is_unexpected_server_error = by_cause("UnexpectedServerResponse"),
  is_store_read_error = by_reason("StorageReadError"),
  is_canceled = by_reason("Canceled"),
  is_cannot_wait = by_reason("CannotWait"),
  is_no_match = by_reason("NoMatch"),
  is_ambiguous_match = by_reason("AmbiguousMatch"),
  is_group_discovery_failed = by_reason("GroupDiscoveryFailed"),
  is_connection_refused = by_reason("ConnectionRefused"),
  is_tls = by_reason("TLS"),
}

return errors
