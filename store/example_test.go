package store_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
	"github.com/keyreeve/keyreeve/store"
)

func Example() {
	tmp, err := os.MkdirTemp("", "keyreeve")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(tmp)
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{
		Dir: filepath.Join(tmp, "data"), Create: true, Kinds: []*state.KindInfo{users.Info()}, KeyringID: "ring-1",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	account := state.Account("111122223333")
	createUser := func(name string) error {
		return s.Update(ctx, []state.AggregateID{account}, func(d *state.Draft) (*store.Event, error) {
			if users.Has(d.Snapshot(account), state.Fold(name)) {
				return nil, apierror.New(apierror.EntityAlreadyExists, "User with name %s already exists.", name)
			}
			users.Put(d, account, state.Fold(name), &user{Name: name})
			return &store.Event{
				ID: "create-" + name, Time: time.Now(), Account: account.Name(),
				Record: []byte(`{"eventName": "CreateUser"}`),
			}, nil
		})
	}
	fmt.Println(createUser("Alice"))
	fmt.Println(createUser("alice"))

	published := s.View().Snapshot(account)
	fmt.Println(users.Count(published), "user at revision", published.Revision())
	s.Events(ctx, time.Now().Add(-time.Hour), time.Now().Add(time.Hour), func(e store.Event) bool {
		fmt.Println(e.ID, string(e.Record))
		return true
	})
	// Output:
	// <nil>
	// EntityAlreadyExists: User with name alice already exists.
	// 1 user at revision 1
	// create-Alice {"eventName": "CreateUser"}
}
