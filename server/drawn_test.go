package server

import (
	"bytes"
	"crypto/rand"
	"io"
	"testing"
)

// The randomness of a call is the same each time that it is run, however it is read, and
// does not repeat itself.
func TestDrawn(t *testing.T) {
	var s seed
	rand.Read(s[:])
	whole := make([]byte, 200)
	if _, err := io.ReadFull(&drawn{seed: &s}, whole); err != nil {
		t.Fatal(err)
	}
	again := &drawn{seed: &s}
	for at := 0; at < len(whole); {
		piece := make([]byte, min(10+at%7, len(whole)-at))
		if n, err := again.Read(piece); err != nil || !bytes.Equal(piece, whole[at:at+n]) || n != len(piece) {
			t.Fatalf("at %d: %x, want %x (%v)", at, piece, whole[at:at+len(piece)], err)
		}
		at += len(piece)
	}
	for at := range len(whole) - 8 {
		if i := bytes.Index(whole[at+1:], whole[at:at+8]); i >= 0 {
			t.Errorf("the bytes at %d come again %d later", at, i+1)
		}
	}
	if bytes.Contains(whole, s[halfSeed:halfSeed+8]) {
		t.Error("what the rest is made of is handed out")
	}
}
