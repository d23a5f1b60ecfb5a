package identity

import (
	"fmt"
	"testing"
	"time"

	"github.com/keyreeve/keyreeve/state"
)

// TestRedemptionsAreForgotten: however many assertions are used once, not many more are
// remembered than are still valid.
func TestRedemptionsAreForgotten(t *testing.T) {
	draft := state.NewDraft(func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil })
	e := Edit(draft, Site{Partition: "aws"}, "111122223333", Env{Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)})
	p := &SAMLProvider{ID: "SAMLSPEXAMPLE"}
	for i := range 5_000 {
		if err := e.RedeemSAML(p, fmt.Sprint("_", i), e.Now.Add(5*time.Minute)); err != nil {
			t.Fatal(err)
		}
		e.Now = e.Now.Add(time.Second) // so that 300 are valid
	}
	if n := samlRedemptions.Count(e.snapshot()); n < 300 || n > 600 {
		t.Errorf("%d are remembered, of 300 that are valid", n)
	}
	for i := 4_701; i < 5_000; i++ {
		if err := e.RedeemSAML(p, fmt.Sprint("_", i), e.Now.Add(5*time.Minute)); err == nil {
			t.Fatalf("%d is taken again", i)
		}
	}
}
