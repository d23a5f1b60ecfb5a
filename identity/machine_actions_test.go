package identity

import (
	"maps"
	"strings"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
)

// Names differ by case too, for those are the same names.
var (
	someNames  = rapid.SampledFrom([]string{"ann", "ANN", "bob"})
	ownerKind  = rapid.SampledFrom([]string{"user", "group", "role"})
	bounded    = rapid.SampledFrom([]string{"user", "role"})
	somePolicy = rapid.SampledFrom([]string{policyARN("ann"), policyARN("ann"), policyARN("bob"), awsPolicy, policyARN("ANN"), "arn:aws:iam::444455556666:policy/ann"})
)

// actions are the rules, each with what the model expects of it.
func (m *machine) actions() map[string]func(*rapid.T) {
	all := m.passwordActions()
	maps.Copy(all, map[string]func(*rapid.T){
		"": m.check,
		"create": func(t *rapid.T) {
			m.create(t, rapid.SampledFrom([]string{"user", "group", "role", "policy", "profile"}).Draw(t, "kind"), someNames.Draw(t, "name"))
		},
		"rename": func(t *rapid.T) {
			m.rename(t, rapid.SampledFrom([]string{"user", "group"}).Draw(t, "kind"), someNames.Draw(t, "name"), someNames.Draw(t, "new"))
		},
		"delete": func(t *rapid.T) {
			m.remove(t, rapid.SampledFrom([]string{"user", "group", "role", "profile"}).Draw(t, "kind"), someNames.Draw(t, "name"))
		},
		"delete policy": func(t *rapid.T) { m.deletePolicy(t, somePolicy.Draw(t, "policy")) },
		"attach": func(t *rapid.T) {
			m.attach(t, ownerKind.Draw(t, "kind"), someNames.Draw(t, "name"), somePolicy.Draw(t, "policy"))
		},
		"detach": func(t *rapid.T) {
			m.detach(t, ownerKind.Draw(t, "kind"), someNames.Draw(t, "name"), somePolicy.Draw(t, "policy"))
		},
		"put inline": func(t *rapid.T) {
			m.putInline(t, ownerKind.Draw(t, "kind"), someNames.Draw(t, "name"), someNames.Draw(t, "policy"))
		},
		"delete inline": func(t *rapid.T) {
			m.deleteInline(t, ownerKind.Draw(t, "kind"), someNames.Draw(t, "name"), someNames.Draw(t, "policy"))
		},
		"bound": func(t *rapid.T) {
			m.bound(t, bounded.Draw(t, "kind"), someNames.Draw(t, "name"), somePolicy.Draw(t, "policy"))
		},
		"unbound":         func(t *rapid.T) { m.unbound(t, bounded.Draw(t, "kind"), someNames.Draw(t, "name")) },
		"join":            func(t *rapid.T) { m.join(t, someNames.Draw(t, "group"), someNames.Draw(t, "user")) },
		"leave":           func(t *rapid.T) { m.leave(t, someNames.Draw(t, "group"), someNames.Draw(t, "user")) },
		"create key":      func(t *rapid.T) { m.createKey(t, someNames.Draw(t, "user")) },
		"delete key":      func(t *rapid.T) { m.deleteKey(t, someNames.Draw(t, "user"), rapid.IntRange(0, 1).Draw(t, "number")) },
		"create password": func(t *rapid.T) { m.createPassword(t, someNames.Draw(t, "user")) },
		"delete password": func(t *rapid.T) {
			m.deletePassword(t, someNames.Draw(t, "user"), rapid.IntRange(0, 1).Draw(t, "number"))
		},
		"create device":     func(t *rapid.T) { m.createDevice(t, someNames.Draw(t, "device")) },
		"delete device":     func(t *rapid.T) { m.deleteDevice(t, someNames.Draw(t, "device")) },
		"enable device":     func(t *rapid.T) { m.enableDevice(t, someNames.Draw(t, "device"), someNames.Draw(t, "user")) },
		"deactivate device": func(t *rapid.T) { m.deactivateDevice(t, someNames.Draw(t, "device"), someNames.Draw(t, "user")) },
		"use code": func(t *rapid.T) {
			m.useCode(t, someNames.Draw(t, "device"), someNames.Draw(t, "user"), rapid.IntRange(-1, 2).Draw(t, "off"))
		},
		"add version":       func(t *rapid.T) { m.addVersion(t, somePolicy.Draw(t, "policy"), rapid.Bool().Draw(t, "default")) },
		"choose version":    func(t *rapid.T) { m.chooseVersion(t, somePolicy.Draw(t, "policy"), rapid.IntRange(1, 4).Draw(t, "n")) },
		"delete version":    func(t *rapid.T) { m.deleteVersion(t, somePolicy.Draw(t, "policy"), rapid.IntRange(1, 4).Draw(t, "n")) },
		"add to profile":    func(t *rapid.T) { m.addRole(t, someNames.Draw(t, "profile"), someNames.Draw(t, "role")) },
		"take from profile": func(t *rapid.T) { m.takeRole(t, someNames.Draw(t, "profile"), someNames.Draw(t, "role")) },
	})
	return all
}

func (m *machine) create(t *rapid.T, kind, name string) {
	quota := map[string]string{"user": "UsersQuota", "group": "GroupsQuota", "role": "RolesQuota", "policy": "PoliciesQuota", "profile": "InstanceProfilesQuota"}[kind]
	want := first(m.find(kind, name) != nil, apierror.EntityAlreadyExists, len(m.kind(kind)) >= smallQuotas[quota], apierror.LimitExceeded)
	made := m.run(t, want, func(e Editor) (err error) {
		switch kind {
		case "user":
			_, err = e.CreateUser(NewUser{Name: name})
		case "group":
			_, err = e.CreateGroup(name, nil)
		case "role":
			_, err = e.CreateRole(NewRole{Name: name, Trust: someTrust})
		case "policy":
			_, err = e.CreatePolicy(NewPolicy{Name: name, Document: someDocument})
		case "profile":
			_, err = e.CreateInstanceProfile(name, nil, nil)
		}
		return err
	})
	if made {
		o := newThing(name)
		if kind == "policy" {
			o.versions, o.last, o.inForce = map[int]bool{1: true}, 1, 1
		}
		m.kind(kind)[strings.ToLower(name)] = o
	}
}

func (m *machine) rename(t *rapid.T, kind, name, next string) {
	o := m.find(kind, name)
	taken := m.find(kind, next)
	want := first(o == nil, apierror.NoSuchEntity, taken != nil && taken != o, apierror.EntityAlreadyExists)
	renamed := m.run(t, want, func(e Editor) error {
		if kind == "user" {
			return e.UpdateUser(name, &next, nil)
		}
		return e.UpdateGroup(name, &next, nil)
	})
	if renamed {
		delete(m.kind(kind), strings.ToLower(name))
		o.name = next
		m.kind(kind)[strings.ToLower(next)] = o
	}
}

func (m *machine) remove(t *rapid.T, kind, name string) {
	o := m.find(kind, name)
	want := first(o == nil, apierror.NoSuchEntity)
	if o != nil && m.inUse(kind, o) {
		want = apierror.DeleteConflict
	}
	removed := m.run(t, want, func(e Editor) error {
		switch kind {
		case "user":
			return e.DeleteUser(name)
		case "group":
			return e.DeleteGroup(name)
		case "role":
			return e.DeleteRole(name)
		}
		return e.DeleteInstanceProfile(name)
	})
	if removed {
		delete(m.kind(kind), strings.ToLower(name))
	}
}

// inUse tells whether something belongs to a thing. A boundary is no such thing:
// it goes with its user or role.
func (m *machine) inUse(kind string, o *thing) bool {
	for _, u := range m.users {
		if u.groups[o] {
			return true
		}
	}
	for _, p := range m.profiles {
		if kind == "role" && p.role == o {
			return true
		}
	}
	return o.role != nil || len(o.groups)+len(o.attached)+len(o.inline)+len(o.keys)+len(o.services)+len(o.devices)+len(o.passwords) > 0
}

func (m *machine) deletePolicy(t *rapid.T, arn string) {
	p := m.own(arn)
	want := m.changing(arn)
	if p != nil {
		if attached, bounded := m.uses(arn); attached+bounded > 0 || len(p.versions) > 1 {
			want = apierror.DeleteConflict
		}
	}
	if m.run(t, want, func(e Editor) error { return e.DeletePolicy(arn) }) {
		delete(m.policies, strings.ToLower(p.name))
	}
}

// own is the account's policy with an ARN.
func (m *machine) own(arn string) *thing {
	if arn == awsPolicy || !m.knownPolicy(arn) {
		return nil
	}
	return m.find("policy", strings.TrimPrefix(arn, policyARN("")))
}

// changing is what changing a policy comes to: AWS's cannot be changed.
func (m *machine) changing(arn string) apierror.Code {
	return first(arn == awsPolicy, apierror.AccessDenied, m.own(arn) == nil, apierror.NoSuchEntity)
}

func (m *machine) attach(t *rapid.T, kind, name, arn string) {
	o := m.find(kind, name)
	want := first(o == nil || !m.knownPolicy(arn), apierror.NoSuchEntity)
	if o != nil && want == "" && !o.attached[arn] && len(o.attached) >= smallQuotas["AttachedPoliciesPerUserQuota"] {
		want = apierror.LimitExceeded
	}
	if m.run(t, want, func(e Editor) error { return e.Attach(kind, name, arn) }) {
		o.attached[arn] = true
	}
}

func (m *machine) detach(t *rapid.T, kind, name, arn string) {
	o := m.find(kind, name)
	if m.run(t, first(o == nil || !o.attached[arn], apierror.NoSuchEntity), func(e Editor) error { return e.Detach(kind, name, arn) }) {
		delete(o.attached, arn)
	}
}

func (m *machine) putInline(t *rapid.T, kind, name, policy string) {
	o := m.find(kind, name)
	want := first(o == nil, apierror.NoSuchEntity)
	if o != nil {
		count := len(o.inline)
		if !o.inline[strings.ToLower(policy)] {
			count++
		}
		want = first(count*len(someDocument) > smallQuotas["UserPolicySizeQuota"], apierror.LimitExceeded)
	}
	if m.run(t, want, func(e Editor) error { return e.PutInline(kind, name, policy, someDocument) }) {
		o.inline[strings.ToLower(policy)] = true
	}
}

func (m *machine) deleteInline(t *rapid.T, kind, name, policy string) {
	o := m.find(kind, name)
	want := first(o == nil || !o.inline[strings.ToLower(policy)], apierror.NoSuchEntity)
	if m.run(t, want, func(e Editor) error { return e.DeleteInline(kind, name, policy) }) {
		delete(o.inline, strings.ToLower(policy))
	}
}

func (m *machine) bound(t *rapid.T, kind, name, arn string) {
	o := m.find(kind, name)
	put := func(e Editor) error {
		if kind == "user" {
			return e.PutUserPermissionsBoundary(name, arn)
		}
		return e.PutRolePermissionsBoundary(name, arn)
	}
	if m.run(t, first(o == nil || !m.knownPolicy(arn), apierror.NoSuchEntity), put) {
		o.boundary = arn
	}
}

func (m *machine) unbound(t *rapid.T, kind, name string) {
	o := m.find(kind, name)
	remove := func(e Editor) error {
		if kind == "user" {
			return e.DeleteUserPermissionsBoundary(name)
		}
		return e.DeleteRolePermissionsBoundary(name)
	}
	if m.run(t, first(o == nil || o.boundary == "", apierror.NoSuchEntity), remove) {
		o.boundary = ""
	}
}

func (m *machine) join(t *rapid.T, group, user string) {
	g, u := m.find("group", group), m.find("user", user)
	want := first(g == nil || u == nil, apierror.NoSuchEntity)
	if want == "" && !u.groups[g] && len(u.groups) >= smallQuotas["GroupsPerUserQuota"] {
		want = apierror.LimitExceeded
	}
	if m.run(t, want, func(e Editor) error { return e.AddUserToGroup(group, user) }) {
		u.groups[g] = true
	}
}

func (m *machine) leave(t *rapid.T, group, user string) {
	g, u := m.find("group", group), m.find("user", user)
	if m.run(t, first(g == nil || u == nil, apierror.NoSuchEntity), func(e Editor) error { return e.RemoveUserFromGroup(group, user) }) {
		delete(u.groups, g)
	}
}

func (m *machine) createKey(t *rapid.T, name string) {
	u := m.find("user", name)
	want := first(u == nil, apierror.NoSuchEntity)
	if u != nil {
		want = first(len(u.keys) >= smallQuotas["AccessKeysPerUserQuota"], apierror.LimitExceeded)
	}
	var id string
	create := func(e Editor) error {
		user, err := e.User(name)
		if err != nil {
			return err
		}
		k, _, err := e.CreateAccessKey(user.ID)
		if err == nil {
			id = k.ID
		}
		return err
	}
	if m.run(t, want, create) {
		u.keys = append(u.keys, id)
	}
}

func (m *machine) deleteKey(t *rapid.T, name string, number int) {
	u := m.find("user", name)
	id := "AKIAIOSFODNN7EXAMPLE"
	known := u != nil && number < len(u.keys)
	if known {
		id = u.keys[number]
	}
	remove := func(e Editor) error {
		user, err := e.User(name)
		if err != nil {
			return err
		}
		return e.DeleteAccessKey(user.ID, id)
	}
	if m.run(t, first(!known, apierror.NoSuchEntity), remove) {
		u.keys = append(u.keys[:number:number], u.keys[number+1:]...)
	}
}

func (m *machine) addVersion(t *rapid.T, arn string, inForce bool) {
	p, want := m.own(arn), m.changing(arn)
	if p != nil && len(p.versions) >= smallQuotas["VersionsPerPolicyQuota"] {
		want = apierror.LimitExceeded
	}
	if m.run(t, want, func(e Editor) error { _, err := e.CreatePolicyVersion(arn, someDocument, inForce); return err }) {
		p.last++
		p.versions[p.last] = true
		if inForce {
			p.inForce = p.last
		}
	}
}

func (m *machine) chooseVersion(t *rapid.T, arn string, n int) {
	p, want := m.own(arn), m.changing(arn)
	if p != nil && !p.versions[n] {
		want = apierror.NoSuchEntity
	}
	if m.run(t, want, func(e Editor) error { return e.SetDefaultPolicyVersion(arn, versionName(n)) }) {
		p.inForce = n
	}
}

func (m *machine) deleteVersion(t *rapid.T, arn string, n int) {
	p, want := m.own(arn), m.changing(arn)
	if p != nil {
		want = first(!p.versions[n], apierror.NoSuchEntity, p.inForce == n, apierror.DeleteConflict)
	}
	if m.run(t, want, func(e Editor) error { return e.DeletePolicyVersion(arn, versionName(n)) }) {
		delete(p.versions, n)
	}
}

func (m *machine) addRole(t *rapid.T, profile, role string) {
	p, r := m.find("profile", profile), m.find("role", role)
	want := first(p == nil || r == nil, apierror.NoSuchEntity)
	if want == "" && p.role != nil {
		want = apierror.LimitExceeded
	}
	if m.run(t, want, func(e Editor) error { return e.AddRoleToInstanceProfile(profile, role) }) {
		p.role = r
	}
}

func (m *machine) takeRole(t *rapid.T, profile, role string) {
	p, r := m.find("profile", profile), m.find("role", role)
	want := first(p == nil || r == nil || p.role != r, apierror.NoSuchEntity)
	if m.run(t, want, func(e Editor) error { return e.RemoveRoleFromInstanceProfile(profile, role) }) {
		p.role = nil
	}
}
