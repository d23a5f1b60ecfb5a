package main

import (
	"io"
	"os"
)

// colours are used on a terminal only, and not where NO_COLOR is set, as
// no-color.org asks for.
type colours bool

func coloursFor(w io.Writer, env environment) colours {
	if v, ok := env("NO_COLOR"); ok && v != "" {
		return false
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return colours(err == nil && info.Mode()&os.ModeCharDevice != 0)
}

func (c colours) paint(code, text string) string {
	if !c {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (c colours) red(text string) string   { return c.paint("31", text) }
func (c colours) green(text string) string { return c.paint("32", text) }
func (c colours) bold(text string) string  { return c.paint("1", text) }
