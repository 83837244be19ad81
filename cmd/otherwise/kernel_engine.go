package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"otherwise/kernel/engine"
	"otherwise/setup"
)

func newKernelEngine() *cobra.Command {
	var e engineFlags
	cmd := &cobra.Command{
		Use:   "engine",
		Short: "Run an engine, which notebooks and programs compute in",
		Long: `Opens the backend (GOMLX_BACKEND, else the best one that is set up) and works for clients on a socket until it is
interrupted. The notebook kernel starts one by itself; one that is started by hand serves several notebooks, each of them
with OTHERWISE_ENGINE=unix:PATH in its environment. The socket's folder must be the user's alone: mkdir -m 700 makes one.`,
		Example: `  otherwise kernel engine --socket ~/.otherwise/engine.sock
  otherwise kernel engine --socket ~/.otherwise/engine.sock --memory 12G`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	cmd.Flags().StringVar(&e.socket, "socket", "", "`path` of the socket to listen on")
	cmd.Flags().StringVar(&e.memory, "memory", "75%", "most `memory` that tensors may take: bytes, with K, M or G if need be, or a share of the machine's")
	required(cmd, "socket")
	return cmd
}

type engineFlags struct{ socket, memory string }

func (e *engineFlags) run(ctx context.Context, out, log io.Writer) error {
	limit, err := memoryLimit(e.memory)
	if err != nil {
		return &usageError{fmt.Errorf("--memory: %w", err)}
	}
	backend, err := setup.OpenBackend()
	if err != nil {
		return err
	}
	// The backend isn't finalized: the process ends, and work that runs on would use it.
	fmt.Fprintf(out, "Engine on %s: %s\n", e.socket, backend.Description())
	return engine.Serve(ctx, engine.Options{Socket: e.socket, Backend: backend, MemoryLimit: limit, Log: log})
}

// memoryLimit reads "12G", "75%" or a number of bytes. Without a word on the machine's memory a share of it is no limit.
func memoryLimit(text string) (int64, error) {
	number, unit, most := text, int64(1), int64(math.MaxInt64)
	for suffix, size := range map[string]int64{"K": 1 << 10, "M": 1 << 20, "G": 1 << 30} {
		if rest, found := strings.CutSuffix(strings.ToUpper(text), suffix); found {
			number, unit, most = rest, size, math.MaxInt64/size
		}
	}
	if rest, found := strings.CutSuffix(text, "%"); found {
		number, unit, most = rest, setup.PhysicalMemory()/100, 100
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0, fmt.Errorf("%q is no amount of memory; legal are, say, 4000000000, 12G and 75%%", text)
	}
	return n * unit, nil
}
