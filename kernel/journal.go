package kernel

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/google/renameio/v2"
)

// The journal is a folder beside the engine's socket with a file for each name that a cell kept something under: the line
// of the cell that did. It outlives an engine that dies, and tells then which cell to run again.

func journalFile(name string) string {
	folder := socketFolder()
	if folder == "" {
		return ""
	}
	return filepath.Join(folder, "kept", hex.EncodeToString([]byte(name)))
}

// noteKept writes down the line from which Keep was called. That it can't is no reason to fail.
func noteKept(name string) {
	path := journalFile(name)
	_, file, number, ok := runtime.Caller(2)
	if path == "" || len(path) > 4000 || !ok {
		return
	}
	line := sourceLine(file, number)
	if line == "" || os.MkdirAll(filepath.Dir(path), 0o700) != nil {
		return
	}
	_ = renameio.WriteFile(path, []byte(line), 0o600)
}

// whoKept says, for an error, which cell kept the name before; "" where none did.
func whoKept(name string) string {
	path := journalFile(name)
	if path == "" {
		return ""
	}
	line, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return fmt.Sprintf(": it was lost with an engine that ended, or dropped; run again the cell with the line\n\t%s", line)
}

// sourceLine reads a line of a source file; "" where it isn't there.
func sourceLine(file string, number int) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for n := 1; scanner.Scan(); n++ {
		if n == number {
			return strings.TrimSpace(scanner.Text())
		}
	}
	return ""
}
