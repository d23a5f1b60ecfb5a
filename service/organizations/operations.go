package organizations

import (
	"slices"

	"github.com/keyreeve/keyreeve/service"
)

// Operations lists the operations of Organizations that are built.
func Operations() []service.Operation {
	return slices.Concat(
		organizationOperations(), unitOperations(), accountOperations(), handshakeOperations(), transferOperations(),
		policyTypeOperations(), policyOperations(), attachmentOperations(), effectiveOperations(),
		delegationOperations(), serviceAccessOperations(), resourcePolicyOperations(), tagOperations(),
	)
}
