package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Colours are for terminals (a character device stands for one), unless NO_COLOR is
// set to something.
func TestColours(t *testing.T) {
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	none := func(string) (string, bool) { return "", false }
	noColour := func(value string) environment {
		return func(name string) (string, bool) { return value, name == "NO_COLOR" }
	}
	if !coloursFor(device, none) || !coloursFor(device, noColour("")) {
		t.Error("a terminal has no colours")
	}
	if coloursFor(device, noColour("1")) || coloursFor(file, none) || coloursFor(new(bytes.Buffer), none) {
		t.Error("colours where none are wanted")
	}
}

// With colours the text is the same, but for them.
func TestColouredText(t *testing.T) {
	e := explanation{Decision: "implicitDeny", Missing: []nearMiss{{Policy: "p", Failed: []failure{{Element: "Condition", Text: "wants more"}}}}}
	var plain, coloured strings.Builder
	e.print(&plain, false)
	e.print(&coloured, true)
	if !strings.Contains(coloured.String(), "\x1b[31mimplicitDeny\x1b[0m") || strings.Contains(plain.String(), "\x1b") {
		t.Error(coloured.String(), plain.String())
	}
	if got := strings.NewReplacer("\x1b[31m", "", "\x1b[1m", "", "\x1b[0m", "").Replace(coloured.String()); got != plain.String() {
		t.Errorf("%q, want %q", got, plain.String())
	}
}
