//go:build !unix

package store

import (
	"errors"
	"os"
)

func lockFolder(string) (*os.File, error) {
	return nil, errors.New("data folders cannot be locked on this system")
}
