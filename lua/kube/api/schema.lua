--- How groups, versions, kinds and resources are written, as texts and as tables. Pure.
--
--   kube.schema.parse_group_version("apps/v1")         -- { group = "apps", version = "v1" }
--   kube.schema.group_version("apps", "v1")            -- "apps/v1"; of the core group: "v1"
--   kube.schema.parse_resource_arg("deploy.v1.apps")   -- what kubectl takes, read both ways
--
-- The core group is "". The rules and the texts are those of apimachinery runtime/schema.
local errors = require("kube.api.errors")
local options = require("kube.api.options")

local schema = {}

local function check(text, what)
  return options.check_type(text, "string", "kube.schema." .. what .. ": the text", 3)
end

--- An apiVersion in its parts: { group =, version = } | nil, err (reason BadRequest).
function schema.parse_group_version(text)
  check(text, "parse_group_version")
  if text == "" or text == "/" then return { group = "", version = "" } end
  local group, version = text:match("^([^/]*)/([^/]*)$")
  if group then return { group = group, version = version } end
  if not text:find("/", 1, true) then return { group = "", version = text } end
  return nil, errors.new {
    reason = "BadRequest", message = "unexpected GroupVersion string: " .. text,
  }
end

--- The apiVersion of a group and a version.
function schema.group_version(group, version)
  return group == "" and version or group .. "/" .. version
end

--- What stands before the first dot, and what behind it ("" without a dot).
local function cut(text)
  local name, rest = text:match("^([^.]*)%.(.*)$")
  return name or text, rest or ""
end

--- "name.version.group": name, version, group; nothing with fewer than two dots.
local function cut_twice(text) return text:match("^([^.]*)%.([^.]*)%.(.*)$") end

--- "deployments.apps" in its parts: { group =, resource = }. Each may be "".
function schema.parse_group_resource(text)
  local resource, group = cut(check(text, "parse_group_resource"))
  return { group = group, resource = resource }
end

--- "Deployment.apps" in its parts: { group =, kind = }.
function schema.parse_group_kind(text)
  local kind, group = cut(check(text, "parse_group_kind"))
  return { group = group, kind = kind }
end

--- "deployments.v1.apps" or "deployments.apps", read both ways, since the text does not say which
-- it is.
-- @return { group =, version =, resource = } | nil (fewer than two dots); and { group =,
--   resource = }
function schema.parse_resource_arg(text)
  local resource, version, group = cut_twice(check(text, "parse_resource_arg"))
  local full = resource and { group = group, version = version, resource = resource } or nil
  return full, schema.parse_group_resource(text)
end

--- "Deployment.v1.apps" or "Deployment.apps", as parse_resource_arg.
-- @return { group =, version =, kind = } | nil; and { group =, kind = }
function schema.parse_kind_arg(text)
  local kind, version, group = cut_twice(check(text, "parse_kind_arg"))
  local full = kind and { group = group, version = version, kind = kind } or nil
  return full, schema.parse_group_kind(text)
end

-- ---- as messages have them ----

--- "apps/v1, Resource=deployments": what is not told stays empty.
function schema.resource_text(resource)
  return string.format("%s/%s, Resource=%s", resource.group or "", resource.version or "",
    resource.resource or "")
end

--- "apps/v1, Kind=Deployment".
function schema.kind_text(kind)
  return string.format("%s/%s, Kind=%s", kind.group or "", kind.version or "", kind.kind or "")
end

--- "deployments.apps"; of the core group "pods".
function schema.group_resource_text(resource)
  local group = resource.group or ""
  return group == "" and resource.resource or resource.resource .. "." .. group
end

return schema
