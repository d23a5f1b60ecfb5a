package digest

import (
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// The metadata of a digest file's object, as S3 names it behind x-amz-meta-.
const (
	Signature = "signature"
	Algorithm = "signature-algorithm"
)

const (
	hashAlgorithm = "SHA-256"
	// SignatureAlgorithm is the value of the metadata Algorithm.
	SignatureAlgorithm = "SHA256withRSA"
)

// File is a digest file. A time without an event in it has no log files, and the first of
// a chain no previous digest file.
type File struct {
	Account             string    `json:"awsAccountId"`
	Start               time.Time `json:"digestStartTime"`
	End                 time.Time `json:"digestEndTime"`
	Bucket              string    `json:"digestS3Bucket"`
	Key                 string    `json:"digestS3Object"`
	Fingerprint         string    `json:"digestPublicKeyFingerprint"`
	SignatureAlgorithm  string    `json:"digestSignatureAlgorithm"`
	Newest              *string   `json:"newestEventTime"`
	Oldest              *string   `json:"oldestEventTime"`
	PreviousBucket      *string   `json:"previousDigestS3Bucket"`
	PreviousKey         *string   `json:"previousDigestS3Object"`
	PreviousHash        *string   `json:"previousDigestHashValue"`
	PreviousAlgorithm   *string   `json:"previousDigestHashAlgorithm"`
	PreviousSignature   *string   `json:"previousDigestSignature"`
	NewDigestChainCause *string   `json:"newDigestChainReason,omitempty"`
	Logs                []LogFile `json:"logFiles"`
}

// LogFile is a log file as a digest file lists it.
type LogFile struct {
	Bucket    string    `json:"s3Bucket"`
	Key       string    `json:"s3Object"`
	Hash      string    `json:"hashValue"`
	Algorithm string    `json:"hashAlgorithm"`
	Newest    time.Time `json:"newestEventTime"`
	Oldest    time.Time `json:"oldestEventTime"`
}

// Previous is the digest file before another one.
type Previous struct{ Bucket, Key, Hash, Signature string }

// After names the digest file that f comes after; nil: f begins a chain.
func (f *File) After(p *Previous) {
	if p == nil {
		return
	}
	f.PreviousBucket, f.PreviousKey = &p.Bucket, &p.Key
	f.PreviousHash, f.PreviousAlgorithm, f.PreviousSignature = &p.Hash, new(hashAlgorithm), &p.Signature
}

// Add lists a log file: its place, the hash of what it holds, and the times of its
// events, which are told to the second.
func (f *File) Add(bucket, key, hash string, oldest, newest time.Time) {
	f.Logs = append(f.Logs, LogFile{bucket, key, hash, hashAlgorithm, second(newest), second(oldest)})
}

func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Sign completes a digest file and gives what it holds, uncompressed, and its signature.
func (f *File) Sign(key *rsa.PrivateKey) (content []byte, signature string, err error) {
	f.Start, f.End = second(f.Start), second(f.End)
	f.Fingerprint, f.SignatureAlgorithm = Fingerprint(&key.PublicKey), SignatureAlgorithm
	if f.Logs == nil {
		f.Logs = []LogFile{}
	}
	var oldest, newest time.Time
	for i, l := range f.Logs {
		if i == 0 || l.Oldest.Before(oldest) {
			oldest = l.Oldest
		}
		if i == 0 || l.Newest.After(newest) {
			newest = l.Newest
		}
	}
	if len(f.Logs) > 0 {
		f.Oldest, f.Newest = new(oldest.Format(time.RFC3339)), new(newest.Format(time.RFC3339))
	}
	if content, err = json.Marshal(f); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256([]byte(f.signed(content)))
	bytes, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	return content, hex.EncodeToString(bytes), err
}

// signed is the text that the signature of a digest file with a content is over.
func (f *File) signed(content []byte) string {
	previous := "null"
	if f.PreviousSignature != nil {
		previous = *f.PreviousSignature
	}
	return f.End.UTC().Format(time.RFC3339) + "\n" + f.Bucket + "/" + f.Key + "\n" + Hash(content) + "\n" + previous
}

// Parse reads what a digest file holds, uncompressed.
func Parse(content []byte) (*File, error) {
	f := new(File)
	if err := json.Unmarshal(content, f); err != nil {
		return nil, fmt.Errorf("not a digest file: %w", err)
	}
	return f, nil
}

// Verify tells whether a digest file with a content was signed by the owner of a key.
func (f *File) Verify(key *rsa.PublicKey, content []byte, signature string) error {
	sig, err := hex.DecodeString(signature)
	if err != nil || len(sig) == 0 {
		return errors.New("the signature is not hexadecimal")
	}
	sum := sha256.Sum256([]byte(f.signed(content)))
	if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) != nil {
		return errors.New("signature verification failed")
	}
	return nil
}

// Fingerprint names a public key: 32 hexadecimal digits.
func Fingerprint(key *rsa.PublicKey) string {
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(key))
	return hex.EncodeToString(sum[:16])
}

// Hash is the SHA-256 hash of what a file holds, in hexadecimal.
func Hash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Records is what a log file with records holds, uncompressed.
func Records(records [][]byte) []byte {
	return append(append([]byte(`{"Records":[`), bytes.Join(records, []byte{','})...), "]}"...)
}

// Compress compresses what a file holds.
func Compress(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close() // a bytes.Buffer takes everything
	return b.Bytes()
}

// largest is how much a file may hold uncompressed, so that a small file cannot fill the
// memory.
const largest = 1 << 30

// Uncompress undoes Compress. What follows the compressed data, or is damaged, is an
// error.
func Uncompress(file io.Reader) ([]byte, error) {
	r, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err == nil && len(content) > largest {
		err = errors.New("the file holds too much")
	}
	return content, err
}
