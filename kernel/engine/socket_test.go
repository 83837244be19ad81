package engine_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/gobackend"

	"otherwise/kernel/engine"
)

func refused(t *testing.T, socket, want string) {
	t.Helper()
	err := engine.Serve(context.Background(), engine.Options{Socket: socket, Backend: gobackend.GetBackend()})
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestSocketMode(t *testing.T) {
	s := start(t, engine.Options{})
	info, err := os.Stat(s.socket)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	s.stop()
	s.ended <- <-s.ended
	if _, err := os.Stat(s.socket); !os.IsNotExist(err) {
		t.Errorf("the socket is still there: %v", err)
	}
}

func TestSocketRefused(t *testing.T) {
	open := privateFolder(t)
	if err := os.Chmod(open, 0o750); err != nil {
		t.Fatal(err)
	}
	refused(t, filepath.Join(open, "engine.sock"), "mode 0700")

	folder := privateFolder(t)
	refused(t, filepath.Join(folder, "missing", "engine.sock"), "no such file")
	refused(t, filepath.Join(folder, strings.Repeat("long", 30)), "shorter")

	file := filepath.Join(folder, "precious")
	if err := os.WriteFile(file, []byte("data"), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, file, "no socket")
	if data, err := os.ReadFile(file); err != nil || string(data) != "data" {
		t.Errorf("the file in the way: %q, %v", data, err)
	}
}

func TestLiveSocketRefused(t *testing.T) {
	s := start(t, engine.Options{})
	refused(t, s.socket, "answers on")
	s.status(s.connect()) // the first goes on

	forwarded := filepath.Join(privateFolder(t), "engine.sock") // by ssh, without a lock
	l, err := net.Listen("unix", forwarded)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	refused(t, forwarded, "answers on")
}

func TestStaleSocketReplaced(t *testing.T) {
	path := filepath.Join(privateFolder(t), "engine.sock")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false) // as a process leaves it that is killed
	l.Close()
	s := start(t, engine.Options{Socket: path})
	s.status(s.connect())
}

// TestOneOfManyStarts starts engines on one path at the same time.
func TestOneOfManyStarts(t *testing.T) {
	path := filepath.Join(privateFolder(t), "engine.sock")
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	const starts = 8
	for range starts {
		go func() { ended <- engine.Serve(ctx, engine.Options{Socket: path, Backend: gobackend.GetBackend()}) }()
	}
	for range starts - 1 {
		if err := <-ended; err == nil || !strings.Contains(err.Error(), "answers on") {
			t.Errorf("one of them: %v", err)
		}
	}
	// The others are told to go as soon as one has the lock, which is before it listens.
	c, err := net.Dial("unix", path)
	for deadline := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(deadline); c, err = net.Dial("unix", path) {
		time.Sleep(time.Millisecond)
	}
	if err != nil {
		t.Errorf("the one that is left: %v", err)
	} else {
		c.Close()
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the one that was left: %v", err)
	}
}
