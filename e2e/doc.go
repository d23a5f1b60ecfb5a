// Package e2e holds tests that drive the whole product by real clients: the aws
// CLI, boto3, aws-sdk-go-v2, Terraform and keyreeve's own commands, against the
// binary built with the race detector.
//
// Most are scripts: files testdata/script/NAME.txtar in the language of
// github.com/rogpeppe/go-internal/testscript. Beside its commands there are, for
// servers and callers,
//
//	start [-data DIR] [flags]   start a server and point the AWS variables at it
//	start-other DIR             start a second server on a folder in use
//	terminate, crash            end it by SIGTERM and print its output, or by SIGKILL
//	output                      print what it has printed so far
//	key USER                    make an access key of a user and use it from now on
//	root [ACCOUNT]              use root's access key again
//	role ARN SESSION [ARGS...]  assume a role and use its session
//	session OPERATION [ARGS...] call another operation of STS and use its session
//	keep NAME, again NAME       keep the credentials in use, and use them again
//	codes FILE N                set CODE1 to CODEN to the next codes of an MFA device
//	seed NAME                   make an MFA device and set SEED and SEED64
//	issuer                      set ISSUER, PROVIDER and THUMBPRINT to an identity provider
//	idtoken FILE SUBJECT        write a token of it to a file, and set IDTOKEN to it
//	expand FILE...              replace $NAME in files
//	idp metadata|key|login FILE be an identity provider of SAML
//	simplesaml start|metadata FILE|login FILE   start a real one, SimpleSAMLphp, and sign in
//	directory SUFFIX FILE       start OpenLDAP with the entries of a file, and set DIRECTORY to its address
//	dex start FILE              start Dex, an OpenID Connect provider, with a configuration; DEX is its issuer without https://
//	dex login FILE USER SECRET  sign in at its page and write the ID token that it gives
//	versitygw BUCKET...         start an S3 server with buckets, and point S3 clients at it
//
// for clients,
//
//	aws ARGS                    run the aws CLI
//	terraform ARGS, python ARGS run Terraform, or python3
//	browser PATH [NAME=VALUE]   open a page, or send its form; set CODE to the code that it leads to
//	call OPERATION NAME=VALUE   call IAM without any of them
//	token                       set TOKEN to the last string of the output before
//	document ARN VERSION        write a policy's document, as it was sent, to document
//	writers begin N, end, check make users in the background; are they there
//
// and for files,
//
//	copy FROM TO                copy a folder
//	splice FILE OFFSET [TEXT]   write TEXT there, or cut the file off there
//	leaks [-EXCEPT] DIR TEXT... fail if a text is in a file or in the server's output
//	modes DIR                   fail if others than the owner may use any of it
//	readall DIR                 print every file
//	certificate CERT KEY NAME   make a self-signed certificate
//	presented NAME              wait until the server shows the certificate NAME
//
// Conditions are [aws], [boto3], [terraform], [simplesaml], [dex], [versitygw] for clients and servers that may be missing: begin
// a script that needs one with, for example, [!aws] skip 'no aws CLI here'.
//
// What a script cannot say is a test in Go: kill -9 and SIGTERM under load
// (TestKill, TestTerminate), a full disk (TestFullDisk), start and memory
// (TestStart), and the quick start of the README, which is run as it stands there
// (TestReadme).
package e2e
