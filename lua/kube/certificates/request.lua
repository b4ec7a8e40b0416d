--- CertificateSigningRequests of a cluster: created or adopted, watched until they are issued.
--
--   pending -> approved -> issued         status.certificate is there, and Approved
--           -> denied                     the condition Denied
--           -> failed                     the condition Failed
--
-- | case                            | client-go                   | kube                         |
-- | the request is deleted meanwhile| waits until the time is over| an error, NotFound           |
-- | time runs out                   | "timed out waiting ..."     | and what was seen last       |
-- Source of the rules: client-go util/certificate/csr/csr.go, kubectl pkg/cmd/certificates.
local conditions = require("kube.api.conditions")
local core = require("kube.core").certificates
local driver = require("kube.driver")
local errors = require("kube.api.errors")

local request = {}

local KIND = "certificatesigningrequests.v1.certificates.k8s.io"
local TIMEOUT = 15 * 60 -- client-go's certificateWaitTimeout
local LOOK = 1 -- a call has at least so many seconds
local TRIES = 10 -- of a decision, where others write the same request

local function what(name) return "the certificate signing request " .. name end

local function is_string(value) return type(value) == "string" and value ~= "" end

--- An error of a call, with what it was for.
local function because(err, text)
  err.message = text .. ": " .. err.message
  return nil, err
end

-- ---- pure: what a request says ----

--- Whether nobody will issue a request: nil | err.
local function refusal(csr)
  for _, kind in ipairs { "Denied", "Failed" } do
    if conditions.find(csr, kind) then
      return errors.new { reason = kind, message = string.format("%s %s: %s",
        what(csr.metadata.name), kind == "Denied" and "is denied" or "has failed",
        conditions.describe(csr, kind)) }
    end
  end
end

--- What a request has come to: PEM | nil: it goes on | nil, err.
function request.judge(csr)
  local err = refusal(csr)
  if err then return nil, err end
  local certificate = type(csr.status) == "table" and csr.status.certificate
  if not conditions.find(csr, "Approved") or not is_string(certificate) then return nil end
  return core.decode(certificate)
end

local function describe(csr)
  if not csr then return "nothing" end
  return conditions.find(csr, "Approved") and "approved, but not issued"
    or "neither approved nor denied"
end

-- ---- creating ----

local function body(given)
  local name = given.name
  return {
    apiVersion = "certificates.k8s.io/v1", kind = "CertificateSigningRequest",
    metadata = { name = name, generateName = not name and "csr-" or nil },
    spec = {
      request = core.encode(given.csr), signerName = given.signer_name, usages = given.usages,
      expirationSeconds = given.expiration_seconds,
    },
  }
end

local function conflict(name, why)
  return nil, errors.new { reason = "Conflict", message = string.format(
    "%s is there already and does not fit: %s", what(name), why) }
end

--- Whether one of the certificates of a request that is issued has expired: nil | why.
local function expiry(csr)
  local certificate = type(csr.status) == "table" and csr.status.certificate
  if not is_string(certificate) then return nil end
  local pem = core.decode(certificate)
  local all, err = core.parse(pem or "")
  if not all then return "its certificate: " .. err.message end
  for _, one in ipairs(all) do
    if driver.current().time() > one.not_after then return "its certificate has expired" end
  end
end

--- The request of that name that is there already, if it fits: request | nil, err.
local function adopt(client, given, timeout)
  local csr, err = client:get(KIND, given.name, { timeout = timeout })
  if not csr then return because(err, "cannot read " .. what(given.name)) end
  if csr.spec.signerName ~= given.signer_name then
    return conflict(given.name, string.format("its signer is %s, not %s",
      tostring(csr.spec.signerName), given.signer_name))
  end
  local pem = is_string(csr.spec.request) and core.decode(csr.spec.request) or ""
  local fits, problem = core.check_request(pem, given.csr, given.key)
  if not fits then return conflict(given.name, problem.message) end
  local expired = expiry(csr)
  if expired then return conflict(given.name, expired) end
  return csr
end

local function create(client, given, timeout)
  local csr, err = client:create(body(given), { timeout = timeout })
  if csr then return csr end
  if given.name and errors.predicates.is_already_exists(err) then
    return adopt(client, given, timeout)
  end
  return because(err, "cannot create a certificate signing request")
end

-- ---- waiting ----

local function left(self) return self.deadline - driver.current().now() end

local function timed_out(self)
  return nil, errors.new { reason = "Timeout", message = string.format(
    "timed out after %g s waiting for %s; last seen: it is %s", self.timeout, what(self.name),
    describe(self.seen)) }
end

--- What an event of the watch means: as judge.
local function take(self, event)
  local csr = event.object
  if csr.metadata.uid ~= self.uid then
    return nil, errors.new { reason = "Conflict",
      message = what(self.name) .. " is another one now: it was deleted and created again" }
  elseif event.type == "DELETED" then
    return nil, errors.new { reason = "NotFound", message = what(self.name) .. " was deleted" }
  end
  self.seen = csr
  return request.judge(csr)
end

local function follow(self, watch)
  while true do
    local time = left(self)
    if time <= 0 then return timed_out(self) end
    local event, err = watch:next(time)
    if not event then
      if errors.predicates.is_timeout(err) and left(self) <= 0 then return timed_out(self) end
      if not err then return timed_out(self) end
      return because(err, "cannot watch " .. what(self.name))
    end
    local certificate, problem = take(self, event)
    if certificate or problem then return certificate, problem end
  end
end

--- Waits until a request that was seen is issued: PEM | nil, err. From what was seen on, so that
-- nothing is missed, not even that it is deleted.
local function wait(self, client)
  local watch, err = client:watch(KIND, { fieldSelector = "metadata.name=" .. self.name,
    resourceVersion = self.seen.metadata.resourceVersion })
  if not watch then return because(err, "cannot watch " .. what(self.name)) end
  local certificate, problem = follow(self, watch)
  watch:close()
  return certificate, problem
end

--- Creates (or adopts) a request and waits for its certificate: PEM, name | nil, err.
function request.run(client, given)
  local timeout = given.timeout or TIMEOUT
  local self = { timeout = timeout, deadline = driver.current().now() + timeout }
  if given.key then
    local fits, problem = core.check_request(given.csr, given.csr, given.key)
    if not fits then return nil, problem end
  end
  local csr, err = create(client, given, math.max(timeout, LOOK))
  if not csr then return nil, err end
  self.name, self.uid, self.seen = csr.metadata.name, csr.metadata.uid, csr
  local certificate, problem = request.judge(csr)
  if not certificate and not problem then certificate, problem = wait(self, client) end
  if not certificate then return nil, problem end
  return certificate, self.name
end

-- ---- deciding ----

local WORDS = { Approved = "approved", Denied = "denied" }

--- Approves or denies a request: request | nil, err.
-- @param kind  "Approved" or "Denied"
function request.decide(client, name, kind, message)
  local csr, err
  for _ = 1, TRIES do
    csr, err = client:get(KIND, name)
    if not csr or conditions.find(csr, kind) then return csr, err end
    csr.status = type(csr.status) == "table" and csr.status or {}
    local list = csr.status.conditions or {}
    list[#list + 1] = { type = kind, status = "True", reason = "KubeLua" .. kind,
      message = message or "This CSR was " .. WORDS[kind] .. " by kube.certificates." }
    csr.status.conditions = list
    csr, err = client:update(csr, { subresource = "approval" })
    if csr or not errors.predicates.is_conflict(err) then return csr, err end
  end
  return nil, err
end

return request
