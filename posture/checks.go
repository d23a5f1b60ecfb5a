package posture

// Checks are all checks: of the root user, of users' credentials, of policies, of
// trust, and of what is left over.
var Checks = []Check{
	{
		ID: "root-access-key", Title: "The root user has no access key", Severity: Critical,
		Sources: []string{"CIS 1.3", "PCI DSS 7.2.2", "Security Hub IAM.4"},
		Why:     "no policy can hold the root user back: whoever finds its key has the account",
		find:    rootAccessKeys,
	},
	{
		ID: "root-mfa", Title: "The root user has an MFA device", Severity: Critical,
		Sources: []string{"CIS 1.4", "PCI DSS 8.4.2", "Security Hub IAM.9"},
		Why:     "one secret that leaks is enough to be root",
		find:    rootMFA,
	},
	{
		ID: "root-hardware-mfa", Title: "The root user's MFA device is a hardware token or a security key", Severity: Medium,
		Sources: []string{"CIS 1.5", "PCI DSS 8.4.2", "Security Hub IAM.6"},
		Why:     "a virtual device is a file on a phone or a laptop, which can be copied",
		find:    rootHardwareMFA,
	},
	{
		ID: "root-use", Title: "The root user is not used for everyday work", Severity: High,
		Sources: []string{"CIS 1.6", "PCI DSS 8.2.2", "Security Hub CloudWatch.1"},
		Why:     "what root does is neither limited nor told apart by person",
		find:    rootUse,
	},
	{
		ID: "password-without-mfa", Title: "Users with a password have an MFA device", Severity: Medium,
		Sources: []string{"CIS 1.9", "PCI DSS 8.4.2", "Security Hub IAM.5"},
		Why:     "one secret that is guessed or given away is enough to come in",
		find:    passwordsWithoutMFA,
	},
	{
		ID: "password-length", Title: "The password policy asks for at least 14 characters", Severity: Medium,
		Sources: []string{"CIS 1.7", "PCI DSS 8.3.6", "Security Hub IAM.15"},
		Why:     "short passwords are guessed",
		find:    shortPasswords,
	},
	{
		ID: "password-reuse", Title: "The password policy remembers 24 passwords", Severity: Low,
		Sources: []string{"CIS 1.8", "PCI DSS 8.3.7", "Security Hub IAM.16"},
		Why:     "a password that became known opens the account again",
		find:    reusedPasswords,
	},
	{
		ID: "password-age", Title: "Passwords are at most 90 days old", Severity: Low,
		Sources: []string{"PCI DSS 8.3.9", "Security Hub IAM.17"},
		Why:     "a password that became known opens the account for as long as it stays",
		find:    oldPasswords,
	},
	{
		ID: "password-unused", Title: "Passwords have been used in the last 45 days", Severity: Medium,
		Sources: []string{"CIS 1.11", "PCI DSS 8.2.6", "Security Hub IAM.8", "Security Hub IAM.22"},
		Why:     "nobody would miss a password that nobody uses, nor notice that it was guessed",
		find:    unusedPasswords,
	},
	{
		ID: "key-without-mfa", Title: "Users with credentials have an MFA device", Severity: Medium,
		Sources: []string{"PCI DSS 8.4.2", "Security Hub IAM.19"},
		Why:     "their policies cannot ask for a second factor, since there is none",
		find:    usersWithoutMFA,
	},
	{
		ID: "access-key-age", Title: "Access keys are at most 90 days old", Severity: Medium,
		Sources: []string{"CIS 1.13", "PCI DSS 8.3.9", "PCI DSS 8.6.3", "Security Hub IAM.3"},
		Why:     "the longer a secret lives, the more copies of it there are",
		find:    oldAccessKeys,
	},
	{
		ID: "access-key-unused", Title: "Active access keys have been used in the last 45 days", Severity: Medium,
		Sources: []string{"CIS 1.11", "PCI DSS 8.2.6", "Security Hub IAM.8", "Security Hub IAM.22"},
		Why:     "nobody would miss a key that nobody uses, nor notice that it was stolen",
		find:    unusedAccessKeys,
	},
	{
		ID: "two-active-keys", Title: "No user has more than one active access key", Severity: Low,
		Sources: []string{"CIS 1.12"},
		Why:     "the second key is for the time of a rotation, and that should end",
		find:    twoActiveKeys,
	},
	{
		ID: "service-credential-age", Title: "Service-specific credentials are at most 90 days old", Severity: Medium,
		Sources: []string{"PCI DSS 8.6.3"},
		Why:     "a password for one service is a secret that ages as others do",
		find:    oldServiceCredentials,
	},
	{
		ID: "ssh-key-age", Title: "SSH public keys are at most a year old", Severity: Low,
		Sources: []string{"PCI DSS 8.6.3"},
		Why:     "the private key stays on machines that nobody has in mind any more",
		find:    oldSSHKeys,
	},
	{
		ID: "user-policies", Title: "Users have their permissions through groups", Severity: Low,
		Sources: []string{"CIS 1.14", "PCI DSS 7.2.2", "Security Hub IAM.2"},
		Why:     "permissions of single users are not seen when roles of people are reviewed",
		find:    userPolicies,
	},
	{
		ID: "full-admin", Title: "No policy in use allows every action on every resource", Severity: High,
		Sources: []string{"CIS 1.15", "PCI DSS 7.2.2", "Security Hub IAM.1"},
		Why:     "every mistake and every stolen session of these principals reaches everything",
		find:    fullAdmin,
	},
	{
		ID: "service-admin", Title: "No customer managed policy in use allows every action of a service on every resource", Severity: Low,
		Sources: []string{"PCI DSS 7.2.2", "Security Hub IAM.21"},
		Why:     "with actions of the service that come later, too",
		find:    serviceAdmin,
	},
	{
		ID: "allow-not-action", Title: "No statement allows all but some actions", Severity: High,
		Sources: []string{"PCI DSS 7.2.5", "IAM User Guide, NotAction"},
		Why:     "what is not listed is allowed, and so is what is yet to come",
		find:    allowNotAction,
	},
	{
		ID: "pass-any-role", Title: "iam:PassRole is allowed for named roles only", Severity: High,
		Sources: []string{"PCI DSS 7.2.5", "Access Analyzer PASS_ROLE_WITH_STAR_IN_RESOURCE"},
		Why:     "who may pass any role to a service has the permissions of the strongest one",
		find:    passAnyRole,
	},
	{
		ID: "cloudshell-full-access", Title: "AWSCloudShellFullAccess is not in use", Severity: Medium,
		Sources: []string{"CIS 1.21", "Security Hub IAM.27"},
		Why:     "it lets files in and out past other controls",
		find:    cloudShell,
	},
	{
		ID: "wildcard-trust", Title: "No role trusts everybody", Severity: Critical,
		Sources: []string{"PCI DSS 7.2.5", "IAM User Guide, Principal"},
		Why:     "any account there is may assume the role",
		find:    wildcardTrust,
	},
	{
		ID: "external-id", Title: "Roles for other accounts ask for an external ID, an organization or MFA", Severity: Medium,
		Sources: []string{"PCI DSS 7.2.5", "IAM User Guide, The confused deputy problem"},
		Why:     "a third party can be talked into using its access for somebody else",
		find:    withoutExternalID,
	},
	{
		ID: "federated-subject", Title: "Roles for identity providers say whose tokens they take", Severity: High,
		Sources: []string{"PCI DSS 7.2.5", "IAM User Guide, Create a role for OpenID Connect federation"},
		Why:     "everybody who can sign in there may assume the role",
		find:    federatedWithoutSubject,
	},
	{
		ID: "unused-role", Title: "Roles have been used in the last 90 days", Severity: Low,
		Sources: []string{"PCI DSS 7.2.5.1", "Access Analyzer UnusedIAMRole"},
		Why:     "permissions that nobody needs are there for an intruder only",
		find:    unusedRoles,
	},
	{
		ID: "expired-certificate", Title: "No expired server certificate is kept", Severity: Medium,
		Sources: []string{"CIS 1.18", "Security Hub IAM.26"},
		Why:     "it may be put into use again by mistake",
		find:    expiredCertificates,
	},
	{
		ID: "support-role", Title: "Somebody may work with AWS Support", Severity: Low,
		Sources: []string{"CIS 1.16", "PCI DSS 12.10.3", "Security Hub IAM.18"},
		Why:     "an incident is no time to hand out permissions",
		find:    supportRole,
	},
}

// Unchecked are the recommendations of the CIS benchmark's section on IAM that no
// check looks up, and why.
var Unchecked = []struct{ Source, Title, Why string }{
	{"CIS 1.1", "Contact details are current", "accounts have none here"},
	{"CIS 1.2", "A security contact is registered", "accounts have none here"},
	{"CIS 1.17", "Instances use roles", "instances are not known here"},
	{"CIS 1.19", "IAM Access Analyzer is on", "it is not built yet"},
	{"CIS 1.20", "Users are managed centrally", "whether users could be federated cannot be seen from here"},
}
