// Package bot answers the question: what do we tell whom, and when, and what do we answer?
//
// # A tour
//
// News comes in as fresh items, and goes out as messages. In between, everything is decided by
// plain functions and kept by transactions:
//
//	fresh items ─ Plan ─ CommitPlan          what matched, which story, what is owed to whom
//	due deliveries ─ Compose ─ SaveMessage   the words, frozen before they are sent
//	ClaimDelivery ─ Platform.Post ─ Settle   one attempt, and what became of it
//
//	chat ─ Desk.Handle ─ Receive             stored before it is acknowledged
//	Desk.answer ─ Answer                     the reply and every effect, in one transaction
//
// [Plan] is pure: (rule set, memory, items, now) → batch. The [Planner] feeds it from the
// [Ledger]; a rule test, a backtest and a replay call it directly.
//
// A [Delivery] is one message owed to one room, written in the transaction of the fact that
// caused it. Its key names the telling (room, story, "update 34"), so that every step may be
// repeated: a crash between two steps repeats the step, and the key makes that harmless. The
// [Deliverer] drains each room in order and side by side with the others; what became of a post is
// its [Fate].
//
// A [Message] is words without a platform. Adapters implement [Platform], and [Listener] where
// people can answer; a third chat system is a new folder under bot and one line in cmd/tocsin.
//
// The [Desk] is the command table and its handlers: one grammar, wherever it was typed.
package bot
