package trail

import "time"

// Version is the eventVersion of the records that are written.
const Version = "1.11"

// EventType says how an event came about.
type EventType string

// The types of events.
const (
	APICall       EventType = "AwsApiCall"
	ServiceEvent  EventType = "AwsServiceEvent"
	ConsoleSignIn EventType = "AwsConsoleSignIn"
	ConsoleAction EventType = "AwsConsoleAction"
)

// Category groups event types; LookupEvents shows management events.
type Category string

// The categories of events.
const (
	Management Category = "Management"
	Data       Category = "Data"
)

// Event is the record of one call. Its JSON is CloudTrail's; [Event.Encode] writes
// it, and encoding/json reads it back.
type Event struct {
	EventVersion       string     `json:"eventVersion"` // Version if empty
	UserIdentity       Identity   `json:"userIdentity"`
	EventTime          time.Time  `json:"eventTime"`
	EventSource        string     `json:"eventSource"` // iam.amazonaws.com
	EventName          string     `json:"eventName"`   // the operation
	AWSRegion          string     `json:"awsRegion"`
	SourceIPAddress    string     `json:"sourceIPAddress"`
	UserAgent          string     `json:"userAgent"`
	ErrorCode          string     `json:"errorCode,omitempty"`
	ErrorMessage       string     `json:"errorMessage,omitempty"`
	RequestParameters  Tree       `json:"requestParameters"`
	ResponseElements   Tree       `json:"responseElements"` // null if ReadOnly, but for credentials of STS
	AdditionalData     Tree       `json:"additionalEventData,omitempty"`
	RequestID          string     `json:"requestID"`
	EventID            string     `json:"eventID"` // a UUID
	ReadOnly           bool       `json:"readOnly"`
	Resources          []Resource `json:"resources,omitempty"`
	EventType          EventType  `json:"eventType"` // APICall if empty
	ManagementEvent    bool       `json:"managementEvent"`
	RecipientAccountID string     `json:"recipientAccountId"`
	// SharedEventID is the same in the events that one call leaves in two accounts.
	SharedEventID string      `json:"sharedEventID,omitempty"`
	EventCategory Category    `json:"eventCategory"` // Management if empty
	TLS           *TLSDetails `json:"tlsDetails,omitempty"`
	// FromConsole is "true" for credentials of a console session, and absent for
	// others.
	FromConsole string `json:"sessionCredentialFromConsole,omitempty"`
}

// Resource is something that the call was about.
type Resource struct {
	ARN       string `json:"ARN"`
	AccountID string `json:"accountId,omitempty"`
	Type      string `json:"type,omitempty"` // AWS::IAM::Role
}

// TLSDetails is how the connection was encrypted.
type TLSDetails struct {
	Version     string `json:"tlsVersion,omitempty"`
	CipherSuite string `json:"cipherSuite,omitempty"`
	Host        string `json:"clientProvidedHostHeader,omitempty"`
}
