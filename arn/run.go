package arn

import (
	"strings"
	"unicode/utf8"
)

// run is what stands between two stars.
type run struct {
	tokens []Token
	// bytes are the literals of neighbouring runs that have one byte each: instead
	// of those, there is one run, which takes the bytes in order with anything
	// between them.
	bytes  string
	long   int     // bytes of the tokens, if one of them is "?" and none is a hole
	search *search // for that case
	holes  bool    // one of the tokens is "?" and one a hole
}

// prepare makes the runs ready to be looked for.
func prepare(split [][]Token) []run {
	var runs []run
	last := len(split) - 1
	for i, tokens := range split {
		if i == 0 || i == last {
			runs = append(runs, run{tokens: tokens})
			continue
		}
		if isText(tokens) && len(tokens[0].Text) == 1 && tokens[0].Text[0] < utf8.RuneSelf {
			if i > 1 && runs[len(runs)-1].bytes != "" {
				runs[len(runs)-1].bytes += tokens[0].Text
			} else {
				runs = append(runs, run{bytes: tokens[0].Text})
			}
			continue
		}
		runs = append(runs, newRun(tokens))
	}
	return runs
}

func newRun(tokens []Token) run {
	r := run{tokens: tokens}
	wild, hole := false, false
	for _, t := range tokens {
		wild, hole = wild || t.Kind == Any, hole || t.Kind == Hole
	}
	if r.holes = wild && hole; wild && !hole {
		r.long, r.search = least(tokens), newSearch(tokens, nil)
	}
	return r
}

// cutFirst removes everything up to the end of the first place where the run stands.
func (r *run) cutFirst(s string, holes []string) (rest string, ok bool) {
	if r.bytes != "" {
		return cutBytes(r.bytes, s)
	}
	search := r.search
	if r.holes {
		size := 0
		for i := range r.tokens {
			size += 1 + len(r.tokens[i].literal(holes))
		}
		if size*len(s) >= searchFrom*16 { // it is prepared for this once
			search = newSearch(r.tokens, holes)
		}
	}
	if search != nil && (r.holes || r.long*len(s) >= searchFrom) && utf8.ValidString(s) {
		return search.cutFirst(s)
	}
	return cutFirst(r.tokens, s, holes)
}

// cutBytes removes everything up to the last of bytes, which stand in s in this
// order.
func cutBytes(bytes, s string) (rest string, ok bool) {
	for n, i := 0, 0; i < len(s); i++ {
		if s[i] == bytes[n] {
			if n++; n == len(bytes) {
				return s[i+1:], true
			}
		}
	}
	return s, false
}

// cutPrefix removes run from the start of s.
func cutPrefix(run []Token, s string, holes []string) (rest string, ok bool) {
	for _, t := range run {
		if t.Kind == Any {
			if s == "" {
				return s, false
			}
			_, n := utf8.DecodeRuneInString(s)
			s = s[n:]
			continue
		}
		if s, ok = strings.CutPrefix(s, t.literal(holes)); !ok {
			return s, false
		}
	}
	return s, true
}

// cutSuffix removes run from the end of s.
func cutSuffix(run []Token, s string, holes []string) (rest string, ok bool) {
	for i := len(run) - 1; i >= 0; i-- {
		if run[i].Kind == Any {
			if s == "" {
				return s, false
			}
			_, n := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-n]
			continue
		}
		if s, ok = strings.CutSuffix(s, run[i].literal(holes)); !ok {
			return s, false
		}
	}
	return s, true
}

// cutFirst tries a run at every place, one after the other.
func cutFirst(run []Token, s string, holes []string) (rest string, ok bool) {
	head := ""
	if run[0].Kind != Any {
		head = run[0].literal(holes)
	}
	for {
		i := strings.Index(s, head)
		if i < 0 {
			return s, false
		}
		s = s[i:]
		if rest, ok = cutPrefix(run, s, holes); ok {
			return rest, true
		}
		if s == "" {
			return s, false
		}
		_, n := utf8.DecodeRuneInString(s)
		s = s[n:]
	}
}

func (t *Token) literal(holes []string) string {
	if t.Kind == Hole {
		return holes[t.Index]
	}
	return t.Text
}
