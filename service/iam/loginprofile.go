package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/authn"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func loginProfileOperations() []service.Operation {
	return []service.Operation{
		service.WritePrepared(iamapi.CreateLoginProfile, onCallingUser("CreateLoginProfile", func(in *iamapi.CreateLoginProfileInput) *string { return in.UserName }), prepareLoginProfile, createLoginProfile),
		service.Read(iamapi.GetLoginProfile, onCallingUser("GetLoginProfile", func(in *iamapi.GetLoginProfileInput) *string { return in.UserName }), getLoginProfile),
		service.WritePrepared(iamapi.UpdateLoginProfile, onNamed("UpdateLoginProfile", onUser, func(in *iamapi.UpdateLoginProfileInput) string { return in.UserName }), prepareUpdateLoginProfile, updateLoginProfile),
		service.Write(iamapi.DeleteLoginProfile, onCallingUser("DeleteLoginProfile", func(in *iamapi.DeleteLoginProfileInput) *string { return in.UserName }), deleteLoginProfile),
		service.WritePrepared(iamapi.ChangePassword, changePasswordTargets, prepareChangePassword, changePassword),
	}
}

// profileOwner is whose login profile an operation means: root has one, too. Shown
// is how it is named in errors.
func profileOwner(c *service.Call, name *string) (shown, id string, err error) {
	if shown, id, err = keyOwner(c, name); err == nil && shown == "" {
		shown = "root"
	}
	return shown, id, err
}

func loginProfileShape(name string, l *identity.LoginProfile) iamapi.LoginProfile {
	return iamapi.LoginProfile{UserName: name, CreateDate: l.CreateDate, PasswordResetRequired: &l.ResetRequired}
}

// allowsRootPassword tells whether an AssumeRoot session asks for root's own login profile,
// which is made without a password.
func allowsRootPassword(c *service.Call, in *iamapi.CreateLoginProfileInput) bool {
	return c.Caller.AssumedRoot() && in.UserName == nil
}

// prepareLoginProfile makes the password ready. A login profile without a password is
// made for root only, by an AssumeRoot session (IAM API reference, CreateLoginProfile);
// in AWS its password is then recovered by e-mail.
func prepareLoginProfile(c *service.Call, in *iamapi.CreateLoginProfileInput) (identity.NewPassword, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return identity.NewPassword{}, err
	}
	if allowsRootPassword(c, in) {
		if in.Password != nil {
			return identity.NewPassword{}, apierror.New(apierror.ValidationError, "Password must be omitted when the request is made with an AssumeRoot session")
		}
		return identity.NewPassword{}, nil
	}
	if name == "" {
		return identity.NewPassword{}, apierror.New(apierror.InvalidInput, "The password of the root user is set by the operator of the deployment.")
	}
	if in.Password == nil {
		return identity.NewPassword{}, apierror.New(apierror.ValidationError, "Must specify password when creating a login profile of a user")
	}
	if _, ok := c.Account().LoginProfile(id); ok {
		return identity.NewPassword{}, identity.LoginProfileExists(name) // nothing needs to be hashed for that
	}
	return c.NewPassword(c.Account(), id, *in.Password)
}

func createLoginProfile(c *service.Call, in *iamapi.CreateLoginProfileInput, p identity.NewPassword) (*iamapi.CreateLoginProfileOutput, error) {
	name, id, err := keyOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	if allowsRootPassword(c, in) {
		l, err := c.Edit().AllowRootPassword()
		if err != nil {
			return nil, err
		}
		return &iamapi.CreateLoginProfileOutput{LoginProfile: loginProfileShape("root", l)}, nil
	}
	l, err := c.Edit().CreateLoginProfile(id, name, p, service.Or(in.PasswordResetRequired, false), c.AccountNames(c.Caller.Account)...)
	if err != nil {
		return nil, err
	}
	return &iamapi.CreateLoginProfileOutput{LoginProfile: loginProfileShape(name, l)}, nil
}

func getLoginProfile(c *service.Call, in *iamapi.GetLoginProfileInput) (*iamapi.GetLoginProfileOutput, error) {
	name, id, err := profileOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	l, ok := c.Account().LoginProfile(id)
	if !ok {
		return nil, identity.NoLoginProfile(name)
	}
	return &iamapi.GetLoginProfileOutput{LoginProfile: loginProfileShape(name, l)}, nil
}

func prepareUpdateLoginProfile(c *service.Call, in *iamapi.UpdateLoginProfileInput) (*identity.NewPassword, error) {
	u, err := c.Account().User(in.UserName)
	if err != nil {
		return nil, err
	}
	if _, ok := c.Account().LoginProfile(u.ID); !ok {
		return nil, identity.NoLoginProfile(u.Name)
	}
	if in.Password == nil {
		return nil, nil
	}
	p, err := c.NewPassword(c.Account(), u.ID, *in.Password)
	return &p, err
}

func updateLoginProfile(c *service.Call, in *iamapi.UpdateLoginProfileInput, p *identity.NewPassword) (*iamapi.UpdateLoginProfileOutput, error) {
	u, err := c.Account().User(in.UserName)
	if err != nil {
		return nil, err
	}
	err = c.Edit().UpdateLoginProfile(u.ID, u.Name, p, in.PasswordResetRequired, c.AccountNames(c.Caller.Account)...)
	if err == nil && p != nil {
		c.Tools.PasswordSet(c.Caller.Account, u.ID) // whoever was locked out may try the new one
	}
	return &iamapi.UpdateLoginProfileOutput{}, err
}

func deleteLoginProfile(c *service.Call, in *iamapi.DeleteLoginProfileInput) (*iamapi.DeleteLoginProfileOutput, error) {
	name, id, err := profileOwner(c, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iamapi.DeleteLoginProfileOutput{}, c.Edit().DeleteLoginProfile(id, name)
}

// changePasswordTargets is the calling user. Whoever is none has no password to
// change, and is asked on all users: only who may change passwords at all hears it.
func changePasswordTargets(c *service.Call, _ *iamapi.ChangePasswordInput) ([]authz.Target, error) {
	if c.Caller.Kind == authn.User {
		return onUser(c, "ChangePassword", c.Caller.Name), nil
	}
	return on(c, "ChangePassword", c.Account().CollectionARN("user")+"*"), nil
}

// change is what was found out of the passwords of a ChangePassword.
type change struct {
	old identity.Compared
	new identity.NewPassword
}

func prepareChangePassword(c *service.Call, in *iamapi.ChangePasswordInput) (change, error) {
	if c.Caller.Kind != authn.User {
		return change{}, apierror.New("InvalidUserType", "Only IAM Users can change their own password")
	}
	a := c.Account()
	if _, ok := a.LoginProfile(c.Caller.UniqueID); !ok {
		return change{}, identity.NoLoginProfile(c.Caller.Name)
	}
	hash := a.PasswordHash(c.Caller.UniqueID)
	right, err := c.Tools.TryPassword(service.PasswordOf(a.ID, c.Caller.UniqueID), c.RequestID, c.Now, func() (bool, error) {
		return c.Tools.Hasher.Matches(hash, in.OldPassword)
	})
	if err != nil {
		return change{}, err
	}
	if !right {
		return change{}, identity.WrongOldPassword()
	}
	p, err := c.NewPassword(a, c.Caller.UniqueID, in.NewPassword)
	return change{identity.Compared{hash.String(): true}, p}, err
}

func changePassword(c *service.Call, in *iamapi.ChangePasswordInput, found change) (*iamapi.ChangePasswordOutput, error) {
	return &iamapi.ChangePasswordOutput{}, c.Edit().ChangePassword(c.Caller.UniqueID, c.Caller.Name, found.old, found.new, c.AccountNames(c.Caller.Account)...)
}
