package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"otherwise/setup"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"otherwise": main})
}

// The scripts in testdata run the whole program as a user does. Each has a small data set in $WORK/fashion (see fixture).
func TestScripts(t *testing.T) {
	config, backendErr := setup.BackendConfig()
	golden, err := filepath.Abs("../../testdata/golden")
	if err != nil {
		t.Fatal(err)
	}
	classify, err := filepath.Abs("../../classify")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"interrupt": interrupt,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("GOMLX_BACKEND", config)
			env.Setenv(setup.CacheEnv, env.WorkDir+"/cache")
			env.Setenv("GOLDEN", golden)
			env.Setenv("CLASSIFY", classify)
			return writeFixture(env.WorkDir)
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "backend":
				return backendErr == nil, nil
			case "root":
				return os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition " + cond)
		},
	})
}

// exits runs a program that must end with an exit code, or one of several: exits CODE[|CODE...] PROGRAM ARGS...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE[|CODE...] PROGRAM ARGS...")
	}
	got := 0
	var failed *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if !slices.Contains(strings.Split(args[0], "|"), strconv.Itoa(got)) {
		ts.Fatalf("exit code %d, want %s", got, args[0])
	}
}
