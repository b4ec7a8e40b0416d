--- Configurations: who we are, and which server. load reads files and nothing else. A configuration
-- shows where, never who: none of its fields holds a token or a key.
local core = require("kube.core")
local changes = require("kube.kubeconfig")
local options = require("kube.api.options")

local config = {
  --- What requests say they come from, unless the option user_agent says another thing:
  -- "kube-lua/0.1.0 (linux/amd64)". A program adds its name as client-go's AddUserAgent does:
  -- kube.config.USER_AGENT .. "/my-controller".
  USER_AGENT = core.user_agent,
}

--- Those that were made, and are in use.
local made = setmetatable({}, { __mode = "k" })

--- Shows where, never who: a configuration holds secrets.
local function show(self) return string.format("kube.config: %s (%s)", self.server, self.source) end

--- A client would go on with what was loaded.
local function refuse(_, name)
  error("a configuration does not change: load another one, with " .. tostring(name)
    .. " as an option of kube.config.load", 2)
end

-- ---- options ----

local function is_list_of_strings(value)
  if type(value) ~= "table" then return false end
  local n = 0
  for _ in pairs(value) do n = n + 1 end
  for i = 1, n do
    if type(value[i]) ~= "string" then return false end
  end
  return true
end

local function groups(value) return is_list_of_strings(value), "a list of strings" end

local function extra(value)
  local good = type(value) == "table"
  for key, values in pairs(good and value or {}) do
    good = good and type(key) == "string" and is_list_of_strings(values)
  end
  return good, "a table of lists of strings"
end

local function handler_or_false(value)
  return value == false or type(value) == "function", "a function or false"
end

local function cache(value)
  return type(value) == "boolean" or type(value) == "string", "a boolean or a path"
end

--- The options that config.load takes: kubectl's flags, with _ for -.
config.SPEC = {
  kubeconfig = "string", context = "string", cluster = "string", user = "string",
  namespace = "string", server = "string",
  certificate_authority = "string", insecure_skip_tls_verify = "boolean",
  tls_server_name = "string", proxy_url = "string", disable_compression = "boolean",
  token = "string", token_file = "string", username = "string", password = "string",
  client_certificate = "string", client_key = "string",
  as = "string", as_uid = "string", as_groups = groups, as_user_extra = extra,
  exec_timeout = "number", qps = "number", burst = "integer", max_retries = "integer",
  user_agent = "string", warning_handler = handler_or_false, on_request = "function",
  discovery_cache = cache,
}

--- { a = { "1", "2" } } as the core has it: { "a", "1", "a", "2" }, sorted by key.
local function pairs_of(as_user_extra)
  local keys, list = {}, {}
  for key in pairs(as_user_extra) do keys[#keys + 1] = key end
  table.sort(keys)
  for _, key in ipairs(keys) do
    for _, value in ipairs(as_user_extra[key]) do
      list[#list + 1] = key
      list[#list + 1] = value
    end
  end
  return list
end

local function for_core(given)
  local copy = {}
  for name, value in pairs(given) do copy[name] = value end
  if given.as_user_extra then copy.as_user_extra = pairs_of(given.as_user_extra) end
  if given.max_retries == 0 then copy.max_retries = -1 end -- there 0 is what is usual
  return copy
end

-- ---- loading ----

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines
end

local function new(handle, err, given)
  if not handle then return nil, err end
  local fields = handle:describe()
  fields._warning_handler, fields._on_request = given.warning_handler, given.on_request
  fields._observed = given.warning_handler ~= nil or given.on_request ~= nil
  fields._discovery_cache = given.discovery_cache
  fields.warnings = lines_of(fields.warnings)
  fields._handle = handle
  local self = setmetatable({}, { __index = fields, __newindex = refuse, __tostring = show })
  made[self] = true
  return self
end

--- Loads a configuration as kubectl does: an explicit file, else the list in KUBECONFIG, else
-- ~/.kube/config, else the service account of a pod, else the server in KUBERNETES_MASTER.
-- @param given { kubeconfig = path, context = instead of current-context, cluster =, user =,
--   namespace = (these three instead of the context's), server = URL instead of the cluster's
--   (whose tls-server-name does not count, then), certificate_authority = path,
--   insecure_skip_tls_verify = boolean, tls_server_name =, proxy_url =, disable_compression =
--   boolean, token =, token_file = path, username =, password =, client_certificate = path,
--   client_key = path (these instead of the cluster's and the user's), as = whom to act for,
--   as_uid =, as_groups = list of names, as_user_extra = table of lists of values,
--   exec_timeout = seconds that an exec plugin may run (60, on a terminal 600), qps = requests a
--   second that all clients of the configuration send at most (0 or less, the default: no limit; a
--   watch does not count),
--   burst = how many of them at once when there were none for a while (10), max_retries = how often
--   a request is sent again when the server says when (429 and 5xx with Retry-After), or when its
--   connection broke before an answer and its verb may be done twice (10), user_agent = instead of
--   kube.config.USER_AGENT, warning_handler = function (warning) or false, as
--   kube.set_warning_handler takes it, on_request = function (request), as kube.on_request takes
--   it, discovery_cache = whether what the server serves is kept in kubectl's cache, which kubectl
--   reads, too: true (its place: KUBECACHEDIR, ~/.kube/cache), a directory (kubectl's --cache-dir),
--   or false; true unless told, but false in a worker of nginx, and where there is neither
--   KUBECACHEDIR nor HOME }, all optional.
--   Each goes in place of what bears its name, and of nothing else, as kubectl's flags: the server
--   knows by its certificate who shows one beside a token, and as keeps the user's as-groups. A
--   token goes before the user's tokenFile, too.
-- @return config, which does not change, with the fields server (a URL), namespace ("default" when
--   nothing says another), context ("" in a pod), cluster, user (their names), source (the files
--   that were read, or "in-cluster") and warnings (an array of texts: what is odd, but not wrong)
--   | nil, err (reason Config: every place that was looked at, and why it would not do, or all that
--   is wrong)
function config.load(given)
  given = options.check(given, config.SPEC, "kube.config.load")
  local handle, err = core.config(for_core(given))
  return new(handle, err, given)
end

--- Loads a configuration for a program with the flags --master and --kubeconfig, as client-go's
-- BuildConfigFromFlags: with neither (nil or ""), what a pod has been given; else the kubeconfig,
-- if there is one, with the server of master_url, if there is one. KUBECONFIG and ~/.kube/config
-- are not looked at.
-- @return config, as of kube.config.load | nil, err (reason Config)
function config.from_flags(master_url, kubeconfig)
  local what = "kube.config.from_flags: "
  options.check_type(master_url or "", "string", what .. "the URL")
  options.check_type(kubeconfig or "", "string", what .. "the path")
  local handle, err = core.config_from_flags(master_url, kubeconfig)
  return new(handle, err, {})
end

--- The contexts of the files that kube.config.load would read, in their order.
-- @param given { kubeconfig = path, context = which is current }, optional
-- @return array of { name =, cluster =, user =, namespace =, current = true | nil } | nil, err
--   (reason Config: a file is broken, or the explicit one is not there)
function config.contexts(given)
  given = options.check(given, { kubeconfig = "string", context = "string" },
    "kube.config.contexts")
  local handle, err = core.contexts(given)
  if not handle then return nil, err end
  local list = handle:list()
  handle:close()
  return list
end

--- Whether a value is a configuration that kube.config made.
function config.is(value) return value ~= nil and made[value] == true end

-- set, unset, use_context, ..., view
for name, change in pairs(changes) do config[name] = change end

return config
