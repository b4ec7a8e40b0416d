// Prints lua/kube/client/clientset_data.lua: the groups, resources and methods of client-go's typed
// clients, read from the sources of the client-go in go.mod. In spec/cluster:
//
//	$(./go.sh) run ./clientset >../../lua/kube/client/clientset_data.lua
//
// spec/client/clientset_spec.lua says when it must be written again.
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func check(err error) {
	if err != nil {
		fail("%v", err)
	}
}

func fail(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "clientset: "+format+"\n", values...)
	os.Exit(1)
}

// module gives the directory of a module of go.mod, fetched if it is not there. (go run puts its own
// go on the path.)
func module(path string) string {
	check(exec.Command("go", "mod", "download", path).Run())
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", path).Output()
	check(err)
	return strings.TrimSpace(string(out))
}

// pkg is the parsed sources of a package: what the generator looks up in it, by name.
type pkg struct {
	interfaces map[string]*ast.InterfaceType
	functions  map[string]*ast.FuncDecl // "newPods", "pods.Bind"
	imports    map[*ast.FuncDecl]map[string]string
	strings    map[string]string // constants
	variables  map[string]ast.Expr
}

func load(directory string) *pkg {
	p := &pkg{map[string]*ast.InterfaceType{}, map[string]*ast.FuncDecl{},
		map[*ast.FuncDecl]map[string]string{}, map[string]string{}, map[string]ast.Expr{}}
	names, err := filepath.Glob(filepath.Join(directory, "*.go"))
	check(err)
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		check(err)
		p.add(file)
	}
	return p
}

func (p *pkg) add(file *ast.File) {
	imports := map[string]string{}
	for _, one := range file.Imports {
		path := unquote(one.Path)
		name := filepath.Base(path)
		if one.Name != nil {
			name = one.Name.Name
		}
		imports[name] = path
	}
	for _, declared := range file.Decls {
		switch d := declared.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = typeName(d.Recv.List[0].Type) + "." + name
			}
			p.functions[name] = d
			p.imports[d] = imports
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				p.addSpec(spec)
			}
		}
	}
}

func (p *pkg) addSpec(spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		if i, ok := s.Type.(*ast.InterfaceType); ok {
			p.interfaces[s.Name.Name] = i
		}
	case *ast.ValueSpec:
		for i, value := range s.Values {
			if text, ok := value.(*ast.BasicLit); ok && text.Kind == token.STRING {
				p.strings[s.Names[i].Name] = unquote(text)
			} else {
				p.variables[s.Names[i].Name] = value
			}
		}
	}
}

func unquote(text *ast.BasicLit) string {
	value, err := strconv.Unquote(text.Value)
	check(err)
	return value
}

// typeName is the last word of a type: Pod of *corev1.Pod.
func typeName(of ast.Expr) string {
	switch t := of.(type) {
	case *ast.StarExpr:
		return typeName(t.X)
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.Ident:
		return t.Name
	}
	return ""
}

// ---- names and types ----

var (
	wordEnd    = regexp.MustCompile(`([a-z0-9])([A-Z])`)
	acronymEnd = regexp.MustCompile(`([A-Z])([A-Z][a-rt-z]|[A-Z]s[a-z])`)
)

// snake is ip_addresses for IPAddresses, service_cidrs for ServiceCIDRs, evict_v1beta1 for
// EvictV1beta1.
func snake(name string) string {
	name = wordEnd.ReplaceAllString(name, "${1}_${2}")
	return strings.ToLower(acronymEnd.ReplaceAllString(name, "${1}_${2}"))
}

type kind struct{ group, version, name string }

// apiVersion is "v1" or "apps/v1".
func (k kind) apiVersion() string {
	if k.group == "" {
		return k.version
	}
	return k.group + "/" + k.version
}

var (
	apiDirectory string
	apis         = map[string]*pkg{}
)

// kindOf gives the kind of a type that a function mentions: its package says its group and version.
func (p *pkg) kindOf(function *ast.FuncDecl, of ast.Expr) (kind, bool) {
	star, ok := of.(*ast.StarExpr)
	if !ok {
		return kind{}, false
	}
	selector, ok := star.X.(*ast.SelectorExpr)
	if !ok {
		return kind{}, false
	}
	below, ok := strings.CutPrefix(p.imports[function][typeName(selector.X)], "k8s.io/api/")
	if !ok {
		return kind{}, false
	}
	api := apis[below]
	if api == nil {
		api = load(filepath.Join(apiDirectory, below))
		apis[below] = api
	}
	k := kind{group: api.strings["GroupName"], name: selector.Sel.Name}
	for _, element := range api.variables["SchemeGroupVersion"].(*ast.CompositeLit).Elts {
		if pair := element.(*ast.KeyValueExpr); typeName(pair.Key) == "Version" {
			k.version = unquote(pair.Value.(*ast.BasicLit))
		}
	}
	if k.version == "" {
		fail("k8s.io/api/%s has no version", below)
	}
	return k, true
}

// ---- resources and their methods ----

// extra is a method beyond the verbs.
type extra struct {
	name        string
	action      string // the verb, "raw" for one that gives bytes, "local" for one that sends nothing
	subresource string
	body        kind
	named       bool // whether the name comes before the body
}

type resource struct {
	accessor   string
	kind       kind
	namespaced bool
	verbs      []string
	extras     []extra
}

var verbs = strings.Fields("Create Update UpdateStatus Delete DeleteCollection Get List Watch " +
	"Patch Apply ApplyStatus")

// methods gives the names of an interface's methods, with those of the expansion in it.
func (p *pkg) methods(name string) []string {
	var found []string
	for _, field := range p.interfaces[name].Methods.List {
		if len(field.Names) == 0 {
			found = append(found, p.methods(typeName(field.Type))...)
		}
		for _, method := range field.Names {
			found = append(found, method.Name)
		}
	}
	return found
}

// The calls that make a request, and what they are called here.
var actions = map[string]string{
	"Get": "get", "List": "list", "Post": "create", "Put": "update", "Patch": "patch",
	"NewRequest": "apply",
}

// look finds what a method sends by the calls in it.
func (e *extra) look(function *ast.FuncDecl) {
	e.action = "local"
	ast.Inspect(function.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
			name = selector.Sel.Name
		}
		if actions[name] != "" {
			e.action = actions[name]
		} else if name == "SubResource" {
			e.subresource = unquote(call.Args[0].(*ast.BasicLit))
		}
		return true
	})
}

func (p *pkg) extra(receiver, method string) extra {
	e := extra{name: snake(method)}
	function := p.functions[receiver+"."+method]
	if with := p.functions[receiver+"."+method+"WithContext"]; with != nil {
		function = with // which the method without calls
	}
	e.look(function)
	parameters := function.Type.Params.List
	if typeName(parameters[0].Type) == "Context" {
		parameters = parameters[1:]
	}
	e.named = typeName(parameters[0].Type) == "string"
	switch typeName(function.Type.Results.List[0].Type) {
	case "Request", "ResponseWrapper":
		e.action = "raw"
	}
	if e.action == "create" || e.action == "update" {
		for _, parameter := range parameters {
			if k, ok := p.kindOf(function, parameter.Type); ok {
				e.body = k
			}
		}
	} else if e.action == "apply" { // which takes an apply configuration, and gives the kind
		e.body, _ = p.kindOf(function, function.Type.Results.List[0].Type)
	}
	return e
}

// construction gives the call in newPods: NewClientWithListAndApply[...]("pods", ...).
func (p *pkg) construction(accessor string) (*ast.FuncDecl, *ast.CallExpr) {
	function := p.functions["new"+accessor]
	returned := function.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.UnaryExpr)
	return function, returned.X.(*ast.CompositeLit).Elts[0].(*ast.CallExpr)
}

func (p *pkg) resource(client *ast.FuncDecl) resource {
	accessor := client.Name.Name
	r := resource{accessor: snake(accessor), namespaced: len(client.Type.Params.List) == 1}
	function, call := p.construction(accessor)
	if plural := unquote(call.Args[0].(*ast.BasicLit)); plural != strings.ReplaceAll(r.accessor, "_", "") {
		fail("%s has the plural %s: the table must say so", r.accessor, plural)
	}
	object := call.Args[4].(*ast.FuncLit).Type.Results.List[0].Type
	r.kind, _ = p.kindOf(function, object)
	receiver := typeName(function.Type.Results.List[0].Type)
	for _, method := range p.methods(typeName(client.Type.Results.List[0].Type)) {
		if slices.Contains(verbs, method) {
			r.verbs = append(r.verbs, snake(method))
		} else if !strings.HasSuffix(method, "WithContext") {
			r.extras = append(r.extras, p.extra(receiver, method))
		}
	}
	return r
}

// group gives the resources of a package, in the order of its interface.
func (p *pkg) group(accessor string) []resource {
	var found []resource
	for _, field := range p.interfaces[accessor+"Interface"].Methods.List {
		if getter, ok := strings.CutSuffix(typeName(field.Type), "Getter"); ok && len(field.Names) == 0 {
			found = append(found, p.resource(p.functions[accessor+"Client."+getter]))
		}
	}
	return found
}

// ---- printing ----

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

func main() {
	client := module("k8s.io/client-go")
	apiDirectory = module("k8s.io/api")
	kubernetes := load(filepath.Join(client, "kubernetes"))
	_, release, _ := strings.Cut(filepath.Base(client), "@")

	var out strings.Builder
	groups, resources := 0, 0
	for _, method := range kubernetes.interfaces["Interface"].Methods.List {
		accessor := method.Names[0].Name
		function := kubernetes.functions["Clientset."+accessor]
		imported := typeName(method.Type.(*ast.FuncType).Results.List[0].Type.(*ast.SelectorExpr).X)
		path, ok := strings.CutPrefix(kubernetes.imports[function][imported], "k8s.io/client-go/")
		if !ok || !strings.HasPrefix(path, "kubernetes/typed/") {
			continue // Discovery
		}
		found := load(filepath.Join(client, path)).group(accessor)
		first := found[0].kind
		fmt.Fprintf(&out, "  %s = { group = %q, version = %q,\n", snake(accessor), first.group, first.version)
		for _, r := range found {
			if r.kind.apiVersion() != first.apiVersion() {
				fail("%s has %s and %s", accessor, first.apiVersion(), r.kind.apiVersion())
			}
			r.print(&out)
		}
		fmt.Fprint(&out, "  },\n")
		groups, resources = groups+1, resources+len(found)
	}
	fmt.Printf(head, release, groups, resources, all, statusBegin, statusEnd)
	fmt.Print(out.String() + "}\n")
}
