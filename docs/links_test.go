package docs

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// resolve says what a relative link of a document leads to: a path from the repository's root, and a place in it.
func resolve(d *document, link string) (target, fragment string, err error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", "", err
	}
	target = d.path
	if u.Path != "" {
		target = path.Join(path.Dir(d.path), u.Path)
	}
	return target, u.Fragment, nil
}

func TestLinks(t *testing.T) {
	all := documents(t)
	for _, d := range all {
		for _, link := range d.links {
			if scheme.MatchString(link) {
				if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Host == "" {
					t.Errorf("%s: %s isn't a whole https address", d.path, link)
				}
				continue
			}
			target, fragment, err := resolve(d, link)
			if err != nil {
				t.Errorf("%s: %v", d.path, err)
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(target))); err != nil || strings.HasPrefix(target, "..") {
				t.Errorf("%s: %s leads to nothing in this repository", d.path, link)
				continue
			}
			if fragment == "" {
				continue
			}
			if page := all[target]; page == nil || !page.anchors[fragment] {
				t.Errorf("%s: %s has no heading of that name", d.path, link)
			}
		}
	}
}

// Every page can be reached from the index, the index from the README, and no picture lies about unused.
func TestReachable(t *testing.T) {
	all := documents(t)
	reached := map[string]bool{}
	var walk func(string)
	walk = func(at string) {
		if reached[at] {
			return
		}
		reached[at] = true
		d := all[at]
		if d == nil || at == "README.md" {
			return // else everything were reachable by way of the README
		}
		for _, link := range d.links {
			if target, _, err := resolve(d, link); err == nil && !scheme.MatchString(link) {
				walk(target)
			}
		}
	}
	const index = "docs/README.md"
	walk(index)
	for name := range all {
		if strings.HasSuffix(name, ".md") && !reached[name] && name != "README.md" {
			t.Errorf("%s can't be reached from %s", name, index)
		}
	}
	fromReadme := false
	for _, link := range all["README.md"].links {
		target, _, err := resolve(all["README.md"], link)
		fromReadme = fromReadme || err == nil && target == index
		reached[target] = true
	}
	if !fromReadme {
		t.Errorf("README.md has no link to %s", index)
	}
	pictures, err := filepath.Glob("images/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pictures {
		if name := path.Join("docs", filepath.ToSlash(p)); !reached[name] {
			t.Errorf("no page shows %s", name)
		}
	}
}

func TestAnchor(t *testing.T) {
	for heading, want := range map[string]string{
		"What a counterfactual costs":   "what-a-counterfactual-costs",
		"papermill, nbconvert, VS Code": "papermill-nbconvert-vs-code",
		"COUT: how fast it turns":       "cout-how-fast-it-turns",
		"1. In":                         "1-in",
	} {
		if got := anchor(heading); got != want {
			t.Errorf("%q: %q, want %q", heading, got, want)
		}
	}
}
