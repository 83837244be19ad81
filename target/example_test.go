package target_test

import (
	"context"
	"fmt"

	"otherwise/kernel"
	"otherwise/target"
)

// The class to turn a picture into, where nobody names one.
func ExampleSelector_Select() {
	classes := []string{"coat", "pullover", "dress"}
	second := kernel.Must(target.New(context.Background(), target.Second, classes, target.Options{}))
	chosen := kernel.Must(second.Select(context.Background(), picture(0.5), []float64{0.7, 0.1, 0.2}, 1))
	fmt.Println(classes[chosen])
	// Output: dress
}
