package nn

import (
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
)

// Watch returns the scope with an observer of activations: see is called while the graph is built, with the name of a
// module and its result, for every module that graph code hands to [Scope.Watched]. It tells where a network departs from
// another implementation of it.
func (s Scope) Watch(see func(module string, x *Node)) Scope {
	s.see = see
	return s
}

// Watched shows the result of the scope's module to the observer, if there is one, and returns it.
func (s Scope) Watched(x *Node) *Node {
	if s.see != nil {
		s.see(strings.TrimSuffix(s.prefix, "."), x)
	}
	return x
}
