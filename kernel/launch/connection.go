package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxConnectionFile is far above the size of any connection file, about 300 bytes.
const maxConnectionFile = 1 << 20

// checkConnection reads a connection file as Jupyter writes it and says what is wrong with it, so that a mistake is told in
// a line rather than by GoNB's stack trace.
func checkConnection(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("connection file: %w; Jupyter writes it and passes its path", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConnectionFile+1))
	if err != nil {
		return fmt.Errorf("connection file: %w", err)
	}
	if err := parseConnection(text); err != nil {
		return fmt.Errorf("connection file %s: %w; start the kernel from Jupyter, which writes this file", path, err)
	}
	return nil
}

func parseConnection(text []byte) error {
	if len(text) > maxConnectionFile {
		return fmt.Errorf("more than %d bytes", maxConnectionFile)
	}
	var c struct {
		Transport string `json:"transport"`
		IP        string `json:"ip"`
		Scheme    string `json:"signature_scheme"`
		Shell     int    `json:"shell_port"`
		IOPub     int    `json:"iopub_port"`
		Stdin     int    `json:"stdin_port"`
		Control   int    `json:"control_port"`
		Heartbeat int    `json:"hb_port"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) && kind.Field != "" {
			return fmt.Errorf("%q can't be a %s", kind.Field, kind.Value)
		}
		return errors.New("not a JSON object")
	}
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return fmt.Errorf(`"transport" is %q, legal are "tcp" and "ipc"`, c.Transport)
	}
	if c.IP == "" {
		return errors.New(`"ip" is missing`)
	}
	if c.Scheme != "" && c.Scheme != "hmac-sha256" {
		return fmt.Errorf(`"signature_scheme" is %q, only "hmac-sha256" is legal`, c.Scheme)
	}
	for _, port := range []struct {
		name  string
		value int
	}{
		{"shell_port", c.Shell}, {"iopub_port", c.IOPub}, {"stdin_port", c.Stdin},
		{"control_port", c.Control}, {"hb_port", c.Heartbeat},
	} {
		if port.value < 1 || port.value > 65535 {
			return fmt.Errorf("%q is missing or not a port from 1 to 65535", port.name)
		}
	}
	return nil
}
