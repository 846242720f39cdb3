// Package newswire answers the question: what does a day's news look like?
//
// It is a sample of the web that Tocsin reads: fifteen invented outlets in English, Arabic, Urdu,
// Turkish and French, their feeds in four formats and three encodings, and the page behind every
// item with the furniture that such pages carry. It is served over real HTTP on the loopback
// interface and published in stages, as if a day went by; `tocsin demo` plays it, and tests of
// the whole pipeline poll it. To a client that uses the wire as its proxy every outlet is a host of
// its own, as on the real web; see [Wire.Handler].
//
// The day turns on one event: the commander of eastern Libya is received at the headquarters of
// Pakistan's army. Around it lie its near misses, a wire story that four outlets copy, a
// follow-up, a correction, and news about everything else. [Wire.Truth] says what each item is
// about, so that a test can tell a right alert from a wrong one.
//
// All of it was written for this package and none of it is news: outlets, bylines, amounts and
// quotes are invented. The three men in the reference event are real; nothing here is a report of
// what they did or said.
//
// The prose is in content/, a file for each stage; the outlets, and the words of their pages in
// each language, are in furniture/. [Stage] describes the form.
package newswire
