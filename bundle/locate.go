package bundle

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"otherwise/setup"
	"otherwise/weights"
	"otherwise/weights/hubcache"
)

// ModelsEnv names the environment variable with the folders of published models, separated as in PATH.
const ModelsEnv = "OTHERWISE_MODELS"

// ModelFolders are the folders in which a recipe's relative paths are looked for: those of $OTHERWISE_MODELS, then "models"
// in the cache folder.
func ModelFolders() ([]string, error) {
	var folders []string
	for _, dir := range filepath.SplitList(os.Getenv(ModelsEnv)) {
		if dir != "" {
			folders = append(folders, dir)
		}
	}
	cache, err := setup.CacheDir()
	if err != nil {
		return folders, err
	}
	return append(folders, filepath.Join(cache, "models")), nil
}

// Hub fetches files of a model on the Hugging Face hub, and returns the folder that holds them: files are paths below it,
// weightsOf are folders ("" for the model's own) of which the weights are wanted, whatever their file is called. It is given
// from outside, so that only a program that downloads is linked with what that takes; package weights/hub does it.
type Hub func(model, revision string, files, weightsOf []string) (folder string, err error)

// Finder finds the files that recipes name.
type Finder struct {
	Beside  string   // the recipe's own folder; "" for an embedded one
	Folders []string // see [ModelFolders]
	Hub     Hub      // asked for what is neither there nor in the hub's cache on this machine; nil for nobody
}

// ErrNotFound says that a file which a recipe names is not on this machine.
var ErrNotFound = errors.New("not found")

// content is what a part consists of.
type content struct {
	files     []string // paths, where the part is a folder
	weightsOf []string // folders with weights
}

// The kinds of parts that are folders. One that is a file has no content.
var (
	diffusersModel = content{
		files: []string{"model_index.json", "unet/config.json", "vae/config.json", "text_encoder/config.json", "tokenizer/vocab.json",
			"tokenizer/merges.txt", "tokenizer/tokenizer_config.json", "tokenizer/special_tokens_map.json", "scheduler/scheduler_config.json"},
		weightsOf: []string{"unet", "vae", "text_encoder"}}
	diffusersAutoencoder = content{files: []string{"config.json"}, weightsOf: []string{""}}
	clipTokenizer        = content{files: []string{"vocab.json", "merges.txt"}}
)

var hubReference = regexp.MustCompile(`^hf://([\w.-]+/[\w.-]+)@([\w.-]+)(?:/(.+))?$`)

// Find returns the path of a part's file or folder. One that isn't there is an [ErrNotFound] that says where it was looked for,
// and where it is to be had.
func (f *Finder) Find(p Part) (string, error) { return f.find(p, content{}) }

func (f *Finder) find(p Part, c content) (string, error) {
	if strings.HasPrefix(p.Weights, "hf://") {
		return f.findOnHub(p, c)
	}
	tried := []string{p.Weights}
	if !filepath.IsAbs(p.Weights) {
		tried = nil
		if f.Beside != "" {
			tried = append(tried, filepath.Join(f.Beside, p.Weights))
		}
		for _, dir := range f.Folders {
			tried = append(tried, filepath.Join(dir, p.Weights))
		}
	}
	for _, path := range tried {
		_, err := os.Stat(path)
		switch {
		case err == nil:
			return path, nil
		case !errors.Is(err, fs.ErrNotExist):
			return "", err
		}
	}
	return "", fmt.Errorf("%w: %s%s", ErrNotFound, strings.Join(tried, ", nor "), p.hint())
}

// findOnHub looks into the hub's cache on this machine, and then asks the hub.
func (f *Finder) findOnHub(p Part, c content) (string, error) {
	m := hubReference.FindStringSubmatch(p.Weights)
	if m == nil {
		return "", fmt.Errorf("%q is no reference to the hub; one is hf://owner/name@revision or hf://owner/name@revision/file", p.Weights)
	}
	model, revision, file := m[1], m[2], m[3]
	if file != "" {
		c = content{files: []string{file}}
	}
	if dir := hubcache.Snapshot(hubcache.Dir(), model, revision); dir != "" && c.isIn(dir) {
		return filepath.Join(dir, filepath.FromSlash(file)), nil
	}
	if f.Hub == nil {
		return "", fmt.Errorf("%w on this machine: %s; `otherwise bundle check` fetches it%s", ErrNotFound, p.Weights, p.hint())
	}
	dir, err := f.Hub(model, revision, c.files, c.weightsOf)
	if err != nil {
		return "", fmt.Errorf("%s: %w%s", p.Weights, err, p.hint())
	}
	return filepath.Join(dir, filepath.FromSlash(file)), nil
}

// isIn reports whether a folder holds all of it.
func (c content) isIn(dir string) bool {
	for _, file := range c.files {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(file))); err != nil {
			return false
		}
	}
	for _, folder := range c.weightsOf {
		if _, err := weights.FindWeights(filepath.Join(dir, filepath.FromSlash(folder))); err != nil {
			return false
		}
	}
	return true
}

// hint says how to get a part.
func (p *Part) hint() string {
	if p.From == "" {
		return ""
	}
	return fmt.Sprintf("; get it from %s and put it in a folder of $%s, or name its place with `otherwise bundle add`", p.From, ModelsEnv)
}

// VerifySum compares a part's file with its SHA-256, where the recipe has that. It reads the whole file.
func (p *Part) VerifySum(path string) error {
	if p.SHA256 == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); !strings.HasPrefix(got, p.SHA256) {
		return fmt.Errorf("%s has SHA-256 %s, the bundle says %s: it is another file, or it is damaged%s", path, got, p.SHA256, p.hint())
	}
	return nil
}
