// The table of handles: numbers find their objects, stale and invented ones find none, whoever else is looking.

package handle

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	kindA Kind = 1
	kindB Kind = 2
	kindC Kind = 3
)

type object struct {
	name int
}

func TestNumbersFindTheirObjects(t *testing.T) {
	table := New[object](kindA)
	numbers := map[int64]*object{}
	for i := range 3 * chunkSize {
		o := &object{name: i}
		n := table.Insert(kindA, o)
		if n <= 1<<32 || numbers[n] != nil {
			t.Fatalf("number %d is small or was given out before", n)
		}
		numbers[n] = o
	}
	for n, want := range numbers {
		if got, status := table.Get(n); got != want || status != Live {
			t.Fatalf("Get(%d) = %v, %d", n, got, status)
		}
	}
	if table.Len() != int64(len(numbers)) {
		t.Fatalf("Len = %d, want %d", table.Len(), len(numbers))
	}
}

// A number that was removed stays removed, however often its slot is used again.
func TestStaleNumbersNeverFindAnotherObject(t *testing.T) {
	table := New[object](kindA)
	var stale []int64
	for i := range 1000 {
		o := &object{name: i}
		n := table.Insert(kindA, o)
		if got, status := table.Get(n); got != o || status != Live {
			t.Fatalf("live number %d: %v, %d", n, got, status)
		}
		if table.Remove(n) != o {
			t.Fatalf("Remove(%d) lost its object", n)
		}
		stale = append(stale, n)
		for _, old := range stale {
			if got, status := table.Get(old); got != nil || status != Removed {
				t.Fatalf("stale number %d: %v, %d", old, got, status)
			}
			if table.Remove(old) != nil {
				t.Fatalf("stale number %d was removed twice", old)
			}
		}
	}
	if table.Len() != 0 || table.used != 1 {
		t.Fatalf("Len = %d, slots = %d; want 0 and 1", table.Len(), table.used)
	}
}

func TestInventedNumbers(t *testing.T) {
	table := New[object](kindA, kindB)
	other := New[object](kindC)
	live := table.Insert(kindA, new(object))
	foreign := other.Insert(kindC, new(object))
	invented := []int64{
		0, 1, 2, 42, -1, -live, 1 << 62, 1<<63 - 1, -1 << 63, foreign,
		live + 1,                      // a slot that never was in use
		live + 1<<slotBits,            // a generation that is still to come
		pack(kindA, 0, SlotOf(live)),  // generations start at 1
		pack(kindB, 1, SlotOf(live)),  // the other kind of this table
		pack(kindC, 1, SlotOf(live)),  // a kind of no table
		pack(kindA, 1, maxSlots-1),    // a chunk that does not exist
		pack(kindA, maxGeneration, 0), // far in the future
	}
	for _, n := range invented {
		if got, status := table.Get(n); got != nil || status != Invented {
			t.Errorf("Get(%#x) = %v, %d; want nothing, invented", n, got, status)
		}
		if table.Remove(n) != nil {
			t.Errorf("Remove(%#x) found something", n)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 100_000 {
		n := random.Int64()
		if random.IntN(2) == 0 {
			n = -n
		}
		if got, _ := table.Get(n); got != nil {
			t.Fatalf("random number %#x found an object", n)
		}
	}
}

// A slot whose generations are used up is never used again.
func TestExhaustedSlotRetires(t *testing.T) {
	table := New[object](kindA)
	table.Remove(table.Insert(kindA, new(object)))
	table.chunks[0].Load()[0].issued.Store(maxGeneration - 1)
	last := table.Insert(kindA, new(object))
	if generationOf(last) != maxGeneration || SlotOf(last) != 0 {
		t.Fatalf("last number of slot 0 is %#x", last)
	}
	table.Remove(last)
	if next := table.Insert(kindA, new(object)); SlotOf(next) == 0 {
		t.Fatalf("number %#x uses a slot whose generations are over", next)
	}
	if _, status := table.Get(last); status != Removed {
		t.Fatalf("the last number of a slot is %d", status)
	}
}

func TestOneRemoverWins(t *testing.T) {
	table := New[object](kindA)
	for range 50 {
		n := table.Insert(kindA, new(object))
		var won atomic.Int64
		var all sync.WaitGroup
		for range 100 {
			all.Add(1)
			go func() {
				defer all.Done()
				if table.Remove(n) != nil {
					won.Add(1)
				}
			}()
		}
		all.Wait()
		if won.Load() != 1 {
			t.Fatalf("%d removers got the object", won.Load())
		}
	}
}

// Readers that race with removal and reuse see their own object or none.
func TestReadersRaceWithReuse(t *testing.T) {
	table := New[object](kindA)
	var current, stop atomic.Int64
	var readers sync.WaitGroup
	for range 4 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for stop.Load() == 0 {
				n := current.Load()
				if n == 0 {
					continue
				}
				if o, status := table.Get(n); o != nil && int64(o.name) != int64(generationOf(n)) {
					t.Errorf("number of generation %d found object %d (status %d)", generationOf(n), o.name, status)
					return
				}
				runtime.Gosched()
			}
		}()
	}
	for i := range 20_000 {
		n := table.Insert(kindA, &object{name: i + 1})
		current.Store(n)
		if table.Remove(n) == nil {
			t.Fatal("remove failed")
		}
	}
	stop.Store(1)
	readers.Wait()
}

func BenchmarkGet(b *testing.B) {
	table := New[object](kindA)
	var numbers [1024]int64
	for i := range numbers {
		numbers[i] = table.Insert(kindA, &object{name: i})
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, status := table.Get(numbers[i&1023]); status != Live {
			b.Fatal("lost")
		}
		i++
	}
}

func BenchmarkGetParallel(b *testing.B) {
	table := New[object](kindA)
	n := table.Insert(kindA, new(object))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, status := table.Get(n); status != Live {
				b.Error("lost")
				return
			}
		}
	})
}
