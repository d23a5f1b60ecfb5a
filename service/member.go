package service

import "time"

// Or is what an optional member of an input says, or else.
func Or[T any](member *T, otherwise T) T {
	if member == nil {
		return otherwise
	}
	return *member
}

// Optional is a text in an answer, left out where it is empty.
func Optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Moment is a time in an answer, left out where there is none.
func Moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
