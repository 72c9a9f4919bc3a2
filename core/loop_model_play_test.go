// What the models of loops have in common: how they are played, and when they judge what is late.
package core

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// playModel plays a model in several runs, each with a seed of its own, and wants everything in kinds to have happened. LIBWS_SEED replays
// one run, LIBWS_STEPS makes it longer, for which kinds is asked from least steps on.
func playModel(t *testing.T, steps, least, runs int, run func(t *testing.T, seed uint64, steps int, stats map[string]int), kinds ...string) {
	if s, err := strconv.Atoi(os.Getenv("LIBWS_STEPS")); err == nil {
		steps = s
	}
	stats := map[string]int{}
	if seed, err := strconv.ParseUint(os.Getenv("LIBWS_SEED"), 10, 64); err == nil {
		run(t, seed, steps, stats)
	} else {
		for range runs {
			run(t, rand.Uint64(), steps/runs, stats)
		}
	}
	t.Logf("%d steps: %v", steps, stats)
	for _, kind := range kinds {
		if stats[kind] == 0 && steps >= least {
			t.Errorf("%q never happened, so it was not tested", kind)
		}
	}
}

// lateness is when the time of a connection was first found to be over, zero while it is not.
type lateness time.Duration

// judged tells whether the loop has looked at such a connection before: the poll that finds its time over reads what has come meanwhile,
// and one that comes a list of the wheel later judges.
func (at *lateness) judged(now time.Duration) bool {
	if *at == 0 {
		*at = lateness(now)
	}
	return now >= time.Duration(*at)+2*clockTick
}
