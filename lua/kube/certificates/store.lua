--- A certificate and its key in files, where other programs find them too.
--
-- What is current is the first of these that is there:
--   1. DIRECTORY/PREFIX-current.pem: a link to PREFIX-2006-01-02-15-04-05.pem, both in one file
--   2. certificate_file and key_file
--   3. DIRECTORY/PREFIX.crt and KEY_DIRECTORY/PREFIX.key
-- An update writes a new file (mode 0600) and then moves the link. Old files stay.
--
-- | case                           | client-go                 | kube                            |
-- | the link is replaced           | removed, then renamed     | renamed over it: always there   |
-- | what the link says             | an absolute path          | a name: the directory may move  |
-- | two updates in one second      | one file, overwritten     | two files                       |
-- | an interrupted update          | PREFIX-updated.pem is     | the same                        |
-- |                                | made current at the start |                                 |
-- | a file where the link should be| used; an update fails     | the same                        |
-- Source of the rules: client-go util/certificate/certificate_store.go.
local core = require("kube.core").certificates
local errors = require("kube.api.errors")
local options = require("kube.api.options")

local store = {}

local Store = {}
Store.__index = Store

local MOST = 1000 -- updates in a second

local function path_of(self, qualifier)
  return string.format("%s/%s-%s.pem", self.directory, self.prefix, qualifier)
end

local function in_the_way(path)
  return nil, errors.new { reason = "Conflict",
    message = string.format("%s should be a symbolic link, but it is not", path) }
end

--- What is in a link's place: "none" | "link" | nil, err.
local function link_at(path)
  local kind, err = core.look(path)
  if not kind then return nil, err end
  if kind ~= "none" and kind ~= "link" then return in_the_way(path) end
  return kind
end

--- Ends an update that was interrupted: true | nil, err.
local function recover(self)
  local current, updated = path_of(self, "current"), path_of(self, "updated")
  local kind, err = core.look(current, true)
  if not kind then return nil, err end
  if kind ~= "none" then return true end
  kind, err = link_at(updated)
  if not kind then return nil, err end
  if kind == "none" then return true end
  return core.rename(updated, current)
end

--- A store: store | nil, err.
function store.new(given)
  local self = setmetatable({
    directory = given.directory, prefix = given.prefix,
    _key_directory = given.key_directory or given.directory,
    _certificate_file = given.certificate_file, _key_file = given.key_file,
  }, Store)
  local ok, err = recover(self)
  if not ok then return nil, err end
  return self
end

-- ---- reading ----

local KEY = "%-%-%-%-%-BEGIN [%u ]-PRIVATE KEY%-%-%-%-%-.-%-%-%-%-%-END [%u ]-PRIVATE KEY%-%-%-%-%-"

--- The certificates of one text and the key of another as a pair that belongs together | nil, err.
function store.pair(certificates, keys)
  local all, err = core.parse(certificates)
  if not all then return nil, err end
  local key = keys:match(KEY)
  if not key then
    return nil, errors.new { reason = "Decode", message = "the key holds no PEM private key" }
  end
  local ok, problem = core.check_key(certificates, key)
  if not ok then return nil, problem end
  local chain = {}
  for i, one in ipairs(all) do chain[i] = one.pem end
  return { certificate = table.concat(chain), key = key .. "\n", info = all[1] }
end

--- A pair from two files, which may be the same | nil, err.
local function load(certificate_file, key_file)
  local certificates, err = core.read(certificate_file)
  if not certificates then return nil, err end
  local keys, problem = core.read(key_file)
  if not keys then return nil, problem end
  local pair, why = store.pair(certificates, keys)
  if pair then
    pair.path = certificate_file
    return pair
  end
  why.message = certificate_file .. ": " .. why.message
  return nil, why
end

--- Whether both files are there: true | false | nil, err.
local function are_there(...)
  for i = 1, 2 do
    local path = select(i, ...)
    local kind, err = "none", nil
    if path then kind, err = core.look(path, true) end
    if not kind then return nil, err end
    if kind == "none" then return false end
  end
  return true
end

--- Where the current pair is in its one file: the path, whether something is there or not.
function Store:current_path() return path_of(self, "current") end

--- The current pair.
-- @return { certificate = PEM (the chain), key = PEM, info = what certificates.parse tells of the
--   first, path = } | nil, err (reason NotFound: the store is empty; Decode: not a pair; System)
function Store:current()
  local current = path_of(self, "current")
  local places = {
    { current, current },
    { self._certificate_file, self._key_file },
    { self.directory .. "/" .. self.prefix .. ".crt",
      self._key_directory .. "/" .. self.prefix .. ".key" },
  }
  for i = 1, 3 do
    local certificate, key = places[i][1], places[i][2]
    local there, err = are_there(certificate, key)
    if there == nil then return nil, err end
    if there then return load(certificate, key) end
  end
  return nil, errors.new { reason = "NotFound", message = string.format(
    "there is no certificate with its key: neither %s, nor %s and %s", current,
    places[3][1], places[3][2]) }
end

-- ---- writing ----

--- Writes a new file: its name | nil, err.
local function write(self, text)
  local stamp = os.date("%Y-%m-%d-%H-%M-%S")
  for i = 1, MOST do
    local qualifier = i == 1 and stamp or stamp .. "-" .. i
    local created, err = core.create(path_of(self, qualifier), text)
    if created then return string.format("%s-%s.pem", self.prefix, qualifier) end
    if created == nil then return nil, err end
  end
  return in_the_way(path_of(self, stamp))
end

--- Moves the link to a file: true | nil, err.
local function point_to(self, name)
  local current, updated = path_of(self, "current"), path_of(self, "updated")
  local kind, err = link_at(updated)
  if not kind then return nil, err end
  if kind == "link" then os.remove(updated) end
  local ok, problem = core.link(name, updated)
  if not ok then return nil, problem end
  return core.rename(updated, current)
end

--- Makes another pair the current one: the pair, as store:current gives it | nil, err (reason
-- Decode: they do not belong together, and nothing was written; Conflict: a file that is no link
-- is in the way; System).
function Store:update(certificate, key)
  options.check_type(certificate, "string", "store:update: the certificate")
  options.check_type(key, "string", "store:update: the key")
  local pair, err = store.pair(certificate, key)
  if not pair then return nil, err end
  local ok, problem = link_at(path_of(self, "current"))
  if not ok then return nil, problem end
  ok, problem = core.make_directories(self.directory)
  if not ok then return nil, problem end
  local name, why = write(self, pair.certificate .. pair.key)
  if not name then return nil, why end
  ok, problem = point_to(self, name)
  if not ok then return nil, problem end
  pair.path = path_of(self, "current")
  return pair
end

return store
