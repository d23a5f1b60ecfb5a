package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// decide answers one question per line of in with one line of out, both JSON.
// A line that cannot be understood gives a deny with an "error"; it stops
// nothing. The error that decide returns is one of reading or writing.
//
// Unknown members of the request are refused, and so are unknown members of the
// case that hold a list or an object: one of them may be a policy whose name is
// misspelled. Other unknown members are taken as notes.
func decide(in io.Reader, out io.Writer) error {
	r, w := bufio.NewReaderSize(in, 1<<16), bufio.NewWriterSize(out, 1<<16)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for {
		line, err := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if err := e.Encode(decideLine(line)); err != nil {
				return err
			}
			if r.Buffered() == 0 { // nobody has asked more yet: answer now
				if err := w.Flush(); err != nil {
					return err
				}
			}
		}
		if err == io.EOF {
			return w.Flush()
		}
		if err != nil {
			return errors.Join(err, w.Flush())
		}
	}
}
