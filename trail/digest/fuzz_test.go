package digest

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"testing/fstest"
)

// FuzzValidate: no digest file that the owner of the key has not signed is taken, nor
// does one break the validation.
func FuzzValidate(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	const name = "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/26/111122223333_CloudTrail-Digest_us-east-1_audit_us-east-1_20261126T130000Z.json.gz"
	keys := map[string]*rsa.PublicKey{Fingerprint(&key.PublicKey): &key.PublicKey}
	genuine := &File{Account: "111122223333", Start: begin, End: begin, Bucket: "logs", Key: name}
	content, signature, err := genuine.Sign(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content, `{"signature":"`+signature+`"}`)
	f.Add([]byte(`{"digestS3Object":"`+name+`","logFiles":[{"s3Object":"../x"}]}`), `{"signature":"00"}`)
	f.Add([]byte(`null`), `{}`)
	f.Fuzz(func(t *testing.T, text []byte, metadata string) {
		bucket := fstest.MapFS{name: {Data: Compress(text)}, name + MetadataSuffix: {Data: []byte(metadata)}}
		r, err := Validate(bucket, keys)
		if err != nil {
			t.Fatal(err)
		}
		if r.Digests > 0 && string(text) != string(content) {
			t.Fatalf("taken: %s", text)
		}
	})
}
