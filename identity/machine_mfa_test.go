package identity

import (
	"bytes"
	"strings"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/totp"
)

// modelDevice is an MFA device in the model.
type modelDevice struct {
	name  string // as written, which its serial number shows
	seed  totp.Seed
	state totp.State
	owner *thing
}

func (m *machine) device(name string) (*modelDevice, bool) {
	d, ok := m.devices[strings.ToLower(name)]
	return d, ok && d.name == name
}

func deviceSerial(name string) string { return "arn:aws:iam::111122223333:mfa/" + name }

func (m *machine) createDevice(t *rapid.T, name string) {
	_, taken := m.devices[strings.ToLower(name)]
	var seed totp.Seed
	if m.run(t, first(taken, apierror.EntityAlreadyExists), func(e Editor) (err error) {
		_, seed, err = e.CreateVirtualMFADevice(name, nil, nil)
		return err
	}) {
		m.devices[strings.ToLower(name)] = &modelDevice{name: name, seed: seed}
	}
}

func (m *machine) deleteDevice(t *rapid.T, name string) {
	d, there := m.device(name)
	want := first(!there, apierror.NoSuchEntity)
	if there {
		want = first(d.owner != nil, apierror.DeleteConflict)
	}
	if m.run(t, want, func(e Editor) error { return e.DeleteVirtualMFADevice(deviceSerial(name)) }) {
		delete(m.devices, strings.ToLower(name))
	}
}

// now is the step that the next rule runs in.
func (m *machine) now() totp.Step {
	e, _ := m.editor()
	return totp.StepAt(e.Now.Add(1e9))
}

func (m *machine) enableDevice(t *rapid.T, name, user string) {
	u := m.find("user", user)
	d, there := m.device(name)
	want := first(u == nil || !there, apierror.NoSuchEntity)
	codes := []string{"000000", "000000"}
	var next totp.State
	if want == "" {
		at := max(m.now()-15, d.state.Last+1)
		codes = []string{d.seed.Code(at), d.seed.Code(at + 1)}
		next = totp.State{Drift: at + 1 - m.now(), Last: at + 1}
		want = first(d.owner != nil, apierror.EntityAlreadyExists, next.Drift > totp.SyncWindow, apierror.InvalidAuthenticationCode)
	}
	if m.run(t, want, func(e Editor) error {
		owner, err := e.User(user)
		if err != nil {
			return err
		}
		return e.EnableMFADevice(owner.ID, deviceSerial(name), codes[0], codes[1])
	}) {
		d.owner, d.state = u, next
		u.devices[strings.ToLower(name)] = true
	}
}

func (m *machine) deactivateDevice(t *rapid.T, name, user string) {
	u := m.find("user", user)
	d, there := m.device(name)
	want := first(u == nil || !there || d.owner != u, apierror.NoSuchEntity)
	if m.run(t, want, func(e Editor) error {
		owner, err := e.User(user)
		if err != nil {
			return err
		}
		return e.DeactivateMFADevice(owner.ID, deviceSerial(name))
	}) {
		d.owner = nil
		delete(u.devices, strings.ToLower(name))
	}
}

// useCode uses the code of a step near the device's own.
func (m *machine) useCode(t *rapid.T, name, user string, off int) {
	u := m.find("user", user)
	d, there := m.device(name)
	want := first(u == nil || !there || d.owner != u, apierror.NoSuchEntity)
	code, step := "000000", totp.Step(0)
	if want == "" {
		step = m.now() + d.state.Drift + totp.Step(off)
		code = d.seed.Code(step)
		want = first(off > totp.Window || step <= d.state.Last, apierror.InvalidAuthenticationCode)
	}
	if m.run(t, want, func(e Editor) error {
		owner, err := e.User(user)
		if err != nil {
			return err
		}
		return e.UseMFACode(owner.ID, deviceSerial(name), code)
	}) {
		d.state.Last = step
	}
}

// wrongMFADevices names devices whose parts do not fit together.
func wrongMFADevices(a Account) (wrong []string) {
	s := a.snapshot()
	for key, d := range mfaDevices.All(s) {
		seed, ok := mfaSeeds.Get(s, key)
		_, user := a.UserByID(d.OwnerID)
		if key != d.key() || !ok || !bytes.HasPrefix(seed.Sealed, []byte(a.mfaSeedOf(key))) ||
			d.OwnerID != "" && !user || (d.OwnerID == "") != d.EnableDate.IsZero() {
			wrong = append(wrong, "MFA device "+key)
		}
	}
	if mfaSeeds.Count(s) != mfaDevices.Count(s) {
		wrong = append(wrong, "a seed without device")
	}
	return wrong
}
