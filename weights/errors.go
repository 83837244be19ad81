package weights

import "otherwise/weights/internal/refuse"

// Files are refused for one of these reasons, which [errors.Is] finds in the errors of this package. The text of an
// error says what was found.
var (
	// ErrTruncated: the file ends before what it announces.
	ErrTruncated = refuse.ErrTruncated
	// ErrMalformed: the file contradicts itself or the rules of its format.
	ErrMalformed = refuse.ErrMalformed
	// ErrForbidden: a PyTorch file asks for code to be run. It was not run.
	ErrForbidden = refuse.ErrForbidden
	// ErrTooLarge: reading the file would take memory out of proportion to its size. The memory was not taken.
	ErrTooLarge = refuse.ErrTooLarge
	// ErrUnsupported: the file may be right, but is of a kind that is not read.
	ErrUnsupported = refuse.ErrUnsupported
)
