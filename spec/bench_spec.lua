-- The benchmarks are compared over years: their data must stay what it is, to the byte. And the
-- table of figures is one that nobody reads until it is measured: its names must fit.
local process = require("spec.support.process")

local GOALS = [[
import sys
sys.path.insert(0, "spec/bench")
import figures
for figure in figures.ALL:
    labels = {peer.label for peer in figure.peers}
    for goal in figure.goals:
        assert {goal.of, *goal.against} <= labels, (figure.name, goal)
]]

describe("the figures of the benchmarks", function()
  it("have goals for those who take part", function()
    local output, code = process.run("python3 -B -c '" .. GOALS .. "'")
    assert(code == 0, output)
  end)
end)

describe("the data of the benchmarks", function()
  it("is the same bytes as ever", function()
    local out = os.tmpname()
    local output, code = process.run(string.format(
      "python3 -B spec/bench/pods.py 300 '%s' && sha256sum <'%s'; rm -f '%s'", out, out, out))
    assert(code == 0, output)
    assert.equal("ef77d1b25c346dfd1cbe441f57b375461343da99fe5ac24085260199875284e8",
      output:match("^%x+"))
  end)
end)
