--- The resource whose subresource takes objects of a kind that is no resource itself: an Eviction
-- goes to pods/eviction, a TokenRequest to serviceaccounts/token.
local errors = require("kube.api.errors")
local schema = require("kube.api.schema")

local subresource_kinds = {}

local function takes(one, subresource, object)
  local group_version = schema.group_version(one.kindGroup or "", one.kindVersion or "")
  return one.subresource == subresource and one.kind == object.kind
    and group_version == object.apiVersion
end

--- Of the resources that discovery knows those to whose subresource an object goes.
local function owners_of(subresources, subresource, object)
  local found = {}
  for _, one in ipairs(subresources) do
    if takes(one, subresource, object) then found[#found + 1] = one end
  end
  return found
end

--- The resource to whose subresource an object goes: resource | nil, no single one | nil, err.
-- @param its_discovery  a discovery client
function subresource_kinds.find(its_discovery, object, subresource)
  local subresources, err = its_discovery:server_subresources()
  if not subresources then return nil, err end
  local owners = owners_of(subresources, subresource, object)
  if #owners > 1 then
    return nil, errors.new {
      reason = "AmbiguousMatch",
      message = string.format("%d resources have a subresource %q that takes a %s: use the dynamic "
        .. "client, kube.dynamic(config):resource{ ... }", #owners, subresource, object.kind),
    }
  end
  for _, resource in ipairs(its_discovery:server_resources() or {}) do
    local owner = owners[1]
    if owner and resource.group == owner.group and resource.version == owner.version
        and resource.resource == owner.resource then
      return resource
    end
  end
end

return subresource_kinds
