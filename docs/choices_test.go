package docs

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"otherwise/eced"
	"otherwise/ldce"
)

var optionName = regexp.MustCompile("`([a-z_0-9]+(?:\\.[a-z_0-9]+)*)`")

// The options that choices.md names are those of the methods.
func TestChoicesNameOptions(t *testing.T) {
	page, err := os.ReadFile("choices.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{"preprocess": true, "config": true} // a recipe's
	for _, options := range []any{ldce.Options{}, eced.Options{}} {
		addOptions(known, "", reflect.TypeOf(options))
	}
	named := 0
	for line := range strings.Lines(string(page)) {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		for _, name := range optionName.FindAllStringSubmatch(cells[len(cells)-1], -1) {
			named++
			if !known[name[1]] {
				t.Errorf("neither method has the option %s: %s", name[1], line)
			}
		}
	}
	if named < 30 {
		t.Errorf("only %d options were found in choices.md", named)
	}
}

// addOptions adds the names of an options struct, those of structs within it behind a dot.
func addOptions(known map[string]bool, prefix string, options reflect.Type) {
	for i := range options.NumField() {
		field := options.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		known[prefix+name] = true
		if field.Type.Kind() == reflect.Struct {
			addOptions(known, prefix+name+".", field.Type)
		}
	}
}
