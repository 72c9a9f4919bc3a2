package handle

// The table itself: slots in chunks that never move, each with an atomic pointer to its entry.

import (
	"sync"
	"sync/atomic"
)

// Status says what a number is.
type Status uint8

// What a number can be.
const (
	Invented Status = iota // never given out by this table
	Live
	Removed // given out once, and removed
)

const (
	chunkBits = 10
	chunkSize = 1 << chunkBits
)

// Table holds objects of some kinds. Its zero value is not usable; see New.
type Table[T any] struct {
	kinds  uint16 // set of kinds
	chunks [maxSlots / chunkSize]atomic.Pointer[[chunkSize]slot[T]]
	live   atomic.Int64

	mu   sync.Mutex // for Insert and Remove
	free []uint32   // slots that can be used again, the last one first
	used uint32     // slots that ever were
}

type slot[T any] struct {
	entry  atomic.Pointer[entry[T]] // nil while the slot is free
	issued atomic.Uint64            // the latest generation given out
}

// entry ties an object to its number for good; a slot that is used again gets another entry.
type entry[T any] struct {
	number int64
	object *T
}

// New makes a table for objects of the given kinds.
func New[T any](kinds ...Kind) *Table[T] {
	t := new(Table[T])
	for _, kind := range kinds {
		if kind == 0 || kind > maxKind {
			panic("handle: kinds are 1 to 15")
		}
		t.kinds |= 1 << kind
	}
	return t
}

// Insert gives an object a number. It returns 0 when all numbers are in use.
func (t *Table[T]) Insert(kind Kind, object *T) int64 {
	if t.kinds&(1<<kind) == 0 {
		panic("handle: kind of another table")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	var at uint32
	if n := len(t.free); n > 0 {
		at = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		if t.used == maxSlots {
			return 0
		}
		at = t.used
		t.used++
		if chunk := &t.chunks[at>>chunkBits]; chunk.Load() == nil {
			chunk.Store(new([chunkSize]slot[T]))
		}
	}
	s := &t.chunks[at>>chunkBits].Load()[at&(chunkSize-1)]
	number := pack(kind, s.issued.Add(1), at)
	s.entry.Store(&entry[T]{number, object})
	t.live.Add(1)
	return number
}

// Get finds the object of a number. The object stays alive as long as the caller uses it, even when the number is removed
// meanwhile.
func (t *Table[T]) Get(number int64) (*T, Status) {
	s := t.slot(number)
	if s == nil {
		return nil, Invented
	}
	e := s.entry.Load()
	if e != nil && e.number == number {
		return e.object, Live
	}
	if e != nil && generationOf(e.number) == generationOf(number) {
		return nil, Invented // the live object's number with another kind
	}
	// A generation between 1 and the latest was given out, to a number that is no more.
	if g := generationOf(number); g >= 1 && g <= s.issued.Load() {
		return nil, Removed
	}
	return nil, Invented
}

// Remove takes a number out of use. Of any number of callers exactly one gets the object, the others nil.
func (t *Table[T]) Remove(number int64) *T {
	s := t.slot(number)
	if s == nil {
		return nil
	}
	e := s.entry.Load()
	if e == nil || e.number != number || !s.entry.CompareAndSwap(e, nil) {
		return nil
	}
	t.live.Add(-1)
	// A slot whose generations are used up stays empty for ever: better a lost slot than a number given out twice.
	if generationOf(number) < maxGeneration {
		t.mu.Lock()
		t.free = append(t.free, SlotOf(number))
		t.mu.Unlock()
	}
	return e.object
}

// Len counts the live numbers.
func (t *Table[T]) Len() int64 { return t.live.Load() }

// slot returns the slot that a number names, nil when the table has no such slot or the number is of another kind.
func (t *Table[T]) slot(number int64) *slot[T] {
	if number <= 0 || t.kinds&(1<<KindOf(number)) == 0 {
		return nil
	}
	at := SlotOf(number)
	chunk := t.chunks[at>>chunkBits].Load()
	if chunk == nil {
		return nil
	}
	return &chunk[at&(chunkSize-1)]
}
