package paint

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"strings"
)

// FusedProducts lists the floating-point products in a folder's Go files that a compiler may fuse with a sum: those that
// are neither rounded by a conversion, float64(x*y), nor a factor, a dividend or divisor of something else. It is for
// tests; see the package's comment.
func FusedProducts(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		return nil, fmt.Errorf("no Go files in %s: %w", dir, fs.ErrNotExist)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		files = append(files, file)
	}
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	// imports are left unresolved: what comes of them counts as a floating-point number
	checker := types.Config{Error: func(error) {}}
	_, _ = checker.Check(dir, set, files, info)
	var found []string
	for _, file := range files {
		ast.Walk(&fusing{info: info, report: func(at token.Pos) { found = append(found, set.Position(at).String()) }}, file)
	}
	return found, nil
}

// fusing walks over expressions. In a safe place a product can't be fused; in an index what is unknown is an integer.
type fusing struct {
	info   *types.Info
	safe   bool
	index  bool
	report func(token.Pos)
}

func (f *fusing) Visit(n ast.Node) ast.Visitor {
	inside := *f
	inside.safe = false
	switch e := n.(type) {
	case *ast.ParenExpr:
		inside.safe = f.safe
	case *ast.IndexExpr, *ast.SliceExpr:
		inside.index = true
	case *ast.CallExpr:
		if name, ok := e.Fun.(*ast.Ident); ok && (name.Name == "float64" || name.Name == "float32") {
			inside.safe = true
		}
	case *ast.BinaryExpr:
		inside.safe = e.Op == token.MUL || e.Op == token.QUO
		if e.Op == token.MUL && !f.safe && f.floating(e) {
			f.report(e.OpPos)
		}
	case *ast.AssignStmt:
		if e.Tok == token.MUL_ASSIGN && f.floating(e.Lhs[0]) {
			f.report(e.TokPos)
		}
	}
	return &inside
}

// floating is false for constants, which are exact, and for integers.
func (f *fusing) floating(e ast.Expr) bool {
	t := f.info.Types[e]
	if t.Value != nil {
		return false
	}
	basic, known := t.Type.(*types.Basic)
	if !known || basic.Kind() == types.Invalid {
		return !f.index
	}
	return basic.Info()&types.IsInteger == 0
}
