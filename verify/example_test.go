package verify_test

import (
	"context"
	"fmt"
	"regexp"

	"otherwise/kernel"
	"otherwise/verify"
)

// The values of one independent implementation, held against this one's.
func ExampleFolders() {
	summaries := kernel.Must(verify.Folders(context.Background(), kernel.Must(kernel.Backend()), []string{"../testdata/golden"},
		verify.Options{Run: regexp.MustCompile("ldce_consensus$")}))
	for _, s := range summaries {
		fmt.Println(s.Passed > 0, s.Failed)
	}
	// Output: true 0
}
