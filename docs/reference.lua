-- Writes docs/reference.md from the comments of the sources: make docs
-- What is wrong there is mended in a comment. Here is only what is public, and in which order.
local comments = require("docs.comments")

local reference = { path = "docs/reference.md" }

-- The chapters, in a reader's order: title, file. `as` names the tables whose functions are public,
-- and says what a reader calls such a table. The comment of the table `comment_of` is told too; in
-- a chapter without functions, instead of the file's.
local CHAPTERS = {
  { "kube", "lua/kube/init.lua", as = { kube = "kube" } },
  { "The client", "lua/kube/client/objects.lua", as = { Client = "k" } },
  { "Names of resources", "lua/kube/client/restmapper.lua", as = { Mapper = "mapper" } },
  { "Groups, versions and kinds", "lua/kube/api/schema.lua", as = { schema = "kube.schema" } },
  { "Options", "lua/kube/client/dynamic_options.lua", comment_of = "SPECS", as = {} },
  { "Streams", "lua/kube/client/stream.lua", as = { Stream = "stream" } },
  { "Errors", "lua/kube/api/errors.lua", comment_of = "predicates",
    as = { ["errors.predicates"] = "kube" } },
  { "The log", "lua/kube/log.lua", as = { log = "kube.log" } },
  { "Warnings and metrics", "lua/kube/client/observe.lua", as = { public = "kube" } },
  { "Tasks", "lua/kube/driver/task.lua", as = { Task = "task" } },
  { "Configurations", "lua/kube/config.lua", as = { config = "kube.config" } },
  { "Changing kubeconfigs", "lua/kube/kubeconfig.lua", as = { kubeconfig = "kube.config" } },
  { "YAML", "lua/kube/yaml.lua", as = { yaml = "kube.yaml" } },
  { "JSON", "lua/kube/json.lua", as = { json = "kube.json" } },
  { "Patches", "lua/kube/patch.lua", as = { patch = "kube.patch" } },
  { "JSONPath", "lua/kube/api/jsonpath/init.lua",
    as = { jsonpath = "kube.jsonpath", Path = "path" } },
  { "Quantities", "lua/kube/api/quantity/init.lua",
    as = { quantity = "kube.quantity", Quantity = "quantity" } },
  { "Names", "lua/kube/api/names.lua", as = { names = "kube.names" } },
  { "Selectors", "lua/kube/api/selector/init.lua",
    as = { selector = "kube.selector", Labels = "selector" } },
  { "Selectors of fields", "lua/kube/api/selector/fields.lua",
    as = { fields = "kube.selector.fields", Fields = "field_selector" } },
  { "Times", "lua/kube/api/time.lua", as = { time = "kube.time" } },
  { "Durations", "lua/kube/api/duration.lua", as = { duration = "kube.time" } },
  { "Conditions", "lua/kube/api/conditions.lua", as = { conditions = "kube.conditions" } },
  { "Owners", "lua/kube/api/owners.lua", as = { owners = "kube.owners" } },
  { "Finalizers", "lua/kube/api/finalizers.lua", as = { finalizers = "kube.finalizers" } },
  { "The clientset", "lua/kube/client/clientset.lua", as = { Clientset = "clientset" } },
  { "Methods beyond the verbs", "lua/kube/client/clientset_expansions.lua", as = {} },
  { "Logs and proxies", "lua/kube/client/clientset_raw.lua", as = {} },
  { "The REST client", "lua/kube/client/rest.lua", as = { Rest = "rest", Request = "request" } },
  { "Trying again", "lua/kube/client/retry.lua", as = { retry = "kube.retry" } },
  { "The scale client", "lua/kube/client/scale.lua",
    as = { Client = "scale", Scales = "scales" } },
  { "The dynamic client", "lua/kube/client/dynamic.lua",
    as = { Dynamic = "dynamic", Resource = "resource" } },
  { "The metadata client", "lua/kube/client/metadata.lua",
    as = { Metadata = "metadata", Getter = "getter" } },
  { "The discovery client", "lua/kube/client/discovery.lua", as = { Discovery = "discovery" } },
  { "OpenAPI", "lua/kube/client/openapi.lua", as = { OpenAPI = "openapi" } },
  { "Certificates", "lua/kube/certificates/init.lua",
    as = { certificates = "kube.certificates" } },
  { "Stores of certificates", "lua/kube/certificates/store.lua", as = { Store = "store" } },
  { "Rotation of certificates", "lua/kube/certificates/manager.lua",
    as = { Manager = "manager" } },
  { "kube.fake", "lua/kube/fake/init.lua", as = { fake = "kube.fake", Server = "server" } },
}
local HEADER = "csrc/kube.h"

-- Not public, though they are there: for the other files of the module.
reference.HIDDEN = {
  ["resource:open_list"] = true, ["resource:open_watch"] = true, ["resource:describe"] = true,
  ["kube.jsonpath.adopt"] = true, ["task:finish"] = true, ["task:run"] = true,
  ["kube.config.SPEC.as_groups"] = true, ["kube.config.SPEC.as_user_extra"] = true,
  ["kube.config.SPEC.warning_handler"] = true,
  ["kube.config.SPEC.discovery_cache"] = true,
}

local INTRO = [[
# Reference

Everything public in the Lua module `kube` and in the C library below it. Written by `make docs`
from the comments of the sources: change those.

How to read it: `value | nil, err` is what comes back, `a | b` is one or the other. What the world
does wrong comes back as `nil, err` (see [Errors](#errors)); options that do not exist and values
of a wrong type throw. `options` is a table; it may be left out where none of them is needed. Times
are seconds, and fractions count.
]]

-- ---- entries: what is public ----

--- "kind, name, given" as users call it.
local function for_users(params) return (params:gsub("%f[%w]given%f[%W]", "options")) end

--- The entry of an item of a chapter: { name =, signature =, text = { lines }, params =, returns =,
-- reasons = of a predicate, file = } | nil for what is not public.
local function entry_of(item, chapter)
  local owner = chapter.as[item.owner]
  local reasons = item.value and item.value:match("^by_[%w_]+%((.*)%)$")
  if not owner or not (item.params or item.comment or reasons) then return nil end
  local entry = { name = owner .. item.sep .. item.name, reasons = reasons, file = chapter[2] }
  if item.name:find("^__") or reference.HIDDEN[entry.name] then return nil end
  entry.text, entry.params, entry.returns = comments.split(item.comment or {})
  local params = item.params
  if item.value and entry.text[1] then -- "array(list): ..." says how it is called
    local said, rest = entry.text[1]:match("^" .. item.name .. "%((.-)%): (.*)$")
    if said then params, entry.text[1] = said, rest:gsub("^%l", string.upper) end
  end
  if reasons then params = "err" end
  entry.signature = entry.name .. (params and "(" .. for_users(params) .. ")" or "")
  return entry
end

local function read_chapter(chapter)
  local head, items = comments.of_lua(chapter[2])
  local one, values = { title = chapter[1], text = head, entries = {} }, {}
  for _, item in ipairs(items) do
    local list = item.params and one.entries or values -- functions first
    list[#list + 1] = entry_of(item, chapter)
    if item.name == chapter.comment_of then one.more = item.comment end
  end
  for _, entry in ipairs(values) do one.entries[#one.entries + 1] = entry end
  if not next(chapter.as) and one.more then one.text, one.more = one.more, nil end
  return one
end

--- The chapters with what is public: a list of { title =, text = { lines }, more = | nil,
-- entries = { ... } }.
function reference.chapters()
  local chapters = {}
  for i, chapter in ipairs(CHAPTERS) do chapters[i] = read_chapter(chapter) end
  return chapters
end

-- ---- writing ----

--- The anchor that GitHub gives a heading.
function reference.anchor(heading)
  return (heading:lower():gsub("[^%w_ -]", ""):gsub(" ", "-"))
end

local function link(text, heading)
  return "[" .. text .. "](#" .. reference.anchor(heading) .. ")"
end

local function bullet(text, indent)
  indent = indent or ""
  return comments.wrap(comments.mark(text), indent .. "- ", indent .. "  ")
end

--- "one =, two = (2), three = "x"": "one, two (2), three = "x"", with marks.
local function mark_options(text)
  text = text:match("^%s*(.-),?%s*$") .. "\n"
  text = text:gsub("([%a_][%w_]*) =", "`%1` ="):gsub("` =([,\n])", "`%1"):gsub("` = %(", "` (")
  return text:sub(1, -2)
end

--- Where the options begin in what stands between braces.
local function option_places(inner)
  local flat, places = inner:gsub("%b{}", function(nested) return (" "):rep(#nested) end), {}
  for at in flat:gmatch("()%f[%w_][%a_][%w_]* =") do places[#places + 1] = at end
  return places
end

--- A parameter: options with options of their own get a line each.
local function write_param(param)
  local name = "`" .. for_users(param.name) .. "`: "
  local inner, rest = param.text:match("^{(.*)}(.*)$")
  if not inner then return bullet(name .. param.text) end
  if not inner:find("{") then return bullet(name .. mark_options(inner) .. rest) end
  local places = option_places(inner)
  local out = { bullet(name .. inner:sub(1, places[1] - 1) .. rest) }
  for i, at in ipairs(places) do
    local text = mark_options(inner:sub(at, (places[i + 1] or 0) - 1))
    out[#out + 1] = bullet(text:gsub("^(`.-`) = ", "%1: "), "  ")
  end
  return table.concat(out, "\n")
end

local function write_entry(entry)
  local out = { "### `" .. entry.signature .. "`", "", comments.markdown(entry.text, "lua") }
  local bullets = {}
  for _, param in ipairs(entry.params) do bullets[#bullets + 1] = write_param(param) end
  if entry.returns then bullets[#bullets + 1] = bullet("Returns " .. entry.returns) end
  if #bullets > 0 then out[#out + 1] = "\n" .. table.concat(bullets, "\n") end
  return table.concat(out, "\n")
end

--- Predicates are a table: what each asks for.
local function write_predicates(entries)
  local out = { "| predicate | true for the reason, or the code without one |", "|---|---|" }
  for _, entry in ipairs(entries) do
    out[#out + 1] = "| `" .. entry.signature .. "` | " .. entry.reasons:gsub('"', "") .. " |"
  end
  return table.concat(out, "\n")
end

local function write_chapter(chapter, add)
  add("## " .. chapter.title)
  if chapter.text then add(comments.markdown(chapter.text, "lua")) end
  if chapter.more then add(comments.markdown(chapter.more, "lua")) end
  if chapter.entries[1] and chapter.entries[1].reasons then
    return add(write_predicates(chapter.entries))
  end
  for _, entry in ipairs(chapter.entries) do add(write_entry(entry)) end
end

--- A declaration without what only the linker reads.
local function plain(lines)
  local code, indent = {}, ""
  for i, line in ipairs(lines) do
    if not line:find("^ ") then indent = line:find("^KUBE_API ") and (" "):rep(9) or "" end
    code[i] = line:gsub("^KUBE_API ", ""):gsub("^" .. indent, "")
  end
  return code
end

local function c_title(section) return "C: " .. section.title end

local function write_header(sections, add)
  add("## The C API")
  for _, section in ipairs(sections) do
    if section.title then add("### " .. c_title(section)) end
    for _, piece in ipairs(section) do
      if #piece.code > 0 then add(comments.code(plain(piece.code), "c")) end
      if piece.comment then add(comments.markdown(piece.comment, "c")) end
    end
  end
end

local function contents(chapters, sections)
  local out = {}
  for _, chapter in ipairs(chapters) do
    local links = {}
    for _, entry in ipairs(chapter.entries) do
      if not entry.reasons then links[#links + 1] = link(entry.name, entry.signature) end
    end
    local list = #links > 0 and ": " .. table.concat(links, ", ") or ""
    out[#out + 1] = "- " .. link(chapter.title, chapter.title) .. list
  end
  local links = {}
  for _, section in ipairs(sections) do
    if section.title then links[#links + 1] = link(section.title, c_title(section)) end
  end
  out[#out + 1] = "- " .. link("The C API", "The C API") .. ": " .. table.concat(links, ", ")
  for i, line in ipairs(out) do out[i] = comments.wrap(line, "", "  ") end
  return table.concat(out, "\n")
end

--- The whole text.
function reference.text()
  local chapters, sections = reference.chapters(), comments.of_c(HEADER)
  local out = { INTRO:sub(1, -2), contents(chapters, sections) }
  local function add(block) out[#out + 1] = block end
  for _, chapter in ipairs(chapters) do write_chapter(chapter, add) end
  write_header(sections, add)
  return table.concat(out, "\n\n") .. "\n"
end

if ... == "docs.reference" then return reference end

local text = reference.text()
local file = assert(io.open(reference.path, "w"))
assert(file:write(text))
file:close()
