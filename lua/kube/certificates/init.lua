--- Keys, certificate signing requests, certificates: made, asked for, kept and rotated.
--
--   local certificates = kube.certificates
--   local key = certificates.new_key()
--   local csr = assert(certificates.new_request(key, { common_name = "jane" }))
--   local certificate = assert(certificates.request(k, { key = key, csr = csr,
--     signer_name = "kubernetes.io/kube-apiserver-client", usages = { "client auth" } }))
--
-- Keys, requests and certificates are PEM texts. No error ever holds a byte of a key.
--
-- | case                        | client-go                   | kube                            |
-- | keys of self_signed         | RSA, 2048 bits              | ECDSA, P-256                    |
-- | certificates.k8s.io/v1beta1 | where there is no v1        | not: it is gone since 1.22      |
-- Source of the rules: client-go util/cert, util/keyutil, util/certificate.
local core = require("kube.core").certificates
local manager = require("kube.certificates.manager")
local options = require("kube.api.options")
local request = require("kube.certificates.request")
local spec = require("kube.certificates.spec")
local store = require("kube.certificates.store")

local certificates = {}

-- ---- keys ----

--- A new private key, in the form that client-go writes: "EC PRIVATE KEY" (SEC 1) or "RSA PRIVATE
-- KEY" (PKCS #1). RSA takes a moment, in which nothing else runs.
-- @param given { type = "ecdsa" (the default) | "rsa", bits = 256 (or 384, 521) | 2048 (to 8192) }
-- @return PEM | nil, err (reason BadRequest: no such size)
function certificates.new_key(given)
  given = options.check(given, spec.KEY, "certificates.new_key")
  return core.new_key(given.type or "ecdsa", given.bits)
end

--- Whether a key belongs to the (first) certificate of a text: true | nil, err (reason Decode).
function certificates.check_key(certificate, key)
  options.check_type(certificate, "string", "certificates.check_key: the certificate")
  options.check_type(key, "string", "certificates.check_key: the key")
  return core.check_key(certificate, key)
end

-- ---- what is signed with them ----

--- A certificate signing request, signed with a key. Its common name is a user to Kubernetes, its
-- organizations are the user's groups.
-- @param subject { common_name =, organizations = {...}, dns_names = {...}, ip_addresses = {...} }
-- @return PEM | nil, err (reason Decode: the key; BadRequest: a name that cannot be in it)
function certificates.new_request(key, subject)
  options.check_type(key, "string", "certificates.new_request: the key")
  subject = options.check(subject, spec.SUBJECT, "certificates.new_request")
  return core.new_request(key, subject)
end

--- A certificate of a CA, signed by itself: from now on, for ten years.
-- @param given { common_name =, organizations = {...}, not_before = seconds since 1970 }
-- @return PEM | nil, err, as new_request
function certificates.new_ca(key, given)
  options.check_type(key, "string", "certificates.new_ca: the key")
  given = options.check(given, spec.CA, "certificates.new_ca")
  local now = os.time()
  return core.new_certificate(key, {
    common_name = given.common_name, organizations = given.organizations,
    dns_names = given.common_name ~= "" and { given.common_name } or nil, is_ca = true,
    not_before = given.not_before or now, not_after = now + spec.TEN_YEARS,
  })
end

--- What an address of a server is: in the list of its kind, with what is there already.
local function with_host(given)
  local subject = { dns_names = {}, ip_addresses = {} }
  local kind = core.normal_address(given.host) and "ip_addresses" or "dns_names"
  subject[kind][1] = given.host
  for field, list in pairs(subject) do
    for _, name in ipairs(given[field] or {}) do list[#list + 1] = name end
  end
  return subject
end

--- A certificate of a new key: PEM, key | nil, err.
local function issue(subject, ca, ca_key)
  local key, err = core.new_key("ecdsa")
  if not key then return nil, err end
  local certificate, problem = core.new_certificate(key, subject, ca, ca_key)
  if not certificate then return nil, problem end
  return certificate, key
end

--- A server's certificate and key for tests and first starts, signed by a CA of its own whose key
-- is forgotten: valid from an hour ago on.
-- @param given { host = "web.example" or an IP address, dns_names = {...}, ip_addresses = {...},
--   lifetime = seconds (a year) }
-- @return PEM of the certificate and of the CA after it, PEM of the key | nil, err (reason
--   BadRequest: a name that cannot be in it)
function certificates.self_signed(given)
  given = options.check(given, spec.SELF_SIGNED, "certificates.self_signed")
  options.check_type(given.host, "string", "certificates.self_signed: the option host")
  local now = os.time()
  local begin = now - spec.HOUR
  local ending = begin + (given.lifetime or spec.YEAR)
  local ca, ca_key = issue {
    common_name = string.format("%s-ca@%d", given.host, now), is_ca = true,
    not_before = begin, not_after = ending,
  }
  if not ca then return nil, ca_key end
  local subject = with_host(given)
  subject.common_name = string.format("%s@%d", given.host, now)
  subject.not_before, subject.not_after = begin, ending
  local certificate, key = issue(subject, ca, ca_key)
  if not certificate then return nil, key end
  return certificate .. ca, key
end

-- ---- what certificates say ----

--- Reads all certificates of a PEM text; what else is in it, a key, is passed over.
-- @return a list of { subject = "CN=jane,O=dev", issuer =, common_name =, organizations = {...},
--   serial = hexadecimal, not_before = seconds since 1970, not_after =, dns_names = {...},
--   ip_addresses = {...}, usages = { "client auth", ... } (Kubernetes' words), is_ca =,
--   fingerprint = SHA-256 in hexadecimal, pem = it alone } | nil, err (reason Decode: there is
--   none, or one is broken)
function certificates.parse(pem)
  options.check_type(pem, "string", "certificates.parse: the text")
  return core.parse(pem)
end

-- ---- asking a cluster ----

--- Asks a cluster for a certificate and waits, by watch, until it is issued. Somebody must approve:
-- a controller, kubectl certificate approve, certificates.approve. With a name, a request of that
-- name that is there already is adopted if its subject, its signer and its key are the same.
-- @param client  of kube.connect
-- @param given { key = PEM, csr = PEM of new_request, signer_name =
--   "kubernetes.io/kube-apiserver-client", usages = { "client auth", ... }, expiration_seconds =
--   (at least 600), name = (else the server makes one up: csr-...), timeout = seconds (900) }
-- @return PEM, name of the request | nil, err (reason Denied or Failed, with the message of the
--   condition; Timeout; Conflict: a request of that name that does not fit)
function certificates.request(client, given)
  given = options.check(given, spec.REQUEST, "certificates.request")
  spec.check_client(client, "certificates.request")
  spec.check_request(given, "certificates.request")
  return request.run(client, given)
end

local function decide(client, name, message, kind, what)
  spec.check_client(client, what, 3)
  options.check_type(name, "string", what .. ": the name", 3)
  if message ~= nil then options.check_type(message, "string", what .. ": the message", 3) end
  return request.decide(client, name, kind, message)
end

--- Approves a request, as kubectl certificate approve does: the request as it is then | nil, err
-- (reason NotFound; Invalid: it was denied before).
function certificates.approve(client, name, message)
  return decide(client, name, message, "Approved", "certificates.approve")
end

--- Denies a request, as kubectl certificate deny does: the request as it is then | nil, err (reason
-- NotFound; Invalid: it was approved before).
function certificates.deny(client, name, message)
  return decide(client, name, message, "Denied", "certificates.deny")
end

-- ---- keeping and rotating ----

--- A store of a certificate and its key in files: see store:current, store:update.
-- @param given { directory = (required), prefix = (required: what the files' names begin with, as
--   "client"), key_directory = (of PREFIX.key, beside DIRECTORY/PREFIX.crt; the directory),
--   certificate_file =, key_file = (what is used until there is another) }
-- @return store | nil, err (reason System: the files; Conflict: something is in the way)
function certificates.store(given)
  given = options.check(given, spec.STORE, "certificates.store")
  options.check_type(given.directory, "string", "certificates.store: the option directory")
  options.check_type(given.prefix, "string", "certificates.store: the option prefix")
  return store.new(given)
end

--- A manager of the certificate in a store: it asks for a new one in time. See manager:run.
-- @param client  of kube.connect, or a function (current) -> client | nil, err that is asked for
--   one each time; current is the pair in use, or nil
-- @param given { store =, signer_name =, usages = {...}, template = { common_name =,
--   organizations =, dns_names =, ip_addresses = } (as new_request; or a function that gives one or
--   nil: not now), key = { type =, bits = } (as new_key), expiration_seconds = (at least 600),
--   bootstrap = { certificate =, key = } (until there is another),
--   timeout = seconds for a request (900), on_rotate = function (current),
--   on_error = function (err) (else what fails is reported as a task's error is),
--   clock = { time =, sleep =, random = } (for specs) }
-- @return manager | nil, err (what is in the store, or bootstrap, cannot be read)
function certificates.manager(client, given)
  given = options.check(given, spec.MANAGER, "certificates.manager")
  spec.check_manager(given, "certificates.manager")
  if type(client) ~= "function" then spec.check_client(client, "certificates.manager") end
  return manager.new(client, given)
end

return certificates
