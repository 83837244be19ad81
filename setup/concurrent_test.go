package setup

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// childEnv makes this test binary a process that only sets up: its value is the pins, as JSON.
const childEnv = "OTHERWISE_TEST_SETUP_PINS"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		s := site{driver: func() (string, bool) { return "", false }, platform: wheelPlatform}
		err := json.Unmarshal([]byte(text), &s.pins)
		if err == nil {
			_, err = s.setup(context.Background(), Options{Log: os.Stdout})
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// slowPip is a pip that writes half of the archive and goes on only when the file gate exists.
func slowPip(gate string) string {
	return `head -c 50 "$archives/$name-1.0-py3-none-any.whl" > "$dest/$name-1.0-py3-none-any.whl"
while [ ! -e '` + gate + `' ]; do sleep 0.01; done
` + copyArchive
}

// opener is a log that opens the gate of slowPip when a set-up says that it waits.
type opener struct {
	sync.Mutex
	gate string
	text bytes.Buffer
}

func (o *opener) Write(p []byte) (int, error) {
	o.Lock()
	defer o.Unlock()
	if bytes.Contains(p, []byte("waiting")) {
		if err := os.WriteFile(o.gate, nil, 0o644); err != nil {
			return 0, err
		}
	}
	return o.text.Write(p)
}

// checkConcurrent looks at what two set-ups have done: one download, by the first, while the second waited.
func checkConcurrent(t *testing.T, s site, calls, log string) {
	t.Helper()
	if got, _ := os.ReadFile(calls); string(got) != "fake-cpu\n" {
		t.Errorf("pip was called for %q, want one download", got)
	}
	for _, want := range []string{"waiting", "Installed", "is in place"} {
		if n := strings.Count(log, want); n != 1 {
			t.Errorf("%q is said %d times, want once:\n%s", want, n, log)
		}
	}
	if !s.pins.CPU.installed(os.Getenv(CacheEnv)) {
		t.Error("the plugin isn't installed")
	}
	if names := pluginFiles(t); len(names) != 1 {
		t.Errorf("the cache holds %q", names)
	}
}

func TestTwoSetupsInOneProcess(t *testing.T) {
	s, archives := fakeSite(t)
	log := &opener{gate: filepath.Join(t.TempDir(), "gate")}
	calls := fakePip(t, archives, slowPip(log.gate))
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			if _, err := s.setup(t.Context(), Options{Log: log}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	checkConcurrent(t, s, calls, log.text.String())
}

func TestTwoSetupsInTwoProcesses(t *testing.T) {
	s, archives := fakeSite(t)
	log := &opener{gate: filepath.Join(t.TempDir(), "gate")}
	calls := fakePip(t, archives, slowPip(log.gate))
	text, err := json.Marshal(s.pins)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 2 {
		wait.Go(func() {
			child := exec.CommandContext(t.Context(), self)
			child.Env = append(os.Environ(), childEnv+"="+string(text))
			child.Stdout, child.Stderr = log, log
			if err := child.Run(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	checkConcurrent(t, s, calls, log.text.String())
}

// A set-up that is killed in mid-download leaves a half archive and no lock; the next one starts afresh.
func TestSetupAfterAKilledProcess(t *testing.T) {
	s, archives := fakeSite(t)
	started := filepath.Join(t.TempDir(), "started")
	fakePip(t, archives, `echo half > "$dest/$name-1.0-py3-none-any.whl"; echo > '`+started+`'; sleep 5`)
	text, err := json.Marshal(s.pins)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childEnv+"="+string(text))
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(started)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err == nil {
		t.Fatal("the killed process succeeded")
	}
	if names := pluginFiles(t); len(names) != 1 || !strings.HasPrefix(names[0], stagePrefix) {
		t.Fatalf("the killed process left %q, want an unfinished folder", names)
	}

	fakePip(t, archives, copyArchive)
	mustSetup(t, s, Options{})
	if names := pluginFiles(t); len(names) != 1 || names[0] != s.pins.CPU.Folder {
		t.Errorf("the cache holds %q", names)
	}
}
