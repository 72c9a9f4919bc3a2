// The four examples of the reference in Go, run end to end.

package spec

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// program builds an example of examples/go.
func program(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if out, err := exec.Command("go", "build", "-o", path, "libws/examples/go/"+name).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// start runs an example server on a free port, and returns that.
func start(t *testing.T, path string) (port int) {
	t.Helper()
	cmd := exec.Command(path, "0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop := func() { once.Do(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }) }
	t.Cleanup(stop)
	line := make(chan string, 1)
	go func() {
		s, _ := bufio.NewReader(out).ReadString('\n')
		line <- s
	}()
	announced := soon(t, line, "the line of "+path)
	if _, err := fmt.Sscanf(announced, "listening on 127.0.0.1:%d\n", &port); err != nil {
		t.Fatalf("%q: %v", announced, err)
	}
	return port
}

// refusesTakenPort fails unless a server ends with an error when it cannot be bound.
func refusesTakenPort(t *testing.T, path string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out, err := exec.Command(path, fmt.Sprint(l.Addr().(*net.TCPAddr).Port)).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("address already in use")) {
		t.Errorf("%v: %s", err, out)
	}
}

func init() {
	for _, name := range []string{"echo_server", "custom_server"} {
		checks["example "+name] = func(t *testing.T) {
			path := program(t, name)
			port := start(t, path)
			for range 2 {
				echoes(t, fmt.Sprintf("ws://127.0.0.1:%d/", port))
			}
			refusesTakenPort(t, path)
		}
	}
	checks["example client_send"] = func(t *testing.T) {
		s := bound(t)
		running(s)
		path := program(t, "client_send")
		out, err := exec.Command(path, "127.0.0.1", fmt.Sprint(s.Port()), "grüße").Output()
		if err != nil || strings.TrimSpace(string(out)) != "grüße" {
			t.Errorf("%v: %s", err, out)
		}
		s.Drop() // nobody listens
		if out, err := exec.Command(path, "127.0.0.1", fmt.Sprint(s.Port()), "x").Output(); err == nil {
			t.Errorf("the client did not fail: %s", out)
		}
	}
	checks["example http_upgrade"] = func(t *testing.T) {
		path := program(t, "http_upgrade")
		port := start(t, path)
		page, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port))
		if err != nil {
			t.Fatal(err)
		}
		defer page.Body.Close()
		if body, err := io.ReadAll(page.Body); err != nil || page.StatusCode != 200 || !bytes.Contains(body, []byte("hello from the page")) {
			t.Error(page.Status, err)
		}
		echoes(t, fmt.Sprintf("ws://127.0.0.1:%d/ws", port))
		refusal, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/ws", port)) // asks for no WebSocket
		if err != nil {
			t.Fatal(err)
		}
		refusal.Body.Close()
		if refusal.StatusCode != http.StatusUpgradeRequired {
			t.Error(refusal.Status)
		}
		refusesTakenPort(t, path)
	}
}
