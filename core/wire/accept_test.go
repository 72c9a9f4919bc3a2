package wire

// These tests hold the handshake's keys against the examples of RFC 6455 §1.3 and against encoding/base64.

import (
	"encoding/base64"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestAcceptKey_RFC6455_1_3_Example(t *testing.T) {
	if got := AcceptKey([]byte("dGhlIHNhbXBsZSBub25jZQ==")); string(got[:]) != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("AcceptKey = %s", got)
	}
}

// A key of another length than a valid one's is hashed as it is, too.
func TestAcceptKey_RFC6455_4_2_2_AnyLength(t *testing.T) {
	for key, want := range map[string]string{
		"":                      "Kfh9QIsMVZcl6xEPYxPHzW8SZ8w=",
		strings.Repeat("x", 99): "2L1IrflQ6TvhB8EAKi8J+XNZChM=",
	} {
		if got := AcceptKey([]byte(key)); string(got[:]) != want {
			t.Errorf("AcceptKey(%q) = %s, want %s", key, got, want)
		}
	}
}

// In a process that enforces FIPS 140, SHA-1 is forbidden for all but such a checksum.
func TestAcceptKey_UnderFIPS140(t *testing.T) {
	if os.Getenv("GODEBUG") == "fips140=only" {
		t.Skip("this is the process that the test starts")
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAcceptKey_RFC6455", "-test.count=1", "-test.timeout=60s")
	cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "GOCOVERDIR="+t.TempDir())
	if out, err := cmd.CombinedOutput(); strings.Contains(string(out), "incompatible with the purego build tag") {
		t.Skip("the build tag purego excludes FIPS 140")
	} else if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestEncodeKey_RFC6455_4_1_Nonce(t *testing.T) {
	if got := EncodeKey([16]byte([]byte("the sample nonce"))); string(got[:]) != "dGhlIHNhbXBsZSBub25jZQ==" {
		t.Errorf("EncodeKey = %s", got)
	}
}

func TestValidKey_RFC6455_4_2_1(t *testing.T) {
	for key, want := range map[string]bool{
		"dGhlIHNhbXBsZSBub25jZQ==":     true,
		"AAAAAAAAAAAAAAAAAAAAAA==":     true,
		"/+//++//9999999999zzZg==":     true,
		"":                             false,
		"dGhlIHNhbXBsZSBub25jZQ":       false, // no padding
		"dGhlIHNhbXBsZSBub25jZQ=":      false,
		"dGhlIHNhbXBsZSBub25jZQ==\n":   false,
		" dGhlIHNhbXBsZSBub25jZQ=":     false,
		"dGhlIHNhbXBsZSBub25jZR==":     false, // unused bits are set
		"dGhlIHNhbXBsZSBub25jZQ=A":     false,
		"dGhlIHNhbXBsZSBub25jZQA=":     false, // 17 bytes
		"dGhlIHNhbXBsZSBub25jZQAA":     false, // 18 bytes
		"dGhlIHNhbXBsZSBub25=ZQ==":     false,
		"dGhlIHNhbXBsZSBub25-ZQ==":     false, // base64url
		"dGhlIHNhbXBsZSBub25\xffZQ==":  false,
		"dGhlIHNhbXBsZSBub25jZQ==AAAA": false,
		"c2hvcnQ=":                     false, // "short"
	} {
		if got := ValidKey([]byte(key)); got != want {
			t.Errorf("ValidKey(%q) = %v", key, got)
		}
	}
}

// Each byte at each place of a key, against the strict decoder of encoding/base64.
func TestValidKey_EveryByteEverywhere(t *testing.T) {
	for at := range 24 {
		for c := range 256 {
			key := []byte("dGhlIHNhbXBsZSBub25jZQ==")
			key[at] = byte(c)
			nonce, err := base64.StdEncoding.Strict().DecodeString(string(key))
			want := err == nil && len(nonce) == 16 && c != '\n' && c != '\r'
			if got := ValidKey(key); got != want {
				t.Errorf("ValidKey(%q) = %v, want %v", key, got, want)
			}
		}
	}
}

func TestAcceptKey_NoAllocation(t *testing.T) {
	key := []byte("dGhlIHNhbXBsZSBub25jZQ==")
	if n := testing.AllocsPerRun(100, func() {
		AcceptKey(key)
		ValidKey(key)
		EncodeKey([16]byte{1})
	}); n != 0 {
		t.Errorf("the keys allocate %v times", n)
	}
}

func BenchmarkAcceptKey(b *testing.B) {
	key := []byte("dGhlIHNhbXBsZSBub25jZQ==")
	for b.Loop() {
		AcceptKey(key)
	}
}
