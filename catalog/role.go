package catalog

import (
	"iter"
	"maps"
	"slices"
)

// A ServiceLinkedRole is a role that a service makes for itself in an account.
type ServiceLinkedRole struct {
	Principal    string // "ecs.amazonaws.com"
	RoleName     string // "AWSServiceRoleForECS"
	PolicyName   string // the one policy that is attached, at path /aws-service-role/
	PolicyARN    string // its ARN, in partition aws
	CustomSuffix bool   // the role may be named RoleName_SUFFIX
	// PolicyWithdrawn says that AWS no longer publishes the policy's document: it is
	// not among [Release.Policies].
	PolicyWithdrawn bool
}

// In gives the same role with its policy's ARN in another partition.
func (l ServiceLinkedRole) In(partition string) ServiceLinkedRole {
	l.PolicyARN = policyARN(partition, serviceRolePath, l.PolicyName)
	return l
}

func loadRoles(table string) map[string]ServiceLinkedRole {
	roles := map[string]ServiceLinkedRole{}
	for row := range rows(table, 4) {
		roles[row[0]] = ServiceLinkedRole{
			Principal: row[0], RoleName: row[1], PolicyName: row[2], PolicyARN: policyARN("aws", serviceRolePath, row[2]),
			CustomSuffix: row[3] == "suffix", PolicyWithdrawn: row[3] == "withdrawn",
		}
	}
	return roles
}

// ServiceLinkedRole finds the role of a service principal, a host name. Not all
// services with such roles are known.
func (r *Release) ServiceLinkedRole(principal string) (ServiceLinkedRole, bool) {
	role, ok := r.roles()[principal]
	return role, ok
}

// ServiceLinkedRoles walks all service-linked roles by principal.
func (r *Release) ServiceLinkedRoles() iter.Seq[ServiceLinkedRole] {
	return func(yield func(ServiceLinkedRole) bool) {
		roles := r.roles()
		for _, principal := range slices.Sorted(maps.Keys(roles)) {
			if !yield(roles[principal]) {
				return
			}
		}
	}
}
