package bundle

import (
	"embed"
	"fmt"
	"image"
	"io/fs"
	"os"
	"slices"

	"github.com/gomlx/compute"

	"otherwise/classify"
	"otherwise/counterfactual"
	"otherwise/datasets"
	"otherwise/datasets/picture"
	"otherwise/weights"
)

//go:embed all:data
var embedded embed.FS

// Default is the bundle that is used where none is named: its scenes are drawn, so that nothing needs to be fetched.
const Default = "savanna"

// Bundle is a loaded set of models.
type Bundle struct {
	Name, Description string
	Hash              string // SHA-256 of the whole content
	// Task is what the classes are about, the name of a world's factor; empty where the bundle has but one.
	Task    string
	Classes []string
	// Classifier is the name of the classifier that was chosen, and Bias what was planted in its training pictures; both are
	// empty of the bundle's first.
	Classifier string
	Bias       []datasets.Bias
	// Planted is what was planted in the training pictures of any classifier of the task.
	Planted []datasets.Bias
	Frame   picture.Frame // the form in which the models take pictures
	Models  counterfactual.Models
	// Judge is a second classifier, fitted apart from the one explained, that confirms counterfactuals. Nil where the
	// bundle has none.
	Judge *classify.Classifier
	// Factors are what the judge tells of a world's pictures, the class among them; nil where it tells the class only.
	Factors []datasets.Factor
	// Encoder gives features to compare pictures by; nil where the bundle has none.
	Encoder    *Encoder
	Provenance map[string]string

	methods map[string][]byte // stored options, JSON
}

// Names lists the bundles that are part of the binary.
func Names() []string {
	entries, err := embedded.ReadDir("data")
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// Files finds the files of a bundle of trained networks: those of an embedded bundle by name, else those of a folder by path. It
// returns nil for the name of anything else.
func Files(name string) (fs.FS, error) {
	if slices.Contains(Names(), name) {
		return fs.Sub(embedded, "data/"+name)
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return os.DirFS(name), nil
	}
	return nil, nil
}

// Open loads a bundle onto a backend: an embedded one, an added one or a shipped recipe by name, a folder with a bundle.json, or
// a recipe's TOML file. What recipes name is looked for on this machine; see [OpenWith].
func Open(backend compute.Backend, name string) (*Bundle, error) {
	return OpenWith(backend, name, Options{})
}

// OpenWith is [Open] with options: which of a bundle's classifiers, and a hub for files that aren't on this machine.
func OpenWith(backend compute.Backend, name string, o Options) (*Bundle, error) {
	files, err := Files(name)
	if err != nil {
		return nil, err
	}
	if files == nil {
		if err := o.checkRecipe(name); err != nil {
			return nil, err
		}
		return openRecipe(backend, name, o.Hub)
	}
	return openTrained(backend, files, o)
}

func openRecipe(backend compute.Backend, name string, hub Hub) (*Bundle, error) {
	r, text, folder, err := FindRecipe(name)
	if err != nil {
		return nil, err
	}
	folders, err := ModelFolders()
	if err != nil {
		return nil, err
	}
	b, err := r.build(backend, text, folder, &Finder{Beside: folder, Folders: folders, Hub: hub})
	if err != nil {
		return nil, fmt.Errorf("bundle %q: %w", r.Name, err)
	}
	return b, nil
}

// Classes lists the classes of a bundle's first classifier without loading it.
func Classes(name string) ([]string, error) {
	files, err := Files(name)
	if err != nil {
		return nil, err
	}
	if files == nil {
		r, _, folder, err := FindRecipe(name)
		if err != nil {
			return nil, err
		}
		classes, err := r.Classes.read(folder)
		return classes.names, err
	}
	stored, err := weights.LoadBundle(files)
	if err != nil {
		return nil, err
	}
	return stored.Classes, nil
}

// openTrained loads a bundle of trained networks.
func openTrained(backend compute.Backend, files fs.FS, o Options) (*Bundle, error) {
	stored, err := weights.LoadBundle(files)
	if err != nil {
		return nil, err
	}
	hash, err := stored.Hash()
	if err != nil {
		return nil, err
	}
	chosen, err := choose(stored, o)
	if err != nil {
		return nil, err
	}
	b := &Bundle{Name: stored.Name, Description: stored.Description, Hash: hash, Task: chosen.Task, Classes: chosen.Classes,
		Classifier: chosen.Name, Bias: chosen.Bias, Frame: frameOf(stored.Image), Provenance: stored.Provenance, methods: map[string][]byte{}}
	for _, c := range stored.Classifiers {
		if c.Task == b.Task {
			b.Planted = append(b.Planted, c.Bias...)
		}
	}
	if err := b.Frame.Validate(); err != nil {
		return nil, fmt.Errorf("bundle %q: %w", b.Name, err)
	}
	for method, options := range stored.Methods {
		b.methods[method] = options
	}
	if err := b.load(backend, stored, chosen); err != nil {
		return nil, fmt.Errorf("bundle %q: %w", b.Name, err)
	}
	return b, nil
}

// frameOf is the form in which trained networks take pictures: the whole picture, with black where it doesn't fill the frame.
func frameOf(i weights.ImageSpec) picture.Frame {
	return picture.Frame{Width: i.Width, Height: i.Height, Channels: i.Channels, Margin: i.Margin, Fit: picture.Contain}
}

// Picture puts a picture of any size into the models' frame.
func (b *Bundle) Picture(img image.Image) (counterfactual.Picture, error) {
	if img.Bounds().Empty() {
		return counterfactual.Picture{}, fmt.Errorf("the picture is empty")
	}
	values, err := b.Frame.Floats(img)
	if err != nil {
		return counterfactual.Picture{}, err
	}
	return counterfactual.Picture{Height: b.Frame.Height, Width: b.Frame.Width, Channels: b.Frame.Channels, Values: values}, nil
}

// Sample is [Bundle.Picture] of a data set's picture i.
func (b *Bundle) Sample(set datasets.Dataset, i int) (counterfactual.Picture, error) {
	sample, err := set.Sample(i)
	if err != nil {
		return counterfactual.Picture{}, err
	}
	return b.Picture(sample.Image)
}

// Class is the number of the class that a name stands for, as [datasets.ClassByName] understands names.
func (b *Bundle) Class(name string) (int, error) { return datasets.ClassByName(name, b.Classes) }

// JudgePredictor gives the judge's class probabilities; nil where the bundle has no judge.
func (b *Bundle) JudgePredictor() *counterfactual.Predictor {
	if b.Judge == nil {
		return nil
	}
	return counterfactual.NewPredictor(counterfactual.Models{Backend: b.Models.Backend, Classifier: b.Judge})
}
