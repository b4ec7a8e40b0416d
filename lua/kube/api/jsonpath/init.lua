--- JSONPath as kubectl has it: templates that find values in objects, and print them. Pure.
--
--   local lines = "{range .items[*]}{.metadata.name}: {.status.phase}{'\\n'}{end}"
--   local path = assert(kube.jsonpath.parse(lines))
--   io.write(assert(path:print(assert(k:list("pods")))))
--   local find = kube.jsonpath.find
--   find("{.spec.containers[*].image}", pod)                     --> { "nginx:1.25", "envoy:1.30" }
--   find('{.items[?(@.status.phase=="Running")].metadata.name}', pods)           --> { "web-0" }
--
-- A template is text, with actions in braces:
--
--   | action                   | what it finds                                                   |
--   |--------------------------|-----------------------------------------------------------------|
--   | .name, ['name']          | a member; a dot in its name is written \. in both               |
--   | [0], [-1]                | an element, the last one                                        |
--   | [from:to:step]           | some, each of the three may be left out                         |
--   | [*], .*                  | all elements; those, or all members                             |
--   | ..                       | the object and all below that has parts, as in {..image}        |
--   | ['a', 'b']               | several                                                         |
--   | [?(@.a=="b")]            | elements that pass: == != < <= > >=, or only what must be there |
--   | {range .items[*]}, {end} | what is between them, for each                                  |
--   | "text", 1, true          | itself; texts have Go's escapes                                 |
--   | @, $                     | the object, which may be left out                               |
--
-- What differs from kubectl stands in tables at the heads of this module's files. This is as there,
-- though one may not expect it:
--
--   | case                        | what comes of it                                            |
--   |-----------------------------|-------------------------------------------------------------|
--   | {.}                         | the member without a name: " is not found"                  |
--   | {.metadata.name}}           | prints the second brace                                     |
--   | {[?(@.a==c1)]}              | an error: texts are in quotes; and there is no && nor such  |
--   | {.a.*} where a is a text    | its bytes, as numbers                                       |
--   | [?(@.a[5])] where a is less | passes: it is asked what was found before the fault         |
--   | a range without an end      | what follows is done once more, for the object              |
--
-- Objects are those of kube.json, which says what null and arrays are: once, by jsonpath.adopt,
-- for a program has one decoder, and its users should not name it in each call.
local errors = require("kube.api.errors")
local evaluate = require("kube.api.jsonpath.evaluate")
local options = require("kube.api.options")
local output = require("kube.api.jsonpath.output")
local parse = require("kube.api.jsonpath.parse")

local jsonpath = {}

local FIND = { allow_missing_keys = "boolean" }
local PRINT = options.merge(FIND, { json = "boolean" })

local json -- what adopt was given

local Path = {}
Path.__index = Path

--- The template that it was made of.
function Path.__tostring(self) return self.template end

local failed = errors.bad_request

--- adopt(json): jsonpath, which from now on knows arrays and null by this: a table with the fields
-- null, nulls, array, is_array, decode and encode of kube.json.
function jsonpath.adopt(kube_json)
  json = kube_json
  return jsonpath
end

--- The path that a template is: path | nil, err. It is made once and may be used often; tostring
-- gives the template back.
function jsonpath.parse(template)
  options.check_type(template, "string", "jsonpath.parse: the template")
  local root, fault = parse(template, json)
  if not root then return failed(fault) end
  return setmetatable({ template = template, root = root }, Path)
end

--- A list of lists of values, one for each action and each text of the template, in a range as
-- often as it goes round | nil, err (reason BadRequest: it does not fit the object).
-- @param given { allow_missing_keys = true: what is not there is no error, but nothing }
function Path:find(object, given)
  given = options.check(given, FIND, "path:find")
  local found, fault = evaluate(self.root, object, given.allow_missing_keys, json)
  if not found then return failed(fault) end
  return found
end

--- The text that kubectl prints: text | nil, err. The values of an action have spaces between them;
-- objects and arrays are JSON, numbers as Go prints them.
-- @param given { allow_missing_keys = true, json = true: the values of each action as a JSON array,
--   and a line end }
function Path:print(object, given)
  given = options.check(given, PRINT, "path:print")
  local found, fault = evaluate(self.root, object, given.allow_missing_keys, json)
  if not found then return failed(fault) end
  local text
  text, fault = output.text(found, given.json, json)
  if not text then return failed(fault) end
  return text
end

local function path_of(template)
  if getmetatable(template) == Path then return template end
  options.check_type(template, "string", "jsonpath.find: the template", 3)
  return jsonpath.parse(template)
end

--- All values that a template, or a path, finds in an object: a list | nil, err. A template without
-- braces is text, and found as it stands: kube.jsonpath.relaxed makes one of ".metadata.name".
-- @param given { allow_missing_keys = true: what is not there is no error, but nothing }
function jsonpath.find(template, object, given)
  given = options.check(given, FIND, "jsonpath.find")
  local path, err = path_of(template)
  if not path then return nil, err end
  local found, fault = evaluate(path.root, object, given.allow_missing_keys, json)
  if not found then return failed(fault) end
  if #found == 1 then return found[1] end
  local values = {}
  for _, list in ipairs(found) do
    for _, value in ipairs(list) do values[#values + 1] = value end
  end
  return values
end

--- The template that people mean who may leave out braces and the first dot, as in kubectl wait and
-- custom-columns: metadata.name, .metadata.name and {metadata.name} are {.metadata.name}; template
-- | nil, err.
function jsonpath.relaxed(text)
  options.check_type(text, "string", "jsonpath.relaxed: the text")
  if text == "" then return text end
  local inner = text:match("^{%.?([^{}]+)}$") or text:match("^%.?([^{}]+)$")
  if inner then return "{." .. inner .. "}" end
  return failed("unexpected path string, expected a 'name1.name2' or '.name1.name2' or "
    .. "'{name1.name2}' or '{.name1.name2}'")
end

return jsonpath
