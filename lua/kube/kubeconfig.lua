--- Changing and showing kubeconfigs, as kubectl config does: the functions that kube.config has
-- beside load. Each change locks the files, reads, changes and writes them, and unlocks them; who
-- changes the same files at the same time waits for us, and we for them (that blocks, for at most
-- timeout seconds: inside nginx let it be short).
local core = require("kube.core").kubeconfig
local json = require("kube.json")
local options = require("kube.api.options")

local kubeconfig = {}

local SPEC = { kubeconfig = "string", timeout = "number" }
local SPECS = {
  set = { kubeconfig = "string", timeout = "number", raw_bytes = "boolean" },
  set_cluster = { kubeconfig = "string", timeout = "number", embed_certs = "boolean" },
  view = {
    kubeconfig = "string", context = "string", raw = "boolean", minify = "boolean",
    flatten = "boolean",
  },
  get = { kubeconfig = "string" },
}
SPECS.set_user = SPECS.set_cluster

--- Options for C, to which 0 means its own default: no time at all is a millisecond. The caller's
-- caller is to blame for what is wrong with them.
local function checked(given, spec, what, level)
  given = options.check(given, spec, what, (level or 2) + 1)
  if not given.timeout then return given end
  return {
    kubeconfig = given.kubeconfig, embed_certs = given.embed_certs,
    timeout = math.max(given.timeout, 0.001),
  }
end

--- One kind of change to what has a name. Not to be called as a tail: then who is to blame is lost.
local function change(kind, name, given)
  local what = "kube.config." .. kind
  options.check_type(name, "string", what .. ": the name", 3)
  return core.modify(kind, name, nil, checked(given, SPEC, what, 3))
end

--- Sets fields of a stanza.
local function set_fields(kind, name, fields, given)
  local what = "kube.config." .. kind
  options.check_type(name, "string", what .. ": the name", 3)
  given = checked(given, SPECS[kind] or SPEC, what, 3)
  options.check_type(fields, "table", what .. ": the fields", 3)
  local text, err = json.encode(fields, { sort_keys = true })
  if not text then return nil, err end
  return core.modify(kind, name, text, given)
end

--- Sets one value, as kubectl config set does.
-- @param path a property: "current-context", "users.NAME.token", "clusters.NAME.server" (the name
--   may hold dots)
-- @param value a string, or true and false; for what stands in base64 (certificate-authority-data)
--   its base64
-- @param given { raw_bytes = true: the value is not in base64 yet, kubeconfig = path instead of
--   KUBECONFIG or ~/.kube/config, timeout = seconds to wait for the lock at most (10) }
-- @return true | nil, err (reason BadRequest: no such property, or no value for it; Config: a
--   broken file; Timeout: somebody else has locked it; System: it cannot be written)
function kubeconfig.set(path, value, given)
  options.check_type(path, "string", "kube.config.set: the path")
  if type(value) == "boolean" then value = tostring(value) end
  options.check_type(value, "string", "kube.config.set: the value")
  local checked_options = checked(given, SPECS.set, "kube.config.set")
  return core.modify(given and given.raw_bytes and "set_raw" or "set", path, value,
    checked_options)
end

--- Takes a value away, or a whole stanza ("users.NAME").
-- @param given { kubeconfig =, timeout = } as those of kube.config.set
-- @return true, also where there was none | nil, err
function kubeconfig.unset(path, given)
  local done, err = change("unset", path, given)
  return done, err
end

--- Makes a context the current one.
-- @param given as kube.config.unset
-- @return true | nil, err (reason Config: no context exists with that name)
function kubeconfig.use_context(name, given)
  local done, err = change("use_context", name, given)
  return done, err
end

--- Renames a context, in its place; if it is the current one it stays that.
-- @param given as kube.config.unset
-- @return true | nil, err (reason Config: it is not there, or the other is already)
function kubeconfig.rename_context(name, new_name, given)
  options.check_type(name, "string", "kube.config.rename_context: the name")
  options.check_type(new_name, "string", "kube.config.rename_context: the new name")
  return core.modify("rename_context", name, new_name,
    checked(given, SPEC, "kube.config.rename_context"))
end

--- Sets fields of a cluster, which is made where it is not there, under their names in the file:
-- { server = URL, ["certificate-authority"] = path, ["certificate-authority-data"] = PEM or its
-- base64, ["tls-server-name"] =, ["insecure-skip-tls-verify"] = true, ["proxy-url"] =,
-- ["disable-compression"] = true, extensions = {...} }. "" and kube.null take a field away, as does
-- what excludes it (certificate-authority and insecure-skip-tls-verify, ...). Paths are from where
-- we are, and stand relative to the file if they are below it.
-- @param given { embed_certs = true for what is in a file that is named instead of its path,
--   kubeconfig =, timeout = }
-- @return true | nil, err (reason BadRequest: no such field, or no value for it)
function kubeconfig.set_cluster(name, fields, given)
  local done, err = set_fields("set_cluster", name, fields, given)
  return done, err
end

--- Sets fields of a user, as set_cluster: { token =, tokenFile = path, username =, password =,
-- ["client-certificate"] = path, ["client-certificate-data"] = PEM or its base64,
-- ["client-key"] = path, ["client-key-data"] = PEM or its base64, as = user,
-- ["as-uid"] =, ["as-groups"] = {...}, ["as-user-extra"] = { key = {...} }, exec = {...},
-- ["auth-provider"] = {...}, extensions = {...} }. Those that are tables are replaced as a whole.
-- @param given as kube.config.set_cluster
-- @return true | nil, err, as set_cluster
function kubeconfig.set_user(name, fields, given)
  local done, err = set_fields("set_user", name, fields, given)
  return done, err
end

--- Sets fields of a context, as set_cluster: { cluster =, user =, namespace = }.
-- @param given as kube.config.unset
-- @return true | nil, err
function kubeconfig.set_context(name, fields, given)
  local done, err = set_fields("set_context", name, fields, given)
  return done, err
end

--- Deletes a context; current-context stays as it is.
-- @param given as kube.config.unset
-- @return true | nil, err (reason Config: it is not there)
function kubeconfig.delete_context(name, given)
  local done, err = change("delete_context", name, given)
  return done, err
end

--- Deletes a cluster; the contexts that name it stay.
-- @param given as kube.config.unset
-- @return true | nil, err (reason Config: it is not there)
function kubeconfig.delete_cluster(name, given)
  local done, err = change("delete_cluster", name, given)
  return done, err
end

--- Deletes a user; the contexts that name it stay.
-- @param given as kube.config.unset
-- @return true | nil, err (reason Config: it is not there)
function kubeconfig.delete_user(name, given)
  local done, err = change("delete_user", name, given)
  return done, err
end

--- All files as one kubeconfig, as kubectl config view: a table as it stands in a file. Secrets are
-- "REDACTED", and data is "DATA+OMITTED".
-- @param given { raw = true for the secrets, minify = true for only what the current context
--   needs, context = with minify: another one, flatten = true to have what is in files as data,
--   kubeconfig = path }
-- @return table | nil, err
function kubeconfig.view(given)
  local text, err = core.view(options.check(given, SPECS.view, "kube.config.view"))
  if not text then return nil, err end
  return json.decode(text)
end

local function list(what, plural, given)
  local config, err = kubeconfig.view(options.check(given, SPECS.get, what, 3))
  if not config then return nil, err end
  return config[plural], config
end

--- The contexts: a list of { name =, cluster =, user =, namespace =, current = true for one }.
-- @param given { kubeconfig = path }
-- @return list | nil, err
function kubeconfig.get_contexts(given)
  local found, config = list("kube.config.get_contexts", "contexts", given)
  if not found then return nil, config end
  local all = {}
  for i, entry in ipairs(found) do
    local context = type(entry.context) == "table" and entry.context or {}
    all[i] = {
      name = entry.name, cluster = context.cluster, user = context.user,
      namespace = context.namespace, current = entry.name == config["current-context"] or nil,
    }
  end
  return all
end

local function names_of(found)
  local all = {}
  for i, entry in ipairs(found) do all[i] = entry.name end
  return all
end

--- The names of the clusters.
-- @param given { kubeconfig = path }
-- @return list | nil, err
function kubeconfig.get_clusters(given)
  local found, err = list("kube.config.get_clusters", "clusters", given)
  if not found then return nil, err end
  return names_of(found)
end

--- The names of the users.
-- @param given { kubeconfig = path }
-- @return list | nil, err
function kubeconfig.get_users(given)
  local found, err = list("kube.config.get_users", "users", given)
  if not found then return nil, err end
  return names_of(found)
end

return kubeconfig
