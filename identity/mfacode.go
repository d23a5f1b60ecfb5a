package identity

import (
	"errors"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/totp"
)

// A code of an MFA device is good once: what takes one puts the state in which it
// is used up, and is done only once that is committed.

// CheckMFACode tells whether a code is good now, and uses nothing up.
func (e Editor) CheckMFACode(ownerID, serial, code string) error {
	_, _, err := e.checkMFACode(ownerID, serial, code)
	return err
}

// UseMFACode uses a code of a device up.
func (e Editor) UseMFACode(ownerID, serial, code string) error {
	d, next, err := e.checkMFACode(ownerID, serial, code)
	if err != nil {
		return err
	}
	mfaSeeds.Put(e.draft, e.aggregate, d.key(), next)
	return nil
}

func (e Editor) checkMFACode(ownerID, serial, code string) (*MFADevice, *MFASeed, error) {
	d, err := e.mfaDeviceOf(ownerID, serial)
	if err != nil {
		return nil, nil, err
	}
	seed, stored, err := e.openMFASeed(d)
	if err != nil {
		return nil, nil, err
	}
	state, ok := seed.Verify(stored.State, code, e.Now)
	if !ok {
		return nil, nil, invalidMFACode()
	}
	return d, &MFASeed{Sealed: stored.Sealed, State: state}, nil
}

// synchronize uses two successive codes of a device up and keeps the drift that
// they tell.
func (e Editor) synchronize(d *MFADevice, first, second string) error {
	seed, stored, err := e.openMFASeed(d)
	if err != nil {
		return err
	}
	state, ok := seed.Synchronize(stored.State, first, second, e.Now)
	if !ok {
		return invalidMFACode()
	}
	mfaSeeds.Put(e.draft, e.aggregate, d.key(), &MFASeed{Sealed: stored.Sealed, State: state})
	return nil
}

func (e Editor) openMFASeed(d *MFADevice) (totp.Seed, *MFASeed, error) {
	if d.FIDO {
		return nil, nil, invalidMFACode() // it shows none
	}
	stored, ok := mfaSeeds.Get(e.snapshot(), d.key())
	if !ok {
		return nil, nil, errors.New("an MFA device has no seed")
	}
	seed, err := e.Open(stored.Sealed, e.mfaSeedOf(d.key()))
	return seed, stored, err
}

func invalidMFACode() error {
	return apierror.New(apierror.InvalidAuthenticationCode, "Authentication code for device is not valid.")
}

// resealMFASeeds seals all seeds again; what is remembered of their codes stays.
func (e Editor) resealMFASeeds(open func(sealed []byte, belongsTo string) ([]byte, error)) error {
	stored := map[string]*MFASeed{}
	for key, s := range mfaSeeds.All(e.snapshot()) {
		stored[key] = s
	}
	for key, s := range stored {
		seed, err := open(s.Sealed, e.mfaSeedOf(key))
		if err != nil {
			return err
		}
		sealed, err := e.Seal(seed, e.mfaSeedOf(key))
		if err != nil {
			return err
		}
		mfaSeeds.Put(e.draft, e.aggregate, key, &MFASeed{Sealed: sealed, State: s.State})
	}
	return nil
}
