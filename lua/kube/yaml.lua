--- YAML as Kubernetes reads it (sigs.k8s.io/yaml: YAML 1.1 scalars), through the JSON decoder.
local core = require("kube.core")
local errors = require("kube.api.errors")
local json = require("kube.json")
local options = require("kube.api.options")

local yaml = {}

--- All documents of a text: a list (empty documents and null are left out) | nil, err (reason
-- Decode: its message says line and column).
function yaml.load_all(text)
  options.check_type(text, "string", "yaml.load_all: the text")
  local texts, err = core.yaml.to_json(text)
  if not texts then return nil, err end
  local documents = {}
  for _, document in ipairs(texts) do
    local value, problem = json.decode(document)
    if problem then return nil, problem end
    if value ~= json.null then documents[#documents + 1] = value end
  end
  return documents
end

--- The one document of a text: a value | nil, err (reason Decode: also when there are none or
-- several).
function yaml.load(text)
  options.check_type(text, "string", "yaml.load: the text")
  local documents, err = yaml.load_all(text)
  if not documents then return nil, err end
  if #documents ~= 1 then
    return nil, errors.new {
      reason = "Decode",
      message = string.format("yaml.load: %d documents instead of one; yaml.load_all takes any "
        .. "number", #documents),
    }
  end
  return documents[1]
end

--- A value as YAML, in the manner of kubectl -o yaml (names sorted): text | nil, err (as
-- kube.json.encode).
function yaml.dump(value)
  local text, err = json.encode(value, { sort_keys = true })
  if not text then return nil, err end
  return core.yaml.from_json(text)
end

return yaml
