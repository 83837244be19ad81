// Package refuse makes the errors for files that are not read, each of one of a few kinds.
package refuse

import (
	"errors"
	"fmt"
)

// The kinds, exported with their explanations by package weights.
var (
	ErrTruncated   = errors.New("the file is truncated")
	ErrMalformed   = errors.New("the file is malformed")
	ErrForbidden   = errors.New("the file asks for code to be run")
	ErrTooLarge    = errors.New("the file asks for too much memory")
	ErrUnsupported = errors.New("the file is of a kind that is not read")
)

// refusal is an error whose text is its own and that errors.Is finds to be of a kind.
type refusal struct {
	kind error
	error
}

func (r refusal) Unwrap() []error { return []error{r.kind, r.error} }

// Errorf formats an error of the given kind. Its text does not repeat the kind's.
func Errorf(kind error, format string, args ...any) error {
	return refusal{kind, fmt.Errorf(format, args...)}
}

// As gives an error a kind, unless it has one already.
func As(kind, err error) error {
	if known := (refusal{}); err == nil || errors.As(err, &known) {
		return err
	}
	return refusal{kind, err}
}
