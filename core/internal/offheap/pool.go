// Package offheap lends memory that the garbage collector does not know: mapped from the system, in blocks of power-of-two
// sizes. What lies in it may be shown to C. It is not safe for concurrent use.
package offheap

import (
	"math/bits"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	smallest  = 8         // log2 of the smallest block
	slabShift = 15        // blocks from this log2 on are mapped one by one, smaller ones are cut from slabs
	slabBytes = 256 << 10 // one slab
	largest   = 40        // log2 of the largest block
)

// Pool lends blocks. Blocks that came back wait in one list per size; the first word of a waiting block links to the next.
// The zero value is ready.
type Pool struct {
	Most int64 // bytes to be mapped at most; 0 leaves that to the system

	free   [largest + 1]address // waiting blocks by log2 of their size
	idle   [largest + 1]int32   // how many wait, for the sizes that are mapped one by one
	least  [largest + 1]int32   // the fewest that waited since the last Trim
	uncut  [slabShift][]byte    // what is left of the newest slab of each smaller size
	slabs  [][]byte
	waits  int // large blocks that wait
	lent   int64
	mapped int64
}

// address is a place in mapped memory. Links between blocks are addresses, not pointers: a pointer that is written over a
// peer's bytes would make the collector look at those bytes as if they were one.
type address uintptr

func (a address) pointer() unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&a)) }

// next returns the link in the first word of a waiting block.
func (a address) next() *address { return (*address)(a.pointer()) }

// Map maps n bytes of zeroed memory. It returns nil when the system has none.
func Map(n int) []byte {
	p, err := unix.MmapPtr(-1, 0, nil, uintptr(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

// Unmap gives memory of Map back.
func Unmap(b []byte) {
	if cap(b) > 0 {
		_ = unix.MunmapPtr(unsafe.Pointer(unsafe.SliceData(b)), uintptr(cap(b)))
	}
}

// class returns the log2 of the block that holds n bytes.
func class(n int) int { return max(smallest, bits.Len(uint(max(n, 1)-1))) }

// Get lends a block of at least n bytes, with length 0, or nil when the system has no memory. Its content is arbitrary.
func (p *Pool) Get(n int) []byte {
	c := class(n)
	if c > largest {
		return nil
	}
	if block := p.free[c]; block != 0 {
		p.lent += 1 << c
		p.free[c] = *block.next()
		if c >= slabShift {
			p.idle[c]--
			p.waits--
			p.least[c] = min(p.least[c], p.idle[c])
		}
		return unsafe.Slice((*byte)(block.pointer()), 1<<c)[:0]
	}
	var b []byte
	if c >= slabShift {
		b = p.mapMore(1 << c)
	} else {
		b = p.cut(c)
	}
	if b == nil {
		return nil
	}
	p.lent += 1 << c
	return b[:0]
}

// mapMore maps n bytes more for the pool.
func (p *Pool) mapMore(n int) []byte {
	if !p.may(n) {
		return nil
	}
	b := Map(n)
	if b != nil {
		p.mapped += int64(n)
	}
	return b
}

// may tells whether the pool's own bound allows n bytes more.
func (p *Pool) may(n int) bool { return p.Most == 0 || p.mapped+int64(n) <= p.Most }

// cut takes a fresh block from a slab. Slabs are cut from the start, so pages are touched when they are needed.
func (p *Pool) cut(c int) []byte {
	if len(p.uncut[c]) == 0 {
		slab := p.mapMore(slabBytes)
		if slab == nil {
			return nil
		}
		p.slabs = append(p.slabs, slab)
		p.uncut[c] = slab
	}
	b := p.uncut[c][: 0 : 1<<c]
	p.uncut[c] = p.uncut[c][1<<c:]
	return b
}

// Grow lends a block of at least n bytes in the place of b, which it begins with and which is taken back. A block with a mapping of its
// own is made longer where it is or moved with its pages, so that never two of them are there, unless one that waits saves touching fresh
// pages. It returns nil when the system has no memory; b is still lent then.
func (p *Pool) Grow(b []byte, n int) []byte {
	from, to := class(cap(b)), class(n)
	if n <= cap(b) {
		return b
	}
	if from >= slabShift && to <= largest && p.free[to] == 0 {
		if !p.may(1<<to - 1<<from) {
			return nil
		}
		moved, err := unix.MremapPtr(unsafe.Pointer(unsafe.SliceData(b)), 1<<from, nil, 1<<to, unix.MREMAP_MAYMOVE)
		if err != nil {
			return nil
		}
		p.mapped += 1<<to - 1<<from
		p.lent += 1<<to - 1<<from
		return unsafe.Slice((*byte)(moved), 1<<to)[:len(b)]
	}
	bigger := p.Get(n)
	if bigger == nil {
		return nil
	}
	bigger = append(bigger, b...)
	p.Put(b)
	return bigger
}

// Put takes back a block that Get lent: the slice may have any length, its start and capacity are as they were.
func (p *Pool) Put(b []byte) {
	c := class(cap(b))
	block := address(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
	*block.next() = p.free[c]
	p.free[c] = block
	p.lent -= 1 << c
	if c >= slabShift {
		p.idle[c]++
		p.waits++
	}
}

// Waiting returns how many large blocks Trim could give back.
func (p *Pool) Waiting() int { return p.waits }

// Lent returns the bytes of all blocks that are lent.
func (p *Pool) Lent() int64 { return p.lent }

// Mapped returns the bytes taken from the system.
func (p *Pool) Mapped() int64 { return p.mapped }

// Trim gives those large blocks back to the system that nobody needed since the last Trim.
func (p *Pool) Trim() {
	for c := slabShift; c <= largest; c++ {
		for ; p.least[c] > 0; p.least[c]-- {
			p.drop(c)
		}
		p.least[c] = p.idle[c]
	}
}

// drop unmaps one waiting large block.
func (p *Pool) drop(c int) {
	block := p.free[c]
	p.free[c] = *block.next()
	p.idle[c]--
	p.waits--
	p.mapped -= 1 << c
	_ = unix.MunmapPtr(block.pointer(), 1<<c)
}

// Close unmaps every block that waits and every slab. What is still lent must not be used any more; blocks that are mapped one by one
// stay mapped for ever then, and Lent goes on telling of them.
func (p *Pool) Close() {
	for c := slabShift; c <= largest; c++ {
		for p.free[c] != 0 {
			p.drop(c)
		}
	}
	for _, slab := range p.slabs {
		Unmap(slab)
	}
	*p = Pool{Most: p.Most, lent: p.lent}
}
