// Package servertest starts the real server for a test: the real store on a
// database in a temporary folder, the real tables, on a loopback port. What a
// test does with it is done by the real client, aws-sdk-go-v2, or by requests of
// its own making.
//
// The account of the server is [Account], and [Server.Root] are credentials of
// its root user. [Server.As] gives clients for any credentials. The server ends
// with the test.
package servertest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/keyreeve/keyreeve/api"
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/api/orgapi"
	"github.com/keyreeve/keyreeve/api/stsapi"
	"github.com/keyreeve/keyreeve/api/trailapi"
	"github.com/keyreeve/keyreeve/server"
	"github.com/keyreeve/keyreeve/service"
	trailservice "github.com/keyreeve/keyreeve/service/cloudtrail"
	iamservice "github.com/keyreeve/keyreeve/service/iam"
	orgservice "github.com/keyreeve/keyreeve/service/organizations"
	stsservice "github.com/keyreeve/keyreeve/service/sts"
	"github.com/keyreeve/keyreeve/trails"
)

// Account is the first account of every server.
const Account = "111122223333"

// Server is a running server.
type Server struct {
	URL    string
	Dir    string // its data folder
	Host   *server.Host
	Server *server.Server
	Root   aws.Credentials

	stop func()
}

// Tables are the operations of all services, as the command puts them together.
func Tables() []service.Operation {
	return slices.Concat(iamservice.Operations(), stsservice.Operations(), orgservice.Operations(), trailservice.Operations())
}

// Models are the API models, as the command puts them together.
func Models() []*api.Service {
	return []*api.Service{iamapi.Service, stsapi.Service, orgapi.Service, trailapi.Service, keyreeveapi.Service}
}

// Buckets are the buckets that a server in a test can deliver trails to: those whose
// names begin with "logs".
type Buckets struct{}

// Check implements service.Buckets.
func (Buckets) Check(_ context.Context, _, bucket string) error {
	if strings.HasPrefix(bucket, "logs") {
		return nil
	}
	return trails.MissingBucket(bucket)
}

// Start starts a server on a new data folder.
func Start(t testing.TB) *Server {
	t.Helper()
	return StartOn(t, t.TempDir())
}

// StartOn starts a server on a data folder.
func StartOn(t testing.TB, dir string) *Server {
	t.Helper()
	host, err := server.OpenHost(context.Background(), server.HostConfig{Dir: dir, AccountID: Account, Partition: "aws"})
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(host, server.Config{Tables: Tables(), Models: Models(), Buckets: Buckets{}})
	h := httptest.NewServer(s.Handler())
	if err := host.Announce(h.URL); err != nil {
		t.Fatal(err)
	}
	root, err := server.ReadRootCredentials(dir, Account)
	if err != nil {
		t.Fatal(err)
	}
	running := &Server{
		URL: h.URL, Dir: dir, Host: host, Server: s,
		Root: aws.Credentials{AccessKeyID: root.AccessKeyID, SecretAccessKey: root.SecretAccessKey},
	}
	running.stop = func() {
		h.Close()
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(running.Stop)
	return running
}

// Stop ends the server before the test ends.
func (s *Server) Stop() {
	if s.stop != nil {
		s.stop()
		s.stop = nil
	}
}

// Clients are SDK clients with some credentials.
type Clients struct {
	IAM           *iam.Client
	STS           *sts.Client
	Organizations *organizations.Client
	CloudTrail    *cloudtrail.Client
	aws.Credentials
}

// As gives clients for credentials. They do not try again.
func (s *Server) As(c aws.Credentials) Clients {
	p := credentials.StaticCredentialsProvider{Value: c}
	return Clients{
		IAM: iam.New(iam.Options{
			BaseEndpoint: &s.URL, Region: "us-east-1", Credentials: p, Retryer: aws.NopRetryer{}, HTTPClient: httpClient,
		}),
		STS: sts.New(sts.Options{
			BaseEndpoint: &s.URL, Region: "us-east-1", Credentials: p, Retryer: aws.NopRetryer{}, HTTPClient: httpClient,
		}),
		Organizations: organizations.New(organizations.Options{
			BaseEndpoint: &s.URL, Region: "us-east-1", Credentials: p, Retryer: aws.NopRetryer{}, HTTPClient: httpClient,
		}),
		CloudTrail: cloudtrail.New(cloudtrail.Options{
			BaseEndpoint: &s.URL, Region: "us-east-1", Credentials: p, Retryer: aws.NopRetryer{}, HTTPClient: httpClient,
		}),
		Credentials: c,
	}
}

var httpClient = &http.Client{Transport: ownBody{&http.Transport{MaxIdleConnsPerHost: 64}}}

// ownBody sends a copy of the request's body. The SDK closes the body once there
// is an answer; against a server as near as this one that can be before net/http
// has seen the body's end, and it then takes the connection down under the answer.
type ownBody struct{ next http.RoundTripper }

func (t ownBody) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return t.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body.Close()
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return t.next.RoundTrip(r)
}

// User makes a user with the policies (documents by name) and an access key, and
// gives clients of it.
func (s *Server) User(t testing.TB, name string, policies ...string) Clients {
	t.Helper()
	ctx, root := context.Background(), s.As(s.Root).IAM
	if _, err := root.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}); err != nil {
		t.Fatal(err)
	}
	for i, document := range policies {
		policy := "p" + string(rune('0'+i))
		if _, err := root.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: &policy, PolicyDocument: &document}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := root.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name})
	if err != nil {
		t.Fatal(err)
	}
	return s.As(aws.Credentials{AccessKeyID: *out.AccessKey.AccessKeyId, SecretAccessKey: *out.AccessKey.SecretAccessKey})
}

// Session gives clients for credentials that STS has issued.
func (s *Server) Session(c *ststypes.Credentials) Clients {
	return s.As(aws.Credentials{AccessKeyID: *c.AccessKeyId, SecretAccessKey: *c.SecretAccessKey, SessionToken: *c.SessionToken})
}
