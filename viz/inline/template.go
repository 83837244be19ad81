package inline

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed inline.tmpl
var source string

var templates = template.Must(template.New("inline").Parse(source))

func render(name string, data any) (string, error) {
	var text strings.Builder
	err := templates.ExecuteTemplate(&text, name, data)
	return text.String(), err
}
