package posture

import (
	"strings"
	"time"

	"github.com/keyreeve/keyreeve/identity"
)

// keys visits the active access keys of users.
func (s *subject) keys(each func(*identity.User, *identity.AccessKey)) {
	for _, u := range s.Users("/", "") {
		for _, k := range s.AccessKeysOf(u.ID) {
			if k.Active {
				each(u, k)
			}
		}
	}
}

func oldAccessKeys(s *subject) (found []Finding) {
	s.keys(func(u *identity.User, k *identity.AccessKey) {
		if s.olderThan(k.CreateDate, rotated) {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "active access key " + k.ID + " is " + days(s.age(k.CreateDate)) + " old",
				Mend: "aws iam create-access-key --user-name " + u.Name + ", put it in use, then aws iam update-access-key --status Inactive --user-name " + u.Name + " --access-key-id " + k.ID,
			})
		}
	})
	return found
}

func unusedAccessKeys(s *subject) (found []Finding) {
	s.keys(func(u *identity.User, k *identity.AccessKey) {
		if last, words := s.lastUse("access-key", k.ID, k.CreateDate); s.olderThan(last, unused) {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "active access key " + k.ID + " " + words,
				Mend: "aws iam update-access-key --status Inactive --user-name " + u.Name + " --access-key-id " + k.ID,
			})
		}
	})
	return found
}

// activeKeys are the ids of a user's active access keys.
func (s *subject) activeKeys(u *identity.User) (ids []string) {
	for _, k := range s.AccessKeysOf(u.ID) {
		if k.Active {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func twoActiveKeys(s *subject) (found []Finding) {
	for _, u := range s.Users("/", "") {
		if ids := s.activeKeys(u); len(ids) > 1 {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "active access keys " + list(ids),
				Mend: "aws iam update-access-key --status Inactive --user-name " + u.Name + " --access-key-id " + s.lessUsed(u),
			})
		}
	}
	return found
}

// lessUsed is the active access key that has not been used for longest.
func (s *subject) lessUsed(u *identity.User) (id string) {
	var oldest time.Time
	for _, k := range s.AccessKeysOf(u.ID) {
		if !k.Active {
			continue
		}
		if last, _ := s.lastUse("access-key", k.ID, k.CreateDate); id == "" || last.Before(oldest) {
			id, oldest = k.ID, last
		}
	}
	return id
}

func usersWithoutMFA(s *subject) (found []Finding) {
	for _, u := range s.Users("/", "") {
		if keys := s.activeKeys(u); len(keys) > 0 && len(s.MFADevicesOf(u.ID)) == 0 {
			found = append(found, Finding{
				Resource: s.UserARN(u), Evidence: "active access key " + list(keys) + ", no MFA device",
				Mend: "aws iam create-virtual-mfa-device --virtual-mfa-device-name " + u.Name + " --bootstrap-method QRCodePNG --outfile " + u.Name + ".png, then aws iam enable-mfa-device --user-name " + u.Name,
			})
		}
	}
	return found
}

func oldServiceCredentials(s *subject) (found []Finding) {
	for _, c := range s.ServiceCredentials() {
		u, ok := s.UserByID(c.UserID)
		if !ok || c.Status(s.now) != "Active" || !s.olderThan(c.CreateDate, rotated) {
			continue
		}
		service, _, _ := strings.Cut(c.Service, ".")
		found = append(found, Finding{
			Resource: s.UserARN(u), Evidence: "active credential " + c.ID + " for " + service + " is " + days(s.age(c.CreateDate)) + " old",
			Mend: "aws iam reset-service-specific-credential --user-name " + u.Name + " --service-specific-credential-id " + c.ID,
		})
	}
	return found
}

func oldSSHKeys(s *subject) (found []Finding) {
	for _, u := range s.Users("/", "") {
		for _, k := range s.SSHPublicKeysOf(u.ID) {
			if k.Active && s.olderThan(k.UploadDate, 365*day) {
				found = append(found, Finding{
					Resource: s.UserARN(u), Evidence: "active SSH public key " + k.ID + " is " + days(s.age(k.UploadDate)) + " old",
					Mend: "aws iam update-ssh-public-key --status Inactive --user-name " + u.Name + " --ssh-public-key-id " + k.ID,
				})
			}
		}
	}
	return found
}
