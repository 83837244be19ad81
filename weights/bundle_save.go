package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
)

// SaveBundle writes b to the folder dir, which is made if it is missing. tensors holds the parameters by network name;
// a network of a loaded bundle that is not in it keeps its parameters. b is not changed: load the folder to use it.
//
// The names of the files hold their checksums, so that none of the bundle that was in dir before is overwritten, and
// bundle.json comes last: at every moment dir holds either the old bundle or the new one. The old one's files are
// removed at the end. One process may save to a folder at a time.
func SaveBundle(dir string, b *Bundle, tensors map[string][]Tensor) error {
	saved, err := writeBundle(dir, b, tensors)
	if err == nil {
		err = removeUnused(dir, saved)
	}
	if err != nil {
		return fmt.Errorf("bundle %q: %w", b.Name, err)
	}
	return nil
}

// writeBundle returns the bundle as it stands in dir.
func writeBundle(dir string, b *Bundle, tensors map[string][]Tensor) (*Bundle, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	for name := range tensors {
		if _, ok := b.Networks[name]; !ok {
			return nil, fmt.Errorf("there are tensors for %q, which is not among the networks %q", name, b.networkNames())
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	saved := *b
	saved.Version = bundleVersion
	saved.Networks = maps.Clone(b.Networks)
	saved.files = os.DirFS(dir)
	for _, name := range b.networkNames() {
		n, err := b.describeNetwork(name, tensors)
		if err != nil {
			return nil, fmt.Errorf("network %q: %w", name, err)
		}
		saved.Networks[name] = n
	}
	manifest, err := saved.marshalManifest()
	if err != nil {
		return nil, err
	}
	// What is checked when a bundle is loaded is checked before the first file is written.
	if err := decodeManifest(manifest, &Bundle{}); err != nil {
		return nil, err
	}
	for _, name := range b.networkNames() {
		n := saved.Networks[name]
		if saved.verify(n) == nil {
			continue // dir has this very file already
		}
		err := replaceFile(filepath.Join(dir, n.File), func(w io.Writer) error {
			if written, ok := tensors[name]; ok {
				return encode(w, written, nil)
			}
			return b.copyVerified(w, b.Networks[name])
		})
		if err != nil {
			return nil, fmt.Errorf("network %q: %w", name, err)
		}
	}
	return &saved, replaceFile(filepath.Join(dir, manifestName), func(w io.Writer) error {
		_, err := w.Write(manifest)
		return err
	})
}

// describeNetwork returns a network with the fields that describe its file.
func (b *Bundle) describeNetwork(name string, tensors map[string][]Tensor) (Network, error) {
	n := b.Networks[name]
	if written, ok := tensors[name]; ok {
		digest, size := sha256.New(), byteCount(0)
		if err := encode(io.MultiWriter(digest, &size), written, nil); err != nil {
			return Network{}, err
		}
		n.SHA256, n.Size = hex.EncodeToString(digest.Sum(nil)), int64(size)
	} else if b.files == nil {
		return Network{}, errors.New("has no tensors; a network of a new bundle needs some")
	}
	// The digest is cut off at 8 bytes: enough to tell one bundle's files apart, and bundle.json has the whole.
	n.File = fmt.Sprintf("%s-%.16s.safetensors", name, n.SHA256)
	return n, nil
}

// byteCount is a writer that only counts.
type byteCount int64

func (c *byteCount) Write(p []byte) (int, error) {
	*c += byteCount(len(p))
	return len(p), nil
}

// ownFile matches the names that SaveBundle gives to networks, and those of its temporary files.
var ownFile = regexp.MustCompile(`^(\.?[a-z0-9][a-z0-9_-]*-[0-9a-f]{16}\.safetensors[0-9]*|\.bundle\.json[0-9]+)$`)

// removeUnused removes the files of earlier bundles and of saves that were killed.
func removeUnused(dir string, b *Bundle) error {
	used := map[string]bool{}
	for _, n := range b.Networks {
		used[n.File] = true
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, file := range files {
		if used[file.Name()] || !ownFile.MatchString(file.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, file.Name())); err != nil {
			return err
		}
	}
	return nil
}
