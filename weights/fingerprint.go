package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
)

// Fingerprint tells files from others without reading them: it is a hash of their paths, sizes and times of change, and of what else
// about says. Equal fingerprints on one machine mean equal files.
// A file that isn't there is an error.
func Fingerprint(about string, paths ...string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, about)
	for _, path := range paths {
		full, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		info, err := os.Stat(full)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%s %d %d\n", full, info.Size(), info.ModTime().UnixNano())
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
