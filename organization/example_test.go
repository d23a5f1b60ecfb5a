package organization_test

import (
	"fmt"

	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/state"
)

func Example() {
	empty := func(id state.AggregateID) (*state.Snapshot, error) { return state.Empty(id), nil }
	draft := state.NewDraft(empty)
	management := organization.Standing{OrganizationID: "o-exampleorgid", AllFeatures: true, TrustsIAM: true, Management: true}

	fmt.Println(organization.EnableRootFeature(draft, management, organization.RootSessions))
	_, err := organization.RootFeatures(draft, organization.Of(draft, "111122223333"))
	fmt.Println(err)
	// Output:
	// [RootSessions] <nil>
	// OrganizationNotFoundException: The request was rejected because no organization is associated with your account.
}
