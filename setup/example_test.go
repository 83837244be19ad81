package setup_test

import (
	"context"
	"os"

	"otherwise/kernel"
	"otherwise/setup"
)

// What a program of one's own can ask for before anything is explained: is all here that is needed? What is found is written down, and what
// to do about what is missing.
func ExampleDoctor() {
	if !kernel.Must(setup.Doctor(context.Background(), os.Stdout)) {
		os.Exit(1)
	}
}
