--- Names: what Kubernetes takes for one, and why not. Pure.
--
--   kube.names.is_dns1123_label("web-0")    --> true
--   kube.names.is_dns1123_label("web.0")    --> false, { "must not contain dots" }
--   kube.names.generate("web-")             --> "web-x7k2p"
--
-- All but generate give true | false, and a list of messages in the words of the API server. They
-- throw at a name that is no text.
--
--   | what                                 | its name              |
--   |--------------------------------------|-----------------------|
--   | most objects                         | name_is_dns_subdomain |
--   | Namespace, and since 1.36 Service    | name_is_dns_label     |
--   | Service, before                      | name_is_dns1035_label |
--   | Role, ClusterRole and their bindings | is_path_segment_name  |
--   | container, volume                    | is_dns1123_label      |
--   | port of a container                  | is_valid_port_name    |
--   | label, annotation, taint             | is_qualified_name     |
--   | key of a ConfigMap or Secret         | is_config_map_key     |
--
-- Sources: apimachinery pkg/util/validation/validation.go, pkg/api/validation/generic.go,
-- pkg/api/validate/content; apiserver pkg/storage/names/generate.go.
local options = require("kube.api.options")
local syntax = require("kube.api.selector.syntax")

local names = {}

-- ---- messages ----

local function result(faults)
  if #faults == 0 then return true end
  return false, faults
end

--- What a text must look like, with examples; the spaces are upstream's.
local function must_fit(message, regex, ...)
  local examples = table.concat({ ... }, "',  or '")
  return string.format("%s (e.g. '%s', regex used for validation is '%s')", message, examples,
    regex)
end

local LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
local SUBDOMAIN = LABEL .. "(\\." .. LABEL .. ")*"
local FAULTS = {
  label = must_fit("a lowercase RFC 1123 label must consist of lower case alphanumeric characters "
    .. "or '-', and must start and end with an alphanumeric character", LABEL, "my-name",
    "123-abc"),
  dns1035 = must_fit("a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    .. "start with an alphabetic character, and end with an alphanumeric character",
    "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"),
  wildcard = must_fit("a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS "
    .. "subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end "
    .. "with an alphanumeric character", "\\*\\." .. SUBDOMAIN, "*.example.com"),
  percent = must_fit("a valid percent string must be a numeric string followed by an ending '%'",
    "[0-9]+%", "1%", "93%"),
  header = must_fit("a valid HTTP header must consist of alphanumeric characters or '-'",
    "[-A-Za-z0-9]+", "X-Header-Name"),
  env = must_fit("a valid environment variable name must consist of alphabetic characters, "
    .. "digits, '_', '-', or '.', and must not start with a digit", "[-._a-zA-Z][-._a-zA-Z0-9]*",
    "my.env-name", "MY_ENV.NAME", "MyEnvName1"),
  relaxed_env = "a valid environment variable name must consist only of printable ASCII characters "
    .. "other than '='",
  key = must_fit("a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"),
  identifier = must_fit("a valid C identifier must start with alphabetic character or '_', "
    .. "followed by a string of alphanumeric characters or '_'", "[A-Za-z_][A-Za-z0-9_]*",
    "my_name", "MY_NAME", "MyName"),
}

local function check_text(value, what)
  options.check_type(value, "string", "kube.names." .. what .. ": the name", 3)
  return value
end

--- The faults of a text that must not be too long and must fit a pattern.
local function faults_of(text, longest, fits, fault)
  local faults = {}
  if longest and #text > longest then
    faults[1] = string.format("must be no more than %d characters", longest)
  end
  if not fits then faults[#faults + 1] = fault end
  return faults
end

-- ---- names in DNS ----

local function is_label(text, first)
  return text:find("^" .. first .. "[-a-z0-9]*$") ~= nil and text:find("[a-z0-9]$") ~= nil
end

local function subdomain_faults(text) return syntax.subdomain_faults(text, "characters") end

--- Whether a text looks like a subdomain, however long it is.
local function is_subdomain(text) return #subdomain_faults(text) == (#text > 253 and 1 or 0) end

local function label_faults(text)
  local fault = is_subdomain(text) and "must not contain dots" or FAULTS.label
  return faults_of(text, 63, is_label(text, "[a-z0-9]"), fault)
end

local function dns1035_faults(text)
  return faults_of(text, 63, is_label(text, "[a-z]"), FAULTS.dns1035)
end

--- A label of DNS as in RFC 1123, "web-0", 63 characters at most.
function names.is_dns1123_label(name)
  return result(label_faults(check_text(name, "is_dns1123_label")))
end

--- Labels with dots between them, "web.example.com", 253 characters at most.
function names.is_dns1123_subdomain(name)
  return result(subdomain_faults(check_text(name, "is_dns1123_subdomain")))
end

--- A label of DNS as in RFC 1035: no digit in front.
function names.is_dns1035_label(name)
  return result(dns1035_faults(check_text(name, "is_dns1035_label")))
end

--- "*.example.com": the host of a rule of an Ingress.
function names.is_wildcard_dns1123_subdomain(name)
  check_text(name, "is_wildcard_dns1123_subdomain")
  local fits = name:sub(1, 2) == "*." and is_subdomain(name:sub(3))
  return result(faults_of(name, 253, fits, FAULTS.wildcard))
end

local function invalid(text, why) return string.format('Invalid value: "%s": %s', text, why) end

--- What is wrong with a name of two or three labels at least | nil.
local function domain_fault(name, fewest)
  local faults = subdomain_faults(name)
  if faults[1] then return invalid(name, table.concat(faults, ",")) end
  if select(2, name:gsub("%.", "")) + 1 >= fewest then return nil end
  return invalid(name, string.format("should be a domain with at least %s segments separated by "
    .. "dots", fewest == 2 and "two" or "three"))
end

--- A subdomain of three labels at least, "dev.example.com".
function names.is_fully_qualified_name(name)
  check_text(name, "is_fully_qualified_name")
  return result { name == "" and "Required value" or domain_fault(name, 3) }
end

--- A subdomain of two labels at least, none longer than 63 characters; a dot may follow:
-- "example.com.".
function names.is_fully_qualified_domain_name(name)
  check_text(name, "is_fully_qualified_domain_name")
  local domain = name:gsub("%.$", "")
  local fault = name == "" and "Required value" or domain_fault(domain, 2)
  if fault then return false, { fault } end
  for label in domain:gmatch("[^.]+") do
    local faults = label_faults(label)
    if faults[1] then return false, { invalid(label, table.concat(faults, ",")) } end
  end
  return true
end

-- ---- names of objects ----

--- A prefix of names may end in a dash: what is checked is what it may become. (That the letter
-- before the dash goes, too, is upstream's.)
local function masked(name, prefix)
  if prefix and #name > 1 and name:sub(-1) == "-" then return name:sub(1, -3) .. "a" end
  return name
end

--- The name of most objects: a subdomain of DNS.
-- @param prefix  true: the name is one for generateName, and may end in a dash
function names.name_is_dns_subdomain(name, prefix)
  return result(subdomain_faults(masked(check_text(name, "name_is_dns_subdomain"), prefix)))
end

--- The name of a Namespace: a label of DNS.
function names.name_is_dns_label(name, prefix)
  return result(label_faults(masked(check_text(name, "name_is_dns_label"), prefix)))
end

--- The name of a Service, for servers before 1.36: a label of DNS without a digit in front.
function names.name_is_dns1035_label(name, prefix)
  return result(dns1035_faults(masked(check_text(name, "name_is_dns1035_label"), prefix)))
end

--- The name of a Role or ClusterRole: what can be a part of a path, "system:node".
function names.is_path_segment_name(name, prefix)
  check_text(name, "is_path_segment_name")
  if not prefix and (name == "." or name == "..") then
    return false, { "may not be '" .. name .. "'" }
  end
  local faults = {}
  if name:find("/", 1, true) then faults[1] = "may not contain '/'" end
  if name:find("%", 1, true) then faults[#faults + 1] = "may not contain '%'" end
  return result(faults)
end

-- Letters that make no words: apimachinery pkg/util/rand.
local SAFE = "bcdfghjklmnpqrstvwxz2456789"

--- A name as the server makes it of generateName: the base and five letters, 63 characters at most.
-- Whether it is free, nobody knows before it is created.
-- @param random  function (n) -> an integer from 1 to n; math.random if left out, which Lua 5.1
--   begins with the same number every time: see math.randomseed
function names.generate(base, random)
  check_text(base, "generate")
  random = random or math.random
  local name = { base:sub(1, 58) }
  for i = 2, 6 do
    local at = random(#SAFE)
    name[i] = SAFE:sub(at, at)
  end
  return table.concat(name)
end

-- ---- labels and annotations ----

--- A key of a label or of an annotation: "app", "example.com/app".
function names.is_qualified_name(name)
  return result(syntax.key_faults(check_text(name, "is_qualified_name")))
end

--- A value of a label; it may be empty.
function names.is_valid_label_value(value)
  return result(syntax.value_faults(check_text(value, "is_valid_label_value")))
end

-- ---- ports ----

--- The number of a port.
function names.is_valid_port_num(port)
  options.check_type(port, "integer", "kube.names.is_valid_port_num: the port")
  if port >= 1 and port <= 65535 then return true end
  return false, { "must be between 1 and 65535, inclusive" }
end

--- The name of a port of a container: 15 characters at most, and a letter among them.
function names.is_valid_port_name(name)
  check_text(name, "is_valid_port_name")
  local faults = faults_of(name, 15, name:find("^[-a-z0-9]+$"),
    "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
  local function unless(good, fault)
    if not good then faults[#faults + 1] = fault end
  end
  unless(name:find("[a-z]"), "must contain at least one letter (a-z)")
  unless(not name:find("--", 1, true), "must not contain consecutive hyphens")
  unless(not name:find("^%-") and not name:find("%-$"), "must not begin or end with a hyphen")
  return result(faults)
end

-- ---- what else has a name ----

--- "25%", as maxUnavailable has it.
function names.is_valid_percent(text)
  check_text(text, "is_valid_percent")
  return result(faults_of(text, nil, text:find("^[0-9]+%%$"), FAULTS.percent))
end

--- The name of a header of HTTP.
function names.is_http_header_name(name)
  check_text(name, "is_http_header_name")
  return result(faults_of(name, nil, name:find("^[-A-Za-z0-9]+$"), FAULTS.header))
end

--- A name that C takes for a variable.
function names.is_c_identifier(name)
  check_text(name, "is_c_identifier")
  return result(faults_of(name, nil, name:find("^[A-Za-z_][A-Za-z0-9_]*$"), FAULTS.identifier))
end

--- Adds what is wrong with a name that would be a way up, were it a path.
local function add_parent_fault(faults, name)
  if name == "." or name == ".." then
    faults[#faults + 1] = "must not be '" .. name .. "'"
  elseif name:sub(1, 2) == ".." then
    faults[#faults + 1] = "must not start with '..'"
  end
  return faults
end

--- A key of the data of a ConfigMap or Secret, which is the name of a file in a volume.
function names.is_config_map_key(name)
  check_text(name, "is_config_map_key")
  local faults = faults_of(name, 253, name:find("^[-._A-Za-z0-9]+$"), FAULTS.key)
  return result(add_parent_fault(faults, name))
end

--- The name of an environment variable, strictly: what every server takes.
function names.is_env_var_name(name)
  check_text(name, "is_env_var_name")
  local faults = faults_of(name, nil, name:find("^[-._A-Za-z][-._A-Za-z0-9]*$"), FAULTS.env)
  return result(add_parent_fault(faults, name))
end

--- The name of an environment variable, as servers since 1.32 take it: printable ASCII without "=".
function names.is_relaxed_env_var_name(name)
  check_text(name, "is_relaxed_env_var_name")
  if name == "" then return false, { "environment variable name must be non-empty" } end
  return result(faults_of(name, nil, not name:find("[^ -<>-~]"), FAULTS.relaxed_env))
end

return names
