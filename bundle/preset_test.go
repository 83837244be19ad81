package bundle

import (
	"strings"
	"testing"

	"otherwise/ldce"
)

// A preset lies over the options before it and under those of its own object.
func TestPresetsAmongOverrides(t *testing.T) {
	overrides, err := withPresets([][]byte{[]byte(`{"gamma": 10, "patch": 2}`), nil, []byte(`{"lambda_d": 9, "preset": "celebahq/code"}`)})
	if err != nil {
		t.Fatal(err)
	}
	var o ldce.Options
	for _, override := range overrides {
		if len(override) == 0 {
			continue
		}
		if err := strict(override, &o); err != nil {
			t.Fatal(err)
		}
	}
	if *o.Gamma != 35 || *o.LambdaC != .5 || *o.LambdaD != 9 || o.Patch != 2 || o.Guidance != ldce.GuidanceFree || o.DDIMSteps != 500 {
		t.Errorf("got %+v", o)
	}
	for override, want := range map[string]string{`{"preset": "mnist"}`: "celebahq", `{"preset": 3}`: "a name is wanted"} {
		if _, err := withPresets([][]byte{[]byte(override)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v", override, err)
		}
	}
}
