package setup

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// nvidiaDriver looks for the driver of NVIDIA's graphics cards and returns its version where that is known.
func nvidiaDriver() (version string, found bool) {
	return nvidiaDriverUnder("/")
}

// nvidiaDriverUnder looks in the file system below root: for the driver's own file, then for its user library, which is
// all that a container or WSL may show. The tool nvidia-smi, which comes with the driver, is looked for on PATH.
func nvidiaDriverUnder(root string) (version string, found bool) {
	if text, err := os.ReadFile(filepath.Join(root, "proc/driver/nvidia/version")); err == nil {
		return driverVersion(string(text)), true
	}
	for _, dir := range []string{"usr/lib/x86_64-linux-gnu", "usr/lib64", "usr/lib/wsl/lib", "usr/local/nvidia/lib64"} {
		if _, err := os.Stat(filepath.Join(root, dir, "libcuda.so.1")); err == nil {
			return "version unknown", true
		}
	}
	if _, err := exec.LookPath("nvidia-smi"); err == nil {
		return "version unknown", true
	}
	return "", false
}

var driverNumber = regexp.MustCompile(`Kernel Module.*?\s(\d+(?:\.\d+)+)\s`)

// driverVersion finds "580.65.06" in a line like "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release ...".
func driverVersion(text string) string {
	if m := driverNumber.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return "version unknown"
}
