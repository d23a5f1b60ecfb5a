package store

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/keyreeve/keyreeve/apierror"
)

// Reasons to refuse a data folder. Open never makes an empty store out of one
// that it cannot read.
var (
	ErrMissing     = errors.New("there is no store in this folder")
	ErrLost        = errors.New("the database is missing, but other parts of a store are there")
	ErrLocked      = errors.New("the data folder is in use by another server")
	ErrReadOnly    = errors.New("the data folder cannot be written to")
	ErrFull        = errors.New("there is no space left for the data folder")
	ErrDamaged     = errors.New("the database is damaged")
	ErrForeign     = errors.New("the file is not a database of ours")
	ErrWrongKey    = errors.New("the key file is not the one that this store was made with")
	ErrNewerFormat = errors.New("the store was written by a newer version")
)

// ErrPruned says that history since a revision is not there any more: whoever
// follows it has to begin with the present state.
var ErrPruned = errors.New("history of that revision has been pruned")

var errUnknownKind = errors.New("entities of this kind are not known here")

var errClosed = errors.New("the store is closed")

// errAgain says that what a command read has moved on.
var errAgain = errors.New("state has moved on")

// unavailable is what a caller sees when the change cannot be made durable.
func unavailable(cause error) error {
	return apierror.New(apierror.ServiceUnavailable, "The service cannot store changes at the moment. Try again later.").Because(cause)
}

// explain puts results of SQLite and of the system into our words.
func explain(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	switch resultCode(err) {
	case sqliteCorrupt:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	case sqliteNotADB:
		return fmt.Errorf("%w: %w", ErrForeign, err)
	case sqliteFull:
		return fmt.Errorf("%w: %w", ErrFull, err)
	case sqliteReadOnly:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}
