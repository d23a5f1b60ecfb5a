package catalog

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"sync"
)

// A pack hands out records of a file of compressed pieces. The package's text
// has the format.
type pack struct {
	name   string
	file   io.ReaderAt
	pieces []func() string // inflated once, when first asked for, and kept if keep is set
}

// place is where a record stands in a pack.
type place struct{ piece, offset, length int }

// openPack reads the table of pieces. The file stays where it is, in the binary;
// only pieces that are asked for are copied. Kept pieces of all policies are 3 MB.
func openPack(folder fs.FS, name string, keep bool) *pack {
	f, err := folder.Open(name)
	if err != nil {
		panic(broken(name, err))
	}
	p := &pack{name: name, file: f.(io.ReaderAt)} // embedded files are
	count := int(binary.BigEndian.Uint32(p.bytes(0, 4)))
	table := p.bytes(4, count*8)
	at := 4 + len(table)
	for i := range count {
		start, size := at, int(binary.BigEndian.Uint32(table[i*8:]))
		raw := int(binary.BigEndian.Uint32(table[i*8+4:]))
		inflate := func() string { return p.inflate(start, size, raw) }
		if keep {
			inflate = sync.OnceValue(inflate)
		}
		p.pieces = append(p.pieces, inflate)
		at += size
	}
	return p
}

// record gives the text at a place.
func (p *pack) record(at place) string {
	return p.pieces[at.piece]()[at.offset : at.offset+at.length]
}

func (p *pack) inflate(start, size, raw int) string {
	z := flate.NewReader(bytes.NewReader(p.bytes(start, size)))
	text := make([]byte, raw)
	if _, err := io.ReadFull(z, text); err != nil {
		panic(broken(p.name, err))
	}
	if n, err := z.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		panic(broken(p.name, fmt.Errorf("piece at %d is longer than it says (%v)", start, err)))
	}
	return string(text)
}

func (p *pack) bytes(start, size int) []byte {
	b := make([]byte, size)
	if _, err := p.file.ReadAt(b, int64(start)); err != nil {
		panic(broken(p.name, err))
	}
	return b
}

// parsePlace reads "piece offset length".
func parsePlace(cell string) place {
	var cells [4]string
	list := split(cells[:0], cell, ' ')
	if len(list) != 3 {
		panic(broken("place", fmt.Errorf("%q", cell)))
	}
	return place{number(list[0]), number(list[1]), number(list[2])}
}

func number(cell string) int {
	n, err := strconv.Atoi(cell)
	if err != nil {
		panic(broken("number", err))
	}
	return n
}
