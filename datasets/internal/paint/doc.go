// Package paint draws the pictures of the procedural worlds: colours, noise, antialiased shapes on a small canvas.
//
// The same scene must give the same bytes on every machine. Go may fuse x*y+z into one operation with one rounding, on some
// processors and not on others, and its Sin, Cos and Exp are not the same everywhere. So here, and in the packages that
// draw with this one, every floating-point product is rounded by a conversion, float64(x*y), before anything is added to
// it, which the language forbids to fuse; sines are our own; noise is hashed integers; and shapes are filled by
// golang.org/x/image/vector, which keeps to the same rule. Square roots and divisions are rounded correctly everywhere.
// [CheckRounding] finds products that break the rule; the tests of each such package call it.
package paint
