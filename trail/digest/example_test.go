package digest_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"time"

	"github.com/keyreeve/keyreeve/trail/digest"
)

func Example() {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	at := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	place := digest.Place{Account: "111122223333", Region: "us-east-1"}
	log := digest.Records([][]byte{[]byte(`{"eventName":"CreateUser"}`)})

	f := &digest.File{Account: "111122223333", Start: at, End: at.Add(time.Hour), Bucket: "logs", Key: place.DigestKey(at.Add(time.Hour), "audit", "us-east-1")}
	f.Add("logs", place.LogKey(at, "aBcDeFgHiJkLmNoP"), digest.Hash(log), at, at)
	content, signature, _ := f.Sign(key)

	fmt.Println(f.Key)
	fmt.Println(f.Logs[0].Key)
	fmt.Println(f.Verify(&key.PublicKey, content, signature))
	fmt.Println(f.Verify(&key.PublicKey, append(content, ' '), signature))
	// Output:
	// AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/11/26/111122223333_CloudTrail-Digest_us-east-1_audit_us-east-1_20261126T130000Z.json.gz
	// AWSLogs/111122223333/CloudTrail/us-east-1/2026/11/26/111122223333_CloudTrail_us-east-1_20261126T1200Z_aBcDeFgHiJkLmNoP.json.gz
	// <nil>
	// signature verification failed
}
