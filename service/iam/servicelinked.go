package iam

import (
	"strings"

	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/service"
)

func serviceLinkedOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.CreateServiceLinkedRole, createServiceLinkedRoleTargets, createServiceLinkedRole),
		service.Write(iamapi.DeleteServiceLinkedRole, onNamed("DeleteServiceLinkedRole", onRole, func(in *iamapi.DeleteServiceLinkedRoleInput) string { return in.RoleName }), deleteServiceLinkedRole),
		service.Read(iamapi.GetServiceLinkedRoleDeletionStatus, deletionStatusTargets, getServiceLinkedRoleDeletionStatus),
	}
}

func createServiceLinkedRoleTargets(c *service.Call, in *iamapi.CreateServiceLinkedRoleInput) ([]authz.Target, error) {
	name := "*"
	if kind, ok := c.Tools.Site.Library.ServiceLinkedRole(in.AWSServiceName); ok {
		name = kind.RoleName
		if in.CustomSuffix != nil {
			name += "_" + *in.CustomSuffix
		}
	}
	resource := c.Account().NewRoleARN(new("/aws-service-role/"+in.AWSServiceName+"/"), name)
	return on(c, "CreateServiceLinkedRole", resource, authz.Value("iam:AWSServiceName", in.AWSServiceName)), nil
}

func createServiceLinkedRole(c *service.Call, in *iamapi.CreateServiceLinkedRoleInput) (*iamapi.CreateServiceLinkedRoleOutput, error) {
	e := c.Edit()
	r, err := e.CreateServiceLinkedRole(in.AWSServiceName, in.CustomSuffix, in.Description)
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateServiceLinkedRoleOutput{Role: new(newRole(e.Account, r))}, nil
}

func deleteServiceLinkedRole(c *service.Call, in *iamapi.DeleteServiceLinkedRoleInput) (*iamapi.DeleteServiceLinkedRoleOutput, error) {
	uuid, err := service.NewUUID(c.Random)
	if err != nil {
		return nil, err
	}
	task, err := c.Edit().DeleteServiceLinkedRole(in.RoleName, uuid)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteServiceLinkedRoleOutput{DeletionTaskId: task.ID}, nil
}

// deletionStatusTargets finds the role in the id of the task,
// task/aws-service-role/PRINCIPAL/NAME/UUID.
func deletionStatusTargets(c *service.Call, in *iamapi.GetServiceLinkedRoleDeletionStatusInput) ([]authz.Target, error) {
	resource := "role/*"
	if rest, ok := strings.CutPrefix(in.DeletionTaskId, "task/"); ok {
		if i := strings.LastIndexByte(rest, '/'); i > 0 {
			resource = "role/" + rest[:i]
		}
	}
	return on(c, "GetServiceLinkedRoleDeletionStatus", strings.TrimSuffix(c.Account().RootARN(), "root")+resource), nil
}

func getServiceLinkedRoleDeletionStatus(c *service.Call, in *iamapi.GetServiceLinkedRoleDeletionStatusInput) (*iamapi.GetServiceLinkedRoleDeletionStatusOutput, error) {
	task, err := c.Account().DeletionTask(in.DeletionTaskId)
	if err != nil {
		return nil, err
	}
	return &iamapi.GetServiceLinkedRoleDeletionStatusOutput{Status: task.Status}, nil
}
