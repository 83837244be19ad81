package wire

import (
	"io"
	"net"
	"path/filepath"
	"testing"
)

func TestDirect(t *testing.T) {
	l, err := net.Listen("unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	accepted := make(chan net.Conn, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	here, err := net.Dial("unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	there := <-accepted
	defer there.Close()
	s, err := Direct(here.(*net.UnixConn))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := here.Write([]byte("x")); err == nil {
		t.Error("the connection given can still be used")
	}
	echo := make([]byte, 4)
	if _, err := s.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(there, echo); err != nil || string(echo) != "ping" {
		t.Fatalf("%q, %v", echo, err)
	}
	if _, err := there.Write([]byte("pong")); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(s, echo); err != nil || string(echo) != "pong" {
		t.Fatalf("%q, %v", echo, err)
	}
	read := make(chan error)
	go func() {
		_, err := s.Read(echo)
		read <- err
	}()
	if err := Shutdown(s); err != nil {
		t.Error(err)
	}
	if err := <-read; err != io.EOF {
		t.Errorf("the read that waited ended with %v", err)
	}
}
