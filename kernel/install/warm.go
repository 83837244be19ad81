package install

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"otherwise/kernel/launch"
)

// warm compiles the packages that cells can import, so that the first cell of a notebook needn't. Go's build cache keeps
// them. A checkout that doesn't compile just now is no error: the cells that import it will say why.
func warm(ctx context.Context, compiler toolchain, module string, log io.Writer) error {
	fmt.Fprintf(log, "Compiling the packages of %s for cells.\n", module)
	goCommand := func(args ...string) ([]byte, error) {
		cmd := exec.CommandContext(ctx, compiler.path, args...)
		cmd.Dir = module
		cmd.Env = append(os.Environ(), "GOWORK=off")
		return cmd.CombinedOutput()
	}
	list, err := goCommand("list", "-tags="+launch.CellTags, "-f", `{{if and .GoFiles (ne .Name "main")}}{{.ImportPath}}{{end}}`, "."+string(filepath.Separator)+"...")
	out := list
	if err == nil {
		out, err = goCommand(append([]string{"build", "-tags=" + launch.CellTags}, strings.Fields(string(list))...)...)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		fmt.Fprintf(log, "Not all could be compiled: %s\n", lastLine(out))
	}
	return nil
}
