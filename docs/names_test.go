package docs

import (
	"go/ast"
	"regexp"
	"testing"
)

var qualified = regexp.MustCompile(`\b([a-z]+)\.([A-Z]\w*)(?:\.([A-Z]\w*))?`)

// What pages call by a package's name, such as viz.Figure or eced.Method.CheckMasking, is there. The changelog may name what is gone.
func TestPagesNameWhatThereIs(t *testing.T) {
	exported := exportedNames(t)
	found := 0
	check := func(page, pkg, name, member string) {
		found++
		if !exported[pkg][name] {
			t.Errorf("%s: package %s has no %s", page, pkg, name)
		} else if member != "" && !exported[pkg][name+"."+member] {
			t.Errorf("%s: %s.%s has no %s", page, pkg, name, member)
		}
	}
	for path, d := range documents(t) {
		for _, span := range d.spans {
			for _, m := range qualified.FindAllStringSubmatch(span, -1) {
				if exported[m[1]] != nil && path != "CHANGELOG.md" {
					check(path, m[1], m[2], m[3])
				}
			}
			if path == "docs/metrics.md" && bare.MatchString(span) {
				check(path, "metrics", span, "")
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d names were found in the documentation", found)
	}
}

// bare is how metrics.md names the functions of package metrics.
var bare = regexp.MustCompile(`^[A-Z]\w+$`)

// exportedNames are the exported names by package, with a type's fields and methods as Type.Member.
func exportedNames(t *testing.T) map[string]map[string]bool {
	t.Helper()
	all := map[string]map[string]bool{}
	for _, s := range sources(t) {
		names := all[s.Name.Name]
		if names == nil {
			names = map[string]bool{}
			all[s.Name.Name] = names
		}
		for _, decl := range s.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if of := receiver(decl); of != "" {
					names[of+"."+decl.Name.Name] = true
				} else {
					names[decl.Name.Name] = true
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						names[spec.Name.Name] = true
						addMembers(names, spec)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							names[name.Name] = true
						}
					}
				}
			}
		}
	}
	return all
}

// receiver is the name of a method's type, "" for a function.
func receiver(f *ast.FuncDecl) (name string) {
	if f.Recv == nil {
		return ""
	}
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return true
	})
	return name
}

func addMembers(names map[string]bool, t *ast.TypeSpec) {
	var fields *ast.FieldList
	switch of := t.Type.(type) {
	case *ast.StructType:
		fields = of.Fields
	case *ast.InterfaceType:
		fields = of.Methods
	default:
		return
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			names[t.Name.Name+"."+name.Name] = true
		}
	}
}
