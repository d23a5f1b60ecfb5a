package arn

import "unicode/utf8"

// search finds a run that has "?" in it in a long text. Trying it at each place
// would cost the product of both lengths; here all places are tried at once, a bit
// each: the bits of state are the prefixes of the run that end at the character
// that was read last (the Shift-And method). So the cost is that of reading the
// text once, times one for every 64 characters of the run.
type search struct {
	size  int // characters of the run
	words int
	wild  []uint64          // where the run has "?"
	masks map[rune][]uint64 // where it has a character, or "?"
	few   map[rune][]int    // the same, for characters that it has in few places
}

// searchFrom is how many bytes of a text and a run, multiplied, make a search
// worth its while.
const searchFrom = 1 << 12

// newSearch prepares the search for a run. It is nil if the run has no "?", or
// something that is no text.
func newSearch(run []Token, holes []string) *search {
	places := map[rune][]int{}
	q := &search{few: map[rune][]int{}, masks: map[rune][]uint64{}}
	var wild []int
	for _, t := range run {
		if t.Kind == Any {
			wild = append(wild, q.size)
			q.size++
			continue
		}
		text := t.literal(holes)
		if !utf8.ValidString(text) {
			return nil
		}
		for _, r := range text {
			places[r] = append(places[r], q.size)
			q.size++
		}
	}
	if len(wild) == 0 {
		return nil
	}
	q.words = (q.size + 63) / 64
	q.wild = mask(q.words, wild)
	// A character in more places than a mask has words gets a mask. There are at
	// most 64 of those, whatever the run is, so that masks take no more than eight
	// bytes for each of its characters.
	for r, at := range places {
		if len(at) <= q.words {
			q.few[r] = at
			continue
		}
		m := mask(q.words, at)
		for i := range m {
			m[i] |= q.wild[i]
		}
		q.masks[r] = m
	}
	return q
}

func mask(words int, bits []int) []uint64 {
	m := make([]uint64, words)
	for _, b := range bits {
		m[b/64] |= 1 << (b % 64)
	}
	return m
}

// cutFirst is what the function of that name does, for a text that is valid UTF-8.
func (q *search) cutFirst(s string) (rest string, ok bool) {
	var room [32]uint64
	state := room[:min(q.words, len(room))]
	if q.words > len(room) {
		state = make([]uint64, q.words)
	}
	last := q.size - 1
	for i, r := range s {
		m, dense := q.masks[r]
		if !dense {
			m = q.wild
		}
		few, carry := q.few[r], uint64(1)
		for w, bits := range state {
			moved := bits<<1 | carry
			carry = bits >> 63
			state[w] = moved & m[w]
			for len(few) > 0 && few[0]/64 == w {
				state[w] |= moved & (1 << (few[0] % 64))
				few = few[1:]
			}
		}
		if state[last/64]>>(last%64)&1 == 1 {
			return s[i+utf8.RuneLen(r):], true
		}
	}
	return s, false
}
