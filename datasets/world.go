package datasets

import "image"

// Split is a part of a data set.
type Split string

const (
	Train Split = "train" // to learn from
	Test  Split = "test"  // to judge by
	// BiasedTest has the samples of a world's Test with the biases planted: what a biased classifier was promised.
	BiasedTest Split = "biased-test"
)

// Labelled is a data set that knows a sample's class without reading its picture.
type Labelled interface {
	Dataset
	// Label is the class of sample i, an index into Classes; -1 unless 0 <= i < Len().
	Label(i int) int
}

// World is a procedural data set, in which the true counterfactual is known.
type World interface {
	Labelled
	// Truth tells what sample i would be like in another class, or in its own.
	Truth(i, class int) (Truth, error)
	// Partner is the class whose true counterfactual is asked for where none is named: the one that differs least.
	Partner(class int) int
	// Describe gives everything that sample i depends on, to be written as JSON.
	Describe(i int) (any, error)
	// Task names the factor that is the class.
	Task() string
	// Factors lists the named factors of all samples, that of the class among them. The caller may change the slice.
	Factors() []Factor
	// Values gives the numbers of the values that sample i has, one for each of Factors.
	Values(i int) ([]int, error)
	// Shows is where a factor shows in sample i: 255 where the picture looks different with another of its values, 0
	// elsewhere. An unknown factor is an error.
	Shows(i int, factor string) (*image.Gray, error)
}

// Truth is what a world knows about a sample and its counterfactual. All pictures have the sample's size.
type Truth struct {
	// Image is the true counterfactual: the same sample in the class asked for.
	Image *image.NRGBA
	// Object is how much of each pixel the sample's subject covers, 0 to 255.
	Object *image.Gray
	// Decisive is the region that tells the sample's class from the class asked for, 0 to 255: where either of the two
	// pictures has what decides.
	Decisive *image.Gray
}
