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
	Code int
	// builder tells methods of compute.Builder from those of compute.Function.
	builder  bool
	index    int // in the interface's method set
	in, out  []reflect.Type
	variadic bool
}

var (
	functionType = reflect.TypeFor[compute.Function]()
	builderType  = reflect.TypeFor[compute.Builder]()
	valueType    = reflect.TypeFor[compute.Value]()
	valuesType   = reflect.TypeFor[[]compute.Value]()
	errorType    = reflect.TypeFor[error]()
	anyType      = reflect.TypeFor[any]()
)

// ofBuilder are the methods of compute.Builder that change what is built.
var ofBuilder = []string{"DeviceAssignment", "DistributedAutoSharding", "DistributedSPMD", "NewFunction"}

// notLogged are the methods of compute.Function that only ask.
var notLogged = map[string]bool{"Name": true, "Builder": true, "Parent": true, "Shape": true}

// Methods lists what a log can hold, in the order of their codes.
var Methods = sync.OnceValue(func() []Method {
	var all []Method
	for _, name := range ofBuilder {
		m, found := builderType.MethodByName(name)
		if !found {
			panic("compute.Builder has no method " + name) // a mistake in this file
		}
		all = append(all, newMethod(m, len(all), true))
	}
	for i := range functionType.NumMethod() {
		if m := functionType.Method(i); !notLogged[m.Name] {
			all = append(all, newMethod(m, len(all), false))
		}
	}
	return all
})

func newMethod(m reflect.Method, code int, builder bool) Method {
	r := Method{Name: m.Name, Code: code, builder: builder, index: m.Index, variadic: m.Type.IsVariadic()}
	for i := range m.Type.NumIn() {
		r.in = append(r.in, m.Type.In(i))
	}
	for i := range m.Type.NumOut() {
		r.out = append(r.out, m.Type.Out(i))
	}
	return r
}

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
