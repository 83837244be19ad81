//go:build unix && !linux

package launch

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// sessionMembers lists the living processes of a session.
func sessionMembers(session int) (pids []int) {
	list, err := exec.Command("ps", "-A", "-o", "pid=,stat=").Output()
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(list)) {
		fields := strings.Fields(line)
		if len(fields) != 2 || strings.HasPrefix(fields[1], "Z") {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			continue
		}
		if sid, err := syscall.Getsid(pid); err == nil && sid == session {
			pids = append(pids, pid)
		}
	}
	return pids
}

// dieWithParent does nothing: only Linux has a signal for the parent's death.
func dieWithParent(*syscall.SysProcAttr) {}
