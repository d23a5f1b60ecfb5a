package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
)

// unpack reads a pack as package catalog's text describes it.
func unpack(t *testing.T, pack []byte) [][]byte {
	t.Helper()
	count := int(binary.BigEndian.Uint32(pack))
	table, body := pack[4:4+8*count], pack[4+8*count:]
	var pieces [][]byte
	for i := range count {
		size, raw := binary.BigEndian.Uint32(table[8*i:]), binary.BigEndian.Uint32(table[8*i+4:])
		piece, err := io.ReadAll(flate.NewReader(bytes.NewReader(body[:size])))
		if err != nil || len(piece) != int(raw) {
			t.Fatalf("piece %d: %d bytes, not %d; %v", i, len(piece), raw, err)
		}
		pieces, body = append(pieces, piece), body[size:]
	}
	if len(body) > 0 {
		t.Fatalf("%d bytes after the last piece", len(body))
	}
	return pieces
}

// TestPackRoundTrip packs records shorter and longer than a piece and finds each
// at its place.
func TestPackRoundTrip(t *testing.T) {
	var p packer
	var records, places []string
	for i, size := range []int{1, 10_000, 20_000, 5_000, 100_000, 1, pieceSize, pieceSize - 1, 1, 1} {
		records = append(records, strings.Repeat(string(rune('a'+i)), size))
		places = append(places, p.add([]byte(records[i])))
	}
	pieces := unpack(t, p.bytes())
	for i, at := range places {
		var piece, offset, length int
		if _, err := fmt.Sscan(at, &piece, &offset, &length); err != nil {
			t.Fatal(err)
		}
		if got := string(pieces[piece][offset : offset+length]); got != records[i] {
			t.Errorf("record %d is not at %s", i, at)
		}
	}
	if len(pieces) != 7 { // of 30001, 5000, 100000, 1, 32768, 32768 and 1 bytes
		t.Errorf("%d pieces, want 7", len(pieces))
	}
}

func TestHoles(t *testing.T) {
	for in, want := range map[string]string{
		"aws:PrincipalTag/tag-key":     "aws:PrincipalTag/${TagKey}",
		"s3:ExistingObjectTag/<key>":   "s3:ExistingObjectTag/${TagKey}",
		"iam:ResourceTag/${TagKey}":    "iam:ResourceTag/${TagKey}",
		"aws:TagKeys":                  "aws:TagKeys",
		"ssm:resourceTag/tag-key-more": "ssm:resourceTag/tag-key-more",
	} {
		if got := holes(in); got != want {
			t.Errorf("holes(%s) = %s, want %s", in, got, want)
		}
	}
}
