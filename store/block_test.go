package store

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/s2"
)

// What is packed is unpacked as it was, whatever ids, accounts and times it has; and
// each block keeps to its second or minute.
func TestBlocksKeepEvents(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for round := range 300 {
		events := make([]Event, random.IntN(400))
		span := []time.Duration{time.Millisecond, 3 * time.Second, 3 * time.Minute, 30 * time.Hour}[random.IntN(4)]
		for i := range events {
			at := time.Date(2026, 3, 14, 23, 59, 59, 0, time.UTC).Add(time.Duration(random.Int64N(int64(span))))
			e := Event{Time: at, ID: fmt.Sprintf("%08x-89ab-7def-8123-%012x", random.Uint32(), i), Account: fmt.Sprint("11112222333", random.IntN(5)), Record: []byte{}}
			switch random.IntN(5) {
			case 0:
				e.ID = fmt.Sprint("event-", i)
			case 1:
				e.ID = fmt.Sprintf("%08X-89AB-7DEF-8123-%012X", random.Uint32(), i)
			}
			if random.IntN(9) > 0 {
				e.Record = bytes.Repeat([]byte{'a' + byte(i%26)}, random.IntN(3000))
			}
			if random.IntN(3) > 0 {
				e.Asked = []byte(fmt.Sprint("asked", i))[:random.IntN(6)]
			}
			events[i] = e
		}
		slices.SortFunc(events, compareEvents)
		var got []Event
		for _, b := range inBlocks(events) {
			unit, name := second, "second"
			if b.wide {
				unit, name = minute, "minute"
			}
			if unit(b.first) != unit(b.last) {
				t.Errorf("a block from %d to %d is of one %s", b.first, b.last, name)
			}
			some, err := b.events(withAsked | withRecords)
			if err != nil {
				t.Fatal(err)
			}
			if len(some) == 0 || len(some) > blockEvents || some[0].Time.UnixNano() != b.first || some[len(some)-1].Time.UnixNano() != b.last {
				t.Errorf("a block from %d to %d has %d events", b.first, b.last, len(some))
			}
			got = append(got, some...)
		}
		slices.SortFunc(got, compareEvents)
		if len(events) > 0 && !reflect.DeepEqual(events, got) {
			t.Fatalf("round %d: %s", round, cmp.Diff(events, got))
		}
	}
}

func TestBlocksWithoutTheirParts(t *testing.T) {
	e := Event{Time: time.Unix(1, 5).UTC(), ID: "one", Account: "111122223333", Record: []byte("record"), Asked: []byte{}}
	b := new(packer).block([]Event{e}, false)
	for want, kept := range map[parts]Event{
		0:           {Time: e.Time, ID: e.ID, Account: e.Account},
		withAsked:   {Time: e.Time, ID: e.ID, Account: e.Account, Asked: e.Asked},
		withRecords: {Time: e.Time, ID: e.ID, Account: e.Account, Record: e.Record},
	} {
		got, err := b.events(want)
		if diff := cmp.Diff([]Event{kept}, got); diff != "" || err != nil {
			t.Errorf("%d: %s, %v", want, diff, err)
		}
	}
}

// A changed or missing byte anywhere is noticed.
func TestDamagedBlocks(t *testing.T) {
	events := []Event{
		{Time: time.Unix(1, 5).UTC(), ID: "01234567-89ab-7def-8123-0123456789ab", Account: "111122223333", Record: []byte("record"), Asked: []byte("asked")},
		{Time: time.Unix(1, 6).UTC(), ID: "two", Account: "111122223333", Record: []byte("other")},
	}
	whole := new(packer).block(events, false)
	damaged := func(change func(*block)) {
		b := whole
		b.heads, b.asked, b.records = bytes.Clone(b.heads), bytes.Clone(b.asked), bytes.Clone(b.records)
		change(&b)
		if got, err := b.events(withAsked | withRecords); !errors.Is(err, ErrDamaged) {
			t.Errorf("%v, %v from a damaged block", got, err)
		}
	}
	for _, part := range []func(*block) *[]byte{
		func(b *block) *[]byte { return &b.heads }, func(b *block) *[]byte { return &b.asked }, func(b *block) *[]byte { return &b.records },
	} {
		for i := range *part(&whole) {
			damaged(func(b *block) { (*part(b))[i] ^= 1 })
			damaged(func(b *block) { p := part(b); *p = (*p)[:i] })
		}
	}
	damaged(func(b *block) { b.records = b.asked }) // sound, but not what the heads say
}

// Unpacking never panics, also where checksums are right.
func FuzzBlock(f *testing.F) {
	b := new(packer).block([]Event{{Time: time.Unix(1, 5), ID: "01234567-89ab-7def-8123-0123456789ab", Account: "a", Record: []byte("r"), Asked: []byte("q")}}, false)
	heads, _ := unsummed(b.heads)
	asked, _ := unsummed(b.asked)
	records, _ := unsummed(b.records)
	f.Add(heads, asked, records)
	f.Fuzz(func(t *testing.T, heads, asked, records []byte) {
		for _, part := range [][]byte{asked, records} {
			if n, err := s2.DecodedLen(part); err == nil && n > 1<<20 {
				return // not wrong, only slower
			}
		}
		b := block{heads: summed(slices.Clip(bytes.Clone(heads))), asked: summed(slices.Clip(bytes.Clone(asked))), records: summed(slices.Clip(bytes.Clone(records)))}
		events, err := b.events(withAsked | withRecords)
		if err != nil {
			return
		}
		for _, e := range events {
			if e.Record == nil {
				t.Error("an event without record")
			}
		}
	})
}
