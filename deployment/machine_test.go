package deployment

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// TestRulesAgainstAModel runs random rules and compares with plain maps: an alias
// is of one account, an account has one at most, and what fails changes nothing.
func TestRulesAgainstAModel(t *testing.T) {
	accountIDs := rapid.SampledFrom([]string{"111122223333", "444455556666", "777788889999", "000000000000", "12345"})
	names := rapid.SampledFrom([]string{"team-a", "team-b", "team-c", "123456789012"})
	keyIDs := rapid.SampledFrom([]string{"AKIAIOSFODNN7EXAMPLE", "AKIAI44QH8DHBEXAMPLE"})
	rapid.Check(t, func(t *rapid.T) {
		empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
		e := Edit(state.NewDraft(empty))
		known, alias, owner, quota := map[string]bool{}, map[string]string{}, map[string]string{}, map[string]int{}
		own := map[string]int{}
		holder := func(name string) string {
			for account, a := range alias {
				if a == name {
					return account
				}
			}
			return ""
		}
		expect := func(t *rapid.T, err error, want apierror.Code) bool {
			t.Helper()
			if code := codeOf(err); code != want {
				t.Fatalf("it came to %q (%v), want %q", code, err, want)
			}
			return err == nil
		}
		t.Repeat(map[string]func(*rapid.T){
			"": func(t *rapid.T) {
				n := 0
				for a := range e.Accounts() {
					if n++; !known[a.ID] {
						t.Fatalf("account %s", a.ID)
					}
				}
				if n != len(known) || aliases.Count(e.snapshot()) != len(alias) {
					t.Fatalf("%d accounts and %d aliases, want %v and %v", n, aliases.Count(e.snapshot()), known, alias)
				}
				for id := range known {
					if e.Alias(id) != alias[id] {
						t.Fatalf("the alias of %s is %q, want %q", id, e.Alias(id), alias[id])
					}
				}
				for _, name := range QuotaNames() {
					want, set := quota[name]
					if !set {
						want = defaultQuotas[name]
					}
					if e.Quota(name) != want {
						t.Fatalf("%s is %d, want %d", name, e.Quota(name), want)
					}
					for id := range known {
						wantOwn, ok := own[id]
						if !ok || name != "UsersQuota" {
							wantOwn = want
						}
						if got := e.QuotaOf(id, name); got != wantOwn {
							t.Fatalf("%s of %s is %d, want %d", name, id, got, wantOwn)
						}
					}
				}
			},
			"create account": func(t *rapid.T) {
				id := accountIDs.Draw(t, "id")
				want := apierror.Code("")
				switch {
				case len(id) != 12 || id == "000000000000":
					want = apierror.ValidationError
				case known[id]:
					want = apierror.EntityAlreadyExists
				}
				_, err := e.CreateAccount(id, "name", time.Time{})
				if expect(t, err, want) {
					known[id] = true
				}
			},
			"set alias": func(t *rapid.T) {
				id, name := accountIDs.Draw(t, "id"), names.Draw(t, "alias")
				if !known[id] {
					t.Skip("only accounts have aliases")
				}
				want := apierror.Code("")
				switch {
				case name == "123456789012":
					want = apierror.InvalidInput
				case holder(name) != "" && holder(name) != id:
					want = apierror.EntityAlreadyExists
				}
				if expect(t, e.SetAlias(id, name), want) {
					alias[id] = name
				}
			},
			"delete alias": func(t *rapid.T) {
				id, name := accountIDs.Draw(t, "id"), names.Draw(t, "alias")
				want := apierror.Code("")
				if alias[id] != name {
					want = apierror.NoSuchEntity
				}
				if expect(t, e.DeleteAlias(id, name), want) {
					delete(alias, id)
				}
			},
			"own key": func(t *rapid.T) {
				id, key := accountIDs.Draw(t, "id"), keyIDs.Draw(t, "key")
				want := apierror.Code("")
				if o, ok := owner[key]; ok && o != id {
					want = apierror.EntityAlreadyExists
				}
				if expect(t, e.OwnKey(key, id), want) {
					owner[key] = id
				}
				if got, ok := e.KeyOwner(key); !ok || got != owner[key] {
					t.Fatalf("the key is of %q", got)
				}
			},
			"set quota of an account": func(t *rapid.T) {
				id, value := accountIDs.Draw(t, "id"), rapid.IntRange(-1, 3).Draw(t, "value")
				want := apierror.Code("")
				switch {
				case value < 0:
					want = apierror.ValidationError
				case !known[id]:
					want = apierror.NoSuchEntity
				}
				if expect(t, e.SetQuotaOf(id, "UsersQuota", value), want) {
					own[id] = value
				}
			},
			"set quota": func(t *rapid.T) {
				name := rapid.SampledFrom([]string{"UsersQuota", "RolesQuota", "Users", ""}).Draw(t, "name")
				value := rapid.IntRange(-1, 3).Draw(t, "value")
				want := apierror.Code("")
				if _, ok := defaultQuotas[name]; !ok || value < 0 {
					want = apierror.ValidationError
				}
				if expect(t, e.SetQuota(name, value), want) {
					quota[name] = value
				}
			},
		})
	})
}

func codeOf(err error) apierror.Code {
	var e *apierror.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	}
	return apierror.Code("internal: " + err.Error())
}

func TestFirstAccount(t *testing.T) {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	e := Edit(state.NewDraft(empty))
	if got := e.FirstAccount(); got != "" {
		t.Errorf("of no accounts %q is the first", got)
	}
	day := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	for i, id := range []string{"777788889999", "111122223333", "444455556666"} {
		if _, err := e.CreateAccount(id, "", day.AddDate(0, 0, i)); err != nil {
			t.Fatal(err)
		}
	}
	if got := e.FirstAccount(); got != "777788889999" {
		t.Errorf("the first account is %s", got)
	}
}
