package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOverrides(t *testing.T) {
	file := filepath.Join(t.TempDir(), "options.json")
	if err := os.WriteFile(file, []byte(`{"gamma": 45, "patch": 2, "cam": {"batch_size": 64}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	o := overrides{file: file, sets: []string{"gamma=60", "distance=l2", `eta = 0.5`, "no_consensus=true", "name=a=b", "gamma=70", "cam.layer=block1", "a.b.c=1", `list=[1]`}}
	got, err := o.json()
	want := `{"a":{"b":{"c":1}},"cam":{"batch_size":64,"layer":"block1"},"distance":"l2","eta":0.5,"gamma":70,"list":[1],"name":"a=b","no_consensus":true,"patch":2}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if got, err := (&overrides{}).json(); err != nil || got != nil {
		t.Errorf("without any: %s, %v", got, err)
	}
}

func TestOverridesErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		o    overrides
		want string
	}{
		"no equals sign": {overrides{sets: []string{"gamma"}}, "legal is key=value"},
		"no key":         {overrides{sets: []string{"=3"}}, "legal is key=value"},
		"no file":        {overrides{file: filepath.Join(dir, "none")}, "no such file"},
		"a list":         {overrides{file: write("list", "[1]")}, "a JSON object is wanted"},
		"null":           {overrides{file: write("null", "null")}, "a JSON object is wanted"},
		"torn":           {overrides{file: write("torn", `{"a":`)}, "a JSON object is wanted"},
		"too long":       {overrides{file: write("long", strings.Repeat(" ", maxOptions+1))}, "more than"},
	} {
		got, err := c.o.json()
		var usage *usageError
		if err == nil || !errors.As(err, &usage) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %s, %v; want a usage error with %q", name, got, err, c.want)
		}
	}
}
