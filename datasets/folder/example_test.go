package folder_test

import (
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"otherwise/datasets/folder"
	"otherwise/kernel"
)

// A folder of one's own, with a sub-folder for each class.
func ExampleOpen() {
	root := kernel.Must(os.MkdirTemp("", "otherwise-example"))
	defer os.RemoveAll(root)
	for _, name := range []string{"rose/1.png", "tulip/1.png", "tulip/2.png"} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			fmt.Println(err)
			return
		}
		file := kernel.Must(os.Create(path))
		if err := png.Encode(file, image.NewRGBA(image.Rect(0, 0, 16, 16))); err != nil {
			fmt.Println(err)
			return
		}
		file.Close()
	}

	set := kernel.Must(folder.Open(root))
	fmt.Println(set.Len(), set.Classes(), kernel.Must(set.Sample(2)).Label)
	// Output: 3 [rose tulip] 1
}
