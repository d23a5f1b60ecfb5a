package organization

import (
	"testing"

	"github.com/keyreeve/keyreeve/state"
)

// TestRootTask: a task is told by the whole ARN of its policy.
func TestRootTask(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy":          "S3UnlockBucketPolicy",
		"arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials":   "IAMAuditRootUserCredentials",
		"arn:aws:iam::aws:policy/S3UnlockBucketPolicy":                    "",
		"arn:aws:iam::111122223333:policy/root-task/S3UnlockBucketPolicy": "",
		"arn:aws-cn:iam::aws:policy/root-task/S3UnlockBucketPolicy":       "",
		"arn:aws:iam::aws:policy/root-task/s3unlockbucketpolicy":          "",
		"arn:aws:iam::aws:policy/root-task/":                              "",
		"":                                                                "",
	} {
		name, ok := RootTask("aws", arn)
		if ok != (want != "") || ok && name != want {
			t.Errorf("%q is the task %q (%v), want %q", arn, name, ok, want)
		}
	}
}

// TestFeaturesOfTasks: no task without RootSessions, none on credentials without
// RootCredentialsManagement, and no unknown one at all.
func TestFeaturesOfTasks(t *testing.T) {
	w := newTested(t, true)
	w.join(annID)
	if err := w.edit().EnableService(iamService); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name                  string
		features              []string
		bucket, audit, others bool
	}{
		{name: "none"},
		{name: "credentials", features: []string{RootCredentialsManagement}},
		{name: "sessions", features: []string{RootSessions}, bucket: true},
		{name: "both", features: []string{RootCredentialsManagement, RootSessions}, bucket: true, audit: true},
	} {
		rootAccess.Put(w.d, state.Organization(testOrganization), "", &RootAccess{Features: c.features})
		for task, want := range map[string]bool{"S3UnlockBucketPolicy": c.bucket, "SQSUnlockQueuePolicy": c.bucket, "IAMAuditRootUserCredentials": c.audit, "": false, "All": false} {
			if got := AdmitsRootSession(w.d, headID, annID, task); got != want {
				t.Errorf("%s: %q is admitted: %v", c.name, task, got)
			}
		}
		if AdmitsRootSession(w.d, annID, headID, "S3UnlockBucketPolicy") || AdmitsRootSession(w.d, headID, headID, "S3UnlockBucketPolicy") ||
			AdmitsRootSession(w.d, "", annID, "S3UnlockBucketPolicy") || AdmitsRootSession(w.d, headID, "", "S3UnlockBucketPolicy") {
			t.Errorf("%s: somebody else is admitted", c.name)
		}
	}
}
