package program

import (
	"reflect"
	"testing"

	"github.com/gomlx/compute"
)

// TestMethodsAreThoseOfTheInterfaces fails when GoMLX's interface has other methods than those generated from it: run go generate.
func TestMethodsAreThoseOfTheInterfaces(t *testing.T) {
	asking := map[string]bool{"Name": true, "Builder": true, "Parent": true, "Shape": true}
	function := reflect.TypeFor[compute.Function]()
	if got, want := len(Methods())-len(ofBuilder), function.NumMethod()-len(asking); got != want {
		t.Errorf("%d methods of compute.Function are logged, wanted %d", got, want)
	}
	for _, m := range Methods() {
		on := function
		if m.onBuilder() {
			on = builderType
		}
		real, found := on.MethodByName(m.Name)
		if !found {
			t.Errorf("%v has no method %s", on, m.Name)
			continue
		}
		if asking[m.Name] {
			t.Errorf("%s only asks, and is logged", m.Name)
		}
		var in []reflect.Type
		for i := range real.Type.NumIn() {
			in = append(in, real.Type.In(i))
		}
		if !reflect.DeepEqual(m.in, in) || m.call.Type().IsVariadic() != real.Type.IsVariadic() || len(m.out) != real.Type.NumOut() {
			t.Errorf("%s takes %v and gives %v, wanted %v", m.Name, m.in, m.out, real.Type)
		}
	}
}
