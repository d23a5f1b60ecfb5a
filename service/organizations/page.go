package organizations

import (
	"errors"
	"iter"

	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/organization"
	"github.com/keyreeve/keyreeve/service"
)

// pageSize is how many items a page has where the caller does not say, and at most.
const pageSize = 20

// pageBy takes a page out of a list in order of keys; see [service.PageBy]. It answers a
// token that is not of this list and this account in Organizations' words.
func pageBy[V any](c *service.Call, list string, token *string, size *int32, from func(key string) iter.Seq2[string, V]) ([]V, *string, error) {
	if size == nil {
		size = new(int32(pageSize))
	}
	page, err := service.PageBy(c, "organizations "+list, token, size, from)
	if errors.Is(err, apierror.ValidationError) {
		err = apierror.New(organization.InvalidInput, "You specified an invalid value for nextToken. You must get the value from the response to a previous call to the API.").Reason("INVALID_NEXT_TOKEN").Because(err)
	}
	return page.Items, page.Marker, err
}
