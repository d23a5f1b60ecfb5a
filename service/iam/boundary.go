package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
)

func boundaryOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.PutUserPermissionsBoundary, func(c *service.Call, in *iamapi.PutUserPermissionsBoundaryInput) ([]authz.Target, error) {
			return onUser(c, "PutUserPermissionsBoundary", in.UserName, newBoundary(&in.PermissionsBoundary)...), nil
		}, func(c *service.Call, in *iamapi.PutUserPermissionsBoundaryInput) (*iamapi.PutUserPermissionsBoundaryOutput, error) {
			return &iamapi.PutUserPermissionsBoundaryOutput{}, c.Edit().PutUserPermissionsBoundary(in.UserName, in.PermissionsBoundary)
		}),
		service.Write(iamapi.PutRolePermissionsBoundary, func(c *service.Call, in *iamapi.PutRolePermissionsBoundaryInput) ([]authz.Target, error) {
			return onRole(c, "PutRolePermissionsBoundary", in.RoleName, newBoundary(&in.PermissionsBoundary)...), nil
		}, func(c *service.Call, in *iamapi.PutRolePermissionsBoundaryInput) (*iamapi.PutRolePermissionsBoundaryOutput, error) {
			return &iamapi.PutRolePermissionsBoundaryOutput{}, c.Edit().PutRolePermissionsBoundary(in.RoleName, in.PermissionsBoundary)
		}),
		service.Write(iamapi.DeleteUserPermissionsBoundary, onNamed("DeleteUserPermissionsBoundary", onUser, func(in *iamapi.DeleteUserPermissionsBoundaryInput) string { return in.UserName }),
			func(c *service.Call, in *iamapi.DeleteUserPermissionsBoundaryInput) (*iamapi.DeleteUserPermissionsBoundaryOutput, error) {
				return &iamapi.DeleteUserPermissionsBoundaryOutput{}, c.Edit().DeleteUserPermissionsBoundary(in.UserName)
			}),
		service.Write(iamapi.DeleteRolePermissionsBoundary, onNamed("DeleteRolePermissionsBoundary", onRole, func(in *iamapi.DeleteRolePermissionsBoundaryInput) string { return in.RoleName }),
			func(c *service.Call, in *iamapi.DeleteRolePermissionsBoundaryInput) (*iamapi.DeleteRolePermissionsBoundaryOutput, error) {
				return &iamapi.DeleteRolePermissionsBoundaryOutput{}, c.Edit().DeleteRolePermissionsBoundary(in.RoleName)
			}),
	}
}
