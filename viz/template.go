package viz

import (
	_ "embed"
	"fmt"
	"html/template"
	"regexp"
	"strings"
)

//go:embed view.tmpl
var viewSource string

var viewTemplates = template.Must(template.New("view").Parse(viewSource))

func executed(name string, data any) (string, error) {
	var text strings.Builder
	if err := viewTemplates.ExecuteTemplate(&text, name, data); err != nil {
		return "", fmt.Errorf("drawing a %s: %w", name, err)
	}
	return text.String(), nil
}

// trusted marks a part of a page that a template made.
func trusted(html string) template.HTML { return template.HTML(html) }

//go:embed scripts/common.js
var commonScript string

//go:embed scripts/compare.js
var compareScript string

//go:embed scripts/scrubber.js
var scrubberScript string

//go:embed scripts/explorer.js
var explorerScript string

//go:embed scripts/gallery.js
var galleryScript string

var comments = regexp.MustCompile(`(?m)^\s*//.*\n`)

// script is what a view runs: the common part and its own, without the comments, as each output of a notebook carries it.
func script(own string) template.JS {
	return template.JS(comments.ReplaceAllString(commonScript+own, ""))
}

// parts are views as parts of a page.
func htmlParts(views []View) ([]template.HTML, error) {
	var out []template.HTML
	for i, v := range views {
		if v == nil {
			return nil, fmt.Errorf("view %d of %d: %w", i+1, len(views), errNoView)
		}
		text, err := v.HTML()
		if err != nil {
			return nil, err
		}
		out = append(out, trusted(text))
	}
	return out, nil
}
