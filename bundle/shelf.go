package bundle

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/pelletier/go-toml/v2"
)

// recipes are the papers' settings.
//
//go:embed recipes/*.toml
var recipes embed.FS

// Kind is where a bundle comes from.
type Kind string

// The kinds of bundles.
const (
	Embedded Kind = "embedded" // networks and all are part of the program
	Shipped  Kind = "recipe"   // a recipe of the program's, whose files are to be had elsewhere
	Added    Kind = "added"    // the user's, by `otherwise bundle add`
)

// Shelf lists the names of all bundles that go by a name, by kind. What is wrong with the user's folder of bundles is an error;
// the others are listed all the same.
func Shelf() (map[Kind][]string, error) {
	all := map[Kind][]string{Embedded: Names(), Shipped: recipeNames(recipes, "recipes")}
	dir, err := addedFolder()
	if err != nil {
		return all, err
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	all[Added] = recipeNames(os.DirFS(dir), ".")
	return all, nil
}

func recipeNames(fsys fs.FS, dir string) []string {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if name, is := strings.CutSuffix(e.Name(), ".toml"); is && !e.IsDir() && recipeName.MatchString(name) {
			names = append(names, name)
		}
	}
	return names
}

// addedFolder is where the user's own recipes are kept.
func addedFolder() (string, error) {
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("no folder for added bundles: %w", err)
	}
	return filepath.Join(base, "otherwise", "bundles"), nil
}

// FindRecipe reads the recipe of a bundle: by the name of an added or a shipped one, in that order, or by the path of a TOML
// file. The text is its file's; folder is where relative paths begin, "" for a shipped one. Where there is no such recipe the
// error is an [ErrNotFound].
func FindRecipe(name string) (r *Recipe, text []byte, folder string, err error) {
	text, folder, err = recipeText(name)
	if err != nil {
		return nil, nil, "", err
	}
	if r, err = ParseRecipe(text); err != nil {
		return nil, nil, "", fmt.Errorf("bundle %s: %w", name, err)
	}
	return r, text, folder, nil
}

func recipeText(name string) (text []byte, folder string, err error) {
	if strings.HasSuffix(name, ".toml") {
		text, err = readBounded(name)
		return text, filepath.Dir(name), err
	}
	if !recipeName.MatchString(name) {
		return nil, "", unknown(name)
	}
	if dir, err := addedFolder(); err == nil {
		text, err = readBounded(filepath.Join(dir, name+".toml"))
		if !errors.Is(err, fs.ErrNotExist) {
			return text, dir, err
		}
	}
	if slices.Contains(recipeNames(recipes, "recipes"), name) {
		text, err = recipes.ReadFile(path.Join("recipes", name+".toml"))
		return text, "", err
	}
	return nil, "", unknown(name)
}

func unknown(name string) error {
	all, _ := Shelf() // as many names as can be had
	return fmt.Errorf("%w: no bundle has the name %q; there are %s; or give the path of a folder with a bundle.json, or of a .toml file",
		ErrNotFound, name, strings.Join(slices.Concat(all[Embedded], all[Shipped], all[Added]), ", "))
}

// readBounded reads a recipe's file; real ones take a few kilobytes.
func readBounded(file string) ([]byte, error) {
	const most = 1 << 20
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.IsDir() || info.Size() > most {
		return nil, fmt.Errorf("%s is no recipe: it is a folder, or has more than %d bytes", file, most)
	}
	return os.ReadFile(file)
}

// Keep keeps a recipe under its name for `--bundle NAME`, in place of one that was kept under it before, and returns its file.
func Keep(r *Recipe) (file string, err error) {
	if err := r.validate(); err != nil {
		return "", err
	}
	if slices.Contains(Names(), r.Name) {
		return "", fmt.Errorf("%q is a bundle of this program; choose another name", r.Name)
	}
	dir, err := addedFolder()
	if err != nil {
		return "", err
	}
	text, err := toml.Marshal(r)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file = filepath.Join(dir, r.Name+".toml")
	return file, renameio.WriteFile(file, text, 0o644)
}
