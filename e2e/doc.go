// Package e2e holds scripts that drive the whole product by real clients: the aws
// CLI, boto3, aws-sdk-go-v2, Terraform and keyreeve's own commands, against the
// binary built with the race detector.
//
// A script is a file testdata/script/NAME.txtar in the language of
// github.com/rogpeppe/go-internal/testscript. Beside its commands there are
//
//	start [-data DIR] [flags]   start a server and point the AWS variables at it
//	stop, kill                  end it by SIGTERM, or by SIGKILL
//	key USER                    make an access key of a user and use it from now on
//	root                        use root's access key again
//	role ARN SESSION [ENV...]   assume a role and use its session
//	keep NAME, again NAME       keep the credentials in use, and use them again
//	aws ARGS                    run the aws CLI; its output is JSON
//
// and conditions [aws], [boto3], [terraform] for clients that may be missing:
// begin a script that needs one with, for example, [!aws] skip 'no aws CLI here'.
package e2e
