package fields

import (
	"strings"
	"testing"
)

type embedded struct {
	Depth int `json:"depth"`
}

type settings struct {
	embedded
	Width int  `json:"width,omitempty"`
	Deep  bool `json:"-"`
}

var kind = Kind{Name: "test", Ignored: []string{"sample_size"}, Fixed: map[string][]string{"scale": {"1", "2"}, "kind": {`"a"`}}}

func TestParse(t *testing.T) {
	got := settings{Width: 3}
	err := kind.Parse([]byte(`{"depth": 7, "width": null, "scale": 1.0, "kind": "a", "sample_size": [1], "_version": "x", "off": false, "none": null}`), &got)
	if err != nil || got.Depth != 7 || got.Width != 3 {
		t.Errorf("read %+v, error %v; want depth 7 and the default width 3", got, err)
	}
}

func TestParseNamesAllThatIsWrong(t *testing.T) {
	got := settings{Width: 3}
	err := kind.Parse([]byte(`{"scale": 3, "kind": null, "on": true, "Deep": true, "width": 4}`), &got)
	for _, word := range []string{"scale is 3; known is 1 or 2", `kind is null; known is "a"`, "on is true", "Deep is true"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("got error %v, want one with %q", err, word)
		}
	}
	if got.Width != 3 {
		t.Error("a configuration that was refused was read")
	}
	for _, raw := range []string{``, `[]`, `{"width": "wide"}`, `{"width": 1} {}`} {
		if err := kind.Parse([]byte(raw), &got); err == nil {
			t.Errorf("%q was read", raw)
		}
	}
}
