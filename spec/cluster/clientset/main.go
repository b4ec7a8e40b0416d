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
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
