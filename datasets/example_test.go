package datasets_test

import (
	"fmt"

	"otherwise/datasets"
)

func ExampleClassByName() {
	classes := []string{"Coat", "Sneaker", "Ankle boot"}
	label, _ := datasets.ClassByName("ankle-boot", classes)
	fmt.Println(label)
	_, err := datasets.ClassByName("sneekers", classes)
	fmt.Println(err)
	// Output:
	// 2
	// no class "sneekers": the nearest are "Sneaker", "Ankle boot", "Coat"; the classes are "Coat", "Sneaker", "Ankle boot" (or their numbers 0 to 2)
}
