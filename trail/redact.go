package trail

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

// longestSecretName is the length of the longest of secretNames.
const longestSecretName = len("servicecredentialsecret")

// IsSecret reports whether a member of this name is left out of every record. Case,
// hyphens and underscores make no difference.
func IsSecret(name string) bool {
	var folded [longestSecretName]byte
	n := 0
	for i := range len(name) {
		c := name[i]
		if c == '-' || c == '_' {
			continue
		}
		if n == len(folded) {
			return false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[n] = c
		n++
	}
	return secretNames[string(folded[:n])]
}
