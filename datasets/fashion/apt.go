package fashion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// debPackage is the Debian and Ubuntu package that holds the data set.
const debPackage = "dataset-fashion-mnist"

// errNoApt is returned where apt-get isn't on the PATH.
var errNoApt = errors.New("apt-get is not there")

// aptDownload has apt-get put the package into the folder dir, which needs no root, and gives its path. apt checks the
// package against the distribution's signatures. Where apt doesn't know the package, mostly because its lists were never
// fetched (as in a fresh container), it fetches lists of its own into dir and tries again: the system stays as it is.
func aptDownload(ctx context.Context, dir string, log io.Writer) (deb string, err error) {
	aptGet, err := exec.LookPath("apt-get")
	if err != nil {
		return "", errNoApt
	}
	fmt.Fprintf(log, "apt-get download %s (about 31 MB)\n", debPackage)
	first := runApt(ctx, aptGet, dir, log, "download", debPackage)
	if first == nil {
		return findDeb(dir)
	}
	if ctx.Err() != nil {
		return "", first
	}
	fmt.Fprintln(log, "apt doesn't find the package; fetching package lists of our own")
	private, err := privateLists(dir)
	if err != nil {
		return "", err
	}
	// A hook of the system's may fail without root although the lists have come; the download tells.
	updated := runApt(ctx, aptGet, dir, log, append(private, "update")...)
	if err := runApt(ctx, aptGet, dir, log, append(private, "download", debPackage)...); err != nil {
		if ctx.Err() != nil {
			return "", err
		}
		return "", errors.Join(first, updated, err)
	}
	return findDeb(dir)
}

// privateLists makes apt's folders within dir and gives the options that have apt use them.
func privateLists(dir string) ([]string, error) {
	state, cache := filepath.Join(dir, "state"), filepath.Join(dir, "cache")
	for _, folder := range []string{filepath.Join(state, "lists", "partial"), filepath.Join(cache, "archives", "partial")} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, err
		}
	}
	return []string{"-o", "Dir::State=" + state, "-o", "Dir::Cache=" + cache}, nil
}

// runApt runs apt-get in dir. Its error holds the end of what apt-get said.
func runApt(ctx context.Context, aptGet, dir string, log io.Writer, args ...string) error {
	// As root apt would become the user _apt, who can't write into our folder.
	args = append([]string{"-q", "-o", "APT::Sandbox::User=root"}, args...)
	cmd := exec.CommandContext(ctx, aptGet, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	var said bytes.Buffer
	cmd.Stdout = io.MultiWriter(&said, log)
	cmd.Stderr = cmd.Stdout
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(aptGet), strings.Join(args, " "), err, lastLines(said.String(), 3))
	}
	return nil
}

// findDeb gives the one package that apt-get left in dir.
func findDeb(dir string) (string, error) {
	debs, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return "", err
	}
	if len(debs) != 1 {
		return "", fmt.Errorf("apt-get download %s left %d packages, not one", debPackage, len(debs))
	}
	return debs[0], nil
}

// lastLines gives the last n lines of a text as one line.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}
