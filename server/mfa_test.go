package server_test

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/keyreeve/keyreeve/credential/totp"
	"github.com/keyreeve/keyreeve/server/servertest"
)

// device is a virtual MFA device as its owner has it. Its clock runs ahead by as
// many steps as codes were asked of it, so that each is a new one at once: nobody
// has to wait for thirty seconds.
type device struct {
	seed totp.Seed
	next totp.Step
}

// deviceOf is the device with a seed as it stands in an answer: base32, in base64.
func deviceOf(t testing.TB, answered string) *device {
	t.Helper()
	text, err := base64.StdEncoding.DecodeString(answered)
	if err != nil {
		t.Fatal(err)
	}
	return deviceOfSeed(t, text)
}

// deviceOfSeed starts well behind now, within what two successive codes may be off.
func deviceOfSeed(t testing.TB, text []byte) *device {
	t.Helper()
	seed, err := base32.StdEncoding.DecodeString(string(text))
	if err != nil || len(text) != 64 {
		t.Fatalf("the seed %q: %v", text, err)
	}
	return &device{seed, totp.StepAt(time.Now()) - 15}
}

// codes are the next codes.
func (d *device) codes(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = d.seed.Code(d.next)
		d.next++
	}
	return list
}

// enable makes a device and assigns it to a user. Its clock is behind.
func enable(t testing.TB, c *iam.Client, user string) (*device, string) {
	t.Helper()
	ctx := context.Background()
	made := must[*iam.CreateVirtualMFADeviceOutput](t)(c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: &user})).VirtualMFADevice
	d := deviceOfSeed(t, made.Base32StringSeed)
	codes := d.codes(2)
	must[*iam.EnableMFADeviceOutput](t)(c.EnableMFADevice(ctx, &iam.EnableMFADeviceInput{
		UserName: &user, SerialNumber: made.SerialNumber, AuthenticationCode1: &codes[0], AuthenticationCode2: &codes[1],
	}))
	return d, *made.SerialNumber
}

func storyOfMFADevices(t *testing.T, ctx context.Context, c *iam.Client) {
	must[*iam.CreateUserOutput](t)(c.CreateUser(ctx, &iam.CreateUserInput{UserName: new("mia")}))
	made := must[*iam.CreateVirtualMFADeviceOutput](t)(c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{
		VirtualMFADeviceName: new("Mia"), Path: new("/team/"), Tags: []types.Tag{{Key: new("team"), Value: new("red")}},
	})).VirtualMFADevice
	serial := made.SerialNumber
	if *serial != "arn:aws:iam::111122223333:mfa/team/Mia" || !strings.HasPrefix(string(made.QRCodePNG), "\x89PNG") || len(made.Tags) != 1 {
		t.Errorf("made %+v", made)
	}
	_, err := c.CreateVirtualMFADevice(ctx, &iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: new("Mia"), Path: new("/team/")})
	if code(err) != "EntityAlreadyExists" {
		t.Errorf("made twice: %v", err)
	}
	d := deviceOfSeed(t, made.Base32StringSeed)
	codes := d.codes(4)
	in := &iam.EnableMFADeviceInput{UserName: new("mia"), SerialNumber: serial, AuthenticationCode1: &codes[1], AuthenticationCode2: &codes[0]}
	if _, err := c.EnableMFADevice(ctx, in); code(err) != "InvalidAuthenticationCode" {
		t.Errorf("codes the wrong way round: %v", err)
	}
	in.AuthenticationCode1, in.AuthenticationCode2 = &codes[0], &codes[1]
	must[*iam.EnableMFADeviceOutput](t)(c.EnableMFADevice(ctx, in))
	if _, err := c.EnableMFADevice(ctx, in); code(err) != "EntityAlreadyExists" {
		t.Errorf("enabled twice: %v", err)
	}
	hardware := *in
	hardware.SerialNumber = new("GAHT12345678")
	if _, err := c.EnableMFADevice(ctx, &hardware); code(err) != "NoSuchEntity" {
		t.Errorf("a hardware device: %v", err)
	}
	must[*iam.ResyncMFADeviceOutput](t)(c.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{UserName: in.UserName, SerialNumber: serial, AuthenticationCode1: &codes[2], AuthenticationCode2: &codes[3]}))
	storyOfListedDevices(t, ctx, c, serial)

	if _, err := c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial}); code(err) != "DeleteConflict" {
		t.Errorf("a device in use is deleted: %v", err)
	}
	if _, err := c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: in.UserName}); err == nil || !strings.Contains(err.Error(), "Cannot delete entity, must delete MFA device first.") {
		t.Errorf("a user with a device is deleted: %v", err)
	}
	must[*iam.DeactivateMFADeviceOutput](t)(c.DeactivateMFADevice(ctx, &iam.DeactivateMFADeviceInput{UserName: in.UserName, SerialNumber: serial}))
	must[*iam.DeleteVirtualMFADeviceOutput](t)(c.DeleteVirtualMFADevice(ctx, &iam.DeleteVirtualMFADeviceInput{SerialNumber: serial}))
	must[*iam.DeleteUserOutput](t)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: in.UserName}))
}

func storyOfListedDevices(t *testing.T, ctx context.Context, c *iam.Client, serial *string) {
	of := must[*iam.ListMFADevicesOutput](t)(c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: new("mia")})).MFADevices
	if len(of) != 1 || *of[0].SerialNumber != *serial || *of[0].UserName != "mia" || of[0].EnableDate.IsZero() {
		t.Errorf("devices of mia %+v", of)
	}
	for status, want := range map[types.AssignmentStatusType]int{"Any": 1, "Assigned": 1, "Unassigned": 0} {
		all := must[*iam.ListVirtualMFADevicesOutput](t)(c.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{AssignmentStatus: status})).VirtualMFADevices
		if len(all) != want || want == 1 && (*all[0].User.UserName != "mia" || all[0].Base32StringSeed != nil || all[0].QRCodePNG != nil) {
			t.Errorf("%s devices %+v", status, all)
		}
	}
	got := must[*iam.GetMFADeviceOutput](t)(c.GetMFADevice(ctx, &iam.GetMFADeviceInput{SerialNumber: serial, UserName: new("mia")}))
	if *got.UserName != "mia" || got.EnableDate == nil {
		t.Errorf("device %+v", got)
	}
	if _, err := c.GetMFADevice(ctx, &iam.GetMFADeviceInput{SerialNumber: serial}); code(err) != "NoSuchEntity" {
		t.Errorf("as a device of root: %v", err)
	}
	must[*iam.TagMFADeviceOutput](t)(c.TagMFADevice(ctx, &iam.TagMFADeviceInput{SerialNumber: serial, Tags: []types.Tag{{Key: new("Team"), Value: new("blue")}}}))
	must[*iam.UntagMFADeviceOutput](t)(c.UntagMFADevice(ctx, &iam.UntagMFADeviceInput{SerialNumber: serial, TagKeys: []string{"team"}}))
	tags := must[*iam.ListMFADeviceTagsOutput](t)(c.ListMFADeviceTags(ctx, &iam.ListMFADeviceTagsInput{SerialNumber: serial})).Tags
	if len(tags) != 1 || *tags[0].Key != "Team" {
		t.Errorf("tags %+v", tags)
	}
	summary := must[*iam.GetAccountSummaryOutput](t)(c.GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})).SummaryMap
	if summary["MFADevices"] != 1 || summary["MFADevicesInUse"] != 1 || summary["AccountMFAEnabled"] != 0 {
		t.Errorf("summary %v", summary)
	}
}

const trustWithMFA = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole",
	"Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"60"}}}}`

// TestMFASessions: what a code opens, and that one opens it once, also after a
// restart.
func TestMFASessions(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	s := servertest.StartOn(t, dir)
	root := s.As(s.Root)
	ada := s.User(t, "ada", allow("iam:ListUsers", "sts:AssumeRole"))
	must[*iam.CreateRoleOutput](t)(root.IAM.CreateRole(ctx, &iam.CreateRoleInput{RoleName: new("careful"), AssumeRolePolicyDocument: new(trustWithMFA)}))
	d, serial := enable(t, root.IAM, "ada")
	code1 := d.codes(1)[0]

	assume := func(c servertest.Clients, code *string) error {
		in := &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::111122223333:role/careful"), RoleSessionName: new("one"), TokenCode: code}
		if code != nil {
			in.SerialNumber = &serial
		}
		_, err := c.STS.AssumeRole(ctx, in)
		return err
	}
	if err := assume(ada, nil); code(err) != "AccessDenied" {
		t.Errorf("without a code: %v", err)
	}
	if err := assume(ada, &code1); err != nil {
		t.Errorf("with a code: %v", err)
	}
	wrong := func(what string, err error) {
		t.Helper()
		if code(err) != "AccessDenied" || !strings.Contains(err.Error(), "MultiFactorAuthentication failed with invalid MFA one time pass code. ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	wrong("the code again", assume(ada, &code1))
	s.Stop()
	s = servertest.StartOn(t, dir)
	root, ada = s.As(s.Root), s.As(ada.Credentials)
	wrong("the code again, after a restart", assume(ada, &code1))
	if _, err := s.Host.RotateKey(); err != nil {
		t.Fatal(err)
	}
	wrong("the code again, after a rotation of keys", assume(ada, &code1))

	codes := d.codes(2)
	must[*iam.ResyncMFADeviceOutput](t)(root.IAM.ResyncMFADevice(ctx, &iam.ResyncMFADeviceInput{UserName: new("ada"), SerialNumber: &serial, AuthenticationCode1: &codes[0], AuthenticationCode2: &codes[1]}))
	next := d.codes(1)[0]
	token := must[*sts.GetSessionTokenOutput](t)(ada.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &next}))
	session := s.Session(token.Credentials)
	if _, err := session.IAM.ListUsers(ctx, &iam.ListUsersInput{}); err != nil {
		t.Errorf("IAM by a session with MFA: %v", err)
	}
	if err := assume(session, nil); err != nil {
		t.Errorf("a session with MFA assumes the role: %v", err)
	}
	_, err := ada.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial})
	if code(err) != "AccessDenied" || !strings.Contains(err.Error(), "must provide both MFA serial number and one time pass code. ") {
		t.Errorf("no code: %v", err)
	}
	eve := s.User(t, "eve", allow("sts:AssumeRole"))
	next = d.codes(1)[0]
	if err := assume(eve, &next); code(err) != "AccessDenied" || !strings.Contains(err.Error(), "Please verify your MFA serial number is valid and associated with this user.") {
		t.Errorf("by somebody else: %v", err)
	}
}

// TestMFACodeRace: of many calls with one code one gets a session.
func TestMFACodeRace(t *testing.T) {
	s, ctx := servertest.Start(t), context.Background()
	ada := s.User(t, "ada")
	d, serial := enable(t, s.As(s.Root).IAM, "ada")
	next := d.codes(1)[0]
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = ada.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &next})
		})
	}
	group.Wait()
	taken := 0
	for _, err := range errs {
		if err == nil {
			taken++
		} else if code(err) != "AccessDenied" {
			t.Error(err)
		}
	}
	if taken != 1 {
		t.Errorf("one code gave %d sessions", taken)
	}
}

// TestAttackGuessingCodes: somebody with a stolen access key guesses codes, many at
// once. After five the device is refused, also with the right code; that of
// another user is not.
func TestAttackGuessingCodes(t *testing.T) {
	s, ctx := servertest.Start(t), context.Background()
	root := s.As(s.Root).IAM
	ada, bob := s.User(t, "ada"), s.User(t, "bob")
	d, serial := enable(t, root, "ada")
	other, otherSerial := enable(t, root, "bob")
	right := d.codes(1)[0]
	wrong := "000000"
	for s := totp.Step(-3); s < 4; s++ { // of the device's neighbourhood it is none
		if d.seed.Code(d.next+s) == wrong {
			wrong = "111111"
		}
	}
	var group sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = ada.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &wrong})
		})
	}
	group.Wait()
	looked := 0
	for _, err := range errs {
		if code(err) != "AccessDenied" {
			t.Errorf("a guess: %v", err)
		} else if strings.Contains(err.Error(), "invalid MFA one time pass code") {
			looked++
		}
	}
	if looked != totp.FreeAttempts {
		t.Errorf("%d guesses were looked at, want %d", looked, totp.FreeAttempts)
	}
	_, err := ada.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &serial, TokenCode: &right})
	if code(err) != "AccessDenied" || !strings.Contains(err.Error(), "Too many wrong authentication codes in a row") {
		t.Errorf("the right code, after them: %v", err)
	}
	theirs := other.codes(1)[0]
	must[*sts.GetSessionTokenOutput](t)(bob.STS.GetSessionToken(ctx, &sts.GetSessionTokenInput{SerialNumber: &otherSerial, TokenCode: &theirs}))
}
