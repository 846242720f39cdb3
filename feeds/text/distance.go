package text

const maxTyped = 64 // letters of a word that somebody may have mistyped

// EditDistance counts the letters to insert, delete, replace or swap with their neighbour to make b
// of a (optimal string alignment). It is limit when they are that many or more, and when a word is
// longer than 64 letters, which nobody types. Case counts.
func EditDistance(a, b string, limit int) int {
	s, t := []rune(a), []rune(b)
	if max(len(s), len(t)) > maxTyped || max(len(s)-len(t), len(t)-len(s)) >= limit {
		return limit
	}
	// The counts for the letters of s so far against each beginning of t, and the two rows before.
	before, last, row := make([]int, len(t)+1), make([]int, len(t)+1), make([]int, len(t)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(s); i++ {
		row[0] = i
		for j := 1; j <= len(t); j++ {
			cost := 1
			if s[i-1] == t[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && s[i-1] == t[j-2] && s[i-2] == t[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(t)], limit)
}
