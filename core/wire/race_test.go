//go:build race

package wire

// This test shows that the race detector sees what is done with payloads, which it cannot in assembly.

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// Who changes a payload while it is sent learns of it from the race detector. The race is run in a process of its own.
func TestPayloadsAreSeenByTheRaceDetector(t *testing.T) {
	payload, room := make([]byte, 4096), make([]byte, 4096)
	uses := map[string]func(){
		"Copy":      func() { Copy(room, payload) },
		"Append":    func() { Append(room[:0], payload) },
		"MaskInto":  func() { MaskInto(room, payload, [4]byte{1, 2, 3, 4}, 0) },
		"ValidUTF8": func() { ValidUTF8(payload) },
	}
	if use := uses[os.Getenv("LIBWS_TEST_RACE")]; use != nil {
		changed := make(chan bool)
		go func() {
			for i := range payload { // the detector remembers some accesses to each word only
				payload[i] = 1
			}
			changed <- true
		}()
		use()
		<-changed
		return
	}
	for name := range uses {
		command := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		command.Env = append(os.Environ(), "LIBWS_TEST_RACE="+name)
		if out, err := command.CombinedOutput(); err == nil || !bytes.Contains(out, []byte("DATA RACE")) {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
