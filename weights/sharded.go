package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"otherwise/weights/internal/refuse"
)

const (
	// maxIndex keeps a hostile index from filling the memory; real ones take a few hundred kilobytes.
	maxIndex = 32 << 20
	// maxShards bounds the files that are open at once.
	maxShards = 512
)

// OpenSharded opens the weights that an index such as model.safetensors.index.json spreads over several files beside it,
// of any kind that this package reads. Files that are not there, and tensors that the index names and the files lack, are
// errors that list all of them. Tensors that only the files know are there too.
func OpenSharded(path string) (Source, error) {
	src, err := openSharded(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return src, nil
}

func openSharded(path string) (Source, error) {
	places, err := readIndex(path)
	if err != nil {
		return nil, err
	}
	shards := map[string]Source{}
	joined := &aliases{tensors: map[string]target{}}
	var missing []error
	for _, name := range slices.Compact(slices.Sorted(maps.Values(places))) {
		file, err := openPath(filepath.Join(filepath.Dir(path), name), readAny)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		shards[name] = file
		joined.sources = append(joined.sources, file)
	}
	err = errors.Join(missing...)
	if err == nil {
		err = joined.place(places, shards)
	}
	if err != nil {
		return nil, errors.Join(err, joined.Close())
	}
	return joined, nil
}

// ShardNames returns the names of the files that an index spreads weights over, sorted.
func ShardNames(path string) ([]string, error) {
	places, err := readIndex(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return slices.Compact(slices.Sorted(maps.Values(places))), nil
}

// readIndex returns the file of each tensor.
func readIndex(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxIndex+1))
	if err != nil {
		return nil, err
	}
	return parseIndex(data)
}

func parseIndex(data []byte) (map[string]string, error) {
	if len(data) > maxIndex {
		return nil, refuse.Errorf(ErrTooLarge, "the index has more than %d MiB", maxIndex>>20)
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return nil, refuse.Errorf(ErrMalformed, "the index is not valid JSON: %w", err)
	}
	if err := rejectDuplicates(json.NewDecoder(bytes.NewReader(data))); err != nil {
		return nil, refuse.As(ErrMalformed, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, refuse.Errorf(ErrUnsupported, "the file has no weight_map: it is no index of weights")
	}
	shards := map[string]bool{}
	for tensor, name := range index.WeightMap {
		if !filepath.IsLocal(name) || strings.ContainsAny(name, `/\:`) || name == "." || strings.HasSuffix(name, ".json") {
			return nil, refuse.Errorf(ErrMalformed, "tensor %.100q is in %.100q, want the name of a file of weights beside the index", tensor, name)
		}
		if shards[name] = true; len(shards) > maxShards {
			return nil, refuse.Errorf(ErrTooLarge, "the weights are in more than %d files", maxShards)
		}
	}
	return index.WeightMap, nil
}

// place finds each tensor of the index in its shard, and those that the index does not name.
func (a *aliases) place(places map[string]string, shards map[string]Source) error {
	held := map[string][]string{} // the files that hold each tensor
	for _, file := range slices.Sorted(maps.Keys(shards)) {
		for _, name := range shards[file].Names() {
			held[name] = append(held[name], file)
		}
	}
	var lost []string
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if !slices.Contains(held[name], places[name]) {
			lost = append(lost, fmt.Sprintf("%s in %s", name, places[name]))
			continue
		}
		a.tensors[name] = target{shards[places[name]], name}
		delete(held, name)
	}
	if len(lost) > 0 {
		return refuse.Errorf(ErrMalformed, "%d tensors of the index are not in their files: %s", len(lost), shorten(lost))
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if len(held[name]) > 1 {
			return refuse.Errorf(ErrMalformed, "tensor %.100q is not in the index, and in %s", name, strings.Join(held[name], " and "))
		}
		a.tensors[name] = target{shards[held[name][0]], name}
	}
	return nil
}
