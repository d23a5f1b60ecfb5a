package identity

import "github.com/keyreeve/keyreeve/apierror"

// notFound is AWS's answer for a thing of the account that is looked up by name,
// for example notFound("user", "alice").
func notFound(what, name string) error {
	return apierror.New(apierror.NoSuchEntity, "The %s with name %s cannot be found.", what, name)
}

func alreadyExists(what, name string) error {
	return apierror.New(apierror.EntityAlreadyExists, "%s with name %s already exists.", what, name)
}

// deleteConflict is AWS's answer where something must go first.
func deleteConflict(must string) error {
	return apierror.New(apierror.DeleteConflict, "Cannot delete entity, must %s first.", must)
}
