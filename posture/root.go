package posture

import "strings"

func rootAccessKeys(s *subject) (found []Finding) {
	for _, k := range s.AccessKeysOf(s.ID) {
		state := "active"
		if !k.Active {
			state = "inactive"
		}
		found = append(found, Finding{
			Resource: s.RootARN(),
			Evidence: state + " access key " + k.ID,
			Mend:     "with that key, once there is an administrator: aws iam delete-access-key --access-key-id " + k.ID,
		})
	}
	return found
}

func rootMFA(s *subject) []Finding {
	if len(s.MFADevicesOf(s.ID)) > 0 {
		return nil
	}
	return []Finding{{
		Resource: s.RootARN(), Evidence: "no MFA device",
		Mend: "as root: aws iam create-virtual-mfa-device --virtual-mfa-device-name root --bootstrap-method QRCodePNG --outfile root.png, then aws iam enable-mfa-device",
	}}
}

// rootHardwareMFA has nothing to say of a root user without any device: rootMFA has.
func rootHardwareMFA(s *subject) []Finding {
	devices := s.MFADevicesOf(s.ID)
	if len(devices) == 0 {
		return nil
	}
	var serials []string
	for _, d := range devices {
		if !d.Virtual() {
			return nil
		}
		serials = append(serials, s.MFASerial(d))
	}
	return []Finding{{
		Resource: s.RootARN(), Evidence: "virtual only: " + list(serials),
		Mend: "keyreeve mfa import --account " + s.ID + " --serial SERIAL < SEED, then as root: aws iam enable-mfa-device",
	}}
}

// rootUse finds uses in the time that credentials may go unused: root's work is rarer
// than that.
func rootUse(s *subject) (found []Finding) {
	for _, k := range s.AccessKeysOf(s.ID) {
		if t, ok := s.uses("access-key", k.ID); ok && !s.olderThan(t, idle) {
			found = append(found, Finding{
				Resource: s.RootARN(),
				Evidence: "access key " + k.ID + " was last used " + days(s.age(t)) + " ago",
				Mend:     "work as a user or a role with the permissions needed: aws iam create-user --user-name admin",
			})
		}
	}
	if t, ok := s.uses("password", s.ID); ok && !s.olderThan(t, idle) {
		found = append(found, Finding{
			Resource: s.RootARN(),
			Evidence: "the password was last used " + days(s.age(t)) + " ago",
			Mend:     "sign in as a user with the permissions needed: aws iam create-login-profile --user-name admin",
		})
	}
	return found
}

// inUse tells who has a managed policy, and who has it as a boundary is not counted.
func (s *subject) inUse(policyARN string) []string {
	var names []string
	for _, o := range s.AttachedTo(policyARN) {
		names = append(names, o.Type+" "+o.Name)
	}
	return names
}

func (s *subject) awsPolicy(name string) string {
	return "arn:" + s.Partition + ":iam::aws:policy/" + name
}

func supportRole(s *subject) []Finding {
	policy := s.awsPolicy("AWSSupportAccess")
	if len(s.inUse(policy)) > 0 {
		return nil
	}
	return []Finding{{
		Resource: s.RootARN(), Evidence: "AWSSupportAccess is attached to nobody",
		Mend: "aws iam attach-role-policy --role-name ROLE --policy-arn " + policy,
	}}
}

func cloudShell(s *subject) (found []Finding) {
	policy := s.awsPolicy("AWSCloudShellFullAccess")
	for _, o := range s.AttachedTo(policy) {
		found = append(found, Finding{
			Resource: s.OwnerARN(o), Evidence: "AWSCloudShellFullAccess is attached",
			Mend: "aws iam detach-" + o.Type + "-policy --" + o.Type + "-name " + o.Name + " --policy-arn " + policy,
		})
	}
	return found
}

func expiredCertificates(s *subject) (found []Finding) {
	for _, c := range s.ServerCertificates("/", "") {
		if c.Expiration.After(s.now) {
			continue
		}
		found = append(found, Finding{
			Resource: s.ServerCertificateARN(c), Evidence: "expired " + days(s.age(c.Expiration)) + " ago",
			Mend: "aws iam delete-server-certificate --server-certificate-name " + c.Name,
		})
	}
	return found
}

func unusedRoles(s *subject) (found []Finding) {
	for _, r := range s.Roles("/", "") {
		if r.ServiceName != "" || strings.HasPrefix(r.Path, "/aws-reserved/") {
			continue
		}
		if last, words := s.lastUse("role", r.ID, r.CreateDate); s.olderThan(last, idle) {
			found = append(found, Finding{
				Resource: s.RoleARN(r), Evidence: words,
				Mend: "aws iam delete-role --role-name " + r.Name + ", after its policies are detached",
			})
		}
	}
	return found
}
