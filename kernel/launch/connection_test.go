package launch

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodConnection = `{"shell_port": 1025, "iopub_port": 1026, "stdin_port": 1027, "control_port": 1028, "hb_port": 1029,
	"ip": "127.0.0.1", "key": "k", "transport": "tcp", "signature_scheme": "hmac-sha256", "kernel_name": "otherwise"}`

func TestConnection(t *testing.T) {
	for _, test := range []struct{ old, new, want string }{
		{"", "", ""},
		{`"tcp"`, `"ipc"`, ""},
		{goodConnection, "", "not a JSON object"},
		{goodConnection, "<html>", "not a JSON object"},
		{goodConnection, "[1, 2]", "not a JSON object"},
		{goodConnection, goodConnection[:100], "not a JSON object"},
		{goodConnection, `{}`, `"transport" is ""`},
		{`"tcp"`, `"udp"`, `"transport" is "udp", legal are "tcp" and "ipc"`},
		{`"127.0.0.1"`, `""`, `"ip" is missing`},
		{"1026", "70000", `"iopub_port" is missing or not a port`},
		{"1029", "-1", `"hb_port" is missing or not a port`},
		{`"shell_port": 1025,`, "", `"shell_port" is missing`},
		{"1025", `"1025"`, `"shell_port" can't be a string`},
		{"hmac-sha256", "hmac-md5", "hmac-md5"},
		{"}", "}" + strings.Repeat(" ", maxConnectionFile), "more than"},
	} {
		path := filepath.Join(t.TempDir(), "kernel.json")
		text := strings.Replace(goodConnection, test.old, test.new, 1)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := checkConnection(path)
		if test.want == "" {
			if err != nil {
				t.Errorf("%s for %s: %v", test.new, test.old, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40s for %.40s: got %v, want %s", test.new, test.old, err, test.want)
		}
	}
	if err := checkConnection(filepath.Join(t.TempDir(), "none")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("got %v", err)
	}
}
