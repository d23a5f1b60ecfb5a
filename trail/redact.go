package trail

import (
	"encoding/json"
	"fmt"
	"strings"
)

// secretNames are the members that hold secrets, in lower case. They come from the
// models of IAM and STS: what is marked sensitive there, and what is not but lets
// its bearer do something.
var secretNames = map[string]bool{
	"secretaccesskey": true, "secretkey": true, "sessiontoken": true, "securitytoken": true,
	"password": true, "oldpassword": true, "newpassword": true, "servicepassword": true, "temporarypassword": true,
	"servicecredentialsecret": true, "clientsecret": true, "secret": true, "sealed": true,
	"privatekey": true, "addprivatekey": true, "tradeintoken": true, "base32stringseed": true, "qrcodepng": true, "seed": true,
	"tokencode": true, "authenticationcode1": true, "authenticationcode2": true, "mfacode": true,
	"samlassertion": true, "webidentitytoken": true, "idtoken": true, "accesstoken": true, "refreshtoken": true,
	"bearertoken": true, "signintoken": true, "authorization": true, "cookie": true,
	"xamzsecuritytoken": true, "xamzsignature": true,
}

// IsSecret reports whether a member of this name is left out of every record. Case,
// hyphens and underscores make no difference.
func IsSecret(name string) bool {
	return secretNames[strings.ToLower(marks.Replace(name))]
}

// marks takes out what makes no difference in names.
var marks = strings.NewReplacer("-", "", "_", "")

// maxDepth bounds a tree; the deepest shape of the APIs is far from it.
const maxDepth = 64

// redactor copies trees without what is secret.
type redactor struct {
	more func(name string) bool // what is secret beside IsSecret; may be nil
	clip int                    // cut texts longer than this, if positive
}

func (r *redactor) secret(name string) bool { return IsSecret(name) || r.more != nil && r.more(name) }

func (r *redactor) tree(m map[string]any) (map[string]any, error) {
	if m == nil {
		return nil, nil
	}
	v, err := r.value(m, 0)
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

func (r *redactor) value(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("tree is deeper than %d", maxDepth)
	}
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			if r.secret(name) {
				continue
			}
			copied, err := r.value(member, depth+1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			out[name] = copied
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, element := range v {
			copied, err := r.value(element, depth+1)
			if err != nil {
				return nil, fmt.Errorf("%d: %w", i, err)
			}
			out[i] = copied
		}
		return out, nil
	case string:
		if r.clip > 0 {
			return clip(v, r.clip), nil
		}
		return v, nil
	case []byte:
		if r.clip > 0 && len(v) > r.clip {
			return v[:r.clip], nil
		}
		return v, nil
	case nil, bool, int, int64, float64, json.Number:
		return v, nil
	default:
		return nil, fmt.Errorf("%T is no part of a tree", v)
	}
}

// clip cuts a text to at most n bytes, not within a character.
func clip(text string, n int) string {
	if len(text) <= n {
		return text
	}
	return strings.ToValidUTF8(text[:n], "")
}
