package identity

// Counts is what GetAccountSummary counts, by its names.
func (a Account) Counts() map[string]int {
	s := a.snapshot()
	root := 0
	if len(a.AccessKeysOf(a.rootID())) > 0 {
		root = 1
	}
	password := 0
	if a.HasPassword(a.rootID()) {
		password = 1
	}
	mfa, mfaInUse, rootMFA := a.mfaCounts()
	return map[string]int{
		"Users":                    users.Count(s),
		"Groups":                   groups.Count(s),
		"Roles":                    roles.Count(s),
		"InstanceProfiles":         instanceProfiles.Count(s),
		"Policies":                 policies.Count(s),
		"PolicyVersionsInUse":      a.versionsInUse(),
		"AccountAccessKeysPresent": root,
		"MFADevices":               mfa,
		"MFADevicesInUse":          mfaInUse,
		"AccountMFAEnabled":        rootMFA,

		"GlobalEndpointTokenVersion": a.GlobalTokens(),

		"AccountPasswordPresent": password, "AccountSigningCertificatesPresent": min(1, len(a.SigningCertificatesOf(a.rootID()))),
		"Providers": oidcProviders.Count(s) + a.samlProviderCount(), "ServerCertificates": serverCertificates.Count(s),
	}
}

// versionsInUse counts the customer managed policies that are in force
// somewhere, of each of which one version is in use.
func (a Account) versionsInUse() int {
	n := 0
	for _, p := range policies.All(a.snapshot()) {
		if arn := a.PolicyARN(p); a.AttachmentCount(arn)+a.BoundaryUsageCount(arn) > 0 {
			n++
		}
	}
	return n
}
