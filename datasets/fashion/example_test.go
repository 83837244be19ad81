package fashion_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"otherwise/datasets/fashion"
)

// Get the data set once, then read its test pictures.
func Example() {
	cache, err := os.UserCacheDir()
	if err != nil {
		log.Fatal(err)
	}
	dir, err := fashion.Fetch(context.Background(), filepath.Join(cache, "otherwise"), fashion.FetchOptions{Log: os.Stderr})
	if err != nil {
		log.Fatal(err)
	}
	set, err := fashion.Load(dir, fashion.Test)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Len(), "pictures, the first of class", set.Classes()[set.Label(0)])
}
