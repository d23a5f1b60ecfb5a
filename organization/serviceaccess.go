package organization

import (
	"iter"
	"slices"
)

// integrated are the services that can be trusted in an organization (AWS Organizations
// User Guide, "AWS services that you can use with AWS Organizations"). Of StackSets it is
// the principal with member.org: AWS was seen to refuse the other one.
var integrated = []string{
	"access-analyzer.amazonaws.com", "account.amazonaws.com", "application-insights.amazonaws.com",
	"auditmanager.amazonaws.com", "aws-artifact-account-sync.amazonaws.com", "backup.amazonaws.com",
	"bcm-data-exports.amazonaws.com", "billing.amazonaws.com", "chatbot.amazonaws.com", "cloudtrail.amazonaws.com",
	"codeguru-security.amazonaws.com", "compute-optimizer.amazonaws.com", "config-multiaccountsetup.amazonaws.com",
	"config.amazonaws.com", "controltower.amazonaws.com", "cost-optimization-hub.bcm.amazonaws.com",
	"detective.amazonaws.com", "devops-guru.amazonaws.com", "ds.amazonaws.com", "ec2.amazonaws.com", "fms.amazonaws.com",
	"guardduty.amazonaws.com", "health.amazonaws.com", "iam.amazonaws.com", "inspector2.amazonaws.com",
	"ipam.amazonaws.com", "license-management.marketplace.amazonaws.com", "license-manager-linux-subscriptions.amazonaws.com",
	"license-manager.amazonaws.com", "license-manager.member-account.amazonaws.com", "macie.amazonaws.com",
	"malware-protection.guardduty.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com", "mgn.amazonaws.com",
	"network-security-director.amazonaws.com", "networkmanager.amazonaws.com", "notifications.amazonaws.com",
	"observabilityadmin.amazonaws.com", "opsdatasync.ssm.amazonaws.com", "private-marketplace.marketplace.amazonaws.com",
	"ram.amazonaws.com", "reachabilityanalyzer.networkinsights.amazonaws.com", "reporting.trustedadvisor.amazonaws.com",
	"resource-explorer-2.amazonaws.com", "securityhub.amazonaws.com", "securitylake.amazonaws.com",
	"security-ir.amazonaws.com", "servicecatalog.amazonaws.com", "servicequotas.amazonaws.com", "shield.amazonaws.com",
	"ssm-quicksetup.amazonaws.com", "ssm.amazonaws.com", "sso.amazonaws.com",
	"storage-lens.s3.amazonaws.com", "tagpolicies.tag.amazonaws.com", "user-subscriptions.amazonaws.com",
	"wellarchitected.amazonaws.com",
}

// recognized refuses what is not the principal of a service that works with
// organizations.
func recognized(service string) error {
	if !slices.Contains(integrated, service) {
		return invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")
	}
	return nil
}

// allFeatures refuses an organization that has consolidated billing only.
func (o Organization) allFeatures() error {
	if !o.Facts().AllFeatures {
		return violation("ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", "You attempted to perform an operation that requires the organization to be configured to support all features. An organization that supports only consolidated billing features can't perform this operation.")
	}
	return nil
}

// EnableService trusts a service. One that is trusted already stays so, since when it
// was first.
func (e Editor) EnableService(service string) error {
	if err := recognized(service); err != nil {
		return err
	}
	if err := e.allFeatures(); err != nil {
		return err
	}
	if !e.Trusts(service) {
		serviceAccess.Put(e.draft, e.aggregate(), service, &ServiceAccess{ServicePrincipal: service, Enabled: e.Now})
	}
	return nil
}

// DisableService trusts a service no more. Its delegated administrators stay
// registered.
func (e Editor) DisableService(service string) error {
	if err := recognized(service); err != nil {
		return err
	}
	for _, t := range policyTypes {
		if t.service == service && e.Enabled(t.Name) {
			return violation("POLICY_TYPE_ENABLED_FOR_THIS_SERVICE", "You attempted to disable service access before you disabled the policy type. To complete this operation, you must first disable the policy type.")
		}
	}
	serviceAccess.Delete(e.draft, e.aggregate(), service)
	return nil
}

// TrustedServices ranges over the services that are trusted, in order of their names,
// from one on.
func (o Organization) TrustedServices(from string) iter.Seq2[string, *ServiceAccess] {
	return serviceAccess.From(o.snapshot(), from)
}
