// Package llm answers the question: can a language model say it better without saying anything of
// its own?
//
// It asks any OpenAI-compatible endpoint, Ollama included, or Anthropic's, over plain HTTP. The
// vendors' Go clients (openai-go v3.96, anthropic-sdk-go v1.84) were measured and left out: for one
// request each they take the program from 48 to 90 MB and a running one, whether it asks a model or
// not, from 83 to 94 MB of memory, and compiling the first needs 2.4 GB.
//
// The article goes in as data between fixed marks; what comes out is checked sentence by sentence by
// [summary.Check], and on any failure the embedded summary is used. Nothing that a model says reaches
// a room unchecked, and it has no tools, no links and no commands.
package llm
