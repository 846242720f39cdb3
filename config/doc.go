// Package config answers the question: what did the operator ask for?
//
// It holds the shape of tocsin.yaml and its defaults. Each chat platform owns its section, which
// stays undecoded here.
package config
