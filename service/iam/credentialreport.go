package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/service"
)

func credentialReportOperations() []service.Operation {
	return []service.Operation{
		service.Write(iamapi.GenerateCredentialReport, onAccount[iamapi.GenerateCredentialReportInput]("GenerateCredentialReport"), generateCredentialReport),
		service.Read(iamapi.GetCredentialReport, onAccount[iamapi.GetCredentialReportInput]("GetCredentialReport"), getCredentialReport),
	}
}

// generateCredentialReport has the report ready when it answers, and still says
// STARTED, as clients expect of the first call; the next one says COMPLETE.
func generateCredentialReport(c *service.Call, _ *iamapi.GenerateCredentialReportInput) (*iamapi.GenerateCredentialReportOutput, error) {
	known, _ := c.Deployment().Account(c.Caller.Account)
	made, err := c.Edit().NewCredentialReport(known.CreateDate, c.Tools.CredentialUses(c.Caller.Account))
	if err != nil {
		return nil, err
	}
	if !made {
		return &iamapi.GenerateCredentialReportOutput{State: new("COMPLETE")}, nil
	}
	return &iamapi.GenerateCredentialReportOutput{
		State: new("STARTED"), Description: new("No report exists. Starting a new report generation task"),
	}, nil
}

func getCredentialReport(c *service.Call, _ *iamapi.GetCredentialReportInput) (*iamapi.GetCredentialReportOutput, error) {
	r, err := c.Account().CredentialReport(c.Now)
	if err != nil {
		return nil, err
	}
	text, err := r.CSV()
	if err != nil {
		return nil, err
	}
	return &iamapi.GetCredentialReportOutput{Content: text, ReportFormat: new("text/csv"), GeneratedTime: &r.CreateDate}, nil
}
