package organization

import (
	"slices"
	"strings"

	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/policy"
	"github.com/keyreeve/keyreeve/policy/eval"
	"github.com/keyreeve/keyreeve/state"
)

// The types of policies that decide.
const (
	ServiceControl  = "SERVICE_CONTROL_POLICY"
	ResourceControl = "RESOURCE_CONTROL_POLICY"
)

// Controls are the SCPs or RCPs in force for an account: a list for the root, each
// unit down to the account, and the account. It is nil where there are none: the
// type is not enabled, or the account is the management account (AWS Organizations
// User Guide, "Service control policies": they never affect it). For an account that
// has no place in the organization they deny everything.
func (o Organization) Controls(account, policyType string) [][]*eval.Policy {
	f := o.Facts()
	if account == f.Management || !slices.Contains(f.PolicyTypes, policyType) {
		return nil
	}
	path := o.Path(account)
	if path == nil {
		return [][]*eval.Policy{{identity.DenyAll(eval.Source{ID: account, Type: policyType})}}
	}
	return o.levels(path, policyType)
}

// levels are the policies of a type that are attached to each of a path.
func (o Organization) levels(path []string, policyType string) [][]*eval.Policy {
	levels := make([][]*eval.Policy, len(path))
	for i, id := range path {
		levels[i] = []*eval.Policy{}
		for _, a := range attachments.Below(o.snapshot(), id) {
			if a.Type == policyType {
				levels[i] = append(levels[i], o.compiled(a.PolicyID))
			}
		}
	}
	return levels
}

// ControlMark is the mark of all that [Organization.Controls] and
// [Organization.OrgPath] are made of, in the snapshot of an organization.
func ControlMark(s *state.Snapshot) state.Mark {
	return s.Mark(facts.Info(), units.Info(), members.Info(), policies.Info(), attachments.Info())
}

// ResourceControlled tells whether RCPs count for an action: they do for the actions
// of some services only, and not for kms:RetireGrant (AWS Organizations User Guide,
// "Resource control policies").
func ResourceControlled(action string) bool {
	service, _, _ := strings.Cut(action, ":")
	return supportsRCPs(service) && !strings.EqualFold(action, "kms:RetireGrant")
}

// supportsRCPs tells whether RCPs count for a service, by the prefix of its actions.
func supportsRCPs(service string) bool { return resourceControlled[strings.ToLower(service)] }

var resourceControlled = map[string]bool{
	"aoss": true, "appconfig": true, "appstream": true, "autoscaling": true, "autoscaling-plans": true, "budgets": true,
	"clouddirectory": true, "cloudfront": true, "cloudsearch": true, "cloudtrail-data": true, "codeartifact": true,
	"codebuild": true, "codecommit": true, "codepipeline": true, "cognito-identity": true, "cognito-idp": true,
	"comprehend": true, "comprehendmedical": true, "compute-optimizer": true, "cost-optimization-hub": true, "dax": true,
	"dsql": true, "dynamodb": true, "ecr": true, "ecr-public": true, "events": true, "firehose": true, "fis": true,
	"fms": true, "gamelift": true, "health": true, "inspector-scan": true, "kendra": true, "kinesisvideo": true, "kms": true,
	"logs": true, "memorydb": true, "networkmonitor": true, "notifications": true, "opensearch": true,
	"pca-connector-ad": true, "personalize": true, "polly": true, "pricing": true, "resource-groups": true,
	"rolesanywhere": true, "s3": true, "secretsmanager": true, "servicediscovery": true, "signin": true, "sqs": true,
	"sts": true, "support": true, "swf": true, "textract": true, "timestream-influxdb": true, "transcribe": true,
	"transfer": true, "translate": true, "wafv2": true, "workspaces": true, "xray": true,
}

// compiled is a policy that decides, compiled. One that is not there, or cannot be
// read, denies everything.
func (o Organization) compiled(id string) *eval.Policy {
	if own, ok := managed[id]; ok {
		return own.compile()
	}
	p, ok := policies.Get(o.snapshot(), id)
	if !ok {
		return identity.DenyAll(eval.Source{ID: id})
	}
	return p.compile()
}

func (p *Policy) compile() *eval.Policy {
	p.once.Do(func() {
		src := eval.Source{ID: p.ID, Type: p.Type}
		doc, err := policy.Parse(p.Document)
		if err != nil {
			p.compiled = identity.DenyAll(src)
			return
		}
		p.compiled = eval.Compile(doc, src)
	})
	return p.compiled
}

// The policies of AWS that allow everything.
const (
	FullAccess    = "p-FullAWSAccess"
	RCPFullAccess = "p-RCPFullAWSAccess"
)

// managed are the policies of AWS, which every organization has.
var managed = map[string]*Policy{
	FullAccess: {
		ID: FullAccess, Name: "FullAWSAccess", Description: "Allows access to every operation", Type: ServiceControl,
		Document: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}`,
	},
	RCPFullAccess: {
		ID: RCPFullAccess, Name: "RCPFullAWSAccess", Description: "Allows access to every resource", Type: ResourceControl,
		Document: `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}`,
	},
}
