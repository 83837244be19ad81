package classify_test

import (
	"fmt"

	"otherwise/classify"
)

// A published architecture with a head of one's own: what the JSON names differs, all else is as published.
func ExampleFromConfig() {
	model, err := classify.FromConfig("resnet50", []byte(`{"classes": 3}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	layers := model.(classify.Network).Layers()
	fmt.Println(len(layers), layers[len(layers)-1])
	_, err = classify.FromConfig("resnet50", []byte(`{"clases": 3}`))
	fmt.Println(err != nil)
	// Output:
	// 23 avgpool
	// true
}

// The classes that stand nearest to the zebra in WordNet.
func ExampleWordNetNeighbours() {
	const zebra = 340
	near, err := classify.WordNetNeighbours(zebra, 2)
	for _, class := range near {
		fmt.Println(classify.ImageNetClasses()[class])
	}
	fmt.Println(err)
	// Output:
	// sorrel
	// hippopotamus
	// <nil>
}
