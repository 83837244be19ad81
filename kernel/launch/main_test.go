package launch

import (
	"fmt"
	"os"
	"testing"
)

// The test binary plays the programs of a kernel: the shim when it is called "go", launcher and guard by their first argument.
func TestMain(m *testing.M) {
	if isGo, code := RunShim(os.Args); isGo {
		os.Exit(code)
	}
	if len(os.Args) > 1 {
		var err error
		switch os.Args[1] {
		case "test-launcher": // CONNECTION_FILE TEMPORARY ENGINE
			self, _ := os.Executable()
			err = Run(os.Args[2], Options{
				Module: os.Getenv(ModuleEnv), Tools: os.Getenv(ToolsEnv), Temporary: os.Args[3],
				Guard: []string{self, "test-guard"}, Engine: []string{os.Args[4]},
			})
		case "test-guard":
			err = Guard(os.Stdin, os.Stderr)
		default:
			os.Exit(m.Run())
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
