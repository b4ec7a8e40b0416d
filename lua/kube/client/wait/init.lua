--- Waits until objects are as they should be: one look, then a watch from there; no polling.
--
-- | case                              | kubectl wait              | kube                          |
-- |-----------------------------------|---------------------------|-------------------------------|
-- | the object is not there           | NotFound, when those      | NotFound, at once             |
-- |                                   | before it are waited for  |                               |
-- | it is deleted while one waits     | goes on: it may return    | the same                      |
-- | time runs out                     | "timed out waiting ..."   | the same, and what was seen   |
-- |                                   |                           | last of each that is not so   |
-- | timeout 0, and it is not so yet   | "condition not met"       | the same as above             |
-- | timeout below 0                   | a week                    | the same                      |
-- | the watch expires (410)           | lists again               | the same, after a rest        |
-- | the server fails (5xx, 429)       | goes on                   | the same, after the first look|
-- | a condition of before the change  | does not count            | the same                      |
-- | several that one waits for        | one after the other, with | the same; those of selectors  |
-- |                                   | a watch each              | share one watch               |
-- | several conditions                | one after the other       | all at the same time          |
-- | create                            | polls, twice a second     | by watch                      |
-- | delete, and another one is made   | counts if the watch saw   | counts                        |
-- | of the same name meanwhile        | the deletion              |                               |
-- | delete, and it was never there    | a success                 | the same                      |
-- | selectors that choose nothing     | "no matching resources    | the same, as NotFound; of a   |
-- |                                   | found"; delete: a success | deletion an empty list        |
-- | objects that come later           | are not waited for        | the same                      |
-- | one that its selectors lose       | is waited for             | the same                      |
-- | conditions of other alphabets     | case does not matter      | it does                       |
-- Source of the rules: kubectl pkg/cmd/wait.
local driver = require("kube.driver")
local errors = require("kube.api.errors")
local goals = require("kube.client.wait.goals")
local group = require("kube.client.wait.group")
local options = require("kube.api.options")
local selectors = require("kube.client.selectors")
local targets = require("kube.client.wait.targets")

local wait = { goals = goals.of, targets = targets.of }

local TIMEOUT = 30 -- seconds, as kubectl
local WEEK = 7 * 24 * 3600
local LOOK = 1 -- a look has at least so many: see group.lua
local REST = 1 -- seconds between two looks, where the API forgets faster than one can watch
local TOLD = 10 -- objects that a message tells of

--- What k:wait takes.
wait.SPEC = options.merge(goals.SPEC, selectors.SPEC, { timeout = "number", all = "boolean" })

--- The seconds that one waits.
local function seconds_of(given)
  local seconds = given.timeout or TIMEOUT
  return (seconds < 0 or seconds > WEEK) and WEEK or seconds
end

-- ---- messages ----

--- What was seen last of an object that is not as it should be.
local function last_seen(member, all)
  if not member.object then return "nothing" end
  local texts = {}
  for _, goal in ipairs(all) do
    local missing = member.missing and member.missing[goal]
    if missing ~= nil then texts[#texts + 1] = goal.describe(member.object, missing or nil) end
  end
  local text = table.concat(texts, " and ")
  return member.there and text or text .. ", then it was deleted"
end

--- Those that are not as they should be.
local function unmet(run)
  local all = {}
  for _, member in ipairs(run.members()) do
    if not member.met then all[#all + 1] = member end
  end
  return all
end

local function seen_of_many(run, all)
  local texts = {}
  for i = 1, math.min(#all, TOLD) do
    texts[i] = all[i].what .. ": " .. last_seen(all[i], run.goals)
  end
  if #all > TOLD then texts[#texts + 1] = string.format("and %d more", #all - TOLD) end
  return table.concat(texts, "; ")
end

local function timed_out(run)
  local all, members = unmet(run), run.members()
  local whose, seen
  if #members == 0 then
    whose, seen = run.asked[1].resource:describe("*"), "nothing"
  elseif #members == 1 then
    whose, seen = members[1].what, last_seen(members[1], run.goals)
  else
    whose = string.format("%d of %d objects", #all, #members)
    seen = seen_of_many(run, all)
  end
  local message = string.format("timed out after %g s waiting for %s of %s; last seen: %s",
    run.timeout, goals.title(run.goals), whose, seen)
  if run.trouble then message = message .. "; the last try: " .. run.trouble.message end
  return errors.new { reason = "Timeout", message = message }
end

-- ---- waiting ----

local BROKEN = { Connection = true, ConnectionRefused = true, DNS = true }

--- The API forgot faster than one could watch.
local function is_too_old(err)
  return errors.predicates.is_expired(err) or errors.predicates.is_gone(err)
end

--- What another try may mend.
local function passes(err)
  local code = err.code or 0
  return is_too_old(err) or code == 429 or code >= 500 or BROKEN[err.reason] or false
end

--- Waits until another look may be taken: true | nil, err.
local function rest(run, one)
  local until_then = (one.looked_at or 0) + REST - driver.current().now()
  return driver.sleep(math.max(0, math.min(until_then, run.time(0))))
end

--- Looks, if it has not been looked at yet, and follows: true | nil, err | "again".
local function look_and_follow(run, one, look)
  if look then
    local good, err = one:look(run)
    if not good then return nil, err end
    run.trouble = nil
  end
  return one:follow(run)
end

--- Looks and follows until nothing is waited for, or time is up: true | nil, err.
local function await(run, one)
  local good, err = look_and_follow(run, one, not one.version)
  while good ~= true do
    if errors.predicates.is_canceled(err) then return nil, err end
    if run.time(0) <= 0 then return true end
    if not good and not passes(err) then return nil, err end
    run.trouble = not is_too_old(err) and err or nil
    local rested, why = rest(run, one)
    if not rested then return nil, why end
    good, err = look_and_follow(run, one, true)
  end
  return true
end

--- When time is up: how those are now that nobody followed yet. Together they have one look's time.
local function look_once_more(run, from)
  local deadline = driver.current().now() + REST
  for i = from, #run.groups do
    local one, now = run.groups[i], driver.current().now()
    local old = one.looked_at and now - one.looked_at > REST / 2
    if old and now < deadline and one:is_waiting() then
      one:look { time = function() return math.max(deadline - now, 0.1) end, groups = {} }
    end
  end
end

--- All members, in the order asked.
local function members_of(groups)
  local all = {}
  for _, one in ipairs(groups) do
    for _, member in ipairs(one.members) do all[#all + 1] = member end
  end
  return all
end

--- What comes back: the objects as they were when they were seen to be so.
local function results(run)
  local found = {}
  for i, member in ipairs(run.members()) do found[i] = member.object or true end
  return found
end

local function new_run(groups, all, timeout)
  local followed = {}
  for i, one in ipairs(groups) do followed[i] = one end
  local deadline = driver.current().now() + timeout
  local run = { goals = all, timeout = timeout, asked = groups, groups = followed }
  function run.members() return members_of(groups) end

  --- The seconds that are left, and so many at least.
  function run.time(least) return math.max(deadline - driver.current().now(), least) end

  function run.is_waiting()
    for _, one in ipairs(followed) do
      if one:is_waiting() then return true end
    end
    return false
  end

  return run
end

--- Looks at all, then follows them one after the other: true | nil, err.
local function look_and_await(run)
  for _, one in ipairs(run.asked) do
    local good, err = one:look(run)
    local over = not good and errors.predicates.is_timeout(err) and run.time(0) <= 0
    if over then return true end
    if not good then return nil, err end
  end
  local i = 1
  while run.groups[i] and run.time(0) > 0 do -- there may be more of them
    local good, err = await(run, run.groups[i])
    if not good then return nil, err end
    i = i + 1
  end
  look_once_more(run, i)
  return true
end

--- The groups that targets are: list | nil, err.
local function groups_of(list, all, given, resolve)
  local groups = {}
  local where = { namespace = given.namespace, all_namespaces = given.all_namespaces,
    timeout = math.max(LOOK, seconds_of(given)) }
  for i, target in ipairs(list) do
    local resource, err = resolve(target, where)
    if not resource then return nil, err end
    groups[i] = group.new(resource, all, target)
  end
  return groups
end

--- Waits until objects are as goals ask: an object, or a list | nil, err (reason NotFound: one is
-- not there; Timeout: with what was seen last).
-- @param list  of wait.targets
-- @param all  of wait.goals
-- @param given  as k:wait
-- @param resolve  function (target, options) -> a resource of the dynamic client | nil, err
function wait.run(list, all, given, resolve)
  local groups, err = groups_of(list, all, given, resolve)
  if not groups then return nil, err end
  if not groups[1] and not all.deletes then return nil, group.nothing() end
  local run = new_run(groups, all, seconds_of(given))
  local good
  good, err = look_and_await(run)
  if not good then return nil, err end
  if run.is_waiting() then return nil, timed_out(run) end
  local found = results(run)
  return list.many and found or found[1]
end

return wait
