package setup

import (
	"path/filepath"
	"testing"
)

func TestNvidiaDriver(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for _, test := range []struct {
		name, file, text string
		version          string
		found            bool
	}{
		{name: "none", file: "etc/hosts"},
		{
			"open module", "proc/driver/nvidia/version",
			"NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build\nGCC version:  gcc version 13.3.0 (Ubuntu)\n",
			"580.65.06", true,
		},
		{
			"closed module", "proc/driver/nvidia/version",
			"NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n",
			"535.183.01", true,
		},
		{"other text", "proc/driver/nvidia/version", "hello", "version unknown", true},
		{"library only", "usr/lib/wsl/lib/libcuda.so.1", "", "version unknown", true},
	} {
		root := t.TempDir()
		write(t, filepath.Join(root, test.file), test.text, 0o644)
		version, found := nvidiaDriverUnder(root)
		if version != test.version || found != test.found {
			t.Errorf("%s: got %q, %v; want %q, %v", test.name, version, found, test.version, test.found)
		}
	}

	bin := t.TempDir()
	write(t, filepath.Join(bin, "nvidia-smi"), "#!/bin/sh\n", 0o755)
	t.Setenv("PATH", bin)
	if _, found := nvidiaDriverUnder(t.TempDir()); !found {
		t.Error("nvidia-smi isn't noticed")
	}
}
