package trails

import "github.com/keyreeve/keyreeve/apierror"

// Codes of CloudTrail's errors.
const (
	AlreadyExists         apierror.Code = "TrailAlreadyExistsException"
	NotFound              apierror.Code = "TrailNotFoundException"
	ResourceNotFound      apierror.Code = "ResourceNotFoundException"
	InvalidARN            apierror.Code = "CloudTrailARNInvalidException"
	InvalidName           apierror.Code = "InvalidTrailNameException"
	InvalidBucket         apierror.Code = "InvalidS3BucketNameException"
	InvalidPrefix         apierror.Code = "InvalidS3PrefixException"
	InvalidSelectors      apierror.Code = "InvalidEventSelectorsException"
	InvalidCombination    apierror.Code = "InvalidParameterCombinationException"
	InvalidHomeRegion     apierror.Code = "InvalidHomeRegionException"
	InvalidTag            apierror.Code = "InvalidTagParameterException"
	InvalidTimeRange      apierror.Code = "InvalidTimeRangeException"
	InvalidNextToken      apierror.Code = "InvalidNextTokenException"
	InvalidToken          apierror.Code = "InvalidTokenException"
	TagsLimit             apierror.Code = "TagsLimitExceededException"
	TooMany               apierror.Code = "MaximumNumberOfTrailsExceededException"
	NoBucket              apierror.Code = "S3BucketDoesNotExistException"
	BucketRefused         apierror.Code = "InsufficientS3BucketPolicyException"
	Unsupported           apierror.Code = "UnsupportedOperationException"
	TypeNotSupported      apierror.Code = "ResourceTypeNotSupportedException"
	InsightNotEnabled     apierror.Code = "InsightNotEnabledException"
	NotInUse              apierror.Code = "OrganizationsNotInUseException"
	NotManagement         apierror.Code = "NotOrganizationMasterAccountException"
	NotAllFeatures        apierror.Code = "OrganizationNotInAllFeaturesModeException"
	AccessNotEnabled      apierror.Code = "CloudTrailAccessNotEnabledException"
	InvalidLookup         apierror.Code = "InvalidLookupAttributesException"
	InvalidEventCategory  apierror.Code = "InvalidEventCategoryException"
	InvalidMaxResults     apierror.Code = "InvalidMaxResultsException"
	InvalidParameterValue apierror.Code = "InvalidParameterException"
)

// Unknown is the error for a trail that is not there (as GetTrailStatus was seen to
// answer).
func Unknown(arn, account string) error {
	return apierror.New(NotFound, "Unknown trail: %s for the user: %s", arn, account)
}

// MissingBucket is the error for a bucket that is not there.
func MissingBucket(bucket string) error {
	return apierror.New(NoBucket, "S3 bucket %s does not exist!", bucket)
}
