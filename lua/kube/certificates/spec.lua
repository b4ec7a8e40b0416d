--- What the functions of kube.certificates take: the programmer's errors are found here.
local options = require("kube.api.options")

local spec = {}

spec.HOUR = 3600
spec.YEAR = 365 * 24 * spec.HOUR
spec.TEN_YEARS = 10 * spec.YEAR

--- C would end a text at a zero byte.
local function is_text(value) return type(value) == "string" and not value:find("\0", 1, true) end

local function text(value)
  return is_text(value), "a string without zero bytes"
end

local function texts(value)
  local must_be = "a list of strings"
  if type(value) ~= "table" then return false, must_be end
  for key, one in pairs(value) do
    if type(key) ~= "number" or not is_text(one) then return false, must_be end
  end
  return true
end

local function key_type(value)
  return value == "ecdsa" or value == "rsa", '"ecdsa" or "rsa"'
end

local function table_or_function(value)
  return type(value) == "table" or type(value) == "function", "a table or a function"
end

--- As the API has it.
local function expiration(value)
  return type(value) == "number" and value % 1 == 0 and value >= 600, "an integer from 600 on"
end

spec.KEY = { type = key_type, bits = "integer" }

spec.SUBJECT = {
  common_name = text, organizations = texts, dns_names = texts, ip_addresses = texts,
}

spec.CA = { common_name = text, organizations = texts, not_before = "integer" }

spec.SELF_SIGNED = { host = text, dns_names = texts, ip_addresses = texts, lifetime = "integer" }

local ASK = { signer_name = text, usages = texts, expiration_seconds = expiration,
  timeout = "number" }

spec.REQUEST = options.merge(ASK, { key = "string", csr = "string", name = text })

spec.STORE = {
  directory = text, prefix = text, key_directory = text, certificate_file = text, key_file = text,
}

spec.MANAGER = options.merge(ASK, {
  store = "table", template = table_or_function, key = "table", bootstrap = "table",
  on_rotate = "function", on_error = "function", clock = "table",
})

local BOOTSTRAP = { certificate = "string", key = "string" }
local CLOCK = { time = "function", sleep = "function", random = "function" }

--- Throws at the caller of the function that asks unless it has a client.
function spec.check_client(client, what, level)
  if type(client) ~= "table" or type(client.create) ~= "function" then
    error(what .. ": the client that kube.connect gave is needed first", (level or 2) + 1)
  end
end

local function need(given, names, what)
  for _, name in ipairs(names) do
    if given[name] == nil then error(what .. ": the option " .. name .. " is needed", 4) end
  end
end

--- Throws at the caller of the function that asks.
function spec.check_request(given, what)
  need(given, { "csr", "signer_name", "usages" }, what)
  if given.name and not given.key then
    error(what .. ": with a name, the option key is needed: a request that is there already must "
      .. "fit to it", 3)
  end
end

--- Throws at the caller of the function that asks.
function spec.check_manager(given, what)
  if type(given.template) == "table" then
    options.check(given.template, spec.SUBJECT, what .. ": template", 3)
  end
  options.check(given.key, spec.KEY, what .. ": key", 3)
  options.check(given.clock, CLOCK, what .. ": clock", 3)
  if given.bootstrap then
    options.check(given.bootstrap, BOOTSTRAP, what .. ": bootstrap", 3)
    need(given.bootstrap, { "certificate", "key" }, what .. ": bootstrap")
  end
  need(given, { "store", "template", "signer_name", "usages" }, what)
  if type(given.store.current) ~= "function" or type(given.store.update) ~= "function" then
    error(what .. ": the option store needs the methods current and update", 3)
  end
end

return spec
