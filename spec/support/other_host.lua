--- Programs as they are on a machine whose libraries are others (other_host.c): variables for them.
local process = require("spec.support.process")

local library -- compiled once

--- { LD_PRELOAD =, OTHER_HOST = } for a program in which this differs: words of other_host.c.
return function(what)
  if not library then
    library = assert(os.getenv("KUBE_SPEC_BUILD")) .. "/other_host.so"
    local said, code = process.run("${CC:-cc} -shared -fPIC -O1 spec/support/other_host.c -o "
      .. process.quote(library .. ".new") .. " -ldl && mv " .. process.quote(library .. ".new")
      .. " " .. process.quote(library))
    assert(code == 0, said)
  end
  return { LD_PRELOAD = library, OTHER_HOST = what }
end
