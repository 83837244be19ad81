package launch

import (
	"slices"
	"syscall"
	"time"
)

// killSession kills every process of a session but those spared, and returns when none is left or, which only a process stuck in
// the system can cause, after two seconds. New ones that its members start meanwhile are killed as well.
func killSession(session int, spared ...int) {
	for range 100 {
		members := slices.DeleteFunc(sessionMembers(session), func(pid int) bool { return slices.Contains(spared, pid) })
		if len(members) == 0 {
			return
		}
		for _, pid := range members {
			syscall.Kill(pid, syscall.SIGKILL) // one that is gone already is fine
		}
		time.Sleep(20 * time.Millisecond)
	}
}
