--- create and update: objects that a request brings whole.
--
-- Each verb gives code, JSON text, headers | nil, failure.
local body = require("kube.fake.body")
local lifecycle = require("kube.fake.lifecycle")
local parameters = require("kube.fake.parameters")
local read = require("kube.fake.read")
local status = require("kube.fake.status")
local store = require("kube.fake.store")

local write = {}

--- The answer that is an object.
function write.answer(code, record, failure, headers)
  if not record then return nil, failure end
  return code, store.text(record), headers
end

--- POST of a collection.
function write.create(world, asked, query, request)
  local options, failure = parameters.of_write("CreateOptions", query)
  if not options then return nil, failure end
  local object
  object, failure = body.object(world, request, asked)
  if not object then return nil, failure end
  if (object.metadata.resourceVersion or "") ~= "" then
    return nil, status.unknown("resourceVersion should not be set on objects to be created")
  end
  return write.answer(201, lifecycle.create(world, asked.resource, object, options.dry_run))
end

--- PUT of an object.
function write.update(world, asked, query, request)
  local options, failure = parameters.of_write("UpdateOptions", query)
  if not options then return nil, failure end
  local object, record, ok
  object, failure = body.object(world, request, asked)
  if not object then return nil, failure end
  ok, failure = body.check_name(object, asked.name)
  if not ok then return nil, failure end
  record, failure = read.record(world, asked)
  if not record then
    if not asked.resource.put_creates or asked.status then return nil, failure end
    return write.answer(201, lifecycle.create(world, asked.resource, object, options.dry_run))
  end
  return write.answer(200, lifecycle.update(world, record, object, {
    status = asked.status, dry_run = options.dry_run,
  }))
end

return write
