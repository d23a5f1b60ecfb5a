package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
)

// pieceSize is where a piece of a pack is cut: large enough that DEFLATE finds
// what repeats, small enough that inflating one piece for one document takes
// a fraction of a millisecond.
const pieceSize = 32 << 10

// packer collects records into pieces. Package catalog documents the format.
type packer struct {
	pieces  [][]byte
	current []byte
}

// add appends a record and gives its place: piece, offset and length.
func (p *packer) add(record []byte) string {
	if len(p.current) > 0 && len(p.current)+len(record) > pieceSize {
		p.cut()
	}
	at := fmt.Sprintf("%d %d %d", len(p.pieces), len(p.current), len(record))
	p.current = append(p.current, record...)
	return at
}

func (p *packer) cut() {
	p.pieces = append(p.pieces, p.current)
	p.current = nil
}

// bytes compresses the pieces and puts the table of their sizes in front.
func (p *packer) bytes() []byte {
	if len(p.current) > 0 {
		p.cut()
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(p.pieces)))
	var body bytes.Buffer
	for _, piece := range p.pieces {
		start := body.Len()
		w, _ := flate.NewWriter(&body, flate.BestCompression) // fails for a wrong level only
		w.Write(piece)
		w.Close() // into memory: cannot fail
		head = binary.BigEndian.AppendUint32(head, uint32(body.Len()-start))
		head = binary.BigEndian.AppendUint32(head, uint32(len(piece)))
	}
	return append(head, body.Bytes()...)
}
