package iam

import (
	"slices"

	"github.com/keyreeve/keyreeve/service"
)

// Operations lists the operations of IAM that are built.
func Operations() []service.Operation {
	return slices.Concat(
		userOperations(), groupOperations(), roleOperations(), serviceLinkedOperations(),
		instanceProfileOperations(), managedPolicyOperations(), attachmentOperations(),
		inlineOperations(), boundaryOperations(), accessKeyOperations(), accountOperations(),
		mfaOperations(), samlProviderOperations(),
		oidcProviderOperations(), outboundOperations(),
		loginProfileOperations(), passwordPolicyOperations(),
		simulateOperations(),
		sshPublicKeyOperations(), signingCertificateOperations(), serverCertificateOperations(), serviceCredentialOperations(), lastAccessedOperations(),
		credentialReportOperations(), organizationOperations(), organizationReportOperations(), delegationOperations(),
	)
}
