package datasets

import (
	"fmt"
	"slices"
)

// ValueOf reads the name of a value of a world's factor, for UnmarshalText methods: the number of the name among the legal
// ones.
func ValueOf[T ~int](text []byte, names []string, what string) (T, error) {
	at := slices.Index(names, string(text))
	if at < 0 {
		return 0, fmt.Errorf("no %s %q; legal are %s", what, text, quoteAll(names))
	}
	return T(at), nil
}
