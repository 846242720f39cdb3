package bot

// AnswerKey is the key of the delivery that answers in, so that a platform can tell the answer to a
// question from everything else it posts.
func AnswerKey(in Incoming) string { return "answer|" + in.Key }
