// Package organizations is the AWS Organizations API, a table of operations: one file a
// family (the organization, accounts, organizational units, policies, handshakes).
//
// Organizations speaks JSON; an operation does not notice. Errors have the codes of the
// API model, and a reason where the model has one:
//
//	return apierror.New("ConstraintViolationException", "You have exceeded …").Reason("OU_DEPTH_LIMIT_EXCEEDED")
//
// What is common to all services is raised by the name that it has in IAM
// (apierror.AccessDenied); the protocol renames it.
package organizations
