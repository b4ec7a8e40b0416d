--- The Status bodies of kube-apiserver, word by word (v1.36; apimachinery pkg/api/errors).
--
-- Each function gives a failure: the Status as a table, whose `code` is HTTP's. Handlers return
-- nil and the failure.
local status = {}

--- A failure of any kind; details may be nil, which is not the same as {}.
local function failure(code, reason, message, details)
  return {
    kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
    code = code, reason = reason, message = message, details = details,
  }
end

status.failure = failure

--- "pods", "deployments.apps": how messages name a resource.
local function name_of(resource)
  if resource.group == "" then return resource.resource end
  return resource.resource .. "." .. resource.group
end

local function kind_of(resource)
  if resource.group == "" then return resource.kind end
  return resource.kind .. "." .. resource.group
end

local function group_of(resource) return resource.group ~= "" and resource.group or nil end

local function about(resource, name, more)
  local details = more or {}
  details.name, details.group, details.kind = name, group_of(resource), resource.resource
  return details
end

-- ---- 4xx about an object ----

function status.not_found(resource, name)
  return failure(404, "NotFound", string.format('%s "%s" not found', name_of(resource), name),
    about(resource, name))
end

--- @param going  whether what exists is being deleted
function status.already_exists(resource, name, going)
  return failure(409, "AlreadyExists", string.format('%s%s "%s" already exists',
    going and "object is being deleted: " or "", name_of(resource), name), about(resource, name))
end

--- A conflict; `why` says of what with what.
function status.conflict(resource, name, why)
  return failure(409, "Conflict", string.format('Operation cannot be fulfilled on %s "%s": %s',
    name_of(resource), name, why or "the object has been modified; please apply your changes to "
      .. "the latest version and try again"), about(resource, name))
end

--- A precondition of a delete that does not hold: here the kind is named, not the resource.
function status.precondition(resource, name, why)
  return failure(409, "Conflict", string.format('Operation cannot be fulfilled on %s "%s": %s',
    kind_of(resource), name, why),
    { name = name, group = group_of(resource), kind = resource.kind })
end

function status.forbidden(resource, name, why, causes)
  return failure(403, "Forbidden",
    string.format('%s "%s" is forbidden: %s', name_of(resource), name, why),
    about(resource, name, { causes = causes }))
end

function status.terminating(resource, name, namespace)
  return status.forbidden(resource, name, string.format("unable to create new content in namespace "
    .. "%s because it is being terminated", namespace), { {
      reason = "NamespaceTerminating", field = "metadata.namespace",
      message = string.format("namespace %s is being terminated", namespace),
    } })
end

--- An object, or options of a request, with faults: a list of { reason =, field =, message = }.
-- Equal faults are told once in the message and all in the causes, as upstream does.
-- @param subject  a resource, or { group =, kind = }
function status.invalid(subject, name, faults)
  local texts, seen = {}, {}
  for _, fault in ipairs(faults) do
    local text = fault.field .. ": " .. fault.message
    if not seen[text] then texts[#texts + 1] = text end
    seen[text] = true
  end
  local all = table.concat(texts, ", ")
  if #texts > 1 then all = "[" .. all .. "]" end
  return failure(422, "Invalid",
    string.format('%s "%s" is invalid: %s', kind_of(subject), name, all),
    { name = name ~= "" and name or nil, group = group_of(subject),
      kind = subject.kind ~= "" and subject.kind or nil, causes = faults })
end

-- ---- 4xx about a request ----

function status.bad_request(message) return failure(400, "BadRequest", message) end

--- A path of the API that leads to nothing.
function status.no_resource()
  return failure(404, "NotFound", "the server could not find the requested resource", {})
end

function status.method_not_allowed()
  return failure(405, "MethodNotAllowed",
    "the server does not allow this method on the requested resource", {})
end

function status.unsupported_patch()
  return failure(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
end

function status.unsupported_body()
  return failure(415, "UnsupportedMediaType", "the body of the request was in an unknown format - "
    .. "accepted media types include: application/json, application/yaml")
end

function status.not_acceptable()
  return failure(406, "NotAcceptable",
    "406: Not Acceptable\n\nAvailable representations: application/json", {})
end

function status.too_large(limit)
  return failure(413, "RequestEntityTooLarge",
    string.format("Request entity too large: limit is %d", limit))
end

--- What a JSON patch gets that cannot be applied.
function status.rejected()
  return failure(422, "Invalid",
    "the server rejected our request due to an error in our request", {})
end

-- ---- versions ----

--- A resourceVersion that lies in the future.
function status.too_new(asked, current)
  return failure(504, "Timeout",
    string.format("Timeout: Too large resource version: %s, current: %d", asked, current),
    { causes = { { reason = "ResourceVersionTooLarge",
      message = "Too large resource version" } }, retryAfterSeconds = 1 })
end

--- One that a watch cannot start from any more.
function status.too_old(asked, oldest)
  return failure(410, "Expired",
    string.format("too old resource version: %s (%d)", asked, oldest))
end

--- One that a list cannot show any more.
function status.list_too_old()
  return failure(410, "Expired", "The resourceVersion for the provided list is too old.")
end

--- A continue token whose snapshot is gone; the new one goes on with what there is now.
function status.continue_too_old(token)
  local body = failure(410, "Expired", "The provided continue parameter is too old to display a "
    .. "consistent list result. You can start a new list without the continue parameter, or use "
    .. "the continue token in this response to retrieve the remainder of the results. Continuing "
    .. "with the provided token results in an inconsistent list - objects that were created, "
    .. "modified, or deleted between the time the first chunk was returned and now may show up "
    .. "in the list.")
  body.metadata = { continue = token }
  return body
end

-- ---- 5xx ----

--- What a real server answers when upstream's code returns a bare error.
function status.unknown(message) return failure(500, nil, message) end

function status.internal(message)
  return failure(500, "InternalError", "Internal error occurred: " .. message,
    { causes = { { message = message } } })
end

--- What every request gets before there is anything to serve.
function status.unavailable(message) return failure(503, "ServiceUnavailable", message) end

--- What this server does not do, and what to use instead.
function status.not_implemented(what, instead)
  return failure(501, "NotImplemented",
    string.format("kube.fake does not do %s: %s", what, instead))
end

-- ---- not a failure ----

--- What a delete answers that leaves no object to show.
function status.deleted(resource, name, uid)
  return {
    kind = "Status", apiVersion = "v1", metadata = {}, status = "Success",
    details = { name = name, group = group_of(resource), kind = resource.resource, uid = uid },
  }
end

return status
