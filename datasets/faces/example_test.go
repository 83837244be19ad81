package faces_test

import (
	"fmt"

	"otherwise/datasets/faces"
)

// A portrait and the same person smiling.
func ExamplePortrait_With() {
	portrait := faces.Draw(3, 0, faces.Options{})
	other := "yes"
	if portrait.Smiling {
		other = "no"
	}
	changed, err := portrait.With("Smiling", other)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(changed.Smiling != portrait.Smiling, changed.Identity == portrait.Identity)
	// Output: true true
}
