package service

import (
	"iter"
	"strconv"

	"github.com/keyreeve/keyreeve/apierror"
)

// Page is one page of a list.
type Page[V any] struct {
	Items []V
	// Truncated says that there is more, and Marker how to ask for it; it is nil
	// on the last page.
	Truncated bool
	Marker    *string
}

// defaultPage is how many items a page has where the caller does not say.
const defaultPage = 100

// PageBy takes the page that a caller asks for out of a list in order of keys.
// list gives the items from a key on. A marker holds the key of the next item,
// sealed and bound to the list, which is named with all that it is filtered by,
// and to the account: a marker that was altered, or comes from another list or
// another account, is refused.
func PageBy[V any](c *Call, list string, marker *string, maxItems *int32, from func(key string) iter.Seq2[string, V]) (Page[V], error) {
	start := ""
	purpose := "marker " + c.Caller.Account + " " + list
	if marker != nil {
		key, ok := c.Tools.Sealed.OpenText(*marker, purpose)
		if !ok {
			return Page[V]{}, apierror.New(apierror.ValidationError, "Invalid Marker.")
		}
		start = key
	}
	size := defaultPage
	if maxItems != nil {
		size = int(*maxItems)
	}
	page := Page[V]{Items: make([]V, 0, min(size, 16))}
	for key, v := range from(start) {
		if len(page.Items) == size {
			sealed, err := c.Tools.Sealed.SealText(key, purpose, c.Random)
			if err != nil {
				return Page[V]{}, err
			}
			page.Truncated, page.Marker = true, &sealed
			break
		}
		page.Items = append(page.Items, v)
	}
	return page, nil
}

// PageAt takes a page out of a list whose order has no keys: markers hold places.
func PageAt[V any](c *Call, list string, marker *string, maxItems *int32, items []V) (Page[V], error) {
	return PageBy(c, list, marker, maxItems, func(from string) iter.Seq2[string, V] {
		start, _ := strconv.Atoi(from)
		return func(yield func(string, V) bool) {
			for i := min(start, len(items)); i < len(items) && yield(strconv.Itoa(i), items[i]); i++ {
			}
		}
	})
}

// PageOf takes a page out of a short list whose items are in order of their keys.
func PageOf[V any](c *Call, list string, marker *string, maxItems *int32, items []V, key func(V) string) (Page[V], error) {
	return PageBy(c, list, marker, maxItems, func(from string) iter.Seq2[string, V] {
		return func(yield func(string, V) bool) {
			for _, v := range items {
				if k := key(v); k >= from && !yield(k, v) {
					return
				}
			}
		}
	})
}
