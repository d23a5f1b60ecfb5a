// Package store makes state durable.
package store
