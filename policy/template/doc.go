// Package template fills in policy templates: policy documents with parameters, as
// those who ask for delegated access register them (IAM User Guide, "Policy
// templates").
//
// # Grammar
//
//	parameter = "@{" name "}"       within a string of the document, not in an object's key
//
// A parameter of type string has one value, which takes its place in the text. One of
// type stringList has any number of values and stands alone in its string, which
// becomes as many strings; outside of an array, an array.
//
// [Render] guarantees that values stay values: whatever they hold, the document that
// comes out has the structure of the template. Every parameter of the template must
// be given, and nothing else.
package template
