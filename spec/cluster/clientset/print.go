// How the table is written.

package main

import (
	"fmt"
	"strconv"
	"strings"
)

const head = `-- What client-go's typed clients know. Written by spec/cluster/clientset from client-go %s:
-- not to be changed by hand.
--
--   accessor of a group-version = { group =, version =,
--     accessor of a resource = { kind, whether it is namespaced, verbs,
--       { method beyond the verbs = { what it does, subresource, apiVersion and kind of its body
--         where they are not the resource's own, named = whether the name comes first } } } }
--
-- The plural is the accessor without "_". What a method does is a verb; "raw" gives bytes, and
-- "local" sends nothing. %d group-versions, %d resources.
local NAMESPACED, CLUSTER = true, false
local ALL = "%s"
local STATUS = "%s "
  .. "%s"

return {
`

const (
	all         = "create update delete delete_collection get list watch patch apply"
	statusBegin = "create update update_status delete delete_collection get list watch"
	statusEnd   = "patch apply apply_status"
)

func (r resource) scope() string {
	if r.namespaced {
		return "NAMESPACED"
	}
	return "CLUSTER"
}

// verbsText is how the verbs are written: by the name of the set that they are, mostly.
func (r resource) verbsText() string {
	switch text := strings.Join(r.verbs, " "); text {
	case all:
		return "ALL"
	case statusBegin + " " + statusEnd:
		return "STATUS"
	default:
		return strconv.Quote(text)
	}
}

// text is the line of a method of a resource of that kind.
func (e extra) text(own kind) string {
	text := fmt.Sprintf("%s = { %q", e.name, e.action)
	if e.subresource != "" {
		text += fmt.Sprintf(", %q", e.subresource)
	}
	if e.body.name != "" && e.body != own {
		text += fmt.Sprintf(", %q", e.body.apiVersion()+" "+e.body.name)
	}
	if e.named && e.body.name != "" {
		text += ", named = true"
	}
	return text + " }"
}

func (r resource) print(out *strings.Builder) {
	verbs := r.verbsText()
	line := fmt.Sprintf("    %s = { %q, %s, ", r.accessor, r.kind.name, r.scope())
	if len(r.extras) == 0 && len(line)+len(verbs)+3 <= 100 {
		fmt.Fprintf(out, "%s%s },\n", line, verbs)
		return
	}
	if len(line)+len(verbs)+2 > 100 {
		line = strings.TrimSuffix(line, " ") + "\n      "
	}
	fmt.Fprintf(out, "%s%s", line, verbs)
	if len(r.extras) == 0 {
		fmt.Fprint(out, " },\n")
		return
	}
	fmt.Fprint(out, ", {\n")
	for _, e := range r.extras {
		fmt.Fprintf(out, "      %s,\n", e.text(r.kind))
	}
	fmt.Fprint(out, "    } },\n")
}
