// Package keyreeve is the root of Keyreeve: AWS IAM's model, language and APIs,
// for anybody to run.
//
// It holds no code. The folders are the architecture, and layers.txt lists them
// in the order in which to read them: a pure core (policy documents, the
// decision, credentials), then the rules of what may change, the questions who
// is calling and may they, the store, the protocols, and on top the server and
// the command cmd/keyreeve.
//
// Stable to import are arn, policy, policy/eval, policy/analysis and replica.
// Everything else may change from release to release.
package keyreeve
