package datasets

import "image"

// Sample is one labelled picture of a data set.
type Sample struct {
	// Image is the picture, upright and in its original size.
	Image image.Image
	// Label is the class, an index into the data set's Classes.
	Label int
	// ID names the picture within all data sets and stays the same between runs, for example "fashion/test/00017".
	ID string
	// Subject is how much of each pixel the picture's subject covers, 0 to 255, in the picture's size; nil where the data
	// set doesn't know.
	Subject *image.Gray
}

// Dataset is a fixed list of labelled pictures. Its methods may be called from several goroutines at once.
type Dataset interface {
	// Name is the name used on the command line, for example "fashion".
	Name() string
	// Classes gives the class names; a sample's Label is an index into them. The caller may change the slice.
	Classes() []string
	// Len is the number of samples.
	Len() int
	// Sample reads sample i, 0 <= i < Len(). Another i, or a picture that can't be read, is an error.
	Sample(i int) (Sample, error)
}
