package organization

import (
	"regexp"
	"slices"

	"github.com/keyreeve/keyreeve/apierror"
)

// A PolicyType is what AWS documents of a type of policies.
type PolicyType struct {
	Name string // as the API spells it
	// maxSize is how many characters a policy may have, white space included, maxCount
	// how many policies an organization may have, and maxAttached how many of them may
	// be attached to one root, unit or account (AWS Organizations User Guide, "Quotas
	// and service limits").
	maxSize, maxCount, maxAttached int
	// minAttached is how many must be attached to each while the type is enabled.
	minAttached int
	// service must be trusted before the type can be enabled, and as long as it is.
	service string
	// content is the form of the policies, nil if they are in IAM's language.
	content *form
}

// policyTypes are all types, in the order of the API model.
var policyTypes = []PolicyType{
	{Name: ServiceControl, maxSize: 10240, maxCount: 10000, maxAttached: 10, minAttached: 1},
	{Name: ResourceControl, maxSize: 5120, maxCount: 2000, maxAttached: 5, minAttached: 1},
	managementType(TagPolicies, 10000, 10, tagForm),
	managementType(BackupPolicies, 10000, 10, backupForm),
	managementType(OptOutPolicies, 2500, 5, optOutForm),
	managementType(ChatPolicies, 10000, 5, chatForm),
	managementType(EC2Policies, 10000, 10, ec2Form),
	{
		Name: SecurityHubPolicies, maxSize: 10000, maxCount: 1000, maxAttached: 10, content: securityHubForm,
		service: "securityhub.amazonaws.com",
	},
	managementType(InspectorPolicies, 10000, 10, inspectorForm),
	managementType(UpgradePolicies, 10000, 10, upgradeForm),
	managementType(BedrockPolicies, 10000, 10, bedrockForm),
	managementType(S3Policies, 10000, 10, s3Form),
	managementType(NetworkPolicies, 10000, 10, networkForm),
}

// The types of management policies.
const (
	TagPolicies         = "TAG_POLICY"
	BackupPolicies      = "BACKUP_POLICY"
	OptOutPolicies      = "AISERVICES_OPT_OUT_POLICY"
	ChatPolicies        = "CHATBOT_POLICY"
	EC2Policies         = "DECLARATIVE_POLICY_EC2"
	SecurityHubPolicies = "SECURITYHUB_POLICY"
	InspectorPolicies   = "INSPECTOR_POLICY"
	UpgradePolicies     = "UPGRADE_ROLLOUT_POLICY"
	BedrockPolicies     = "BEDROCK_POLICY"
	S3Policies          = "S3_POLICY"
	NetworkPolicies     = "NETWORK_SECURITY_DIRECTOR_POLICY"
)

func managementType(name string, maxSize, maxAttached int, content *form) PolicyType {
	return PolicyType{Name: name, maxSize: maxSize, maxCount: 1000, maxAttached: maxAttached, content: content}
}

// typeNamed finds a type; the API model lets no other name pass.
func typeNamed(name string) (PolicyType, error) {
	i := slices.IndexFunc(policyTypes, func(t PolicyType) bool { return t.Name == name })
	if i < 0 {
		return PolicyType{}, invalid("INVALID_ENUM_POLICY_TYPE", "You specified an invalid value.")
	}
	return policyTypes[i], nil
}

// PolicyTypeNames lists the types that there are, for organizations with all features.
func PolicyTypeNames() []string {
	names := make([]string, len(policyTypes))
	for i, t := range policyTypes {
		names[i] = t.Name
	}
	return names
}

// Codes of errors about types of policies.
const (
	typeAlreadyEnabled apierror.Code = "PolicyTypeAlreadyEnabledException"
	typeNotEnabled     apierror.Code = "PolicyTypeNotEnabledException"
	typeNotAvailable   apierror.Code = "PolicyTypeNotAvailableForOrganizationException"
)

// available refuses an organization that has consolidated billing only: it has no
// policies of any type.
func (o Organization) available() error {
	if !o.Facts().AllFeatures {
		return apierror.New(typeNotAvailable, "You can't use the specified policy type with the feature set currently enabled for this organization.")
	}
	return nil
}

func (o Organization) rootNamed(id string) error {
	if o.Facts().RootID != id {
		return apierror.New(RootNotFound, "You specified a root that doesn't exist.")
	}
	return nil
}

// EnablePolicyType enables a type of policies in the root. To the root, all units and
// all accounts the policy of AWS that allows everything is attached, where the type has
// one: without it nothing would be allowed any more.
func (e Editor) EnablePolicyType(root, name string) error {
	t, err := typeNamed(name)
	if err != nil {
		return err
	}
	if err := e.rootNamed(root); err != nil {
		return err
	}
	if err := e.available(); err != nil {
		return err
	}
	if e.Enabled(name) {
		return apierror.New(typeAlreadyEnabled, "The specified policy type is already enabled.")
	}
	if t.service != "" && !e.Trusts(t.service) {
		return violation("SERVICE_ACCESS_NOT_ENABLED", "You must enable service access for %s before you can enable this policy type.", t.service)
	}
	f := e.Facts()
	f.PolicyTypes = append(slices.Clone(f.PolicyTypes), name)
	slices.Sort(f.PolicyTypes)
	facts.Put(e.draft, e.aggregate(), "", &f)
	for _, target := range e.targets() {
		e.attachDefaults(target)
	}
	return nil
}

// DisablePolicyType disables a type of policies in the root. All of its policies are
// detached from everything; they stay, and have to be attached again.
func (e Editor) DisablePolicyType(root, name string) error {
	if _, err := typeNamed(name); err != nil {
		return err
	}
	if err := e.rootNamed(root); err != nil {
		return err
	}
	if !e.Enabled(name) {
		return apierror.New(typeNotEnabled, "This operation can be performed only for enabled policy types.")
	}
	f := e.Facts()
	f.PolicyTypes = slices.DeleteFunc(slices.Clone(f.PolicyTypes), func(n string) bool { return n == name })
	facts.Put(e.draft, e.aggregate(), "", &f)
	var keys []string
	for key, a := range attachments.All(e.snapshot()) {
		if a.Type == name {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		attachments.Delete(e.draft, e.aggregate(), key)
	}
	return nil
}

// targets lists what policies can be attached to: the root, the units and the accounts.
func (o Organization) targets() []string {
	ids := []string{o.Facts().RootID}
	for id := range units.All(o.snapshot()) {
		ids = append(ids, id)
	}
	for id := range members.All(o.snapshot()) {
		ids = append(ids, id)
	}
	return ids
}

// isTarget tells whether the organization has a root, a unit or an account with an id.
func (o Organization) isTarget(id string) bool {
	s := o.snapshot()
	return id == o.Facts().RootID || units.Has(s, id) || members.Has(s, id)
}

// The forms of the types of management policies, as far as the User Guide says what a
// policy of the type may have ("... policy syntax and examples"). Parts that it does
// not describe are refused: they would have no effect.
var (
	text  = &form{one: true}
	texts = &form{many: true}

	tagForm = &form{fixed: map[string]*form{"tags": {named: &form{fixed: map[string]*form{
		"tag_key": {one: true, likeName: true},
		// One wildcard at most in each value.
		"tag_value":               {many: true, match: regexp.MustCompile(`^[^*]*\*?[^*]*$`)},
		"enforced_for":            {many: true, match: regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9_*/.-]+$`)},
		"report_required_tag_for": texts,
	}}}}}

	tagPairs = &form{named: &form{fixed: map[string]*form{"tag_key": text, "tag_value": {one: true, many: true}}}}

	lifecycle = &form{fixed: map[string]*form{
		"move_to_cold_storage_after_days": text, "delete_after_days": text, "to_delete_after_days": text,
		"opt_in_to_archive_for_supported_resources": text,
	}}
	condition = &form{fixed: map[string]*form{
		"string_equals": conditionPairs, "string_not_equals": conditionPairs, "string_like": conditionPairs, "string_not_like": conditionPairs,
	}}
	conditionPairs = &form{named: &form{fixed: map[string]*form{"condition_key": text, "condition_value": {one: true, many: true}}}}

	backupForm = &form{fixed: map[string]*form{"plans": {named: &form{
		needs: []string{"rules", "regions", "selections"},
		fixed: map[string]*form{
			"regions": {many: true, min: 1},
			"rules": {min: 1, max: 10, named: &form{
				needs: []string{"schedule_expression", "target_backup_vault_name"},
				fixed: map[string]*form{
					"schedule_expression": text, "schedule_expression_timezone": text, "target_backup_vault_name": text,
					"target_logically_air_gapped_backup_vault_arn": text, "start_backup_window_minutes": text,
					"complete_backup_window_minutes": text, "enable_continuous_backup": text, "lifecycle": lifecycle,
					"recovery_point_tags": tagPairs, "index_actions": {fixed: map[string]*form{"resource_types": texts}},
					"scan_actions": {named: &form{fixed: map[string]*form{"scan_mode": text}}},
					"copy_actions": {named: &form{fixed: map[string]*form{"target_backup_vault_arn": text, "lifecycle": lifecycle}}},
				},
			}},
			"selections": {fixed: map[string]*form{
				"tags": {named: &form{
					needs: []string{"iam_role_arn", "tag_key", "tag_value"},
					fixed: map[string]*form{"iam_role_arn": text, "tag_key": text, "tag_value": {one: true, many: true}, "conditions": condition},
				}},
				"resources": {named: &form{
					needs: []string{"iam_role_arn", "resource_types"},
					fixed: map[string]*form{
						"iam_role_arn": text, "resource_types": texts, "not_resource_types": texts, "conditions": condition,
					},
				}},
			}},
			"advanced_backup_settings": {named: &form{named: &form{one: true, only: []string{"enabled", "disabled"}}, fixed: map[string]*form{
				"WindowsVSS": {one: true, only: []string{"enabled", "disabled"}},
			}}},
			"backup_plan_tags": tagPairs,
			"scan_settings":    {named: &form{fixed: map[string]*form{"resource_types": texts, "scanner_role_arn": text}}},
		},
	}}}}

	optOutForm = &form{fixed: map[string]*form{"services": {named: &form{
		needs: []string{"opt_out_policy"},
		fixed: map[string]*form{"opt_out_policy": {one: true, only: []string{"optIn", "optOut"}, noAppend: true}},
	}}}}

	switched = &form{fixed: map[string]*form{"client": {one: true, only: []string{"enabled", "disabled"}}}}
	roles    = &form{many: true, only: []string{"user_role", "channel_role"}}
	slack    = &form{fixed: map[string]*form{
		"supported_channel_types": {many: true, only: []string{"public", "private"}}, "supported_role_settings": roles,
	}}
	teams    = &form{fixed: map[string]*form{"supported_role_settings": roles}}
	chatForm = &form{fixed: map[string]*form{"chatbot": {fixed: map[string]*form{
		"platforms": {fixed: map[string]*form{
			"slack": {fixed: map[string]*form{
				"client": switched.fixed["client"], "workspaces": {many: true, max: 255}, "default": slack,
				"overrides": {named: slack, max: 255},
			}},
			"microsoft_teams": {fixed: map[string]*form{
				"client": switched.fixed["client"], "tenants": {named: &form{many: true, max: 36}, max: 36}, "default": teams,
				"overrides": {named: &form{named: teams, max: 36}, max: 36},
			}},
			"chime": switched, "default": switched,
		}},
		"default": switched,
	}}}}

	ec2Form = &form{fixed: map[string]*form{"ec2_attributes": {fixed: map[string]*form{
		"exception_message": text,
		"vpc_block_public_access": {fixed: map[string]*form{
			"internet_gateway_block": {fixed: map[string]*form{
				"mode": text, "exclusions_allowed": {one: true, only: []string{"enabled", "disabled"}},
			}},
			"exception_message": text,
		}},
		"vpc_encryption_control":       {fixed: map[string]*form{"mode": text, "exclusions": texts, "exception_message": text}},
		"serial_console_access":        {fixed: map[string]*form{"status": {one: true, only: []string{"enabled", "disabled"}}, "exception_message": text}},
		"image_block_public_access":    {fixed: map[string]*form{"state": text, "exception_message": text}},
		"snapshot_block_public_access": {fixed: map[string]*form{"state": text, "exception_message": text}},
		"allowed_images_settings": {fixed: map[string]*form{
			"state": {one: true, only: []string{"enabled", "disabled", "audit_mode"}}, "exception_message": text,
			"image_criteria": {max: 10, named: &form{fixed: map[string]*form{
				"allowed_image_providers": texts, "image_names": texts, "marketplace_product_codes": texts,
				"creation_date_condition":    {fixed: map[string]*form{"maximum_days_since_created": text}},
				"deprecation_time_condition": {fixed: map[string]*form{"maximum_days_since_deprecated": text}},
			}}},
		}},
		"instance_metadata_defaults": {fixed: map[string]*form{
			"http_tokens": text, "http_put_response_hop_limit": text, "http_endpoint": text, "instance_metadata_tags": text,
			"http_tokens_enforced": text, "exception_message": text,
		}},
	}}}}

	regions         = &form{fixed: map[string]*form{"enable_in_regions": texts, "disable_in_regions": texts}}
	securityHubForm = &form{fixed: map[string]*form{"securityhub": regions}}
	inspectorForm   = &form{fixed: map[string]*form{"inspector": {fixed: map[string]*form{"enablement": {fixed: map[string]*form{
		"ec2_scanning": regions, "ecr_scanning": regions, "code_repository_scanning": regions,
		"lambda_standard_scanning": {fixed: map[string]*form{
			"enable_in_regions": texts, "disable_in_regions": texts, "lambda_code_scanning": regions,
		}},
	}}}}}}
	networkForm = &form{fixed: map[string]*form{"network_security_director": {fixed: map[string]*form{"enablement": {fixed: map[string]*form{
		"network_security_scan": regions,
	}}}}}}

	patchOrder  = &form{fixed: map[string]*form{"patch_order": {one: true, only: []string{"first", "second", "last"}}}}
	upgradeForm = &form{fixed: map[string]*form{"upgrade_rollout": {fixed: map[string]*form{
		"default": patchOrder, "tags": {named: &form{fixed: map[string]*form{"tag_values": {named: patchOrder}}}},
	}}}}

	guarding    = &form{one: true, only: []string{"selective", "comprehensive"}}
	bedrockForm = &form{fixed: map[string]*form{"bedrock": {fixed: map[string]*form{"guardrail_inference": {named: &form{named: &form{
		needs: []string{"identifier"},
		fixed: map[string]*form{
			"identifier": text, "input_tags": {one: true, only: []string{"honor", "ignore"}},
			"selective_content_guarding": {fixed: map[string]*form{"system": guarding, "messages": guarding}},
			"model_enforcement":          {fixed: map[string]*form{"included_models": texts, "excluded_models": texts}},
		},
	}}}}}}}

	s3Form = &form{fixed: map[string]*form{"s3_attributes": {fixed: map[string]*form{
		"public_access_block_configuration": {one: true, only: []string{"all", "none"}},
	}}}}
)
