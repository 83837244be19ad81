package program

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"sync"

	"github.com/gomlx/compute"
)

// Method is a call that a log can hold.
type Method struct {
	Name string
	// Code stands for the method in a log.
	Code    int
	call    reflect.Value // a function of the receiver and the arguments
	in, out []reflect.Type
}

var (
	functionType = reflect.TypeFor[compute.Function]()
	builderType  = reflect.TypeFor[compute.Builder]()
	valueType    = reflect.TypeFor[compute.Value]()
	valuesType   = reflect.TypeFor[[]compute.Value]()
	errorType    = reflect.TypeFor[error]()
	anyType      = reflect.TypeFor[any]()
)

// expression is a method of an interface as a function whose first parameter is the receiver.
//
// Looking methods up by reflection instead would tell Go's linker that any method may be called, and it would keep all methods of
// all types in each cell's program.
type expression struct {
	name string
	call any
}

// ofBuilder are the methods of compute.Builder that change what is built.
var ofBuilder = []expression{
	{"DeviceAssignment", compute.Builder.DeviceAssignment},
	{"DistributedAutoSharding", compute.Builder.DistributedAutoSharding},
	{"DistributedSPMD", compute.Builder.DistributedSPMD},
	{"NewFunction", compute.Builder.NewFunction},
}

// Methods lists what a log can hold, in the order of their codes.
var Methods = sync.OnceValue(func() []Method {
	var all []Method
	for _, of := range [][]expression{ofBuilder, ofFunction} {
		for _, e := range of {
			all = append(all, newMethod(e, len(all)))
		}
	}
	return all
})

func newMethod(e expression, code int) Method {
	m := Method{Name: e.name, Code: code, call: reflect.ValueOf(e.call)}
	t := m.call.Type()
	for i := 1; i < t.NumIn(); i++ {
		m.in = append(m.in, t.In(i))
	}
	for i := range t.NumOut() {
		m.out = append(m.out, t.Out(i))
	}
	return m
}

// onBuilder tells methods of compute.Builder from those of compute.Function.
func (m Method) onBuilder() bool { return m.call.Type().In(0) == builderType }

// Named finds a method.
func Named(name string) (Method, bool) {
	m, found := byName()[name]
	return m, found
}

var byName = sync.OnceValue(func() map[string]Method {
	all := map[string]Method{}
	for _, m := range Methods() {
		all[m.Name] = m
	}
	return all
})

// Interface identifies the set of methods and their signatures: two programs that agree on it understand one another's
// logs.
var Interface = sync.OnceValue(func() string {
	sum := sha256.New()
	for _, m := range Methods() {
		fmt.Fprintln(sum, m.Code, m.Name, m.in, m.out)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
})
