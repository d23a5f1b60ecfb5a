package asked

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
	"github.com/keyreeve/keyreeve/policy/eval"
)

// ErrVersion says that a call was written by a newer program.
var ErrVersion = errors.New("what was asked is written in a layout that is not known here")

// ErrDamaged says that bytes are not what was written.
var ErrDamaged = errors.New("what was asked is damaged")

// Decode reads what [Call.Append] wrote. The policies of targets are to be found again:
// see [Call.In].
func Decode(data []byte) (Call, error) {
	if len(data) == 0 {
		return Call{}, ErrDamaged
	}
	if data[0] != version {
		return Call{}, fmt.Errorf("%w: version %d", ErrVersion, data[0])
	}
	r := reader{rest: string(data[1:])} // one copy, of which all texts are parts
	c := r.call()
	if r.bad || r.rest != "" {
		return Call{}, ErrDamaged
	}
	return c, nil
}

func (r *reader) call() (c Call) {
	flags := r.flags(callFlags)
	who := &c.Caller
	c.Allowed, who.Origin.SecureTransport = flags&flagAllowed != 0, flags&flagTLS != 0
	kind := r.number()
	if kind > uint64(authn.FederatedIdentity) {
		r.bad = true
	}
	who.Kind = authn.Kind(kind)
	r.texts(&who.Account, &who.ARN, &who.UserID, &who.Name, &who.UniqueID)
	r.texts(&who.Origin.SourceIP, &who.Origin.UserAgent, &who.Origin.Referer, &who.Origin.Region)
	if flags&flagSession != 0 {
		who.Session = r.session(who)
	}
	if flags&flagFederated != 0 {
		f := new(authn.Federated)
		r.texts(&f.Provider, &f.Audience, &f.Subject, &f.NameQualifier)
		who.Federated = f
	}
	if (who.Kind == authn.RoleSession || who.Kind == authn.FederatedUser) && who.Session == nil || who.Kind == authn.FederatedIdentity && who.Federated == nil {
		r.bad = true // such a caller cannot be asked for
	}
	if n := r.count(); n > 0 {
		c.Targets = make([]authz.Target, n)
		for i := range c.Targets {
			r.target(&c.Targets[i])
		}
	}
	return c
}

// reader takes fields off again. It is bad once anything was missing or not possible.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) fail() {
	r.bad, r.rest = true, ""
}

// flags reads flags, of which no others may be set than are known.
func (r *reader) flags(known byte) byte {
	if r.rest == "" || r.rest[0]&^known != 0 {
		r.fail()
		return 0
	}
	f := r.rest[0]
	r.rest = r.rest[1:]
	return f
}

func (r *reader) number() uint64 {
	var n uint64
	for i := 0; i < len(r.rest) && i < binary.MaxVarintLen64; i++ {
		b := r.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 || b == 0 && i > 0 { // too large, or not the shortest form
				break
			}
			r.rest = r.rest[i+1:]
			return n
		}
	}
	r.fail()
	return 0
}

func (r *reader) time() time.Time {
	n := r.number()
	seconds := int64(n >> 1)
	if n&1 != 0 {
		seconds = ^seconds
	}
	return time.Unix(seconds, 0).UTC()
}

// count reads the length of a list or text: as many bytes must be left.
func (r *reader) count() int {
	n := r.number()
	if n > uint64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count()
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

func (r *reader) texts(list ...*string) {
	for _, s := range list {
		*s = r.text()
	}
}

func (r *reader) list() []string {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]string, n)
	for i := range list {
		list[i] = r.text()
	}
	return list
}

// session reads a session, of which the caller says a part.
func (r *reader) session(who *authn.Caller) *session.Record {
	s := &session.Record{Account: who.Account, PrincipalARN: who.ARN, UniqueID: who.UniqueID, Kind: session.Kind(r.number())}
	flags := r.flags(sessionFlags)
	s.MFAPresent, s.Chained, s.SignedIn = flags&flagMFA != 0, flags&flagChained != 0, flags&flagSignedIn != 0
	s.AssumedRoot = flags&flagAssumedRoot != 0
	s.IssuedAt = r.time()
	if flags&flagMFATime != 0 {
		s.MFATime = r.time()
	}
	r.texts(&s.RoleARN, &s.SessionName, &s.IssuedTo, &s.SourceIdentity, &s.FederatedProvider, &s.Delegate, &s.InlinePolicy)
	s.ManagedPolicies = r.list()
	s.Tags = r.pairs()
	s.Context = r.pairs()
	return s
}

func (r *reader) pairs() []session.Tag {
	n := r.count()
	if n == 0 {
		return nil
	}
	tags := make([]session.Tag, n)
	for i := range tags {
		r.texts(&tags[i].Key, &tags[i].Value)
	}
	return tags
}

func (r *reader) target(t *authz.Target) {
	flags := r.flags(targetFlags)
	t.Role, t.MFA = flags&flagRole != 0, flags&flagTargetMFA != 0
	if flags&flagGranted != 0 {
		t.Granted = []*eval.Policy{}
	}
	r.texts(&t.Action, &t.Resource, &t.Account)
	n := r.count()
	if n == 0 {
		return
	}
	t.Keys = make([]authz.Key, n)
	for i := range t.Keys {
		k := &t.Keys[i]
		k.Multivalued = r.flags(1) != 0
		k.Name = r.text()
		k.Values = r.list()
		if !k.Multivalued && len(k.Values) != 1 {
			r.fail() // a decision reads the one value
		}
	}
}
