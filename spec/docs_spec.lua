-- docs/reference.md against what there is: its text, its functions, their options, its links.
local comments = require("docs.comments")
local dynamic = require("kube.client.dynamic")
local kube = require("kube")
local process = require("spec.support.process")
local reference = require("docs.reference")

--- Fails with a list of what is wrong, and what is to be done.
local function assert_none(wrong, advice)
  table.sort(wrong)
  assert(#wrong == 0, "\n" .. table.concat(wrong, "\n") .. "\n" .. advice)
end

local entries, by_name = {}, {}
for _, chapter in ipairs(reference.chapters()) do
  for _, entry in ipairs(chapter.entries) do
    entries[#entries + 1] = entry
    by_name[entry.name] = entry
  end
end

-- ---- what the module has ----

local CONFIG = [[
apiVersion: v1
kind: Config
current-context: nowhere
clusters: [ { name: nowhere, cluster: { server: "http://127.0.0.1:1" } } ]
contexts: [ { name: nowhere, context: { cluster: nowhere, user: nobody } } ]
users: [ { name: nobody, user: {} } ]
]]

local function offline_config()
  local path = process.file(CONFIG)
  local config = assert(kube.config.load { kubeconfig = path })
  os.remove(path)
  return config
end

--- One of each thing that has methods, by the name that the reference gives it. All but the server
-- are there without a network.
local function things()
  local config = offline_config()
  local k, own_dynamic = assert(kube.connect(config)), assert(kube.dynamic(config))
  local own_metadata = assert(kube.metadata(config))
  local _, err = kube.json.decode("{")
  local rest = assert(kube.rest(config))
  for _, later in ipairs { "conditions", "finalizers", "names", "owners", "patch", "schema",
      "selector", "time" } do
    assert(kube[later])
  end
  local scale = assert(kube.scale(config))
  local store = assert(kube.certificates.store { directory = "/nowhere", prefix = "none" })
  return {
    clientset = assert(kube.clientset(config)), rest = rest, request = rest:get(),
    path = assert(kube.jsonpath.parse("{.a}")), quantity = kube.quantity.must_parse("1Gi"),
    selector = assert(kube.selector.parse("a")),
    field_selector = assert(kube.selector.fields.parse("a=b")),
    config = config, k = k, dynamic = own_dynamic, err = err,
    resource = own_dynamic:resource { version = "v1", resource = "pods" },
    metadata = own_metadata, getter = own_metadata:resource { version = "v1", resource = "pods" },
    stream = k:each("pods"),
    discovery = assert(kube.discovery(config)), mapper = assert(kube.restmapper(config)),
    openapi = assert(kube.discovery(config)):openapi_v3(),
    scale = scale, scales = scale:scales("default"),
    store = store,
    manager = assert(kube.certificates.manager(k, { store = store, template = {},
      signer_name = "none", usages = {} })),
    task = kube.run(function() return kube.spawn(function() end) end),
    server = assert(kube.fake.start()),
  }
end

--- Adds the functions of a module, and of the modules in it, under their names.
local function add_functions(found, prefix, module)
  for name, value in pairs(module) do
    if type(name) == "string" and not name:find("^_") then
      if type(value) == "function" then found[prefix .. "." .. name] = value end
      if type(value) == "table" then add_functions(found, prefix .. "." .. name, value) end
    end
  end
end

--- Whether the module has a value, which need not be a function: "kube.json.null".
local function has_value(name)
  local value = { kube = kube }
  for part in name:gmatch("[^.]+") do value = type(value) == "table" and value[part] or nil end
  return value ~= nil
end

local function add_methods(found, prefix, thing)
  local methods = getmetatable(thing).__index
  for name, value in pairs(type(methods) == "table" and methods or {}) do
    if type(value) == "function" and not name:find("^__") then
      found[prefix .. ":" .. name] = value
    end
  end
end

-- ---- options ----

local LIST = "; the options are (.*)$"

local function set_of(list)
  local set = {}
  for name in list:gmatch("[%w_]+") do set[name] = true end
  return set
end

--- Calls the function of an entry with some options: what it throws.
local function fails_with(entry, fn, thing, options)
  local arguments = {}
  for name in entry.signature:match("%((.*)%)"):gmatch("[%w_]+") do
    arguments[#arguments + 1] = name == "options" and options or "x"
  end
  if thing then table.insert(arguments, 1, thing) end
  local ok, message = pcall(fn, (table.unpack or unpack)(arguments))
  return not ok and tostring(message) or ""
end

--- The options that a function takes, as it says itself when it gets one that it does not know.
local function taken(entry, fn, thing)
  return set_of(fails_with(entry, fn, thing, { ["?"] = true }):match(LIST) or "")
end

--- Those of the option of a function that is a table, or a list of such.
local function taken_in(entry, fn, thing, option)
  local list = fails_with(entry, fn, thing, { [option] = { ["?"] = true } }):match(LIST)
    or fails_with(entry, fn, thing, { [option] = { { ["?"] = true } } }):match(LIST)
  return set_of(list or "")
end

local C_CHECKS = { ["kube.json.decode"] = "check_option", ["kube.json.encode"] = "check_format" }

--- The same for functions in C: the names that their check compares with.
local function taken_in_c(check)
  local body = process.read("csrc/lua/json.c"):match("\nstatic void " .. check .. "%(.-\n}\n")
  local set = {}
  assert(body, "there is no " .. check .. " in csrc/lua/json.c any more: mend C_CHECKS")
  for name in body:gmatch('strcmp%(name, "([%w_]+)"%)') do set[name] = true end
  return set
end

local function param_named_options(entry)
  for _, param in ipairs(entry.params) do
    if param.name == "given" or param.name == "options" then return param.text end
  end
end

--- The options that stand in a comment: { one =, two = { inner = } } or "as k:list".
local function told(text)
  local set = {}
  local inner = (text:match("%b{}") or "{}"):sub(2, -2):gsub("%b{}", "")
  for name in inner:gmatch("([%a_][%w_]*) =") do set[name] = true end
  local other = text:match("^as ([%w_.:]+)") or text:match("options of ([%w_.:]+)")
  if other then
    for name in pairs(told(param_named_options(assert(by_name[other], "no " .. other)))) do
      set[name] = true
    end
  end
  return set
end

local function compare(wrong, name, really, said)
  for option in pairs(really) do
    if not said[option] then wrong[#wrong + 1] = name .. ": the option is not told: " .. option end
  end
  for option in pairs(said) do
    if not really[option] then wrong[#wrong + 1] = name .. ": there is no option " .. option end
  end
end

-- ---- the header ----

local C_FUNCTION = "KUBE_API [^;{]-(kube_[%w_]+)%("

--- The functions of kube.h: whether no comment stands above them.
local function silent_functions()
  local silent = {}
  for _, section in ipairs(comments.of_c("csrc/kube.h")) do
    for _, piece in ipairs(section) do
      for name in table.concat(piece.code, "\n"):gmatch(C_FUNCTION) do
        silent[name] = piece.comment == nil
      end
    end
  end
  return silent
end

-- ---- links ----

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

local function without_code(text) return text:gsub("```.-```", ""):gsub("`[^`\n]*`", "") end

--- The anchors of the headings of a document.
local function anchors_of(text)
  local set = {}
  for heading in ("\n" .. text:gsub("```.-```", "")):gmatch("\n#+ ([^\n]+)") do
    set[reference.anchor(heading)] = true
  end
  return set
end

local function documents()
  local paths, pipe = { "README.md" }, io.popen("ls docs/*.md")
  for path in pipe:lines() do paths[#paths + 1] = path end
  pipe:close()
  return paths
end

--- Checks a link in a document: what is wrong, or nil.
local function fault_of(path, target)
  if target:find("^%a+:") then return nil end
  local file, anchor = target:match("^([^#]*)#?(.*)$")
  file = file == "" and path or (path:match("^.*/") or "") .. file
  if not exists(file) then return path .. ": " .. target .. ": there is no " .. file end
  if anchor ~= "" and not anchors_of(process.read(file))[anchor] then
    return path .. ": there is no heading for #" .. anchor .. " in " .. file
  end
end

describe("docs/reference.md", function()
  local all, found

  setup(function()
    all, found = things(), {}
    add_functions(found, "kube", kube)
    for name, thing in pairs(all) do add_methods(found, name, thing) end
  end)

  teardown(function() all.server:close() end)

  it("is what the comments say", function()
    assert(process.read(reference.path) == reference.text(),
      reference.path .. " is not what the comments say: run `make docs`, and commit it too")
  end)

  it("has an entry for every function that there is", function()
    local missing = {}
    for name in pairs(found) do
      if not by_name[name] and not reference.HIDDEN[name] then missing[#missing + 1] = name end
    end
    assert_none(missing, "have no entry. Public: give them a comment, name their table in CHAPTERS "
      .. "of docs/reference.lua, run `make docs`. Not public: into HIDDEN there, or local.")
  end)

  it("has no entry for what there is not", function()
    local gone = {}
    for name in pairs(reference.HIDDEN) do
      if not found[name] then gone[#gone + 1] = name .. " (in HIDDEN)" end
    end
    for name in pairs(by_name) do
      if not found[name] and not has_value(name) then gone[#gone + 1] = name end
    end
    assert_none(gone, "are told of, and are not there: mend docs/reference.lua or the comments, "
      .. "run `make docs`")
  end)

  it("says something of each function", function()
    local silent = {}
    for _, entry in ipairs(entries) do
      if not entry.reasons and #entry.text == 0 then
        silent[#silent + 1] = entry.file .. ": " .. entry.name
      end
    end
    assert_none(silent, "have no comment: give them one (---), run `make docs`")
  end)

  it("tells the options that functions take, and no others", function()
    local wrong = {}
    for _, entry in ipairs(entries) do
      local text, fn = param_named_options(entry), found[entry.name]
      local thing = entry.name:find(":") and all[entry.name:match("^[^:]+")] or nil
      if text then
        local in_c = C_CHECKS[entry.name]
        local really = in_c and taken_in_c(in_c) or taken(entry, fn, thing)
        compare(wrong, entry.name, really, told(text))
        for option, inner in text:sub(2):gmatch("([%a_][%w_]*) =[^={}]*(%b{})") do
          compare(wrong, entry.name .. " " .. option, taken_in(entry, fn, thing, option),
            told(inner))
        end
      elseif entry.signature:find("options") then
        wrong[#wrong + 1] = entry.name .. ": its options have no @param"
      end
    end
    assert_none(wrong, "Mend the @param of these functions, run `make docs`")
  end)

  it("has a row for each option of the verbs", function()
    local really, said, wrong = { namespace = true, all_namespaces = true }, {}, {}
    for _, spec in pairs(dynamic.SPECS) do
      for name in pairs(spec) do really[name] = true end
    end
    local table_text = process.read(reference.path):match("\n## Options\n(.-)\n## ")
    for name in table_text:gmatch("\n| `([%w_]+)` |") do said[name] = true end
    compare(wrong, "Options", really, said)
    assert_none(wrong, "Mend the table above SPECS of dynamic_options.lua, run `make docs`")
  end)

  it("has every function of kube.h, with what it promises", function()
    local text, wrong, silent, n = process.read(reference.path), {}, silent_functions(), 0
    for name in process.read("csrc/kube.h"):gmatch(C_FUNCTION) do
      n = n + 1
      if not text:find("[ *]" .. name .. "%(") then wrong[#wrong + 1] = name .. " is not there" end
      if silent[name] ~= false then wrong[#wrong + 1] = name .. " has no comment" end
    end
    assert.is_true(n > 30)
    assert_none(wrong, "Give them a comment in csrc/kube.h, run `make docs`")
  end)
end)

describe("the documents", function()
  it("link to what there is", function()
    local wrong = {}
    for _, path in ipairs(documents()) do
      for target in without_code(process.read(path)):gmatch("%]%(([^)%s]+)%)") do
        wrong[#wrong + 1] = fault_of(path, target)
      end
    end
    assert_none(wrong, "Mend the links (those of docs/reference.md in docs/reference.lua)")
  end)
end)
