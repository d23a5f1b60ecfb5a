package delivery_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/keyreeve/keyreeve/server/delivery"
	"github.com/keyreeve/keyreeve/server/servertest"
	"github.com/keyreeve/keyreeve/store"
	"github.com/keyreeve/keyreeve/trail/digest"
	"github.com/keyreeve/keyreeve/trails"
)

// world is a server with a bucket, and a clock for the times of deliveries.
type world struct {
	*servertest.Server
	root  servertest.Clients
	dir   string // the bucket "logs"
	ahead time.Duration
	// broken is asked before each file is put, and after it.
	broken func(key string, done bool) error
}

func start(t *testing.T) *world {
	w := &world{Server: servertest.Start(t), dir: t.TempDir()}
	w.root = w.As(w.Root)
	return w
}

// Put and Check make a world its own bucket.
func (w *world) Put(ctx context.Context, key string, content []byte, metadata map[string]string) error {
	f := delivery.Folder{Name: "logs", Dir: w.dir}
	if w.broken == nil {
		return f.Put(ctx, key, content, metadata)
	}
	if err := w.broken(key, false); err != nil {
		return err
	}
	return errors.Join(f.Put(ctx, key, content, metadata), w.broken(key, true))
}

func (w *world) Check(context.Context) error { return nil }

// deliverer is a new one, as after a start of the process.
func (w *world) deliverer() *delivery.Deliverer {
	return delivery.New(delivery.Config{
		Store: w.Host.Store, Site: w.Host.Site, Source: w.Server.Server, Keys: w.Host, Every: time.Nanosecond,
		Buckets: delivery.Buckets{Named: map[string]delivery.Bucket{"logs": w}}, Now: func() time.Time { return time.Now().Add(w.ahead) },
	})
}

// trail makes a trail that logs, with digest files.
func (w *world) trail(t *testing.T, c *cloudtrail.Client, change func(*cloudtrail.CreateTrailInput)) {
	t.Helper()
	in := &cloudtrail.CreateTrailInput{Name: new("audit"), S3BucketName: new("logs"), EnableLogFileValidation: new(true), IsMultiRegionTrail: new(true)}
	if change != nil {
		change(in)
	}
	ctx := context.Background()
	if _, err := c.CreateTrail(ctx, in); err != nil {
		t.Fatal(err)
	}
	if _, err := c.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: in.Name}); err != nil {
		t.Fatal(err)
	}
}

func (w *world) user(t *testing.T, c servertest.Clients, name string) {
	t.Helper()
	if _, err := c.IAM.CreateUser(context.Background(), &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
}

// pass makes a pass, after which everything up to now is delivered.
func (w *world) pass(t *testing.T, d *delivery.Deliverer) {
	t.Helper()
	if err := d.Pass(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// record is what tests look at in a record.
type record struct {
	EventID, EventName, AWSRegion, RecipientAccountID string
}

// delivered reads all log files: the records in each.
func (w *world) delivered(t *testing.T) map[string][]record {
	t.Helper()
	files := map[string][]record{}
	err := fs.WalkDir(os.DirFS(w.dir), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.Contains(path, "/CloudTrail/") {
			return err
		}
		f, err := os.Open(w.dir + "/" + path)
		if err != nil {
			return err
		}
		defer f.Close()
		content, err := digest.Uncompress(f)
		if err != nil {
			return err
		}
		var log struct{ Records []record }
		files[path] = nil
		if err := json.Unmarshal(content, &log); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		files[path] = log.Records
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// names are the names of the events that were delivered, sorted.
func (w *world) names(t *testing.T) (names []string) {
	for _, records := range w.delivered(t) {
		for _, r := range records {
			names = append(names, r.EventName)
		}
	}
	slices.Sort(names)
	return names
}

// keys are the public keys that ListPublicKeys gives, in each region.
func (w *world) keys(t *testing.T) map[string]*rsa.PublicKey {
	t.Helper()
	found := map[string]*rsa.PublicKey{}
	for _, region := range []string{"us-east-1", "eu-west-1"} {
		c := cloudtrail.New(w.root.CloudTrail.Options(), func(o *cloudtrail.Options) { o.Region = region })
		out, err := c.ListPublicKeys(context.Background(), &cloudtrail.ListPublicKeysInput{})
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range out.PublicKeyList {
			key, err := x509.ParsePKCS1PublicKey(k.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[*k.Fingerprint] = key
		}
	}
	return found
}

// validate holds the bucket to its digest files.
func (w *world) validate(t *testing.T) *digest.Report {
	t.Helper()
	r, err := digest.Validate(os.DirFS(w.dir), w.keys(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		t.Error(f)
	}
	return r
}

// hour goes on by an hour, and has the digest files written.
func (w *world) hour(t *testing.T, d *delivery.Deliverer) {
	t.Helper()
	w.ahead += time.Hour
	w.pass(t, d)
}

func TestDelivery(t *testing.T) {
	w := start(t)
	d := w.deliverer()
	w.user(t, w.root, "before")
	w.trail(t, w.root.CloudTrail, func(in *cloudtrail.CreateTrailInput) { in.S3KeyPrefix = new("our/trails") })
	w.user(t, w.root, "alice")
	ireland := sts.New(w.root.STS.Options(), func(o *sts.Options) { o.Region = "eu-west-1" })
	if _, err := ireland.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{}); err != nil {
		t.Fatal(err)
	}
	w.pass(t, d)
	want := []string{"CreateUser", "GetCallerIdentity"}
	got := slices.DeleteFunc(w.names(t), func(n string) bool { return n == "StartLogging" })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("events (-want +got):\n%s", diff)
	}
	for path, records := range w.delivered(t) {
		region := records[0].AWSRegion
		day := time.Now().UTC().Format("2006/01/02")
		if !strings.HasPrefix(path, "our/trails/AWSLogs/111122223333/CloudTrail/"+region+"/"+day+"/111122223333_CloudTrail_"+region+"_") {
			t.Errorf("the events of %s are in %s", region, path)
		}
	}
	w.hour(t, d)
	w.user(t, w.root, "bob")
	w.hour(t, d)
	w.hour(t, d)
	if r := w.validate(t); r.Logs < 3 || r.Digests < 4 || len(r.Pending) > 0 {
		t.Errorf("%+v", r)
	}
	status, err := w.root.CloudTrail.GetTrailStatus(context.Background(), &cloudtrail.GetTrailStatusInput{Name: new("audit")})
	if err != nil || status.LatestDeliveryTime == nil || status.LatestDigestDeliveryTime == nil || status.LatestDeliveryError != nil {
		t.Errorf("%+v, %v", status, err)
	}
}

// A trail logs between its start and its stop only, and what its selectors match.
func TestWhatIsDelivered(t *testing.T) {
	w, ctx := start(t), context.Background()
	d := w.deliverer()
	w.trail(t, w.root.CloudTrail, nil)
	name := new("audit")
	_, err := w.root.CloudTrail.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: name, EventSelectors: []types.EventSelector{{ReadWriteType: types.ReadWriteTypeWriteOnly}}})
	if err != nil {
		t.Fatal(err)
	}
	w.user(t, w.root, "one")
	if _, err := w.root.IAM.GetUser(ctx, &iam.GetUserInput{UserName: new("one")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.root.CloudTrail.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: name}); err != nil {
		t.Fatal(err)
	}
	w.user(t, w.root, "two") // while it does not log
	if _, err := w.root.CloudTrail.StartLogging(ctx, &cloudtrail.StartLoggingInput{Name: name}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.root.IAM.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("two")}); err != nil {
		t.Fatal(err)
	}
	w.pass(t, d)
	w.pass(t, d)
	w.hour(t, d)
	got := slices.DeleteFunc(w.names(t), func(n string) bool { return n == "StartLogging" || n == "PutEventSelectors" || n == "StopLogging" })
	if diff := cmp.Diff([]string{"CreateUser", "DeleteUser"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w.validate(t)
}

// TestDeliveryThatBreaksOff: whichever write the process dies before or after, in the end
// each event is delivered once, and the digest files list just the files that are there.
func TestDeliveryThatBreaksOff(t *testing.T) {
	for at := range 12 {
		t.Run(fmt.Sprint(at), func(t *testing.T) {
			w := start(t)
			w.trail(t, w.root.CloudTrail, nil)
			crash, writes := errors.New("the process has died"), 0
			w.broken = func(string, bool) error {
				if writes++; writes-1 == at {
					return crash
				}
				return nil
			}
			crashed := false
			for i := range 4 {
				w.user(t, w.root, fmt.Sprint("user", i))
				if _, err := w.root.STS.GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{}); err != nil {
					t.Fatal(err)
				}
				if err := w.deliverer().Pass(context.Background()); err != nil {
					if !errors.Is(err, crash) {
						t.Fatal(err)
					}
					crashed = true
				}
				w.ahead += time.Hour
			}
			if !crashed {
				t.Fatal("nothing has broken off")
			}
			w.pass(t, w.deliverer())
			w.hour(t, w.deliverer())
			w.hour(t, w.deliverer())
			w.exactlyOnce(t)
			w.validate(t)
		})
	}
}

// exactlyOnce compares what was delivered with what was recorded of the time in which
// the trail audit has logged, up to its last log file.
func (w *world) exactlyOnce(t *testing.T) {
	t.Helper()
	got := map[string]int{}
	for _, records := range w.delivered(t) {
		for _, r := range records {
			if got[r.EventID]++; got[r.EventID] > 1 {
				t.Errorf("%s %s is delivered twice", r.EventName, r.EventID)
			}
		}
	}
	view := w.Host.Store.View()
	trail, _ := trails.In(view, w.Host.Site, servertest.Account).Find(trails.Name{Account: servertest.Account, Region: "us-east-1", Name: "audit"})
	until := trails.In(view, w.Host.Site, servertest.Account).Delivery(trail.Trail).Until
	n := 0
	err := w.Host.Store.Events(context.Background(), trail.Spans[0].From, until, func(e store.Event) bool {
		if n++; got[e.ID] == 0 {
			t.Errorf("%s is not delivered: %s", e.ID, e.Record)
		}
		return true
	})
	if err != nil || n < 3 || n != len(got) {
		t.Errorf("%d events, %d of them delivered, %v", n, len(got), err)
	}
}

// A bucket that cannot be written to is told, and nothing is lost by it.
func TestBucketThatIsBroken(t *testing.T) {
	w := start(t)
	d := w.deliverer()
	w.trail(t, w.root.CloudTrail, nil)
	w.user(t, w.root, "alice")
	w.broken = func(string, bool) error { return errors.New("no room") }
	for range 2 {
		if err := d.Pass(context.Background()); err == nil {
			t.Fatal("it was delivered")
		}
	}
	status, err := w.root.CloudTrail.GetTrailStatus(context.Background(), &cloudtrail.GetTrailStatusInput{Name: new("audit")})
	if err != nil || aws.ToString(status.LatestDeliveryError) == "" || status.LatestDeliveryTime != nil {
		t.Errorf("%+v, %v", status, err)
	}
	w.broken = nil
	w.pass(t, d)
	w.hour(t, d)
	w.exactlyOnce(t)
	w.validate(t)
}

// TestOrganizationTrail: the events of all member accounts are delivered, each account's in
// a folder of its own below the organization's, and nobody else's.
func TestOrganizationTrail(t *testing.T) {
	w, ctx := start(t), context.Background()
	org, err := w.root.Organizations.CreateOrganization(ctx, &organizations.CreateOrganizationInput{})
	if err != nil {
		t.Fatal(err)
	}
	id := *org.Organization.Id
	if _, err := w.root.Organizations.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: new("cloudtrail.amazonaws.com")}); err != nil {
		t.Fatal(err)
	}
	made, err := w.root.Organizations.CreateAccount(ctx, &organizations.CreateAccountInput{AccountName: new("member"), Email: new("member@example.com")})
	if err != nil {
		t.Fatal(err)
	}
	status, err := w.root.Organizations.DescribeCreateAccountStatus(ctx, &organizations.DescribeCreateAccountStatusInput{CreateAccountRequestId: made.CreateAccountStatus.Id})
	if err != nil {
		t.Fatal(err)
	}
	account := *status.CreateAccountStatus.AccountId
	admin := w.User(t, "admin", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)
	session, err := admin.STS.AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + account + ":role/OrganizationAccountAccessRole"), RoleSessionName: new("admin")})
	if err != nil {
		t.Fatal(err)
	}
	member := w.Session(session.Credentials)

	d := w.deliverer()
	w.trail(t, w.root.CloudTrail, func(in *cloudtrail.CreateTrailInput) { in.IsOrganizationTrail = new(true) })
	w.user(t, member, "here")
	w.pass(t, d)
	w.hour(t, d)
	found := false
	for path, records := range w.delivered(t) {
		for _, r := range records {
			if !strings.HasPrefix(path, "AWSLogs/"+id+"/"+r.RecipientAccountID+"/CloudTrail/") {
				t.Errorf("an event of %s is in %s", r.RecipientAccountID, path)
			}
			found = found || r.RecipientAccountID == account && r.EventName == "CreateUser"
		}
	}
	if !found {
		t.Errorf("the member's event is missing: %v", w.delivered(t))
	}
	w.validate(t)
}

// The private keys of digest files are sealed, also with a new key, and in no file.
func TestKeysAreSealed(t *testing.T) {
	w := start(t)
	d := w.deliverer()
	w.trail(t, w.root.CloudTrail, nil)
	w.user(t, w.root, "alice")
	w.pass(t, d)
	w.hour(t, d)
	before, err := w.Host.TrailKey(context.Background(), "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Host.RotateKey(); err != nil {
		t.Fatal(err)
	}
	after, err := w.Host.TrailKey(context.Background(), "us-east-1", time.Now())
	if err != nil || !after.Equal(before) {
		t.Fatalf("after rotation it is another key: %v", err)
	}
	for _, file := range []string{"keyreeve.db", "keyreeve.db-wal"} {
		text, err := os.ReadFile(w.Dir + "/" + file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(text, before.Primes[0].Bytes()) {
			t.Errorf("%s holds a private key", file)
		}
	}
	w.user(t, w.root, "bob")
	w.hour(t, d)
	w.validate(t)

	// A year later there is another key; what the first has signed is still valid.
	if next, err := w.Host.TrailKey(context.Background(), "us-east-1", time.Now().AddDate(1, 0, 1)); err != nil || next.Equal(before) {
		t.Fatalf("after a year: %v", err)
	}
	w.validate(t)
}

// One trail that cannot be delivered, and an event that cannot be read, do not keep others
// from it.
func TestOthersGoOn(t *testing.T) {
	w := start(t)
	d := w.deliverer()
	w.trail(t, w.root.CloudTrail, func(in *cloudtrail.CreateTrailInput) { in.S3BucketName = new("logs-elsewhere") })
	w.trail(t, w.root.CloudTrail, func(in *cloudtrail.CreateTrailInput) { in.Name = new("other") })
	w.Host.Store.Record(store.Event{ID: "damaged", Time: time.Now(), Account: servertest.Account, Record: []byte("{")})
	w.user(t, w.root, "alice")
	if err := d.Pass(context.Background()); err == nil || !strings.Contains(err.Error(), "trail/audit: S3BucketDoesNotExistException: S3 bucket logs-elsewhere does not exist!") {
		t.Errorf("the trail without a bucket: %v", err)
	}
	if d.Failing() != 1 || d.Lag() <= 0 {
		t.Errorf("%d trails fail, %s behind", d.Failing(), d.Lag())
	}
	if names := w.names(t); !slices.Contains(names, "CreateUser") {
		t.Errorf("the other trail has only %v", names)
	}
}
