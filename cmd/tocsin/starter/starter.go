// Package starter answers the question: what does a new installation begin with?
package starter

import "embed"

// Files are what `tocsin init` writes: the config, and the rule files below the folder rules.
//
//go:embed tocsin.yaml rules
var Files embed.FS
