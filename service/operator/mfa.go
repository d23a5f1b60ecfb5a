package operator

import (
	"github.com/keyreeve/keyreeve/api/keyreeveapi"
	"github.com/keyreeve/keyreeve/apierror"
	"github.com/keyreeve/keyreeve/credential/totp"
	"github.com/keyreeve/keyreeve/service"
)

// importMFADevice takes a hardware token with its seed into an account.
func importMFADevice(c *service.Call, in *keyreeveapi.ImportMFADeviceInput) (*keyreeveapi.ImportMFADeviceOutput, error) {
	e, err := edit(c, in.AccountId)
	if err != nil {
		return nil, err
	}
	seed, err := totp.ParseSeed(in.Base32StringSeed)
	if err != nil {
		return nil, apierror.New(apierror.ValidationError, "%v.", err)
	}
	return &keyreeveapi.ImportMFADeviceOutput{}, e.ImportMFADevice(in.SerialNumber, seed)
}

// removeMFADevice removes a hardware token from an account.
func removeMFADevice(c *service.Call, in *keyreeveapi.RemoveMFADeviceInput) (*keyreeveapi.RemoveMFADeviceOutput, error) {
	e, err := edit(c, in.AccountId)
	if err != nil {
		return nil, err
	}
	return &keyreeveapi.RemoveMFADeviceOutput{}, e.RemoveMFADevice(in.SerialNumber)
}
