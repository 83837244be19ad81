package setup

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"github.com/gomlx/compute"
)

// checks are the doctor's own, in the order in which one thing needs another.
func (s site) checks() []Check {
	return []Check{
		{"Go", checkGo},
		{"System", checkSystem},
		{"Memory", checkMemory},
		{"pip", checkPip},
		{"NVIDIA", s.checkDriver},
		{"Cache", checkCache},
		{"Backend", s.checkBackend},
		{"Plugin", s.checkPlugin},
		{"Devices", s.checkDevices},
	}
}

func checkGo(ctx context.Context) Finding {
	out, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return Finding{Note, runtime.Version() + " built this program; there is no go on PATH",
			"only building and notebooks need it: install Go 1.26.5 or newer"}
	}
	return Finding{Level: Fine, Text: fmt.Sprintf("%s on PATH, %s built this program", strings.TrimSpace(string(out)), runtime.Version())}
}

func checkSystem(context.Context) Finding {
	return Finding{Level: Fine, Text: fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
}

// scarce is the free memory below which explaining a picture with the shipped models may fail.
const scarce = 1e9

func checkMemory(context.Context) Finding {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return Finding{Note, "unknown", "this system has no /proc/meminfo"}
	}
	total, available := meminfo(string(text), "MemTotal"), meminfo(string(text), "MemAvailable")
	f := Finding{Level: Fine, Text: fmt.Sprintf("%s, %s free", size(total), size(available))}
	if available < scarce {
		f.Level, f.Advice = Note, "close other programs, or computing may run out of memory"
	}
	return f
}

// PhysicalMemory is the machine's memory in bytes; 0 where the system doesn't tell.
func PhysicalMemory() int64 {
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return meminfo(string(text), "MemTotal")
}

// meminfo returns an entry of /proc/meminfo ("MemTotal:  24572516 kB") in bytes, and 0 without it.
func meminfo(text, name string) int64 {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) >= 2 && fields[0] == name+":" {
			kib, err := strconv.ParseInt(fields[1], 10, 64)
			if err == nil {
				return kib * 1024
			}
		}
	}
	return 0
}

func checkPip(ctx context.Context) Finding {
	tool, err := findPip(ctx)
	if err != nil {
		return Finding{Note, "not found", "only fetching a plugin needs it; on Debian and Ubuntu: apt-get install python3-pip"}
	}
	return Finding{Level: Fine, Text: fmt.Sprintf("%s (%s)", tool.version, tool)}
}

func (s site) checkDriver(context.Context) Finding {
	version, found := s.driver()
	if !found {
		return Finding{Level: Fine, Text: "no driver: the CPU is used"}
	}
	cache, err := CacheDir()
	if err == nil && s.pins.GPU.installed(cache) {
		return Finding{Level: Fine, Text: fmt.Sprintf("driver %s, plugin %s", version, s.pins.GPU.Folder)}
	}
	return Finding{Note, "driver " + version + ", but no CUDA plugin: the CPU is used",
		"run `otherwise setup --gpu` (" + size(s.pins.GPU.downloadSize()) + " to download)"}
}

func checkCache(context.Context) Finding {
	cache, err := CacheDir()
	if err != nil {
		return Finding{Missing, "none", err.Error()}
	}
	probe, err := os.CreateTemp(cache, "doctor-")
	if err != nil {
		return Finding{Missing, cache, explain(cache, err).Error()}
	}
	probe.Close()
	os.Remove(probe.Name())
	free, err := freeBytes(cache)
	if err != nil {
		return Finding{Note, cache, err.Error()}
	}
	return Finding{Level: Fine, Text: fmt.Sprintf("%s, %s free", cache, size(free))}
}

// checkBackend tells which configuration is used and which rule chose it.
func (s site) checkBackend(context.Context) Finding {
	config, err := s.backendConfig()
	if err != nil {
		return Finding{Missing, "none", err.Error()}
	}
	if os.Getenv(compute.ConfigEnvVar) != "" {
		return Finding{Level: Fine, Text: config + ", chosen by " + compute.ConfigEnvVar}
	}
	return Finding{Level: Fine, Text: config + ", the cache's plugin"}
}

func (s site) checkPlugin(context.Context) Finding {
	if config := os.Getenv(compute.ConfigEnvVar); config != "" {
		return Finding{Level: Fine, Text: "as " + compute.ConfigEnvVar + " says; the cache's isn't used"}
	}
	cache, err := CacheDir()
	if err != nil {
		return Finding{Missing, "none", "the cache folder comes first"}
	}
	p, found := s.choose(cache)
	if !found {
		return Finding{Missing, "none at " + p.libraryPath(cache), "run `otherwise setup`"}
	}
	return Finding{Level: Fine, Text: fmt.Sprintf("%s, %s, SHA-256 %s... checked when it was installed",
		p.libraryPath(cache), size(p.LibrarySize), p.LibrarySHA256[:12])}
}

// checkDevices opens the backend, which is the only proof that it works.
func (s site) checkDevices(context.Context) Finding {
	config, err := s.backendConfig()
	if err != nil {
		return Finding{Missing, "none", "a backend comes first"}
	}
	backend, err := open(config)
	if err != nil {
		return Finding{Missing, "the backend doesn't open", err.Error()}
	}
	defer backend.Finalize()
	n := backend.NumDevices()
	if n == 0 {
		return Finding{Missing, backend.Name() + ": none", "set " + compute.ConfigEnvVar + " to another backend"}
	}
	return Finding{Level: Fine, Text: fmt.Sprintf("%s: %d, the first is %s", backend.Name(), n, backend.DeviceDescription(0))}
}
