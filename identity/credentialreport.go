package identity

import (
	"bytes"
	"compress/flate"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/state"
)

// credentialReportAge is how long a credential report is given out, and from when on
// a new one is made (IAM User Guide, "Generate credential reports for your AWS
// account").
const credentialReportAge = 4 * time.Hour

const (
	reportNotPresent apierror.Code = "ReportNotPresent"
	reportExpired    apierror.Code = "ReportExpired"
)

// CredentialReport is the one credential report that an account keeps.
type CredentialReport struct {
	CreateDate time.Time `json:"created"`
	Deflated   []byte    `json:"deflated"` // the CSV
}

// CSV is the text of the report.
func (r *CredentialReport) CSV() ([]byte, error) {
	return io.ReadAll(flate.NewReader(bytes.NewReader(r.Deflated)))
}

// credentialReports has the report of the account under "". It is large and follows
// from the rest, therefore it stays out of history, as secrets do.
var credentialReports = state.Define[CredentialReport](state.AccountAggregate, "credential-report", 1).Secret()

// KeyUse is the last use of an access key.
type KeyUse struct {
	Time            time.Time
	Service, Region string
}

// CredentialUses are the last uses of access keys, by their ids, and of passwords, by
// the ids of their users, or the account's number for root.
type CredentialUses struct {
	Keys      map[string]KeyUse
	Passwords map[string]time.Time
}

// CredentialReport is the report that may be given out now. AWS's errors have no
// text here.
func (a Account) CredentialReport(now time.Time) (*CredentialReport, error) {
	r, ok := credentialReports.Get(a.snapshot(), "")
	switch {
	case !ok:
		return nil, apierror.New(reportNotPresent, "")
	case now.Sub(r.CreateDate) > credentialReportAge:
		return nil, apierror.New(reportExpired, "")
	}
	return r, nil
}

// NewCredentialReport makes the report, unless there is one that is given out still;
// made tells which. created is when the account was made.
func (e Editor) NewCredentialReport(created time.Time, uses CredentialUses) (made bool, err error) {
	if _, err := e.CredentialReport(e.Now); err == nil {
		return false, nil
	}
	deflated, err := deflate(e.credentialCSV(created, uses))
	if err != nil {
		return false, err
	}
	credentialReports.Put(e.draft, e.aggregate, "", &CredentialReport{CreateDate: e.Now, Deflated: deflated})
	return true, nil
}

func deflate(text []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// credentialColumns are the columns of a report. additionalColumn comes after them
// where somebody has more keys or certificates than there are columns for.
var credentialColumns = []string{
	"user", "arn", "user_creation_time",
	"password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

const (
	additionalColumn = "additional_credentials_info"
	// reportedEach is for how many keys, and certificates, of a user there are columns.
	reportedEach = 2

	notApplicable = "N/A"
	noInformation = "no_information"
	notSupported  = "not_supported"
)

// credentialCSV is the text of a report: root first, then the users in order of their
// names ignoring case; no line end after the last row.
func (a Account) credentialCSV(created time.Time, uses CredentialUses) []byte {
	r := credentialRow{uses: uses, additional: a.moreCredentials()}
	header := credentialColumns
	if r.additional {
		header = append(header[:len(header):len(header)], additionalColumn)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	write := func(cells []string) { _ = w.Write(cells) } // to memory, which does not fail
	write(header)
	r.begin("<root_account>", a.RootARN(), created)
	r.password(a.passwordFacts(a.rootID(), uses), true)
	write(r.rest(a, a.rootID()))
	for _, u := range users.All(a.snapshot()) {
		r.begin(u.Name, a.UserARN(u), u.CreateDate)
		r.password(a.passwordFacts(u.ID, uses), false)
		write(r.rest(a, u.ID))
	}
	w.Flush()
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// moreCredentials tells whether anybody has more keys or certificates than there are
// columns for, which needs a quota that was raised.
func (a Account) moreCredentials() bool {
	each := map[string]int{}
	for _, k := range accessKeys.All(a.snapshot()) {
		if each[k.UserID]++; each[k.UserID] > reportedEach {
			return true
		}
	}
	clear(each)
	for _, c := range signingCertificates.All(a.snapshot()) {
		if each[c.UserID]++; each[c.UserID] > reportedEach {
			return true
		}
	}
	return false
}

// passwordFacts is what a report tells of somebody's password.
type passwordFacts struct {
	enabled     bool
	lastUsed    time.Time // zero: never
	lastChanged time.Time
	// nextRotation is when it has to be changed; zero if it need not be.
	nextRotation time.Time
}

// passwordFacts tells of the password of a user, or of root where the id is the
// account's number.
func (a Account) passwordFacts(id string, uses CredentialUses) passwordFacts {
	l, ok := a.LoginProfile(id)
	if !ok || !a.HasPassword(id) {
		return passwordFacts{}
	}
	p := passwordFacts{enabled: true, lastUsed: uses.Passwords[id], lastChanged: l.Changed}
	if policy, ok := a.PasswordPolicy(); ok && policy.MaxAge > 0 {
		p.nextRotation = l.Changed.AddDate(0, 0, policy.MaxAge)
	}
	return p
}

// credentialRow builds one row after the other in the same memory.
type credentialRow struct {
	uses       CredentialUses
	additional bool
	cells      []string
}

func (r *credentialRow) begin(name, arn string, created time.Time) {
	r.cells = append(r.cells[:0], name, arn, reportTime(created, notApplicable))
}

// password adds the columns of the password. That of root never has to be changed.
func (r *credentialRow) password(p passwordFacts, root bool) {
	next := reportTime(p.nextRotation, notApplicable)
	if root {
		next = notSupported
	}
	if !p.enabled {
		if !root {
			next = notApplicable
		}
		r.cells = append(r.cells, "false", notApplicable, notApplicable, next)
		return
	}
	r.cells = append(r.cells, "true", reportTime(p.lastUsed, noInformation), reportTime(p.lastChanged, notApplicable), next)
}

// rest adds the other columns: MFA devices, access keys and signing certificates, the
// oldest first. Inactive ones keep their times, as in reports of AWS.
func (r *credentialRow) rest(a Account, id string) []string {
	hasMFA := false
	for range mfaDevicesByOwner.At(a.snapshot(), id) {
		hasMFA = true
		break
	}
	r.cells = append(r.cells, strconv.FormatBool(hasMFA))
	keys := a.AccessKeysOf(id)
	for i := range reportedEach {
		if i < len(keys) {
			r.key(keys[i])
		} else {
			r.cells = append(r.cells, "false", notApplicable, notApplicable, notApplicable, notApplicable)
		}
	}
	certs := a.SigningCertificatesOf(id)
	for i := range reportedEach {
		if i < len(certs) {
			r.cells = append(r.cells, strconv.FormatBool(certs[i].Active), reportTime(certs[i].UploadDate, notApplicable))
		} else {
			r.cells = append(r.cells, "false", notApplicable)
		}
	}
	if r.additional {
		r.cells = append(r.cells, additionalInfo(len(keys), len(certs)))
	}
	return r.cells
}

func (r *credentialRow) key(k *AccessKey) {
	date, region, service := notApplicable, notApplicable, notApplicable
	if use, ok := r.uses.Keys[k.ID]; ok {
		date, region, service = reportTime(use.Time, notApplicable), use.Region, use.Service
	}
	r.cells = append(r.cells, strconv.FormatBool(k.Active), reportTime(k.CreateDate, notApplicable), date, region, service)
}

// additionalInfo tells of what has no column. AWS documents that it gives the number
// and the action that lists them, and not its words.
func additionalInfo(keys, certs int) string {
	switch keys, certs = max(0, keys-reportedEach), max(0, certs-reportedEach); {
	case keys > 0 && certs > 0:
		return fmt.Sprintf("%d more access keys (ListAccessKeys); %d more certificates (ListSigningCertificates)", keys, certs)
	case keys > 0:
		return fmt.Sprintf("%d more access keys (ListAccessKeys)", keys)
	case certs > 0:
		return fmt.Sprintf("%d more certificates (ListSigningCertificates)", certs)
	}
	return notApplicable
}

// reportTime is a time as reports have it.
func reportTime(t time.Time, zero string) string {
	if t.IsZero() {
		return zero
	}
	return t.UTC().Format("2006-01-02T15:04:05+00:00")
}
