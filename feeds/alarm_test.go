package feeds

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAnAlarmRingsForWhatTakesTooLongAndNothingElse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := alarm{after: 5 * time.Second}
		began := time.Now()
		rang := make(chan int, 10)
		var waits []*wait
		for i := range 4 {
			waits = append(waits, a.set(func() { rang <- i }))
			time.Sleep(time.Second)
		}
		a.over(waits[1])
		a.over(waits[3])
		for _, want := range []int{0, 2} {
			if i, took := <-rang, time.Since(began); i != want || took != time.Duration(want+5)*time.Second {
				t.Errorf("after %v it rang for %d, want %d", took, i, want)
			}
		}
		for _, w := range waits {
			a.over(w)
		}
		time.Sleep(time.Minute)
		if len(rang) > 0 || len(a.waits) > 0 || a.timer != nil {
			t.Errorf("it rang %d times more, %d still wait", len(rang), len(a.waits))
		}
		a.set(func() { rang <- 6 })
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if len(rang) != 1 {
			t.Error("it rings no more")
		}
	})
}
