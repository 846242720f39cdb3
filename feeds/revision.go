package feeds

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"slices"
	"strings"
	"unicode"
)

// Print is what one version of an item said, in three numbers: enough to tell a version that says
// something else from one in which only punctuation, markup or a by-line has moved.
type Print struct {
	Title   int64 // the words of the title
	Amounts int64 // the numbers of the title and of the beginning of the text
	Text    int64 // a similarity hash of the words of the text; zero when they are few
}

const (
	// maxVersions bounds what a feed with a clock or a thermometer in its titles can store.
	maxVersions = 200

	// maxTextVersions bounds versions that differ in their text alone: a vote counter that we do
	// not recognise is noise from the third time on.
	maxTextVersions = 5

	// textChanged is the number of differing bits from which two texts are not the same text:
	// about a quarter of the word pairs are others.
	textChanged = 15
)

// revises tells whether an item that says p is a later version of the item of which these versions
// are known.
func (p Print) revises(versions []Print) bool {
	if len(versions) == 0 || len(versions) >= maxVersions {
		return false
	}
	newTitle := true
	for _, v := range versions {
		if p.same(v) {
			return false
		}
		newTitle = newTitle && p.Title != v.Title
	}
	return newTitle || len(versions) < maxTextVersions
}

func (p Print) same(q Print) bool {
	if p.Title != q.Title || p.Amounts != q.Amounts {
		return false
	}
	return p.Text == 0 || q.Text == 0 || bits.OnesCount64(uint64(p.Text^q.Text)) < textChanged
}

func printOf(it *Item, m *itemMarks) Print {
	return Print{
		Title:   sumOf(m.title),
		Amounts: sumOf(strings.Join(amounts(it.Title+"\n"+cutBytes(it.Text, 1500)), " ")),
		Text:    similarityHash(m.body),
	}
}

func sumOf(s string) int64 {
	sum := sha256.Sum256([]byte(s))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// counters are words which, right after a number, make it one that changes from poll to poll
// without anything having happened.
var counters = []string{"ago", "comment", "comments", "point", "points", "view", "views", "share", "shares",
	"like", "likes", "vote", "votes", "reply", "replies", "read", "reads", "min", "mins", "minute", "minutes", "hour", "hours", "hrs"}

// amounts gives the distinct numbers of s, sorted: "4.5" and "4,5" each as one, clock times and
// counters left out.
func amounts(s string) []string {
	var out []string
	number := "" // of the word before, which this one may make a counter
	for w := range strings.FieldsSeq(s) {
		if number != "" && !slices.Contains(counters, foldedWords(w)) {
			out = append(out, number)
		}
		number = ""
		if strings.ContainsFunc(w, unicode.IsDigit) && !strings.Contains(w, ":") {
			number = strings.TrimFunc(w, func(r rune) bool { return !unicode.IsDigit(r) })
		}
	}
	if number != "" {
		out = append(out, number)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// similarityHash is a simhash over pairs of words: texts that mostly say the same differ in few
// bits. Single words would not do, for "the" alone outweighs many that matter. It looks at the first
// 255 pairs, so that eight counters fit into one number.
func similarityHash(folded string) int64 {
	var counts [8]uint64 // for each bit of the pairs' hashes, how many pairs have it
	n, previous := 0, uint64(0)
	for word := range strings.SplitSeq(folded, " ") {
		current := hashWord(word)
		h := mix(previous*31 + current)
		previous = current
		for i := range counts {
			counts[i] += eachBit[byte(h>>(8*i))]
		}
		if n++; n == 255 {
			break
		}
	}
	if n < 12 {
		return 0
	}
	var out uint64
	for bit := range 64 {
		if int(byte(counts[bit/8]>>(8*(bit%8)))) > n/2 {
			out |= 1 << bit
		}
	}
	return int64(max(out, 1))
}

// eachBit has each bit of its index in a byte of its own.
var eachBit = func() (t [256]uint64) {
	for i := range t {
		for bit := range 8 {
			t[i] |= uint64(i>>bit&1) << (8 * bit)
		}
	}
	return t
}()

// hashWord is FNV-1a, mixed.
func hashWord(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix spreads the bits of a hash whose upper ones say little for short words.
func mix(h uint64) uint64 {
	h ^= h >> 33
	h *= 0xff51afd7ed558ccd
	h ^= h >> 33
	h *= 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
