package launch

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// sessionMembers lists the living processes of a session.
func sessionMembers(session int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a legal one
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended
		}
		// "pid (name) state parent group session ...", where the name may hold anything, brackets too.
		end := bytes.LastIndexByte(text, ')')
		fields := bytes.Fields(text[end+1:])
		if end < 0 || len(fields) < 4 || string(fields[0]) == "Z" || string(fields[3]) != strconv.Itoa(session) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// dieWithParent has the child killed when the thread that started it ends. The guard starts all its children from one locked thread.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
