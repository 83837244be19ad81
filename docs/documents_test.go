// Package docs is the documentation; its tests check what can be checked of it.
package docs

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// document is a page of Markdown, or all Markdown cells of a notebook.
type document struct {
	path    string   // from the repository's root, with slashes
	links   []string // targets of links and pictures, as written
	spans   []string // pieces of code within text
	anchors map[string]bool
}

// root is the repository.
const root = ".."

// documents reads all that people are shown: pages at the root, in docs and bench, and notebooks. Keys are paths.
func documents(t *testing.T) map[string]*document {
	t.Helper()
	all := map[string]*document{}
	for _, pattern := range []string{"*.md", "docs/*.md", "bench/*.md", "notebooks/*.ipynb"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Errorf("nothing is %s", pattern)
		}
		for _, file := range found {
			path, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			path = filepath.ToSlash(path)
			all[path] = read(t, path, file)
		}
	}
	return all
}

func read(t *testing.T, path, file string) *document {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Ext(file) == ".ipynb" {
		if content, err = markdownCells(content); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	d := &document{path: path, anchors: map[string]bool{}}
	page := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(content))
	err = ast.Walk(page, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			d.links = append(d.links, string(n.Destination))
		case *ast.Image:
			d.links = append(d.links, string(n.Destination))
			if words(n, content) == "" {
				t.Errorf("%s: the picture %s has no words for those who don't see it", path, n.Destination)
			}
		case *ast.CodeSpan:
			d.spans = append(d.spans, words(n, content))
		case *ast.Heading:
			d.anchors[anchor(words(n, content))] = true
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func markdownCells(notebook []byte) ([]byte, error) {
	var cells struct {
		Cells []struct {
			Type   string `json:"cell_type"`
			Source any    `json:"source"` // a string or lines
		} `json:"cells"`
	}
	if err := json.Unmarshal(notebook, &cells); err != nil {
		return nil, err
	}
	var all strings.Builder
	for _, c := range cells.Cells {
		if c.Type != "markdown" {
			continue
		}
		switch source := c.Source.(type) {
		case string:
			all.WriteString(source)
		case []any:
			for _, line := range source {
				all.WriteString(line.(string))
			}
		}
		all.WriteString("\n\n")
	}
	return []byte(all.String()), nil
}

// words are the text below a node, without its marks.
func words(n ast.Node, source []byte) string {
	var all strings.Builder
	for child := n.FirstChild(); child != nil; child = child.NextSibling() {
		switch child := child.(type) {
		case *ast.Text:
			all.Write(child.Segment.Value(source))
		case *ast.String:
			all.Write(child.Value)
		default:
			all.WriteString(words(child, source))
		}
	}
	return all.String()
}

// anchor is the name under which forges make a heading reachable: small letters, spaces as hyphens, punctuation left out.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		}
		return -1
	}, strings.TrimSpace(heading))
}

var scheme = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:`)
