--- What is said when a mapping finds nothing, or too much: the words of apimachinery
-- api/meta/errors.go, and then what may have been meant. Pure.
local errors = require("kube.api.errors")
local schema = require("kube.api.schema")
local similar = require("kube.api.similar")

local failures = {}

local function no_match(message) return errors.new { reason = "NoMatch", message = message } end

local function names_of(resources)
  local names = {}
  for i, resource in ipairs(resources) do names[i] = resource.resource end
  return names
end

--- '; "all" is a category': that, and "pods,services", is taken where several can be.
local function name_hint(index, name)
  if index.by_category[name:lower()] then
    return string.format("; %q is a category: list and each take it", name)
  elseif name:find(",", 1, true) then
    return ": one at a time (list and each take several)"
  end
  return similar.hint(name, names_of(index.resources))
end

--- No resource has the name, in that group and that version.
function failures.no_resource(index, partial)
  return no_match("no matches for " .. schema.resource_text(partial)
    .. name_hint(index, partial.resource))
end

--- The same in kubectl's words, for what its user wrote.
function failures.no_name(index, text)
  return no_match(string.format("the server doesn't have a resource type %q%s", text,
    name_hint(index, text)))
end

--- Nothing is in the category.
function failures.no_category(index, category)
  local categories = {}
  for name in pairs(index.by_category) do categories[#categories + 1] = name end
  table.sort(categories)
  return no_match(string.format("the server doesn't have a category %q%s", category,
    similar.hint(category, categories)))
end

--- "; apps/v1 has it", or a kind that is spelt nearly so.
local function kind_hint(index, group_kind, api_versions)
  local kinds = {}
  for _, resource in ipairs(index.resources) do
    local own = schema.group_version(resource.group, resource.version)
    if resource.kind == group_kind.kind then return "; " .. own .. " has it" end
    if api_versions[own] or not next(api_versions) and resource.group == group_kind.group then
      kinds[#kinds + 1] = resource.kind
    end
  end
  local hint = similar.hint(group_kind.kind, kinds)
  return hint ~= "" and hint or ": is its CRD installed?"
end

--- 'in group "apps"', 'in version "apps/v1"', 'in versions ["apps/v1" "apps/v2"]'.
local function where_text(group, api_versions)
  local list = {}
  for api_version in pairs(api_versions) do list[#list + 1] = string.format("%q", api_version) end
  table.sort(list)
  if not list[1] then return string.format("in group %q", group) end
  if not list[2] then return "in version " .. list[1] end
  return "in versions [" .. table.concat(list, " ") .. "]"
end

--- A kind lives nowhere, or in none of these versions.
function failures.no_kind(index, group_kind, versions)
  local api_versions, group = {}, group_kind.group or ""
  for _, version in ipairs(versions) do
    api_versions[schema.group_version(group, version)] = true
  end
  return no_match(string.format("no matches for kind %q %s%s", group_kind.kind,
    where_text(group, api_versions), kind_hint(index, group_kind, api_versions)))
end

local TEXTS = { resources = schema.resource_text, kinds = schema.kind_text }

--- Several fit, and nothing says which.
-- @param asked       what was asked for, as a text
-- @param what        "resources" or "kinds": what the candidates are
-- @param candidates  all that fit
function failures.ambiguous(asked, what, candidates)
  local texts = {}
  for i, one in ipairs(candidates) do texts[i] = TEXTS[what](one) end
  return errors.new {
    reason = "AmbiguousMatch",
    message = string.format("%s matches multiple %s [%s]", asked, what, table.concat(texts, " ")),
  }
end

return failures
