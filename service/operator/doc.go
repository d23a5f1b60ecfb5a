// Package operator is what whoever runs a deployment may do with it: make
// accounts, reset a lost root user, set quotas, end sessions, back up, check an
// account against good practice, rotate the key that seals secrets, and ask what was true
// at an earlier time and what a change of policies would have done to past calls.
//
// Its operations are modelled and carried out as AWS's are, by the same pipeline
// and with an audit record, as actions keyreeve:NAME on ARNs of the form
// arn:PARTITION:keyreeve:::KIND/NAME. The caller is whoever may open the
// operators' socket in the data folder; nobody else has an identity that these
// actions could be granted to, and an operator may do nothing else.
package operator
