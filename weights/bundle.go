package weights

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	manifestName = "bundle.json"
	// maxManifest keeps a hostile manifest from filling the memory; real ones take a few kilobytes.
	maxManifest = 16 << 20
	// bundleVersion is raised when the manifest's fields change their meaning.
	bundleVersion = 1
)

// Bundle is a set of networks made for each other, with all that is needed to run them. On disk it is a folder with
// bundle.json, which holds these fields, and safetensors files beside it.
type Bundle struct {
	Version     int                        `json:"version"` // 1; set by SaveBundle
	Name        string                     `json:"name"`
	Description string                     `json:"description"`
	Classes     []string                   `json:"classes"`        // in the order of the classifier's outputs
	Task        string                     `json:"task,omitempty"` // what the classes are about, where there are several tasks
	Classifiers []Classifier               `json:"classifiers,omitempty"`
	Image       ImageSpec                  `json:"image"`
	Networks    map[string]Network         `json:"networks"`
	Methods     map[string]json.RawMessage `json:"methods"`    // options that suit these networks, by explanation method
	Provenance  map[string]string          `json:"provenance"` // where the networks come from: data, commands, seeds, licence

	files fs.FS // where the bundle was loaded from, nil for a new one
}

// ImageSpec is the form of the pictures that a bundle's networks take.
type ImageSpec struct {
	Width    int `json:"width"`    // pixels
	Height   int `json:"height"`   // pixels
	Channels int `json:"channels"` // 1 grey, 3 RGB
	Margin   int `json:"margin"`   // pixels on every side that stay black
}

// Network describes one network of a bundle. [SaveBundle] sets the last three fields.
type Network struct {
	Architecture string          `json:"architecture"` // the name of the code that builds the network
	Config       json.RawMessage `json:"config"`       // what that code needs to know
	File         string          `json:"file"`         // the safetensors file, beside bundle.json
	Size         int64           `json:"size"`         // bytes of the file
	SHA256       string          `json:"sha256"`       // of the file, in lower-case hexadecimal digits
}

// LoadBundle reads bundle.json at the root of fsys and checks every network's file against it. Of fsys it opens only
// files at the root. An unknown field, a missing, truncated or changed file, or a class that comes twice is an error.
func LoadBundle(fsys fs.FS) (*Bundle, error) {
	b, err := loadManifest(fsys)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	for _, name := range b.networkNames() {
		if err := b.verify(b.Networks[name]); err != nil {
			return nil, fmt.Errorf("bundle %q: network %q: %w", b.Name, name, err)
		}
	}
	return b, nil
}

func loadManifest(fsys fs.FS) (*Bundle, error) {
	file, err := fsys.Open(manifestName)
	if err != nil {
		return nil, fmt.Errorf("a bundle is a folder with %s: %w", manifestName, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	if len(text) > maxManifest {
		return nil, fmt.Errorf("%s has more than %d bytes", manifestName, maxManifest)
	}
	b := &Bundle{files: fsys}
	if err := decodeManifest(text, b); err != nil {
		return nil, fmt.Errorf("%s: %w", manifestName, err)
	}
	return b, nil
}

func decodeManifest(text []byte, b *Bundle) error {
	// The version comes first: a newer manifest is better called that than one with unknown fields.
	var version struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return err
	}
	if version.Version != bundleVersion {
		return fmt.Errorf("version is %d, this program reads version %d", version.Version, bundleVersion)
	}
	if err := decodeStrict(text, b); err != nil {
		return err
	}
	if err := b.check(); err != nil {
		return err
	}
	for _, name := range b.networkNames() {
		if err := b.Networks[name].check(); err != nil {
			return fmt.Errorf("network %q: %w", name, err)
		}
	}
	return nil
}

var networkName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// check checks all fields but those that SaveBundle sets.
func (b *Bundle) check() error {
	if b.Name == "" {
		return errors.New("the bundle has no name")
	}
	if err := checkClasses(b.Classes); err != nil {
		return err
	}
	if b.Image.Width < 1 || b.Image.Height < 1 || (b.Image.Channels != 1 && b.Image.Channels != 3) {
		return fmt.Errorf("image is %d x %d with %d channels, want at least 1 x 1 with 1 or 3", b.Image.Width, b.Image.Height, b.Image.Channels)
	}
	if len(b.Networks) == 0 {
		return errors.New("the bundle has no networks")
	}
	for _, name := range b.networkNames() {
		if !networkName.MatchString(name) {
			return fmt.Errorf("network name %q: legal are lower-case letters, digits, '_' and '-'", name)
		}
		if b.Networks[name].Architecture == "" {
			return fmt.Errorf("network %q has no architecture", name)
		}
	}
	return b.checkClassifiers()
}

func checkClasses(classes []string) error {
	if len(classes) == 0 {
		return errors.New("there are no classes")
	}
	for i, class := range classes {
		if class == "" {
			return fmt.Errorf("class %d has an empty name", i)
		}
		if first := slices.Index(classes, class); first < i {
			return fmt.Errorf("class %q comes twice, as %d and %d", class, first, i)
		}
	}
	return nil
}

// check checks the fields that SaveBundle sets.
func (n Network) check() error {
	if !fs.ValidPath(n.File) || strings.ContainsAny(n.File, `/\:`) || n.File == "." || n.File == manifestName {
		return fmt.Errorf("file is %q, want the name of a file beside %s", n.File, manifestName)
	}
	if digest, err := hex.DecodeString(n.SHA256); err != nil || len(digest) != sha256.Size || strings.ToLower(n.SHA256) != n.SHA256 {
		return fmt.Errorf("sha256 is %q, want %d lower-case hexadecimal digits", n.SHA256, 2*sha256.Size)
	}
	if n.Size < 0 {
		return fmt.Errorf("size is %d, want the bytes of the file", n.Size)
	}
	return nil
}

// verify compares a network's file with its description.
func (b *Bundle) verify(n Network) error {
	return b.copyVerified(io.Discard, n)
}

// copyVerified copies a network's file to w, and returns an error if it was not the one described.
func (b *Bundle) copyVerified(w io.Writer, n Network) error {
	file, err := b.openFile(n)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, digest), file); err != nil {
		return fmt.Errorf("%s: %w", n.File, err)
	}
	if found := hex.EncodeToString(digest.Sum(nil)); found != n.SHA256 {
		return fmt.Errorf("%s has SHA-256 %s, but %s says %s; it was changed or belongs to another bundle", n.File, found, manifestName, n.SHA256)
	}
	return nil
}

// openFile opens a network's file if it has the size that its description says.
func (b *Bundle) openFile(n Network) (fs.File, error) {
	file, err := b.files.Open(n.File)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	switch {
	case err != nil:
	case !info.Mode().IsRegular():
		err = fmt.Errorf("%s is not a regular file", n.File)
	case info.Size() < n.Size:
		err = fmt.Errorf("%s is truncated: it has %d bytes, but %s says %d", n.File, info.Size(), manifestName, n.Size)
	case info.Size() > n.Size:
		err = fmt.Errorf("%s has %d bytes, but %s says %d", n.File, info.Size(), manifestName, n.Size)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// Network opens a network of a loaded bundle. It returns the name of its architecture, its configuration and its
// parameters, which the caller closes.
func (b *Bundle) Network(name string) (architecture string, config json.RawMessage, file *File, err error) {
	n, ok := b.Networks[name]
	if !ok {
		return "", nil, nil, fmt.Errorf("bundle %q: no network is named %q, there are %s", b.Name, name, strings.Join(b.networkNames(), ", "))
	}
	if b.files == nil {
		return "", nil, nil, fmt.Errorf("bundle %q: save and load the bundle before opening network %q", b.Name, name)
	}
	file, err = b.openTensors(n)
	if err != nil {
		return "", nil, nil, fmt.Errorf("bundle %q: network %q: %w", b.Name, name, err)
	}
	return n.Architecture, n.Config, file, nil
}

func (b *Bundle) openTensors(n Network) (*File, error) {
	source, err := b.openFile(n)
	if err != nil {
		return nil, err
	}
	var file *File
	if at, ok := source.(io.ReaderAt); ok {
		file, err = Read(at, n.Size)
	} else {
		var data []byte
		if data, err = io.ReadAll(io.LimitReader(source, n.Size)); err == nil {
			file, err = Parse(data)
		}
	}
	if err != nil {
		source.Close()
		return nil, fmt.Errorf("%s: %w", n.File, err)
	}
	file.closer = source
	return file, nil
}

// Hash returns the SHA-256 of the bundle's content in hexadecimal digits. It covers every field and, through their
// checksums, every parameter, but not the names of the files nor the white space of bundle.json.
func (b *Bundle) Hash() (string, error) {
	content := *b
	content.Networks = maps.Clone(b.Networks)
	for name, n := range content.Networks {
		n.File = ""
		content.Networks[name] = n
	}
	text, err := json.Marshal(&content)
	if err != nil {
		return "", fmt.Errorf("bundle %q: %w", b.Name, err)
	}
	digest := sha256.Sum256(text)
	return hex.EncodeToString(digest[:]), nil
}

func (b *Bundle) networkNames() []string { return slices.Sorted(maps.Keys(b.Networks)) }

// marshalManifest returns the text of bundle.json, made to be read and compared by people too.
func (b *Bundle) marshalManifest() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(b)
	return text.Bytes(), err
}
