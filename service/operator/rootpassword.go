package operator

import (
	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/authz"
	"github.com/keyreeve/keyreeve/identity"
	"github.com/keyreeve/keyreeve/service"
	"github.com/keyreeve/keyreeve/state"
)

func rootPasswordOperations() []service.Operation {
	return []service.Operation{
		service.PreparedElsewhere(keyreeveapi.SetRootPassword, func(c *service.Call, in *keyreeveapi.SetRootPasswordInput) ([]authz.Target, error) {
			return target(c, "SetRootPassword", "account/"+in.AccountId), nil
		}, prepareRootPassword, setRootPassword, func(_ *service.Call, in *keyreeveapi.SetRootPasswordInput) []state.AggregateID {
			return []state.AggregateID{state.Account(in.AccountId)}
		}),
	}
}

func prepareRootPassword(c *service.Call, in *keyreeveapi.SetRootPasswordInput) (identity.NewPassword, error) {
	if err := exists(c, in.AccountId); err != nil {
		return identity.NewPassword{}, err
	}
	return c.NewPassword(c.OtherAccount(in.AccountId), in.AccountId, in.Password)
}

// setRootPassword gives the root user of an account a password to sign in with.
func setRootPassword(c *service.Call, in *keyreeveapi.SetRootPasswordInput, p identity.NewPassword) (*keyreeveapi.SetRootPasswordOutput, error) {
	e, err := edit(c, in.AccountId)
	if err != nil {
		return nil, err
	}
	if err := e.SetRootPassword(p, c.AccountNames(in.AccountId)...); err != nil {
		return nil, err
	}
	c.Tools.PasswordSet(in.AccountId, in.AccountId)
	return &keyreeveapi.SetRootPasswordOutput{}, nil
}
