package asked

import (
	"encoding/binary"

	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/credential/session"
)

const version = 1

// Flags of a call.
const (
	flagAllowed = 1 << iota
	flagTLS
	flagSession
	flagFederated
	callFlags = 1<<iota - 1
)

// Flags of a session.
const (
	flagMFA = 1 << iota
	flagMFATime
	flagChained
	flagSignedIn
	flagAssumedRoot
	sessionFlags = 1<<iota - 1
)

// Flags of a target.
const (
	flagRole = 1 << iota
	flagTargetMFA
	flagGranted
	targetFlags = 1<<iota - 1
)

// Append writes the call to the end of b. It allocates at most once.
func (c *Call) Append(b []byte) []byte {
	if n := c.size(); cap(b)-len(b) < n {
		b = append(make([]byte, 0, len(b)+n), b...)
	}
	who, at := &c.Caller, &c.Caller.Origin
	w := writer(append(b, version))
	w.flags(flag(c.Allowed, flagAllowed) | flag(at.SecureTransport, flagTLS) | flag(who.Session != nil, flagSession) | flag(who.Federated != nil, flagFederated))
	w.number(uint64(who.Kind))
	w.texts(who.Account, who.ARN, who.UserID, who.Name, who.UniqueID)
	w.texts(at.SourceIP, at.UserAgent, at.Referer, at.Region)
	if who.Session != nil {
		w.session(who.Session)
	}
	if f := who.Federated; f != nil {
		w.texts(f.Provider, f.Audience, f.Subject, f.NameQualifier)
	}
	w.number(uint64(len(c.Targets)))
	for i := range c.Targets {
		w.target(&c.Targets[i])
	}
	return w
}

// size is at least how long the call becomes.
func (c *Call) size() int {
	who := &c.Caller
	n := 64 + len(who.Account) + len(who.ARN) + len(who.UserID) + len(who.Name) + len(who.UniqueID) +
		len(who.Origin.SourceIP) + len(who.Origin.UserAgent) + len(who.Origin.Referer) + len(who.Origin.Region)
	if s := who.Session; s != nil {
		n += 64 + len(s.RoleARN) + len(s.SessionName) + len(s.IssuedTo) + len(s.SourceIdentity) + len(s.FederatedProvider) + len(s.Delegate) + len(s.InlinePolicy)
		for _, p := range s.ManagedPolicies {
			n += 5 + len(p)
		}
		n += pairSize(s.Tags) + pairSize(s.Context)
	}
	if f := who.Federated; f != nil {
		n += 20 + len(f.Provider) + len(f.Audience) + len(f.Subject) + len(f.NameQualifier)
	}
	for i := range c.Targets {
		t := &c.Targets[i]
		n += 24 + len(t.Action) + len(t.Resource) + len(t.Account)
		for _, k := range t.Keys {
			n += 11 + len(k.Name)
			for _, v := range k.Values {
				n += 5 + len(v)
			}
		}
	}
	return n
}

func pairSize(tags []session.Tag) (n int) {
	for _, t := range tags {
		n += 10 + len(t.Key) + len(t.Value)
	}
	return n
}

// writer appends fields.
type writer []byte

func (w *writer) flags(f byte)    { *w = append(*w, f) }
func (w *writer) number(n uint64) { *w = binary.AppendUvarint(*w, n) }
func (w *writer) seconds(n int64) { *w = binary.AppendVarint(*w, n) }

func (w *writer) text(s string) {
	w.number(uint64(len(s)))
	*w = append(*w, s...)
}

func (w *writer) texts(list ...string) {
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) list(list []string) {
	w.number(uint64(len(list)))
	w.texts(list...)
}

func (w *writer) session(s *session.Record) {
	w.number(uint64(s.Kind))
	w.flags(flag(s.MFAPresent, flagMFA) | flag(!s.MFATime.IsZero(), flagMFATime) | flag(s.Chained, flagChained) | flag(s.SignedIn, flagSignedIn) |
		flag(s.AssumedRoot, flagAssumedRoot))
	w.seconds(s.IssuedAt.Unix())
	if !s.MFATime.IsZero() {
		w.seconds(s.MFATime.Unix())
	}
	w.texts(s.RoleARN, s.SessionName, s.IssuedTo, s.SourceIdentity, s.FederatedProvider, s.Delegate, s.InlinePolicy)
	w.list(s.ManagedPolicies)
	w.pairs(s.Tags)
	w.pairs(s.Context)
}

func (w *writer) pairs(tags []session.Tag) {
	w.number(uint64(len(tags)))
	for _, t := range tags {
		w.texts(t.Key, t.Value)
	}
}

func (w *writer) target(t *authz.Target) {
	w.flags(flag(t.Role, flagRole) | flag(t.MFA, flagTargetMFA) | flag(t.Granted != nil, flagGranted))
	w.texts(t.Action, t.Resource, t.Account)
	w.number(uint64(len(t.Keys)))
	for _, k := range t.Keys {
		w.flags(flag(k.Multivalued, 1))
		w.text(k.Name)
		w.list(k.Values)
	}
}

func flag(set bool, f byte) byte {
	if set {
		return f
	}
	return 0
}
