package organization

import (
	"slices"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// The features of central root access, as ListOrganizationsFeatures names them.
const (
	// RootCredentialsManagement lets credentials of member accounts' root users be
	// removed and looked after.
	RootCredentialsManagement = "RootCredentialsManagement"
	// RootSessions lets AssumeRoot give sessions of member accounts' root users.
	RootSessions = "RootSessions"
)

// RootAccess is what an organization has enabled.
type RootAccess struct {
	Features []string `json:"features"` // sorted
}

var rootAccess = state.Define[RootAccess](state.OrganizationAggregate, "root-access", 1)

// The errors are those that the IAM API reference names, with the words by which it
// describes them; AWS's own words are not known here.
const (
	organizationNotFound apierror.Code = "OrganizationNotFoundException"
	notAllFeatures       apierror.Code = "OrganizationNotInAllFeaturesModeException"
	accessNotEnabled     apierror.Code = "ServiceAccessNotEnabledException"
	notManagement        apierror.Code = "CallerIsNotManagementAccountException"
	notAdministrator     apierror.Code = "AccountNotManagementOrDelegatedAdministratorException"
)

// mayAdministrate refuses accounts that do not look after an organization's root
// users.
func (s Standing) mayAdministrate() error {
	switch {
	case s.OrganizationID == "":
		return apierror.New(organizationNotFound, "The request was rejected because no organization is associated with your account.")
	case !s.AllFeatures:
		return apierror.New(notAllFeatures, "The request was rejected because your organization does not have All features enabled.")
	case !s.TrustsIAM:
		return apierror.New(accessNotEnabled, "The request was rejected because trusted access is not enabled for IAM in Organizations.")
	case !s.Management && !s.Delegated:
		return apierror.New(notAdministrator, "The request was rejected because the account making the request is not the management account or delegated administrator account for centralized root access.")
	}
	return nil
}

// RootFeatures lists the features that are enabled, in alphabetical order.
func RootFeatures(w state.World, s Standing) ([]string, error) {
	if err := s.mayAdministrate(); err != nil {
		return nil, err
	}
	return enabled(w, s), nil
}

func enabled(w state.World, s Standing) []string {
	if r, ok := rootAccess.Get(w.Snapshot(state.Organization(s.OrganizationID)), ""); ok {
		return r.Features
	}
	return []string{}
}

// EnableRootFeature turns a feature on and lists those that are on then. Only the
// management account may; the reference names that error for the two operations
// that enable, and not for those that disable.
func EnableRootFeature(d *state.Draft, s Standing, feature string) ([]string, error) {
	if err := s.mayAdministrate(); err != nil {
		return nil, err
	}
	if !s.Management {
		return nil, apierror.New(notManagement, "The request was rejected because the account making the request is not the management account for the organization.")
	}
	features := enabled(d, s)
	if slices.Contains(features, feature) {
		return features, nil
	}
	return put(d, s, slices.Sorted(slices.Values(append(slices.Clone(features), feature)))), nil
}

// DisableRootFeature turns a feature off and lists those that are on then.
func DisableRootFeature(d *state.Draft, s Standing, feature string) ([]string, error) {
	if err := s.mayAdministrate(); err != nil {
		return nil, err
	}
	features := enabled(d, s)
	if !slices.Contains(features, feature) {
		return features, nil
	}
	return put(d, s, slices.DeleteFunc(slices.Clone(features), func(f string) bool { return f == feature })), nil
}

func put(d *state.Draft, s Standing, features []string) []string {
	rootAccess.Put(d, state.Organization(s.OrganizationID), "", &RootAccess{Features: features})
	return features
}
