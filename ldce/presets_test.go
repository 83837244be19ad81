package ldce

import "testing"

// The paper's number of steps, as the table has it, comes out of each preset; the first is what no options at all give.
func TestPresets(t *testing.T) {
	for _, name := range PresetNames() {
		o, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		filled, err := o.WithDefaults()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := filled.start(); got != presets[name].steps {
			t.Errorf("%s makes %d steps, want %d", name, got, presets[name].steps)
		}
	}
	zero, err := Options{}.WithDefaults()
	if err != nil {
		t.Fatal(err)
	}
	first, err := Preset("imagenet-cls")
	if err != nil {
		t.Fatal(err)
	}
	if *first.Gamma != *zero.Gamma || *first.LambdaC != *zero.LambdaC || *first.LambdaD != *zero.LambdaD ||
		*first.GuidanceScale != *zero.GuidanceScale || zero.start() != 191 {
		t.Errorf("the paper's setting %+v differs from the default %+v", first, zero)
	}
	if _, err := Preset("mnist"); err == nil {
		t.Error("an unknown preset is no error")
	}
}
