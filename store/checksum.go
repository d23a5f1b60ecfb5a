package store

import (
	"hash/crc32"
	"strconv"

	"github.com/keyreeve/keyreeve/state"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is kept with the stored value of an entity. It covers whose value it
// is as well, and is for damage, not against somebody who can write to the
// database.
func checksum(id state.AggregateID, kind, key string, version int, value []byte) uint32 {
	b := make([]byte, 0, 256)
	b = append(b, id.String()...)
	b = append(append(b, 0), kind...)
	b = append(append(b, 0), key...)
	b = strconv.AppendInt(append(b, 0), int64(version), 10)
	return crc32.Update(crc32.Checksum(append(b, 0), castagnoli), castagnoli, value)
}
