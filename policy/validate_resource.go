package policy

import (
	"strconv"
	"strings"

	"github.com/keyreeve/keyreeve/arn"
)

// partitions of AWS, as botocore 1.43 lists them.
var partitions = []string{"aws", "aws-cn", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-us-gov"}

// iamPaths is what the resource part of an IAM ARN begins with, in the order in
// which AWS's message lists them.
var iamPaths = []string{
	"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/",
	"policy/", "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
}

// iamOther is accepted as well: managed policies of AWS, or its list of IAM's
// resource types, have them.
var iamOther = []string{"root", "assumed-role/", "delegation-request/"}

// resourceFault is the message for a resource of a form that IAM refuses, or
// nothing. It does not ask whether service, type or resource exist.
func resourceFault(r string) string {
	if r == "*" {
		return ""
	}
	head, rest, found := strings.Cut(r, ":")
	if !found {
		return "Resource " + r + ` must be in ARN format or "*".`
	}
	partition, rest, more := strings.Cut(rest, ":")
	if !knownPartition(partition) {
		return badPartition(partition, rest, more)
	}
	if head != "arn" {
		return "Resource " + r + ` must be in ARN format or "*".`
	}
	if !more {
		return "Resource vendor must be fully qualified and cannot contain regexes."
	}
	service, rest, _ := strings.Cut(rest, ":")
	if rest != "" && !strings.HasPrefix(rest, ":") {
		region, _, complete := strings.Cut(rest, ":")
		switch {
		case !complete || region == "*":
		case service == "iam":
			return "IAM resource " + r + " cannot contain region information."
		case service == "s3":
			return "Resource " + r + " can not contain region information."
		}
	}
	if _, part := CutResource(r); service == "iam" && part != "" && !iamPath(part) {
		return `IAM resource path must either be "*" or start with ` + strings.Join(iamPaths, ", ") + "."
	}
	return ""
}

func knownPartition(p string) bool {
	for _, known := range partitions {
		if arn.Match(p, known) {
			return true
		}
	}
	return false
}

// badPartition names the resource as AWS does: put in order, with stars for
// what is missing.
func badPartition(partition, rest string, more bool) string {
	parts := []string{"*", "*", "*", "*"}
	if more && rest != "" {
		copy(parts, strings.SplitN(rest, ":", 4))
	}
	return "Partition " + strconv.Quote(partition) + " is not valid for resource \"arn:" + partition + ":" + strings.Join(parts, ":") + "\"."
}

// iamPath reports whether part is "*" or begins as IAM's resources do. As far
// as a wildcard or variable stands in the beginning, only what is before it has
// to fit.
func iamPath(part string) bool {
	fixed := part
	if i := strings.IndexAny(part, "*?$"); i >= 0 {
		fixed = part[:i]
	}
	for _, paths := range [2][]string{iamPaths, iamOther} {
		for _, p := range paths {
			if strings.HasPrefix(part, p) || len(fixed) < len(part) && strings.HasPrefix(p, fixed) {
				return true
			}
		}
	}
	return false
}

// looseDate is the test that AWS makes of dates when a document is written. It
// lets more pass than the operators understand: what they do not understand
// never matches.
func looseDate(s string) bool {
	s = strings.ToLower(s)
	if !strings.ContainsAny(s, "t-") {
		n, err := strconv.ParseInt(s, 10, 64)
		return err == nil && n >= 0
	}
	date, clock, _ := strings.Cut(s, "t")
	return looseDay(date) && looseClock(clock)
}

func looseDay(s string) bool {
	sign := ""
	if rest, found := strings.CutPrefix(s, "-"); found {
		s, sign = rest, "-"
	}
	parts := strings.Split(s, "-")
	if len(parts) > 3 || !inRange(sign+parts[0], -292275054, 292278993) {
		return false
	}
	return (len(parts) < 2 || inRange(parts[1], 1, 12)) && (len(parts) < 3 || inRange(parts[2], 1, 31))
}

func looseClock(s string) bool {
	parts := strings.SplitN(s, ":", 3)
	if parts[0] != "" && !inRange(parts[0], 0, 23) {
		return false
	}
	if len(parts) > 1 && !inRange(cutZone(parts[1], len(parts) == 2), 0, 59) {
		return false
	}
	return len(parts) < 3 || looseSeconds(parts[2])
}

// cutZone removes the time zone if minutes are the last that is given.
func cutZone(s string, last bool) string {
	if i := strings.IndexAny(s, "z+-"); last && i >= 0 {
		return s[:i]
	}
	return s
}

func looseSeconds(s string) bool {
	zone := ""
	if i := strings.IndexAny(s, "z+-"); i >= 0 {
		s, zone = s[:i], s[i:]
	}
	seconds, fraction, found := strings.Cut(s, ".")
	return inRange(seconds, 0, 59) && (!found || inRange(fraction, 0, 999999999)) && looseZone(zone)
}

func looseZone(s string) bool {
	if s == "" || s == "z" {
		return true
	}
	hours, minutes, found := strings.Cut(s[1:], ":")
	return s[0] != 'z' && len(hours) == 2 && inRange(hours, 0, 23) &&
		(!found || len(minutes) == 2 && inRange(minutes, 0, 59))
}

func inRange(s string, low, high int64) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	return err == nil && low <= n && n <= high
}
