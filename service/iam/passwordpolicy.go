package iam

import (
	"github.com/keyreeve/keyreeve/api/iamapi"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
)

func passwordPolicyOperations() []service.Operation {
	return []service.Operation{
		service.Read(iamapi.GetAccountPasswordPolicy, onAccount[iamapi.GetAccountPasswordPolicyInput]("GetAccountPasswordPolicy"), getAccountPasswordPolicy),
		service.Write(iamapi.UpdateAccountPasswordPolicy, onAccount[iamapi.UpdateAccountPasswordPolicyInput]("UpdateAccountPasswordPolicy"), updateAccountPasswordPolicy),
		service.Write(iamapi.DeleteAccountPasswordPolicy, onAccount[iamapi.DeleteAccountPasswordPolicyInput]("DeleteAccountPasswordPolicy"), deleteAccountPasswordPolicy),
	}
}

func getAccountPasswordPolicy(c *service.Call, _ *iamapi.GetAccountPasswordPolicyInput) (*iamapi.GetAccountPasswordPolicyOutput, error) {
	p, ok := c.Account().PasswordPolicy()
	if !ok {
		return nil, c.Account().NoPasswordPolicy()
	}
	out := iamapi.PasswordPolicy{
		MinimumPasswordLength: new(int32(p.MinimumLength)), RequireSymbols: &p.RequireSymbols, RequireNumbers: &p.RequireNumbers,
		RequireUppercaseCharacters: &p.RequireUppercase, RequireLowercaseCharacters: &p.RequireLowercase,
		AllowUsersToChangePassword: &p.UsersMayChange, ExpirePasswords: new(p.MaxAge > 0), HardExpiry: &p.HardExpiry,
	}
	if p.MaxAge > 0 {
		out.MaxPasswordAge = new(int32(p.MaxAge))
	}
	if p.ReusePrevention > 0 {
		out.PasswordReusePrevention = new(int32(p.ReusePrevention))
	}
	return &iamapi.GetAccountPasswordPolicyOutput{PasswordPolicy: out}, nil
}

// updateAccountPasswordPolicy sets the policy as a whole: what the input leaves out
// gets its default (API reference, UpdateAccountPasswordPolicy).
func updateAccountPasswordPolicy(c *service.Call, in *iamapi.UpdateAccountPasswordPolicyInput) (*iamapi.UpdateAccountPasswordPolicyOutput, error) {
	c.Edit().UpdateAccountPasswordPolicy(&identity.PasswordPolicy{
		MinimumLength: int(service.Or(in.MinimumPasswordLength, 0)), RequireSymbols: service.Or(in.RequireSymbols, false), RequireNumbers: service.Or(in.RequireNumbers, false),
		RequireUppercase: service.Or(in.RequireUppercaseCharacters, false), RequireLowercase: service.Or(in.RequireLowercaseCharacters, false),
		UsersMayChange: service.Or(in.AllowUsersToChangePassword, false), MaxAge: int(service.Or(in.MaxPasswordAge, 0)),
		ReusePrevention: int(service.Or(in.PasswordReusePrevention, 0)), HardExpiry: service.Or(in.HardExpiry, false),
	})
	return &iamapi.UpdateAccountPasswordPolicyOutput{}, nil
}

func deleteAccountPasswordPolicy(c *service.Call, _ *iamapi.DeleteAccountPasswordPolicyInput) (*iamapi.DeleteAccountPasswordPolicyOutput, error) {
	return &iamapi.DeleteAccountPasswordPolicyOutput{}, c.Edit().DeleteAccountPasswordPolicy()
}
