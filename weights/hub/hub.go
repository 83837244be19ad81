// Package hub finds the files of published models: in a local folder, in the cache that the tools of the Hugging Face hub
// share, or on the hub.
//
// go-huggingface asks the hub what a model consists of. The files are fetched here, because its downloads begin again
// after an interruption, are not compared with the hub's checksums, and let the server choose the names of files.
//
// It stands apart from package weights so that programs which only read files do not link a network client.
package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"otherwise/weights"
)

// The reasons for which files are not found, for [errors.Is].
var (
	// ErrOffline: the files are not on this machine, and the network may not be used.
	ErrOffline = errors.New("working offline")
	// ErrNotFound: the hub has no such model, revision or file.
	ErrNotFound = errors.New("not found on the hub")
	// ErrUnauthorized: the hub wants a token, or another one.
	ErrUnauthorized = errors.New("the hub wants a token")
	// ErrCorrupt: what was received is not what the hub's list of files promises.
	ErrCorrupt = errors.New("the download is corrupt")
)

// Options say where models are looked for. The zero value follows the environment, as Hugging Face's own tools do.
type Options struct {
	// Revision is a commit, a branch or a tag; "main" if empty. Only a commit always means the same files.
	Revision string
	// Offline forbids the network, as HF_HUB_OFFLINE=1 does.
	Offline bool
	// Token is for models that are private or whose terms must be accepted; HF_TOKEN if empty. It goes to the hub only,
	// not to the servers it refers to.
	Token string
	// Endpoint is the hub's address; HF_ENDPOINT if empty, or else the public hub.
	Endpoint string
	// Cache is the folder of models; HF_HUB_CACHE if empty, or else hub below HF_HOME, or else the usual place.
	Cache string
	// Client makes the requests for files; http.DefaultClient if nil.
	Client *http.Client
	// Progress, unless nil, is called while a file is fetched.
	Progress func(name string, done, total int64)
}

// Files returns a folder that holds the named files of a model, which are paths with slashes. model is a local folder, or
// the name of a model on the hub, such as "owner/name". Local folders come first, then the cache, then the hub. A revision
// that is in the cache is not asked for again.
func Files(ctx context.Context, model string, names []string, o Options) (string, error) {
	dir, err := files(ctx, model, names, o)
	if err != nil {
		return "", fmt.Errorf("model %s: %w", model, err)
	}
	return dir, nil
}

func files(ctx context.Context, model string, names []string, o Options) (string, error) {
	for _, name := range names {
		if err := checkName(name); err != nil {
			return "", err
		}
	}
	if info, err := os.Stat(model); err == nil && info.IsDir() {
		return model, allThere(model, names)
	}
	r, err := o.repository(model)
	if err != nil {
		return "", err
	}
	if dir := r.cached(); dir != "" && allThere(dir, names) == nil {
		return dir, nil
	}
	if r.offline {
		return "", r.offlineError(names)
	}
	list, err := r.list(ctx)
	if err != nil {
		return "", err
	}
	return r.fetch(ctx, list, names)
}

// Weights returns the file of weights in a folder of a model, such as "unet", or "" for the model's own folder; see
// [weights.ChooseWeights] for which one it is. All files that an index names lie beside it. Give the result to
// [weights.OpenCheckpoint]. model may also be a file, which is returned.
func Weights(ctx context.Context, model, folder string, o Options) (string, error) {
	file, err := findWeights(ctx, model, folder, o)
	if err != nil {
		return "", fmt.Errorf("model %s: %w", model, err)
	}
	return file, nil
}

func findWeights(ctx context.Context, model, folder string, o Options) (string, error) {
	if folder != "" {
		if err := checkName(folder); err != nil {
			return "", err
		}
	}
	if info, err := os.Stat(model); err == nil {
		if !info.IsDir() && folder == "" {
			return model, nil
		}
		return weights.FindWeights(filepath.Join(model, filepath.FromSlash(folder)))
	}
	r, err := o.repository(model)
	if err != nil {
		return "", err
	}
	if dir := r.cached(); dir != "" {
		file, err := weights.FindWeights(filepath.Join(dir, filepath.FromSlash(folder)))
		if err == nil && completeIndex(file) {
			return file, nil
		}
	}
	if r.offline {
		return "", r.offlineError([]string{path.Join(folder, "weights")})
	}
	list, err := r.list(ctx)
	if err != nil {
		return "", err
	}
	name, err := weights.ChooseWeights(list.in(folder))
	if err != nil {
		return "", fmt.Errorf("folder %q %w", folder, err)
	}
	dir, err := r.fetch(ctx, list, []string{path.Join(folder, name)})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, filepath.FromSlash(folder), name)
	if !isIndex(name) {
		return file, nil
	}
	shards, err := weights.ShardNames(file)
	if err != nil {
		return "", err
	}
	for i, shard := range shards {
		shards[i] = path.Join(folder, shard)
	}
	_, err = r.fetch(ctx, list, shards)
	return file, err
}

func isIndex(name string) bool { return strings.HasSuffix(name, ".json") }

// completeIndex reports whether all files of an index are there; a file that is no index is complete.
func completeIndex(file string) bool {
	if !isIndex(file) {
		return true
	}
	shards, err := weights.ShardNames(file)
	return err == nil && allThere(filepath.Dir(file), shards) == nil
}

// allThere returns an error that lists the files that a folder lacks.
func allThere(dir string, names []string) error {
	missing := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name)))
		return err == nil
	})
	if len(missing) > 0 {
		return fmt.Errorf("folder %s lacks %s: %w", dir, strings.Join(missing, ", "), os.ErrNotExist)
	}
	return nil
}

// checkName refuses names that would lead out of a folder.
func checkName(name string) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name || name == "." || strings.ContainsAny(name, "\\:\x00") {
		return fmt.Errorf("%q is not the path of a file below a model's folder", name)
	}
	return nil
}
