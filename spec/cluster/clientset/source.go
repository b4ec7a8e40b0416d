// What the generator knows of Go: parsed packages, names, and the kinds that types are.

package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

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
