package identity

import (
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
)

// checkPath refuses a path that is neither "/" nor between two slashes. The
// model's pattern lets through some paths that IAM itself refuses.
func checkPath(path string) error {
	if path == "/" {
		return nil
	}
	if len(path) < 2 || path[0] != '/' || path[len(path)-1] != '/' || strings.Contains(path, "//") {
		return apierror.New(apierror.ValidationError, "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return nil
}

// pathOr is path, or "/" if it is not given.
func pathOr(path *string) string {
	if path == nil || *path == "" {
		return "/"
	}
	return *path
}

func hasPathPrefix(path, prefix string) bool {
	return prefix == "" || strings.HasPrefix(path, prefix)
}

// NewUserARN is the ARN that a user of a path and a name would have.
func (a Account) NewUserARN(path *string, name string) string {
	return a.arn("user", pathOr(path), name)
}

// NewGroupARN is the ARN that a group of a path and a name would have.
func (a Account) NewGroupARN(path *string, name string) string {
	return a.arn("group", pathOr(path), name)
}

// NewRoleARN is the ARN that a role of a path and a name would have.
func (a Account) NewRoleARN(path *string, name string) string {
	return a.arn("role", pathOr(path), name)
}

// NewInstanceProfileARN is the ARN that an instance profile of a path and a name
// would have.
func (a Account) NewInstanceProfileARN(path *string, name string) string {
	return a.arn("instance-profile", pathOr(path), name)
}
