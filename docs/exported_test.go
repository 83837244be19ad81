package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every exported name that another module could use has a comment, so that `go doc` explains it. Staticcheck looks at the comments'
// form, and not for missing ones.
func TestExportedNamesAreExplained(t *testing.T) {
	for _, s := range sources(t) {
		s.unexplained(t)
	}
}

// source is a parsed file of a package that another module could import.
type source struct {
	*ast.File
	positions *token.FileSet
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || slices.Contains([]string{"internal", "testdata", "cmd"}, name)) {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		s := source{positions: token.NewFileSet()}
		s.File, err = parser.ParseFile(s.positions, path, nil, parser.ParseComments|parser.SkipObjectResolution)
		all = append(all, s)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// unexplained reports the exported names of a file that have no comment.
func (s source) unexplained(t *testing.T) {
	missing := func(n ast.Node, name string) { t.Errorf("%s: %s has no comment", s.positions.Position(n.Pos()), name) }
	for _, decl := range s.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Doc == nil && decl.Name.IsExported() && exportedReceiver(decl) && !explainsItself(decl) {
				missing(decl, decl.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if decl.Doc == nil && spec.Doc == nil && spec.Name.IsExported() {
						missing(spec, spec.Name.Name)
					}
				case *ast.ValueSpec: // a group's comment is enough
					for _, name := range spec.Names {
						if decl.Doc == nil && spec.Doc == nil && spec.Comment == nil && name.IsExported() {
							missing(spec, name.Name)
						}
					}
				}
			}
		}
	}
}

// exportedReceiver says whether a function is none of an unexported type.
func exportedReceiver(f *ast.FuncDecl) bool {
	if f.Recv == nil {
		return true
	}
	exported := true
	ast.Inspect(f.Recv.List[0].Type, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			exported = exported && name.IsExported()
		}
		return true
	})
	return exported
}

// explainsItself says whether a method is one of the standard library's interfaces, whose documentation says what it does.
func explainsItself(f *ast.FuncDecl) bool {
	return f.Recv != nil && slices.Contains([]string{"Error", "Unwrap", "Is", "String", "MarshalJSON", "UnmarshalJSON",
		"MarshalText", "UnmarshalText", "Close", "ColorModel", "Bounds", "At"}, f.Name.Name)
}
