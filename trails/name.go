package trails

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/arn"
)

var (
	nameCharacters = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)
	adjacent       = regexp.MustCompile(`[._-][._-]`)
	bucketName     = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	prefixText     = regexp.MustCompile(`^[A-Za-z0-9!_.*'()/ =+@:,&$;-]*$`)
)

// CheckName refuses what no trail can be called (CloudTrail API reference,
// "CreateTrail").
func CheckName(name string) error {
	wrong := func(format string, args ...any) error { return apierror.New(InvalidName, format, args...) }
	letter := func(c byte) bool { return c != '.' && c != '_' && c != '-' }
	switch n := len(name); {
	case n == 0:
		return wrong("Trail name cannot be blank!")
	case n < 3:
		return wrong("Trail name too short. Minimum allowed length: 3 characters. Specified name length: %d characters.", n)
	case n > 128:
		return wrong("Trail name too long. Maximum allowed length: 128 characters. Specified name length: %d characters.", n)
	case !nameCharacters.MatchString(name):
		return wrong("Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and underscores (_).")
	case !letter(name[0]):
		return wrong("Trail name must starts with a letter or number.")
	case !letter(name[n-1]):
		return wrong("Trail name must ends with a letter or number.")
	case adjacent.MatchString(name):
		return wrong("Trail name cannot have adjacent periods, underscores, or dashes.")
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return wrong("Trail name must not be in IP address format.")
	}
	return nil
}

// CheckBucket refuses what no bucket can be called.
func CheckBucket(name string) error {
	_, address := netip.ParseAddr(name)
	switch {
	case name == "":
		return apierror.New(InvalidBucket, "Bucket name cannot be blank!")
	case !bucketName.MatchString(name) || strings.Contains(name, "..") || address == nil:
		return apierror.New(InvalidBucket, "The bucket name %q is not valid.", name)
	}
	return nil
}

// checkPrefix refuses prefixes that are too long, and those that could lead out of the
// folder that a bucket may be.
func checkPrefix(prefix string) error {
	if len(prefix) > 200 {
		return apierror.New(InvalidPrefix, "The S3 prefix is too long. Maximum allowed length: 200 characters.")
	}
	if prefix == "" {
		return nil
	}
	if !prefixText.MatchString(prefix) {
		return apierror.New(InvalidPrefix, "The S3 prefix %q has characters that are not allowed.", prefix)
	}
	for _, part := range strings.Split(prefix, "/") {
		if part == "" || part == "." || part == ".." {
			return apierror.New(InvalidPrefix, "The S3 prefix %q is not valid: it has neither slashes at its ends or side by side nor parts that are . or ..", prefix)
		}
		if part == "AWSLogs" { // what is below looked like the files of another account
			return apierror.New(InvalidPrefix, "The S3 prefix %q is not valid: AWSLogs is no part of it.", prefix)
		}
	}
	return nil
}

// Name says which trail is meant.
type Name struct {
	Account, Region, Name string
	ByARN                 bool
}

// ARN is the trail's ARN.
func (n Name) ARN(partition string) string {
	return "arn:" + partition + ":cloudtrail:" + n.Region + ":" + n.Account + ":trail/" + n.Name
}

// ParseName reads the name of a trail in an account and a region, or an ARN.
func ParseName(text, partition, account, region string) (Name, error) {
	if !strings.HasPrefix(text, "arn:") {
		return Name{Account: account, Region: region, Name: text}, CheckName(text)
	}
	return ParseARN(text, partition)
}

// ParseARN reads the ARN of a trail.
func ParseARN(text, partition string) (Name, error) {
	invalid := func() (Name, error) {
		return Name{}, apierror.New(InvalidARN, "The ARN %s is not valid. The format of a trail ARN is: arn:%s:cloudtrail:us-east-2:123456789012:trail/MyTrail", text, partition)
	}
	a, err := arn.Parse(text)
	if err != nil || a.Partition != partition || a.Service != "cloudtrail" || a.Region == "" {
		return invalid()
	}
	name, ok := strings.CutPrefix(a.Resource, "trail/")
	if !ok || len(a.Account) != 12 || CheckName(name) != nil {
		return invalid()
	}
	return Name{Account: a.Account, Region: a.Region, Name: name, ByARN: true}, nil
}
