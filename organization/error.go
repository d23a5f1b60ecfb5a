package organization

import "github.com/keyreeve/keyreeve/apierror"

// Codes of Organizations' errors.
const (
	AccessDenied            apierror.Code = "AccessDeniedException"
	AccountAlreadyClosed    apierror.Code = "AccountAlreadyClosedException"
	AccountNotFound         apierror.Code = "AccountNotFoundException"
	AlreadyInOrganization   apierror.Code = "AlreadyInOrganizationException"
	ChildNotFound           apierror.Code = "ChildNotFoundException"
	Conflict                apierror.Code = "ConflictException"
	ConstraintViolation     apierror.Code = "ConstraintViolationException"
	CreateStatusNotFound    apierror.Code = "CreateAccountStatusNotFoundException"
	DependencyDenied        apierror.Code = "AccessDeniedForDependencyException"
	DestinationNotFound     apierror.Code = "DestinationParentNotFoundException"
	DuplicateAccount        apierror.Code = "DuplicateAccountException"
	DuplicateHandshake      apierror.Code = "DuplicateHandshakeException"
	DuplicateUnit           apierror.Code = "DuplicateOrganizationalUnitException"
	HandshakeAlreadyInState apierror.Code = "HandshakeAlreadyInStateException"
	HandshakeConstraint     apierror.Code = "HandshakeConstraintViolationException"
	HandshakeNotFound       apierror.Code = "HandshakeNotFoundException"
	InvalidHandshakeMove    apierror.Code = "InvalidHandshakeTransitionException"
	InvalidInput            apierror.Code = "InvalidInputException"
	InvalidTransferMove     apierror.Code = "InvalidResponsibilityTransferTransitionException"
	ManagementCannotLeave   apierror.Code = "MasterCannotLeaveOrganizationException"
	NotInUse                apierror.Code = "AWSOrganizationsNotInUseException"
	OrganizationNotEmpty    apierror.Code = "OrganizationNotEmptyException"
	ParentNotFound          apierror.Code = "ParentNotFoundException"
	RootNotFound            apierror.Code = "RootNotFoundException"
	SourceNotFound          apierror.Code = "SourceParentNotFoundException"
	TargetNotFound          apierror.Code = "TargetNotFoundException"
	TransferAlreadyInStatus apierror.Code = "ResponsibilityTransferAlreadyInStatusException"
	TransferNotFound        apierror.Code = "ResponsibilityTransferNotFoundException"
	UnitNotEmpty            apierror.Code = "OrganizationalUnitNotEmptyException"
	UnitNotFound            apierror.Code = "OrganizationalUnitNotFoundException"
	UnsupportedEndpoint     apierror.Code = "UnsupportedAPIEndpointException"
)

// NotMember is for accounts that are in no organization.
func NotMember() error {
	return apierror.New(NotInUse, "Your account is not a member of an organization.")
}

// Denied is for member accounts that call what is the management account's.
func Denied() error {
	return apierror.New(AccessDenied, "You don't have permissions to access this resource.")
}

// violation is a ConstraintViolationException: reason is one of the API model's.
func violation(reason, format string, args ...any) error {
	return apierror.New(ConstraintViolation, format, args...).Reason(reason)
}

// handshakeViolation is a HandshakeConstraintViolationException.
func handshakeViolation(reason, format string, args ...any) error {
	return apierror.New(HandshakeConstraint, format, args...).Reason(reason)
}

// invalid is an InvalidInputException.
func invalid(reason, format string, args ...any) error {
	return apierror.New(InvalidInput, format, args...).Reason(reason)
}
