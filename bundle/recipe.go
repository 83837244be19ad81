package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"otherwise/datasets/picture"
	"otherwise/nn"
)

// recipeVersion is raised when the fields of a recipe change their meaning.
const recipeVersion = 1

// Recipe is a bundle in a single TOML file: which published files make up the diffusion model and the classifier, and how they
// go together. The files themselves lie elsewhere, see [Finder].
type Recipe struct {
	Version     int    `toml:"version"` // 1
	Name        string `toml:"name"`
	Description string `toml:"description,omitempty"`
	Paper       string `toml:"paper,omitempty"` // whose setting it is, if anyone's
	Image       struct {
		Width  int `toml:"width"`  // pixels that pictures are brought to, of any proportions
		Height int `toml:"height"` // both multiples of 64 for Stable Diffusion
	} `toml:"image"`
	Classes    RecipeClasses             `toml:"classes"`
	Diffusion  DiffusionPart             `toml:"diffusion"`
	Classifier ClassifierPart            `toml:"classifier"`
	Judge      *ClassifierPart           `toml:"judge,omitempty"`   // confirms counterfactuals; optional
	Methods    map[string]map[string]any `toml:"methods,omitempty"` // options, by method
}

// RecipeClasses names the classes in the order of the classifier's outputs: one of List, Names and File is given.
type RecipeClasses struct {
	List  string   `toml:"list,omitempty"`  // a list of this program, see classify.LabelSets
	Names []string `toml:"names,omitempty"` // the names themselves
	File  string   `toml:"file,omitempty"`  // a text file, a name a line
	// Spoken, if "clip", has prompts say ImageNet's classes as CLIP's authors call them. It goes with List.
	Spoken string `toml:"spoken,omitempty"`
}

// Part is a published file or folder, and where it comes from.
type Part struct {
	// Weights is the file or folder: a path, of which a relative one is looked for beside the recipe and in the folders of
	// models, or hf://owner/name@revision, with the path of a file in the repository behind it where it is one.
	Weights string `toml:"weights,omitempty"`
	SHA256  string `toml:"sha256,omitempty"`  // of the file, or its first 8 digits or more, as file names have them; "" isn't checked
	From    string `toml:"from,omitempty"`    // where to get it by hand
	Licence string `toml:"licence,omitempty"` // of the weights
}

// DiffusionPart is a latent diffusion model: a folder as diffusers has it, or a file as CompVis has it.
type DiffusionPart struct {
	Part
	// Config is the YAML file beside a CompVis checkpoint; not needed for the Stable Diffusion 1 layout.
	Config string `toml:"config,omitempty"`
	// Tokenizer is the folder with CLIP's vocab.json and merges.txt, for a CompVis checkpoint, which has none.
	Tokenizer *Part `toml:"tokenizer,omitempty"`
	// LoRA are low-rank adapters that are added to the U-Net, one after the other.
	LoRA []LoRAPart `toml:"lora,omitempty"`
	// Autoencoder takes the place of the model's own.
	Autoencoder *Part `toml:"autoencoder,omitempty"`
	// Prompt is the template of a text-conditional model's prompts: {} is the class, {a} its article.
	Prompt string `toml:"prompt,omitempty"`
	// Unconditional is the prompt for no class; the empty one for published models.
	Unconditional string `toml:"unconditional,omitempty"`
	// Precision is float32 (default), bfloat16 or float16: what the networks store and compute in.
	Precision string `toml:"precision,omitempty"`
}

// ClassifierPart is a classifier: an architecture of this program with its published weights, or an ONNX file.
type ClassifierPart struct {
	Part
	Architecture string         `toml:"architecture,omitempty"` // see classify.Architectures; "onnx" for a file that brings its own
	Config       map[string]any `toml:"config,omitempty"`       // fields that differ from the published architecture's
	Head         *Part          `toml:"head,omitempty"`         // a second file, where the last layer is published apart
	Tokenizer    *Part          `toml:"tokenizer,omitempty"`    // CLIP's, of a zero-shot classifier
	Prompts      []string       `toml:"prompts,omitempty"`      // a zero-shot classifier's templates
	CAMLayer     string         `toml:"cam_layer,omitempty"`    // the layer that activation maps read
	Precision    string         `toml:"precision,omitempty"`    // as in DiffusionPart
}

var recipeName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// ParseRecipe reads a recipe. Fields that recipes don't have, keys that come twice and fields that make no sense together
// are errors; those of the syntax name the line.
func ParseRecipe(text []byte) (*Recipe, error) {
	var version struct {
		Version int `toml:"version"`
	}
	if err := toml.Unmarshal(text, &version); err != nil {
		return nil, readable(err)
	}
	if version.Version != recipeVersion {
		return nil, fmt.Errorf("version is %d, this program reads version %d", version.Version, recipeVersion)
	}
	r := &Recipe{}
	d := toml.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(r); err != nil {
		return nil, readable(err)
	}
	return r, r.validate()
}

// readable turns the library's errors into ones that say where the mistake is.
func readable(err error) error {
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) {
		var lines []error
		for _, e := range unknown.Errors {
			line, _ := e.Position()
			lines = append(lines, fmt.Errorf("line %d: there is no field %q", line, strings.Join(e.Key(), ".")))
		}
		return errors.Join(lines...)
	}
	var wrong *toml.DecodeError
	if errors.As(err, &wrong) {
		line, column := wrong.Position()
		return fmt.Errorf("line %d, column %d: %s", line, column, strings.TrimPrefix(wrong.Error(), "toml: "))
	}
	return err
}

func (r *Recipe) validate() error {
	var wrong []error
	report := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	report(recipeName.MatchString(r.Name), "name is %q; legal are lower-case letters, digits, '.', '_' and '-'", r.Name)
	if err := r.frame().Validate(); err != nil {
		wrong = append(wrong, err)
	}
	given := 0
	for _, is := range []bool{r.Classes.List != "", len(r.Classes.Names) > 0, r.Classes.File != ""} {
		if is {
			given++
		}
	}
	report(given == 1, "classes: give one of list, names and file, not %d of them", given)
	report(r.Diffusion.Weights != "", "diffusion.weights is missing")
	for i, lora := range r.Diffusion.LoRA {
		report(lora.Weights != "", "diffusion.lora[%d].weights is missing", i)
	}
	for name, p := range r.Parts() {
		if err := p.validate(); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	for name, c := range r.classifiers() {
		report(c.Architecture != "", "%s.architecture is missing", name)
		report(c.Weights != "", "%s.weights is missing", name)
		if _, err := nn.ParsePrecision(c.Precision); err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
		}
	}
	if _, err := nn.ParsePrecision(r.Diffusion.Precision); err != nil {
		wrong = append(wrong, fmt.Errorf("diffusion: %w", err))
	}
	for name := range r.Methods {
		report(slices.Contains(MethodNames(), name), "methods: there is no method %q; legal are %v", name, MethodNames())
	}
	return errors.Join(wrong...)
}

// frame is the form in which the models take pictures.
func (r *Recipe) frame() picture.Frame {
	return picture.Frame{Width: r.Image.Width, Height: r.Image.Height, Channels: 3}
}

// classifiers are the classifier and, where there is one, the judge, by their names in the file.
func (r *Recipe) classifiers() map[string]*ClassifierPart {
	all := map[string]*ClassifierPart{NetClassifier: &r.Classifier}
	if r.Judge != nil {
		all[NetJudge] = r.Judge
	}
	return all
}

// Parts are all files and folders that the recipe names, by the names of their fields.
func (r *Recipe) Parts() map[string]*Part {
	all := map[string]*Part{"diffusion": &r.Diffusion.Part}
	add := func(name string, p *Part) {
		if p != nil {
			all[name] = p
		}
	}
	for i := range r.Diffusion.LoRA {
		add(fmt.Sprintf("diffusion.lora[%d]", i), &r.Diffusion.LoRA[i].Part)
	}
	add("diffusion.tokenizer", r.Diffusion.Tokenizer)
	add("diffusion.autoencoder", r.Diffusion.Autoencoder)
	for name, c := range r.classifiers() {
		add(name, &c.Part)
		add(name+".head", c.Head)
		add(name+".tokenizer", c.Tokenizer)
	}
	return all
}

var digest = regexp.MustCompile(`^[0-9a-f]{8,64}$`)

func (p *Part) validate() error {
	if p.SHA256 != "" && !digest.MatchString(p.SHA256) {
		return fmt.Errorf("sha256 is %q, want 8 to 64 lower-case hexadecimal digits", p.SHA256)
	}
	return nil
}

// options are a method's options as JSON, for the method's own strict reading.
func (r *Recipe) options() (map[string][]byte, error) {
	all := map[string][]byte{}
	for name, options := range r.Methods {
		raw, err := json.Marshal(options)
		if err != nil {
			return nil, fmt.Errorf("methods.%s: %w", name, err)
		}
		all[name] = raw
	}
	return all, nil
}

// MakeAbsolute makes paths that begin at the recipe's folder absolute, where there is something; others are looked for in the
// folders of models wherever the recipe is.
func (r *Recipe) MakeAbsolute(folder string) error {
	paths := []*string{&r.Classes.File, &r.Diffusion.Config}
	for _, p := range r.Parts() {
		paths = append(paths, &p.Weights)
	}
	for _, path := range paths {
		if *path == "" || filepath.IsAbs(*path) || strings.HasPrefix(*path, "hf://") {
			continue
		}
		full, err := filepath.Abs(filepath.Join(folder, *path))
		if err != nil {
			return err
		}
		if _, err := os.Stat(full); err == nil {
			*path = full
		}
	}
	return nil
}
