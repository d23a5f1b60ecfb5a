package arn

import "strings"

// confined is a pattern of which some wildcards must not match a colon. It is
// one of segments, each of which a piece of the text without colons must match,
// and of what may stand behind the fifth colon. A segment that a star closes
// runs on: any number of pieces may follow it before the next segment.
//
// So it is a pattern of segments as a Glob is one of characters, and for the same
// reason nothing is tried twice: what stands between two segments that run on is
// best placed as early as possible.
type confined struct {
	segments []segment
	rest     *Glob // behind the fifth colon; nil if the pattern has fewer
}

type segment struct {
	glob   Glob
	runsOn bool
}

func newConfined(parts [][]Token) *confined {
	c := &confined{}
	for i, p := range parts {
		if i == 5 {
			rest := NewGlob(p)
			c.rest = &rest
			break
		}
		c.segments = append(c.segments, segment{NewGlob(p), len(core(p)) < len(p)})
	}
	return c
}

func (c *confined) match(s string, holes []string) bool {
	next, start, fixed := 0, 0, true
	for {
		end := c.block(next)
		if end > len(c.segments) {
			return c.matchLast(next, s, start, fixed, holes)
		}
		at, ok := c.place(next, end, s, start, fixed, holes)
		if !ok {
			return false
		}
		if next = end; next == len(c.segments) && c.rest == nil {
			return true // the last star runs to the end
		}
		if start, ok = nextPiece(s, at); !ok {
			return false
		}
		fixed = false
	}
}

// block is where the block of segments ends that starts with the first: behind
// one that runs on. Is there none, it is more than all segments.
func (c *confined) block(first int) int {
	for i := first; i < len(c.segments); i++ {
		if c.segments[i].runsOn {
			return i + 1
		}
	}
	return len(c.segments) + 1
}

// nextPiece is where the piece behind the one at i begins.
func nextPiece(s string, i int) (start int, ok bool) {
	colon := strings.IndexByte(s[i:], ':')
	return i + colon + 1, colon >= 0
}

// place finds the first place for a block, at start if that is fixed, and gives
// the end of what its last segment stands in.
func (c *confined) place(first, end int, s string, start int, fixed bool, holes []string) (at int, ok bool) {
	for {
		if at, ok = c.follow(first, end, s, start, holes); ok || fixed {
			return at, ok
		}
		if start, ok = nextPiece(s, start); !ok {
			return 0, false
		}
	}
}

// matchLast matches what must reach to the end of s.
func (c *confined) matchLast(first int, s string, start int, fixed bool, holes []string) bool {
	for ok := true; ok; start, ok = nextPiece(s, start) {
		if c.reaches(first, s, start, holes) {
			return true
		}
		if fixed {
			return false
		}
	}
	return false
}

func (c *confined) reaches(first int, s string, start int, holes []string) bool {
	if first == len(c.segments) {
		return c.rest.Match(s[start:], holes)
	}
	at, ok := c.follow(first, len(c.segments), s, start, holes)
	switch {
	case !ok:
		return false
	case c.rest == nil:
		return at == len(s)
	}
	return at < len(s) && c.rest.Match(s[at+1:], holes)
}

// follow matches segments with the pieces from start on, one each.
func (c *confined) follow(first, end int, s string, start int, holes []string) (at int, ok bool) {
	at = start
	for i := first; i < end; i++ {
		if i > first {
			if at == len(s) {
				return at, false
			}
			at++ // a colon
		}
		piece := s[at:]
		if colon := strings.IndexByte(piece, ':'); colon >= 0 {
			piece = piece[:colon]
		}
		if !c.segments[i].glob.Match(piece, holes) {
			return at, false
		}
		at += len(piece)
	}
	return at, true
}
