package fashion

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// cacheName is the data set's folder within the cache folder.
const cacheName = "fashion-mnist"

// systemDir is where Debian's package dataset-fashion-mnist installs the files. A variable for the tests.
var systemDir = "/usr/share/datasets/fashion-mnist"

// fileNames lists the four files of the data set.
func fileNames() []string {
	var names []string
	for _, split := range []Split{Train, Test} {
		images, labels, _ := filesOf(split)
		names = append(names, images, labels)
	}
	return names
}

// Find gives the folder that holds the four files: explicitDir if it isn't empty, else the first that has them of
// cacheDir/fashion-mnist (where [Fetch] puts them) and the folder of Debian's package dataset-fashion-mnist.
// An explicitDir without them is an error even if they are elsewhere. The error says where it looked and what to do.
// Find doesn't read the files; [Load] does.
func Find(explicitDir, cacheDir string) (dir string, err error) {
	looked := []string{explicitDir}
	if explicitDir == "" {
		looked = []string{filepath.Join(cacheDir, cacheName), systemDir}
	}
	var found strings.Builder
	for _, dir := range looked {
		missing := missingFiles(dir)
		if len(missing) == 0 {
			return dir, nil
		}
		fmt.Fprintf(&found, "\n  %s: %s", dir, describeMissing(dir, missing))
	}
	return "", fmt.Errorf("Fashion-MNIST is not there. Looked in%s\nRun \"otherwise data fashion\" where apt is there, or %s", found.String(), byHand(cacheDir))
}

// missingFiles lists which of the four files are not regular files in dir.
func missingFiles(dir string) []string {
	var missing []string
	for _, name := range fileNames() {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.Mode().IsRegular() {
			missing = append(missing, name)
		}
	}
	return missing
}

func describeMissing(dir string, missing []string) string {
	if info, err := os.Stat(dir); err != nil {
		return "no such folder"
	} else if !info.IsDir() {
		return "not a folder"
	}
	return "without " + strings.Join(missing, ", ")
}

// byHand says how a user gets the files without [Fetch].
func byHand(cacheDir string) string {
	return fmt.Sprintf(`install Debian's or Ubuntu's package %s, or download
  %s
from the data set's page, https://github.com/zalandoresearch/fashion-mnist, and put the four files into
  %s`, debPackage, strings.Join(fileNames(), "\n  "), filepath.Join(cacheDir, cacheName))
}
