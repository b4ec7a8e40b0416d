--- For specs of kube.fake: asks the real API server and the fake the same, and compares.
--
--   local same = require("spec.support.same")
--   local answers = same.namespace("topic")       a namespace of that name on both servers
--   it("gives back what was made", answers(function(k, server) return value end, expected))
--
-- A case gets a client whose namespace it is and may write there what it likes; what it returns is
-- its answer, a plain value. What must differ is made equal (see `plain`), the namespace is "NS".
-- Then both answers must be the expected one; same.has{...} expects only the fields that it names,
-- and no expectation at all means that they must be equal and neither empty nor nothing.
--
-- KUBE_SAME=real (or fake) asks that server alone, KUBE_SAME_SHOW=1 prints the answers and how long
-- they took: for those who write cases.
local cluster = require("spec.support.cluster")
local json = require("kube.json")
local kube = require("kube")
local process = require("spec.support.process")
local yaml = require("kube.yaml")

local same = {}

local only = os.getenv("KUBE_SAME")
local show = os.getenv("KUBE_SAME_SHOW")

-- ---- what must differ ----

local UUID = ("%x"):rep(8) .. ("%-" .. ("%x"):rep(4)):rep(3) .. "%-" .. ("%x"):rep(12)

--- A pattern's place holder in any text: ids and versions stand in messages too.
local IN_TEXTS = {
  { UUID, "(uid)" },
  { "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.?%d*Z$", "(time)" },
  { "^%d+%.%d+%.%d+%.%d+$", "(ip)" },
  { "(object meta: )%d+$", "%1(version)" },
  { "(in record %()%d+%)", "%1version)" },
  { "(too old resource version: %d+ %()%d+%)", "%1version)" },
}

--- A member's place holder, where its value is what it should be.
local MEMBERS = {
  uid = { "^" .. UUID .. "$", "(uid)" },
  resourceVersion = { "^[1-9]%d*$", "(version)" },
  continue = { "^[%w_=-]+$", "(continue)" },
  ["pod-template-hash"] = { "^%w+$", "(hash)" },
}

local function plain_text(text, namespace)
  for _, rule in ipairs(IN_TEXTS) do text = text:gsub(rule[1], rule[2]) end
  local from, to = text:find(namespace, 1, true)
  while from do
    text = text:sub(1, from - 1) .. "NS" .. text:sub(to + 1)
    from, to = text:find(namespace, from + 2, true)
  end
  return text
end

--- A copy of a value without what differs from server to server and from run to run.
local function plain(value, namespace)
  if type(value) == "string" then return plain_text(value, namespace) end
  if type(value) ~= "table" then return value end
  local copy = json.is_array(value) and json.array {} or {}
  for _, name in ipairs(json.nulls(value)) do copy[name] = json.null end
  for key, member in pairs(value) do
    local rule = MEMBERS[key]
    if rule and type(member) == "string" and member:find(rule[1]) then
      copy[key] = rule[2]
    elseif key ~= "managedFields" then
      copy[key] = plain(member, namespace)
    end
  end
  return copy
end

-- ---- comparing ----

local Part = {}

--- An expectation of some fields only: the others may be what they like, but equal.
function same.has(fields) return setmetatable({ fields = fields }, Part) end

local function text_of(value, indent)
  if value == nil then return "nothing" end
  local text, err = json.encode(value, { sort_keys = true, indent = indent })
  return text or "no JSON: " .. tostring(err)
end

local function keys_of(a, b)
  local keys, seen = {}, {}
  for _, t in ipairs { a, b } do
    for key in pairs(t) do
      if not seen[key] then keys[#keys + 1] = key end
      seen[key] = true
    end
  end
  table.sort(keys, function(x, y)
    if type(x) == type(y) then return x < y end
    return type(x) == "number"
  end)
  return keys
end

--- Appends where b is not a. With `part`, what only b has does not count.
local function differences(a, b, part, path, found)
  if type(a) == "table" and type(b) == "table" and a ~= json.null and b ~= json.null
      and next(a) ~= nil and next(b) ~= nil then
    for _, key in ipairs(keys_of(a, b)) do
      if a[key] ~= nil or not part then
        local name = type(key) == "number" and "[" .. key .. "]" or "." .. tostring(key)
        differences(a[key], b[key], part, path .. name, found)
      end
    end
  elseif text_of(a) ~= text_of(b) then
    found[#found + 1] = { path == "" and "the answer" or path:gsub("^%.", ""), a, b }
  end
  return found
end

--- Two values as texts; of long ones, what is around the first byte that differs.
local function excerpts(a, b)
  a, b = text_of(a), text_of(b)
  local from = 1
  while a:byte(from) == b:byte(from) do from = from + 1 end
  if #a < 300 and #b < 300 or from < 80 then return a, b end
  return "..." .. a:sub(from - 60, from + 200), "..." .. b:sub(from - 60, from + 200)
end

--- Says where two answers differ; nil where they do not.
local function difference(a_name, a, b_name, b, part)
  local found = differences(a, b, part, "", {})
  if #found == 0 then return nil end
  local lines = { string.format("%s and %s differ:", a_name, b_name) }
  for i = 1, math.min(#found, 20) do
    local where = found[i]
    local a_text, b_text = excerpts(where[2], where[3])
    lines[#lines + 1] = string.format("  %s\n    %s: %s\n    %s: %s", where[1], a_name, a_text,
      b_name, b_text)
  end
  lines[#lines + 1] = string.format("whole, %s:\n%s\nwhole, %s:\n%s", a_name, text_of(a, 2),
    b_name, text_of(b, 2))
  return table.concat(lines, "\n")
end

local function is_empty(answer)
  return answer == nil or answer == json.null or type(answer) == "table" and next(answer) == nil
end

-- ---- two servers ----

local Server = {}
Server.__index = Server

local real, fake

--- A server of a case: { name = "real" | "fake", url =, kubeconfig = (its path), and of that the
-- cluster = and the user = }.
local function new_server(name, kubeconfig)
  local file = assert(io.open(kubeconfig, "rb"))
  local config = assert(yaml.load(file:read("*a")))
  file:close()
  return setmetatable({
    name = name, kubeconfig = kubeconfig, url = config.clusters[1].cluster.server,
    cluster = config.clusters[1].cluster, user = config.users[1].user,
  }, Server)
end

local function servers()
  if not real and only ~= "fake" then
    real = new_server("real", cluster.kubeconfig("cert-files"))
  end
  if not fake and only ~= "real" then
    local handle = assert(require("kube.fake").start {})
    fake = new_server("fake", handle.kubeconfig)
    fake.handle = handle
  end
  local all = {}
  if real then all[1] = real end
  if fake then all[#all + 1] = fake end
  return all
end

--- Ends the fake. For teardown.
function same.close()
  if fake then fake.handle:close() end
  fake = nil
end

--- A client whose namespace is that one.
function Server:connect(namespace)
  return assert(kube.connect { kubeconfig = self.kubeconfig, namespace = namespace })
end

--- A resource of the dynamic client, which checks nothing beforehand.
function Server:resource(resource, namespace, group)
  local config = assert(kube.config.load { kubeconfig = self.kubeconfig })
  local client = kube.dynamic(config):resource {
    group = group or "", version = "v1", resource = resource,
  }
  return namespace and client:namespace(namespace) or client
end

local function quoted(flag, value) return value and flag .. " " .. process.quote(value) or "" end

local MARK = "\n-- what curl got --\n"

--- The curl command of a request.
local function curl(server, request)
  return table.concat({
    "curl -sS -g --max-time 20", quoted("-X", request.method),
    quoted("--data-binary", request.body),
    quoted("--cacert", server.cluster["certificate-authority"]),
    quoted("--cert", server.user["client-certificate"]),
    quoted("--key", server.user["client-key"]),
    quoted("-H", request.content_type and "Content-Type: " .. request.content_type),
    quoted("-H", request.accept and "Accept: " .. request.accept),
    quoted("-w", "\n%{http_code} %{content_type}" .. MARK),
    process.quote(server.url .. request.path),
  }, " ")
end

--- Sends requests as they are, one after the other, and gives the answers in their order:
-- { code =, type = (of the content), body = (decoded if it is JSON) }. The driver waits meanwhile,
-- so that a server in this process can answer.
-- @param requests  a list of { method = "GET", path =, body =, content_type =, accept = }
function Server:raw(requests)
  local path, words = os.tmpname(), { "cd " .. (self.kubeconfig:match("^(.*)/") or ".") }
  for i, request in ipairs(requests) do words[i + 1] = curl(self, request) end
  words[#words + 1] = "echo end"
  process.run(string.format("(%s) >%s 2>&1 </dev/null &", table.concat(words, "\n"), path))
  local text = cluster.eventually(function()
    local text = process.read(path)
    return text and text:match("^(.*)end\n$")
  end)
  os.remove(path)
  local answers, from = {}, 1
  for i = 1, #requests do
    local to, next_from = text:find(MARK, from, true)
    local body, code, kind = text:sub(from, (to or 0) - 1):match("^(.*)\n(%d+) ([^\n]*)$")
    if not body or code == "000" then error("no answer to curl: " .. text:sub(from), 2) end
    local value = json.decode(body)
    answers[i] = { code = tonumber(code), type = kind, body = value == nil and body or value }
    from = next_from + 1
  end
  return answers
end

-- ---- cases ----

--- Asks one server, in a task: its answer.
local function ask(server, namespace, case)
  local began = kube.now()
  local answer = plain(case(server:connect(namespace), server), namespace)
  if show then
    print(string.format("\n-- %s, %s, %.0f ms: %s", server.name, namespace,
      (kube.now() - began) * 1000, text_of(answer, 2)))
  end
  return answer
end

--- Asks all servers at the same time: a list of { server =, answer =, problem = what it threw }.
local function ask_all(namespace, case)
  local asked = {}
  kube.run(function()
    local tasks = {}
    for i, server in ipairs(servers()) do
      tasks[i] = kube.spawn(ask, server, namespace, case)
      asked[i] = { server = server }
    end
    for i, task in ipairs(tasks) do
      local problem
      asked[i].answer, problem = task:join()
      if type(problem) == "table" then problem = problem.message or problem end -- luassert's
      asked[i].problem = problem and tostring(problem)
    end
  end)
  return asked
end

--- What is wrong with one server's answer alone, or nil.
local function flaw(asked, expected)
  local name, answer = asked.server.name, asked.answer
  if asked.problem then return string.format("%s did not answer: %s", name, asked.problem) end
  if expected == nil then
    return is_empty(answer) and name .. " gave no answer: " .. text_of(answer) or nil
  end
  local part = getmetatable(expected) == Part
  return difference("expected", part and expected.fields or expected, name, answer, part)
end

local function judge(namespace, case, expected)
  local flaws, asked = {}, ask_all(namespace, case)
  for _, one in ipairs(asked) do flaws[#flaws + 1] = flaw(one, expected) end
  if #flaws == 0 and #asked == 2 then
    flaws[1] = difference("real", asked[1].answer, "fake", asked[2].answer)
  end
  if #flaws > 0 then error(table.concat(flaws, "\n"), 0) end
end

--- Makes a namespace on both servers: a function (case, expected) -> the body of an `it`.
function same.namespace(topic)
  local namespace = cluster.unique("same-" .. topic)
  for _, server in ipairs(servers()) do
    assert(server:connect():create {
      apiVersion = "v1", kind = "Namespace", metadata = { name = namespace },
    })
  end
  return function(case, expected)
    return function() judge(namespace, case, expected) end
  end
end

-- ---- words for cases ----

--- The answer to a call: what came, or { error = the Status } (or, if it was not sent, its words).
function same.told(value, err)
  if value ~= nil then return value end
  if not kube.is_error(err) then return { error = tostring(err) } end
  return { error = err.status or { reason = err.reason, message = err.message } }
end

--- A whole Status of a failure, as an answer.
function same.failure(code, reason, message, details)
  return { error = {
    kind = "Status", apiVersion = "v1", metadata = {}, status = "Failure",
    message = message, reason = reason, details = details, code = code,
  } }
end

local CAUSES = {
  Invalid = "FieldValueInvalid", Required = "FieldValueRequired",
  Forbidden = "FieldValueForbidden", Duplicate = "FieldValueDuplicate",
}

--- A whole Status of an object that is not valid.
-- @param kind    "ConfigMap", "Deployment.apps"
-- @param causes  { { field, message }, ... }, the messages as they are: "Invalid value: ...". What
--   is checked twice stands there twice, but once in the Status's message.
function same.invalid(kind, name, causes)
  local listed, texts, seen = json.array {}, {}, {}
  for i, cause in ipairs(causes) do
    listed[i] = { reason = CAUSES[cause[2]:match("^%a+")], message = cause[2], field = cause[1] }
    local one = cause[1] .. ": " .. cause[2]
    if not seen[one] then texts[#texts + 1] = one end
    seen[one] = true
  end
  local text = table.concat(texts, ", ")
  local own, group = kind:match("^(%a+)%.?(.*)$")
  return same.failure(422, "Invalid", string.format('%s "%s" is invalid: %s', kind, name,
    #texts > 1 and "[" .. text .. "]" or text), {
    name = name ~= "" and name or nil, group = group ~= "" and group or nil, kind = own,
    causes = listed,
  })
end

--- The names of a list's items, in their order: "a b c".
function same.names(list)
  local names = {}
  for i, item in ipairs(list.items) do names[i] = item.metadata.name end
  return table.concat(names, " ")
end

--- Some fields of an object: { ["spec.replicas"] = 2, ... }. Dots lead down; there are no arrays.
function same.pick(object, ...)
  local found = {}
  for _, path in ipairs { ... } do
    local value = object
    for name in path:gmatch("[^.]+") do value = type(value) == "table" and value[name] or nil end
    found[path] = value
  end
  return found
end

-- ---- objects for cases ----

--- A ConfigMap in the client's namespace.
function same.config_map(name, data, labels)
  return {
    apiVersion = "v1", kind = "ConfigMap", data = data,
    metadata = { name = name, labels = labels },
  }
end

function same.pod(name, labels, annotations)
  return {
    apiVersion = "v1", kind = "Pod",
    metadata = { name = name, labels = labels, annotations = annotations },
    spec = { containers = { { name = "app", image = "nginx:1.27" } } },
  }
end

function same.service(name)
  return {
    apiVersion = "v1", kind = "Service", metadata = { name = name },
    spec = { selector = { app = name }, ports = { { port = 80 } } },
  }
end

function same.deployment(name, replicas)
  return {
    apiVersion = "apps/v1", kind = "Deployment", metadata = { name = name },
    spec = {
      replicas = replicas, selector = { matchLabels = { app = name } },
      template = {
        metadata = { labels = { app = name } },
        spec = { containers = { { name = "app", image = "nginx:1.27" } } },
      },
    },
  }
end

function same.namespace_object(name)
  return { apiVersion = "v1", kind = "Namespace", metadata = { name = name } }
end

--- The kinds of which much is true alike. Names of namespaces begin with the case's own.
same.kinds = {
  ConfigMap = { plural = "configmaps", make = same.config_map },
  Pod = { plural = "pods", make = same.pod },
  Service = { plural = "services", make = same.service },
  Deployment = {
    plural = "deployments", group = "apps",
    make = function(name) return same.deployment(name, 0) end,
  },
  Namespace = { plural = "namespaces", prefix = "NS-", make = same.namespace_object },
}

--- A case for each kind: { [kind] = the body of an `it` }.
-- @param answers   what same.namespace gave
-- @param name      of the object that the case gets
-- @param fn        function (k, object, server) -> the answer
-- @param expected  function (kind, name, facts) -> the expected answer
function same.of_each_kind(answers, name, fn, expected)
  local cases = {}
  for kind, facts in pairs(same.kinds) do
    local full = (facts.prefix or "") .. name
    cases[kind] = answers(function(k, server)
      return fn(k, facts.make((full:gsub("^NS", k.namespace))), server)
    end, expected(kind, full, facts))
  end
  return cases
end

-- ---- what the API server says of labels ----

same.LABEL_VALUE = "a valid label must be an empty string or consist of alphanumeric characters, "
  .. "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or "
  .. "'my_value',  or '12345', regex used for validation is "
  .. "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
same.QUALIFIED = "must consist of alphanumeric characters, '-', '_' or '.', and must start and "
  .. "end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used "
  .. "for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

return same
