package setup

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func says(f Finding) func(context.Context) Finding {
	return func(context.Context) Finding { return f }
}

func TestDoctorAligns(t *testing.T) {
	var out bytes.Buffer
	fine, err := doctor(t.Context(), &out, []Check{
		{"Data", says(Finding{Level: Fine, Text: "10000 pictures"})},
		{"Language", says(Finding{Note, "none", "install one\nor two"})},
	})
	if err != nil || !fine {
		t.Errorf("got %v, %v", fine, err)
	}
	want := `ok  Data      10000 pictures
--  Language  none
              -> install one
              or two
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	fine, err = doctor(t.Context(), &out, []Check{{"Data", says(Finding{Level: Missing})}, {"More", says(Finding{})}})
	if err != nil || fine {
		t.Errorf("with something missing: got %v, %v", fine, err)
	}
}

// failing is a writer that can't be written.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestDoctorErrors(t *testing.T) {
	checks := []Check{{"Data", says(Finding{})}}
	if fine, err := doctor(t.Context(), failing{}, checks); err == nil || fine {
		t.Errorf("a closed writer: got %v, %v", fine, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if fine, err := doctor(ctx, &bytes.Buffer{}, checks); !errors.Is(err, context.Canceled) || fine {
		t.Errorf("a cancelled context: got %v, %v", fine, err)
	}
}

func TestDoctorsOwnChecks(t *testing.T) {
	s, archives := fakeSite(t)
	find := func() map[string]Finding {
		found := map[string]Finding{}
		for _, c := range s.checks() {
			found[c.Name] = c.Run(t.Context())
		}
		return found
	}
	found := find() // nothing is there, not even pip
	for name, want := range map[string]Level{
		"Go": Note, "System": Fine, "pip": Note, "NVIDIA": Fine, "Cache": Fine, "Backend": Missing, "Plugin": Missing, "Devices": Missing,
	} {
		f, ok := found[name]
		if !ok || f.Level != want || f.Text == "" {
			t.Errorf("%s: got %+v, want level %d", name, f, want)
		}
		if f.Level != Fine && f.Advice == "" {
			t.Errorf("%s: no advice in %+v", name, f)
		}
	}

	fakePip(t, archives, copyArchive)
	mustSetup(t, s, Options{})
	s.driver = func() (string, bool) { return "580.1", true }
	found = find()
	for name, want := range map[string]string{
		"pip": "pip 99.0 (pip3)", "Plugin": s.pins.CPU.LibrarySHA256[:12], "Backend": "the cache's plugin", "NVIDIA": "driver 580.1",
	} {
		if !strings.Contains(found[name].Text, want) {
			t.Errorf("%s: got %+v, want %q", name, found[name], want)
		}
	}
	// The fake library can't be loaded, and the doctor finds that out by trying.
	if f := found["Devices"]; f.Level != Missing || !strings.Contains(f.Advice, "can't open") {
		t.Errorf("Devices: got %+v", f)
	}

	t.Setenv("GOMLX_BACKEND", "go")
	if f := find()["Devices"]; f.Level != Fine || !strings.Contains(f.Text, ": 1, ") {
		t.Errorf("Devices of the pure Go backend: got %+v", f)
	}
}

func TestMeminfo(t *testing.T) {
	const text = "MemTotal:       24572516 kB\nMemFree:        1 kB\nMemAvailable: many kB\nHugePages_Total:       0\n"
	for name, want := range map[string]int64{"MemTotal": 24572516 * 1024, "MemAvailable": 0, "Nothing": 0} {
		if got := meminfo(text, name); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
