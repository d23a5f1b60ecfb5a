// Package sshkey reads and writes the SSH public keys of IAM users, with which
// CodeCommit authenticates them.
//
// IAM takes RSA keys of 2048 to 16384 bits, in one of two encodings (IAM API
// reference, UploadSSHPublicKey and GetSSHPublicKey):
//
//	SSH  ssh-rsa BASE64 [comment]     one line, as ssh-keygen writes it
//	PEM  -----BEGIN PUBLIC KEY-----   the SubjectPublicKeyInfo of X.509
//
// [Parse] takes either and refuses everything else: options of authorized_keys,
// a second line, text around the PEM block. What it gives can be written in both
// encodings, and has a [Key.Fingerprint].
//
// The package knows nothing of users or of who may upload a key.
package sshkey
