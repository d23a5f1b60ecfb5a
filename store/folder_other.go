//go:build !linux && !darwin

package store

import (
	"errors"
	"os"
)

func lockFolder(string) (*os.File, error) {
	return nil, errors.New("data folders cannot be locked on this system")
}

func noSpace(string) bool { return false }
