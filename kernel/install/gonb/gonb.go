//go:build ignore

// Command gonb is GoNB, its packages as they are, with a main function that differs from GoNB's own in four things:
//
//   - a second press of the stop button in one cell reaches the cell too: GoNB passes on one, then only waits to kill the cell,
//     and now waits longer, for a step of a large model may take longer than its five seconds;
//   - it connects to gopls as soon as that listens, not after twelve seconds;
//   - a cell that writes a line with its own file's name after two colons, as klog does, doesn't end the kernel;
//   - it logs to a file alone.
//
// It is built in a module whose path begins with GoNB's, which is what lets it import GoNB's internal packages.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
	_ "unsafe" // for go:linkname

	"github.com/janpfeifer/gonb/internal/dispatcher"
	"github.com/janpfeifer/gonb/internal/goexec"
	"github.com/janpfeifer/gonb/internal/goexec/goplsclient"
	"github.com/janpfeifer/gonb/internal/jpyexec"
	"github.com/janpfeifer/gonb/internal/kernel"
	"k8s.io/klog/v2"
)

// The expressions with which GoNB looks for lines of cells in compile errors and in what cells write to their standard error. Its own
// take what stands before a file's name as part of it, and it panics over a name with colons (getColLine in gonberror.go).
var (
	//go:linkname reFileLinePrefix github.com/janpfeifer/gonb/internal/goexec.reFileLinePrefix
	reFileLinePrefix *regexp.Regexp
	//go:linkname reStackTraceLine github.com/janpfeifer/gonb/internal/goexec.reStackTraceLine
	reStackTraceLine *regexp.Regexp
)

func main() {
	reFileLinePrefix = regexp.MustCompile(`(^[^:]*main(_test)?\.go:(\d+):(\d+): )(.+)$`)
	reStackTraceLine = regexp.MustCompile(`(^.*?)([^:\s]*main(?:_test)?\.go):(\d+)(.*)$`)

	connection := flag.String("kernel", "", "the connection file that Jupyter wrote")
	logFile := flag.String("log", "", "the file to log to")
	flag.Parse()
	if err := run(*connection, *logFile); err != nil {
		fmt.Fprintln(os.Stderr, "gonb:", err)
		os.Exit(1)
	}
}

func run(connection, logFile string) error {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	flags.Set("logtostderr", "false")
	flags.Set("stderrthreshold", "FATAL")
	klog.SetOutput(log)
	defer klog.Flush()

	// How long GoNB waits before it tries to connect to gopls, between two attempts, and for gopls to answer one.
	goplsclient.ConnectTimeout = time.Second
	jpyexec.WaitToKill = 30 * time.Second

	k, err := kernel.New(connection)
	if err != nil {
		return err
	}
	heedStops(k)
	state, err := goexec.New(k, newID(), false, false)
	if err != nil {
		return err
	}
	dispatcher.RunKernel(k, state)
	if err := state.Stop(); err != nil {
		klog.Warningf("cleaning up: %v", err)
	}
	k.ExitWait()
	return nil
}

// newID names the folder and the program of the notebook's cells.
func newID() string {
	id := make([]byte, 4)
	rand.Read(id)
	return hex.EncodeToString(id)
}

// heedStops takes the place of Kernel.HandleInterrupt: it hears the stop button, and signals from the launcher.
//
// GoNB sends the running cell a SIGINT at the first press. At any further press in the same cell the whole process group gets one:
// that is this process, the cell or what it started, and the go command while it compiles a cell; gopls has a group of its own.
func heedStops(k *kernel.Kernel) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, kernel.CaptureSignals...)
	presses := make(chan struct{})
	k.SubscribeInterrupt(func(kernel.SubscriptionId) { presses <- struct{}{} })
	go func() {
		echo := false // the next SIGINT is our own
		for {
			select {
			case <-presses:
				if again := k.Interrupted.Swap(true); again { // every cell begins with false
					echo = true
					syscall.Kill(0, syscall.SIGINT)
				}
			case sig := <-signals:
				if sig == os.Interrupt && echo {
					echo = false
					continue
				}
				k.CallInterruptSubscribers()
				if sig != os.Interrupt {
					k.Stop()
					return
				}
			case <-k.StoppedChan():
				return
			}
		}
	}()
}
