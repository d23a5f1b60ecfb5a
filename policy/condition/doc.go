// Package condition evaluates the Condition element of policy statements.
//
// A condition block is a list of tests that all must hold. A [Test] is one
// operator, one condition key and the values that the policy gives; it is
// compiled once, with the values parsed into what the operator compares, and
// then asked for each request's [Context].
//
// # Operators
//
// An operator's name has up to three pieces:
//
//	[ ForAllValues: | ForAnyValue: ] name [ IfExists ]
//
//	String    StringEquals, StringNotEquals, StringEqualsIgnoreCase,
//	          StringNotEqualsIgnoreCase, StringLike, StringNotLike
//	Numeric   NumericEquals, NumericNotEquals, NumericLessThan, NumericLessThanEquals,
//	          NumericGreaterThan, NumericGreaterThanEquals
//	Date      DateEquals, DateNotEquals, DateLessThan, DateLessThanEquals,
//	          DateGreaterThan, DateGreaterThanEquals
//	others    Bool, BinaryEquals, IpAddress, NotIpAddress, ArnEquals, ArnLike,
//	          ArnNotEquals, ArnNotLike, Null
//
// Several values are alternatives: a positive operator holds if one of them
// fits, a negated one (with Not in its name) if none does.
//
// # Missing keys
//
// A key is missing if the request does not carry it or carries it without any
// value. A missing key fails a positive operator and satisfies a negated one,
// with IfExists it satisfies both. Null asks for nothing but that. An empty
// text is a value: the key is there.
//
// # Several values in the request
//
// ForAllValues and ForAnyValue apply the operator to each value of the request.
// Without values ForAllValues holds and ForAnyValue does not, and a list of
// nothing but empty texts counts as no values there. Without a set operator a
// key that has more than one value fails every operator, negated ones too.
//
// # Values that are not what they should be
//
// A text that is no number, date, address or ARN equals nothing. The negated
// numeric and date operators fail on it as well, whichever side it is on, so a
// garbled value grants nothing; NotIpAddress and the negated Arn operators are
// plain negations.
//
// # Variables
//
// In documents of version 2012-10-17 the values of String, Arn and Bool
// operators may hold policy variables, see [Template]. A variable without a
// value makes its alternative fit nothing. For all other operators a variable
// is text that is no number, date or address.
//
// What the keys mean and who supplies them is not this package's business.
package condition
