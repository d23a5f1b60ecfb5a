package ocsf

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Version is that of the schema.
const Version = "1.1.0"

const (
	category = 6
	class    = 6003
)

// record is a CloudTrail record as it is read.
type record struct {
	Version   string    `json:"eventVersion"`
	Identity  identity  `json:"userIdentity"`
	Time      time.Time `json:"eventTime"`
	Source    string    `json:"eventSource"`
	Name      string    `json:"eventName"`
	Region    string    `json:"awsRegion"`
	IP        string    `json:"sourceIPAddress"`
	Agent     string    `json:"userAgent"`
	ErrorCode string    `json:"errorCode"`
	Message   string    `json:"errorMessage"`
	RequestID string    `json:"requestID"`
	ID        string    `json:"eventID"`
	ReadOnly  bool      `json:"readOnly"`
	Type      string    `json:"eventType"`
	Category  string    `json:"eventCategory"`
	Account   string    `json:"recipientAccountId"`
	Resources []struct {
		ARN     string `json:"ARN"`
		Account string `json:"accountId"`
		Type    string `json:"type"`
	} `json:"resources"`

	Request    json.RawMessage `json:"requestParameters"`
	Response   json.RawMessage `json:"responseElements"`
	Additional json.RawMessage `json:"additionalEventData"`
	Shared     string          `json:"sharedEventID"`
	TLS        json.RawMessage `json:"tlsDetails"`
}

type identity struct {
	Type      string `json:"type"`
	Principal string `json:"principalId"`
	ARN       string `json:"arn"`
	Account   string `json:"accountId"`
	AccessKey string `json:"accessKeyId"`
	UserName  string `json:"userName"`
	InvokedBy string `json:"invokedBy"`
	Provider  string `json:"identityProvider"`
	Session   struct {
		Issuer struct {
			ARN string `json:"arn"`
		} `json:"sessionIssuer"`
		Federation struct {
			Provider string `json:"federatedProvider"`
		} `json:"webIdFederationData"`
		Attributes struct {
			Created string `json:"creationDate"`
			MFA     string `json:"mfaAuthenticated"`
		} `json:"attributes"`
	} `json:"sessionContext"`
}

// object is a JSON object; what is empty in it is left out by [object.with].
type object map[string]any

// with adds a member unless it is empty.
func (o object) with(name string, value any) object {
	switch v := value.(type) {
	case string:
		if v == "" {
			return o
		}
	case object:
		if len(v) == 0 {
			return o
		}
	case json.RawMessage:
		if len(v) == 0 || string(v) == "null" {
			return o
		}
	}
	o[name] = value
	return o
}

// APIActivity writes a record as an API Activity event, a JSON object in one line.
func APIActivity(cloudTrail []byte) ([]byte, error) {
	var r record
	if err := json.Unmarshal(cloudTrail, &r); err != nil {
		return nil, fmt.Errorf("not a record: %w", err)
	}
	id, name := activity(r.Name, r.ReadOnly)
	e := object{
		"category_uid": category, "category_name": "Application Activity", "class_uid": class, "class_name": "API Activity",
		"activity_id": id, "activity_name": name, "type_uid": class*100 + id, "type_name": "API Activity: " + name,
		"severity_id": 1, "severity": "Informational", "time": r.Time.UnixMilli(),
		"status_id": 1, "status": "Success",
		"metadata": object{
			"version": Version, "profiles": []string{"cloud"},
			"product": object{"name": "CloudTrail", "vendor_name": "Keyreeve"}.with("version", r.Version).with("feature", object{}.with("name", r.Category)),
		}.with("uid", r.ID).with("event_code", r.Type),
		"cloud":        object{"provider": "Keyreeve"}.with("region", r.Region).with("account", object{}.with("uid", r.Account)),
		"actor":        actor(&r.Identity),
		"api":          api(&r),
		"src_endpoint": endpoint(r.IP),
	}
	if r.ErrorCode != "" || r.Message != "" {
		e["status_id"], e["status"] = 2, "Failure"
		e.with("status_detail", r.Message)
	}
	e.with("http_request", object{}.with("user_agent", r.Agent))
	var resources []object
	for _, x := range r.Resources {
		resources = append(resources, object{}.with("uid", x.ARN).with("type", x.Type).with("owner", object{}.with("account", object{}.with("uid", x.Account))))
	}
	if resources != nil {
		e["resources"] = resources
	}
	e.with("unmapped", object{}.with("additionalEventData", r.Additional).with("sharedEventID", r.Shared).with("tlsDetails", r.TLS))
	return json.Marshal(e)
}

// words are the first words of operations, and what those do.
var words = []struct {
	id    int
	name  string
	words []string
}{
	{1, "Create", []string{"Create", "Generate", "Upload"}},
	{3, "Update", []string{"Update", "Put", "Set", "Change", "Add", "Remove", "Attach", "Detach", "Enable", "Disable", "Tag", "Untag", "Move", "Reset", "Resync"}},
	{4, "Delete", []string{"Delete"}},
}

func activity(operation string, readOnly bool) (id int, name string) {
	if readOnly {
		return 2, "Read"
	}
	for _, w := range words {
		for _, word := range w.words {
			if strings.HasPrefix(operation, word) {
				return w.id, w.name
			}
		}
	}
	return 99, operation
}

func actor(i *identity) object {
	kind := 99
	switch i.Type {
	case "IAMUser":
		kind = 1
	case "Root":
		kind = 2
	case "AWSService":
		kind = 3
	}
	user := object{"type_id": kind}.with("type", i.Type).with("name", i.UserName).with("uid", i.ARN).with("uid_alt", i.Principal).
		with("credential_uid", i.AccessKey).with("account", object{}.with("uid", i.Account))
	session := object{}.with("issuer", i.Session.Issuer.ARN)
	if at, err := time.Parse(time.RFC3339, i.Session.Attributes.Created); err == nil {
		session["created_time"] = at.UnixMilli()
	}
	if mfa := i.Session.Attributes.MFA; mfa != "" {
		session["is_mfa"] = mfa == "true"
	}
	provider := i.Provider
	if provider == "" {
		provider = i.Session.Federation.Provider
	}
	return object{"user": user}.with("session", session).with("idp", object{}.with("name", provider)).with("invoked_by", i.InvokedBy)
}

func api(r *record) object {
	return object{"operation": r.Name, "service": object{"name": r.Source}}.
		with("request", object{}.with("uid", r.RequestID).with("data", r.Request)).
		with("response", object{}.with("error", r.ErrorCode).with("error_message", r.Message).with("data", r.Response))
}

// endpoint is where a call came from: an address, a service, or this machine.
func endpoint(source string) object {
	if source == "" {
		return object{"name": "localhost"}
	}
	if _, err := netip.ParseAddr(source); err == nil {
		return object{"ip": source}
	}
	return object{"domain": source}
}
