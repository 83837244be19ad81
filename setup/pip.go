package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// errNoPip says that no way to call pip was found.
var errNoPip = errors.New("pip wasn't found (tried python3 -m pip, pip3 and pip); " +
	"install it, on Debian and Ubuntu with `apt-get install python3-pip`")

// pip is a way to call the user's own pip, with what it says of itself.
type pip struct {
	command []string
	version string
}

func (p pip) String() string { return strings.Join(p.command, " ") }

// findPip returns the first pip that answers.
func findPip(ctx context.Context) (pip, error) {
	for _, command := range [][]string{{"python3", "-m", "pip"}, {"pip3"}, {"pip"}} {
		out, err := run(ctx, append(command, "--version"), "")
		if ctx.Err() != nil {
			return pip{}, ctx.Err()
		}
		if err == nil {
			// "pip 23.2.1 from /usr/lib/... (python 3.11)"
			version, _, _ := strings.Cut(strings.TrimSpace(out), " from ")
			return pip{command: command, version: version}, nil
		}
	}
	return pip{}, errNoPip
}

// download has pip fetch a wheel into the folder dir, which must be empty and is also pip's place for temporary files, and
// returns the archive's path. Nothing about the archive has been checked but its name.
func (p pip) download(ctx context.Context, w wheel, dir string) (string, error) {
	args := append(p.command[:len(p.command):len(p.command)], "download", "--no-deps", "--only-binary=:all:",
		"--no-cache-dir", "--disable-pip-version-check", "--no-input", "--progress-bar=off", "--dest", dir, w.requirement())
	out, err := run(ctx, args, dir)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("`%s download %s` failed (%w):\n%s", p, w.requirement(), err, lastLines(out, 6))
	}
	path := filepath.Join(dir, w.File)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("`%s download %s` saved no %s:\n%s", p, w.requirement(), w.File, lastLines(out, 6))
	}
	return path, nil
}

// run runs a command to its end and returns what it printed. When ctx ends, the command is killed with all that it
// started: pip may be a shell script that calls Python. A non-empty temp is given to it as the place for temporary files,
// so that a killed command leaves nothing elsewhere.
func run(ctx context.Context, command []string, temp string) (string, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	if temp != "" {
		cmd.Env = append(os.Environ(), "TMPDIR="+temp)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lastLines returns the last n lines of a command's output, indented: that is where pip says what went wrong.
func lastLines(out string, n int) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	lines = lines[max(0, len(lines)-n):]
	return "    " + strings.Join(lines, "\n    ")
}
