package saml

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rsa"
	_ "crypto/sha1" // of OAEP, where collisions do not matter
	_ "crypto/sha256"
	_ "crypto/sha512"

	"github.com/beevik/etree"
)

// contentCiphers are the ciphers that an assertion may be encrypted with (IAM API
// reference, UpdateSAMLProvider: AES-GCM or AES-CBC), and their length of key.
var contentCiphers = map[string]struct {
	key int
	gcm bool
}{
	encryptNS + "aes128-cbc":   {16, false},
	encryptNS + "aes192-cbc":   {24, false},
	encryptNS + "aes256-cbc":   {32, false},
	encrypt11NS + "aes128-gcm": {16, true},
	encrypt11NS + "aes192-gcm": {24, true},
	encrypt11NS + "aes256-gcm": {32, true},
}

// Ways in which the key of the content may be encrypted. RSA with the padding of
// PKCS #1 version 1.5 is not among them: how it fails tells the plaintext, bit by bit.
const (
	oaepMGF1P = encryptNS + "rsa-oaep-mgf1p"
	oaep      = encrypt11NS + "rsa-oaep"
)

var hashes = map[string]crypto.Hash{
	"": crypto.SHA1, signatureNS + "sha1": crypto.SHA1, encryptNS + "sha256": crypto.SHA256,
	"http://www.w3.org/2001/04/xmldsig-more#sha384": crypto.SHA384, encryptNS + "sha512": crypto.SHA512,
	encrypt11NS + "mgf1sha1": crypto.SHA1, encrypt11NS + "mgf1sha256": crypto.SHA256,
	encrypt11NS + "mgf1sha384": crypto.SHA384, encrypt11NS + "mgf1sha512": crypto.SHA512,
}

// maxEncryptedKeys is how often the key of a content may be there, for as many
// readers.
const maxEncryptedKeys = 4

// decrypted is the text in an EncryptedAssertion. It fails without saying why.
func decrypted(el *etree.Element, keys []*rsa.PrivateKey) ([]byte, bool) {
	data := only(el, encryptNS, "EncryptedData")
	if data == nil {
		return nil, false
	}
	method := only(data, encryptNS, "EncryptionMethod")
	sealed, ok := cipherValue(data)
	if method == nil || !ok {
		return nil, false
	}
	content, ok := contentCiphers[attr(method, "Algorithm")]
	if !ok {
		return nil, false
	}
	wrapped := children(el, encryptNS, "EncryptedKey") // beside the data, or in it
	if info := only(data, signatureNS, "KeyInfo"); info != nil {
		wrapped = append(wrapped, children(info, encryptNS, "EncryptedKey")...)
	}
	if len(wrapped) > maxEncryptedKeys {
		return nil, false
	}
	for _, w := range wrapped {
		for _, private := range keys {
			key, ok := unwrapped(w, private)
			if !ok || len(key) != content.key {
				continue
			}
			if plain, ok := opened(sealed, key, content.gcm); ok {
				return plain, true
			}
		}
	}
	return nil, false
}

// cipherValue is the encrypted bytes of EncryptedData or EncryptedKey.
func cipherValue(el *etree.Element) ([]byte, bool) {
	data := only(el, encryptNS, "CipherData")
	if data == nil {
		return nil, false
	}
	value := only(data, encryptNS, "CipherValue")
	if value == nil {
		return nil, false
	}
	encoded, ok := text(value)
	if !ok {
		return nil, false
	}
	raw, err := base64Of(encoded)
	return raw, err == nil
}

// unwrapped is the key in an EncryptedKey.
func unwrapped(el *etree.Element, private *rsa.PrivateKey) ([]byte, bool) {
	method := only(el, encryptNS, "EncryptionMethod")
	raw, ok := cipherValue(el)
	if method == nil || !ok {
		return nil, false
	}
	digest, mgf := "", ""
	if d := only(method, signatureNS, "DigestMethod"); d != nil {
		digest = attr(d, "Algorithm")
	}
	switch attr(method, "Algorithm") {
	case oaepMGF1P:
	case oaep:
		if m := only(method, encrypt11NS, "MGF"); m != nil {
			mgf = attr(m, "Algorithm")
		}
	default:
		return nil, false
	}
	options := &rsa.OAEPOptions{Hash: hashes[digest], MGFHash: hashes[mgf]}
	if options.Hash == 0 || options.MGFHash == 0 {
		return nil, false
	}
	if p := only(method, encryptNS, "OAEPparams"); p != nil {
		encoded, ok := text(p)
		label, err := base64Of(encoded)
		if !ok || err != nil {
			return nil, false
		}
		options.Label = label
	}
	key, err := private.Decrypt(nil, raw, options) // decryption draws no randomness
	return key, err == nil
}

// opened decrypts a content: its first bytes are the nonce or initialization vector.
func opened(sealed, key []byte, gcm bool) ([]byte, bool) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, false
	}
	if gcm {
		aead, err := cipher.NewGCM(block)
		if err != nil || len(sealed) < aead.NonceSize() {
			return nil, false
		}
		plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], nil)
		return plain, err == nil
	}
	const size = aes.BlockSize
	if len(sealed) < 2*size || len(sealed)%size != 0 {
		return nil, false
	}
	plain := make([]byte, len(sealed)-size)
	cipher.NewCBCDecrypter(block, sealed[:size]).CryptBlocks(plain, sealed[size:])
	pad := int(plain[len(plain)-1]) // XML Encryption: only the last byte is given
	if pad < 1 || pad > size {
		return nil, false
	}
	return plain[:len(plain)-pad], true
}
