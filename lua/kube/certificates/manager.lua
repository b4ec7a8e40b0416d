--- Keeps a certificate from expiring: asks for another one when 70 to 90 % of its life are over.
--
--   kube.spawn(function() manager:run() end)
--   local pair = manager:current()        -- { certificate =, key =, info =, path = }
--
--   waiting -> asking -> waiting                     it worked
--                     -> resting -> asking           it did not: 2, 4, 8, 16 s, then each 32 s
--
-- | case                              | client-go             | kube                            |
-- | a timer of months                 | one                   | a look at the wall clock every  |
-- |                                   |                       | minute: machines sleep          |
-- | the signer leaves out what the    | asks again, for ever  | keeps what it got until it is   |
-- | template wants                    |                       | due                             |
-- | the template changes while a      | gives it up           | when that one has ended         |
-- | request is under way              |                       |                                 |
-- | metrics, server health            | there                 | on_rotate and on_error          |
-- Source of the rules: client-go util/certificate/certificate_manager.go.
local core = require("kube.core").certificates
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local options = require("kube.api.options")
local request = require("kube.certificates.request")
local spec = require("kube.certificates.spec")
local store = require("kube.certificates.store")

local manager = {}

local Manager = {}
Manager.__index = Manager

local FIRST, FACTOR, JITTER, STEPS = 2, 2, 0.1, 5 -- seconds of rest after a failure
local REST = 32 -- seconds, once those are over
local PAUSE = 1 -- seconds between two rounds
local SLICE, TEMPLATE_SLICE = 60, 1 -- seconds of sleep at a time; where the template may change

-- ---- pure ----

--- When a certificate is to be rotated: whole seconds since 1970.
-- @param random  from 0 up to 1
function manager.deadline(info, random)
  return math.floor(info.not_before + (info.not_after - info.not_before) * (0.7 + 0.2 * random))
end

local function identity(value) return value end

local function normal_address(text) return core.normal_address(text) or text end

--- Whether all wanted names are there.
local function has_all(have, wanted, normal)
  local set = {}
  for _, name in ipairs(have or {}) do set[normal(name)] = true end
  for _, name in ipairs(wanted or {}) do
    if not set[normal(name)] then return false end
  end
  return true
end

--- Whether a certificate has what a template asks for; more does not matter.
function manager.satisfies(info, template)
  if not info then return false end
  if not template then return true end
  return (template.common_name or "") == (info.common_name or "")
    and has_all(info.dns_names, template.dns_names, identity)
    and has_all(info.ip_addresses, template.ip_addresses, normal_address)
    and has_all(info.organizations, template.organizations, identity)
end

--- A text that is the same for equal templates.
local function text_of(template)
  local parts = { template.common_name or "" }
  for _, field in ipairs { "organizations", "dns_names", "ip_addresses" } do
    parts[#parts + 1] = table.concat(template[field] or {}, "\0")
  end
  return table.concat(parts, "\0\0")
end

-- ---- the beginning ----

--- The clocks and dice of the world, or those of a spec.
local function clock_of(given)
  return {
    time = given.time or function() return driver.current().time() end,
    sleep = given.sleep or driver.sleep,
    random = given.random or core.random,
  }
end

local function report(self, err)
  if self._on_error then return self._on_error(err) end
  driver.current().report("kube: a certificate is not rotated: " .. tostring(err))
end

--- The pair to begin with: of the store, if it has not expired, else of bootstrap, else nil.
-- @return pair | nil, and whether it is to be rotated at once | nil, nil, err
local function first(self, bootstrap)
  local pair, err = self._store:current()
  if pair and self._clock.time() < pair.info.not_after then return pair, false end
  if not pair and not errors.predicates.is_not_found(err) then return nil, nil, err end
  if not bootstrap then return nil, true end
  pair, err = store.pair(bootstrap.certificate, bootstrap.key)
  if not pair then return nil, nil, err end
  local stored, problem = self._store:update(bootstrap.certificate, bootstrap.key)
  if not stored then report(self, problem) end
  return pair, true
end

--- A manager: manager | nil, err.
function manager.new(client, given)
  local self = setmetatable({
    _client = client, _store = given.store, _template = given.template,
    _signer_name = given.signer_name, _usages = given.usages, _key = given.key or {},
    _expiration_seconds = given.expiration_seconds, _timeout = given.timeout,
    _on_rotate = given.on_rotate, _on_error = given.on_error,
    _clock = clock_of(given.clock or {}),
  }, Manager)
  local pair, forced, err = first(self, given.bootstrap)
  if err then return nil, err end
  self._pair, self._forced = pair, forced
  return self
end

-- ---- what is wanted ----

local function template_of(self)
  if type(self._template) == "table" then return self._template end
  local template = self._template()
  if template == nil then return nil end
  return options.check(template, spec.SUBJECT, "certificates.manager: what template gives")
end

--- Whether the template wants what the certificate has not, and it was not asked for yet.
local function is_unsatisfied(self)
  local template = template_of(self)
  if manager.satisfies(self._pair and self._pair.info, template) then return false end
  return not (self._pair and template and self._asked == text_of(template))
end

--- The pair in use: { certificate =, key =, info =, path = } | nil: there is none yet, or it has
-- expired.
function Manager:current()
  local pair = self._pair
  if pair and self._clock.time() > pair.info.not_after then return nil end
  return pair
end

--- When the certificate is to be rotated: whole seconds since 1970. At random within its time, so
-- that many hosts do not ask at once.
function Manager:next_deadline()
  if self._forced or is_unsatisfied(self) then return math.floor(self._clock.time()) end
  return manager.deadline(self._pair.info, self._clock.random())
end

-- ---- asking ----

local function client_of(self)
  if type(self._client) ~= "function" then return self._client end
  return self._client(self:current())
end

--- A new key and a certificate for it: PEM, PEM | nil, err.
local function ask(self, template)
  local key, err = core.new_key(self._key.type or "ecdsa", self._key.bits)
  if not key then return nil, err end
  local csr, csr_err = core.new_request(key, template)
  if not csr then return nil, csr_err end
  local client, client_err = client_of(self)
  if not client then return nil, client_err end
  local certificate, problem = request.run(client, {
    key = key, csr = csr, signer_name = self._signer_name, usages = self._usages,
    expiration_seconds = self._expiration_seconds, timeout = self._timeout,
  })
  if not certificate then return nil, problem end
  return certificate, key
end

--- Asks for a new certificate, once, with a new key, and stores both: the pair | nil, err (as
-- certificates.request and store:update).
function Manager:rotate()
  local template = template_of(self)
  if not template then
    return nil, errors.new { reason = "BadRequest", message = "there is no template to ask for" }
  end
  local certificate, key = ask(self, template)
  if not certificate then return nil, key end
  local pair, err = self._store:update(certificate, key)
  if not pair then return nil, err end
  self._pair, self._asked, self._forced = pair, text_of(template), false
  if self._on_rotate then self._on_rotate(pair) end
  return pair
end

--- Asks until it works: true | nil, err (the task was canceled, or its time is over).
local function persist(self)
  local delay, attempt = FIRST, 1
  while true do
    local pair, err = self:rotate()
    if pair then return true end
    if errors.predicates.is_canceled(err) then return nil, err end
    report(self, err)
    local rest = attempt < STEPS and delay * (1 + JITTER * self._clock.random()) or REST
    local ok, why = self._clock.sleep(rest)
    if not ok then return nil, why end
    delay, attempt = delay * FACTOR, attempt + 1
  end
end

--- Waits until it is time: true | nil, err.
local function wait_for_deadline(self)
  local deadline = self:next_deadline()
  local slice = type(self._template) == "function" and TEMPLATE_SLICE or SLICE
  while true do
    local left = deadline - self._clock.time()
    if left <= 0 or is_unsatisfied(self) then return true end
    local ok, err = self._clock.sleep(math.min(left, slice))
    if not ok then return nil, err end
  end
end

--- Rotates the certificate whenever it is time, until the task is canceled (or the deadline of
-- kube.with_timeout is over): waits in between, so call it in a task. What fails is told to
-- on_error, and tried again.
-- @return nil, err (reason Canceled; Timeout; CannotWait)
function Manager:run()
  while true do
    local ok, err = wait_for_deadline(self)
    if ok and template_of(self) then ok, err = persist(self) end
    if ok then ok, err = self._clock.sleep(PAUSE) end
    if not ok then return nil, err end
  end
end

return manager
