package selector

import "testing"

func TestFilter(t *testing.T) {
	const user = `{"eventSource":"iam.amazonaws.com","eventName":"DeleteUser","recipientAccountId":"111122223333","userIdentity":{"userName":"alice","arn":"arn:aws:iam::111122223333:user/alice"}}`
	const session = `{"eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","readOnly":true,"errorCode":"AccessDenied","userIdentity":{"arn":"arn:aws:sts::444455556666:assumed-role/admin/bob","sessionContext":{"sessionIssuer":{"userName":"admin"}}}}`
	for _, c := range []struct {
		name          string
		filter        Filter
		user, session bool
	}{
		{"nothing is asked for", Filter{}, true, true},
		{"an account", Filter{Accounts: []string{"111122223333"}}, true, false},
		{"a name", Filter{Names: []string{"GetUser", "DeleteUser"}}, true, false},
		{"the beginning of a name", Filter{Names: []string{"Get*"}}, false, true},
		{"a part of a name", Filter{Names: []string{"Delete"}}, false, false},
		{"a service", Filter{Sources: []string{"sts"}}, false, true},
		{"a service in full", Filter{Sources: []string{"iam.amazonaws.com"}}, true, false},
		{"a user", Filter{Users: []string{"alice"}}, true, false},
		{"a role", Filter{Users: []string{"admin"}}, false, true},
		{"the name of a session", Filter{Users: []string{"bob"}}, false, true},
		{"changes", Filter{Changes: true}, true, false},
		{"errors", Filter{Errors: true}, false, true},
		{"two that do not go together", Filter{Users: []string{"alice"}, Errors: true}, false, false},
	} {
		for record, want := range map[string]bool{user: c.user, session: c.session} {
			e, err := Read([]byte(record))
			if err != nil {
				t.Fatal(err)
			}
			if got := c.filter.Match(&e); got != want {
				t.Errorf("%s: %s is chosen: %t, want %t", c.name, e.Name, got, want)
			}
		}
	}
	if (Filter{Names: []string{"[a"}}).Check() == nil {
		t.Error("a pattern that is none was taken")
	}
}
