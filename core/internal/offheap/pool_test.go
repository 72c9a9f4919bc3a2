// The pool of memory outside Go's heap, held against plain slices.

package offheap

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"testing"
)

func TestClass(t *testing.T) {
	for n, want := range map[int]int{0: 8, 1: 8, 256: 8, 257: 9, 512: 9, 4096: 12, 4097: 13, 1 << 20: 20, 1<<20 + 1: 21} {
		if c := class(n); c != want {
			t.Errorf("%d bytes are of class %d, want %d", n, c, want)
		}
	}
}

// Blocks hold what was asked for, never overlap, come back and are lent again.
func TestPoolAgainstCopies(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var p Pool
	type lent struct{ block, copied []byte }
	var out []lent
	for step := range 20_000 {
		if len(out) < 200 && r.IntN(2) == 0 {
			n := 1 + r.IntN(2000)
			if r.IntN(50) == 0 {
				n = r.IntN(300_000)
			}
			b := p.Get(n)
			if len(b) != 0 || cap(b) < n {
				t.Fatalf("asked for %d bytes, got %d of %d", n, len(b), cap(b))
			}
			b = b[:n]
			for i := range b {
				b[i] = byte(step + i)
			}
			out = append(out, lent{b, bytes.Clone(b)})
		} else if len(out) > 0 {
			i := r.IntN(len(out))
			if !bytes.Equal(out[i].block, out[i].copied) {
				t.Fatal("a block changed while it was lent")
			}
			p.Put(out[i].block[:r.IntN(len(out[i].block)+1)])
			out[i] = out[len(out)-1]
			out = out[:len(out)-1]
		}
		if step%1000 == 0 {
			p.Trim()
		}
	}
	for _, o := range out {
		p.Put(o.block)
	}
	if p.Lent() != 0 {
		t.Errorf("%d bytes are lent", p.Lent())
	}
	mapped := p.Mapped()
	if mapped > 16<<20 {
		t.Errorf("%d bytes mapped for 200 blocks", mapped)
	}
	p.Close()
	if p.Mapped() != 0 || p.Waiting() != 0 {
		t.Error("a closed pool holds memory")
	}
}

// Trim gives back what nobody needed since the last one, and no more.
func TestTrimGivesBackWhatWaited(t *testing.T) {
	var p Pool
	defer p.Close()
	big := func() []byte { return p.Get(1 << 20) }
	a, b := big(), big()
	p.Put(a)
	p.Put(b)
	p.Trim()
	if p.Waiting() != 2 {
		t.Fatalf("%d blocks wait: they were needed just now", p.Waiting())
	}
	p.Put(big()) // one is in use now and then
	p.Trim()
	if p.Waiting() != 1 || p.Mapped() != 1<<20 {
		t.Errorf("%d blocks wait, %d bytes mapped", p.Waiting(), p.Mapped())
	}
	p.Trim()
	if p.Waiting() != 0 || p.Mapped() != 0 {
		t.Errorf("%d blocks wait, %d bytes mapped", p.Waiting(), p.Mapped())
	}
}

// What nobody gave back before the end is lost, and told.
func TestCloseTellsWhatIsLent(t *testing.T) {
	var p Pool
	large := p.Get(1 << 20)
	p.Put(p.Get(1000))
	p.Close()
	if p.Lent() != 1<<20 {
		t.Errorf("%d bytes are lent after the end", p.Lent())
	}
	Unmap(large)
}

// A block that grows keeps what it holds, and a large one never needs memory for two of it.
func TestGrow(t *testing.T) {
	var p Pool
	defer p.Close()
	b := append(p.Get(1), 0)
	most := int64(0)
	for n := 1; n < 32<<20; n *= 2 {
		b = p.Grow(b, 2*n)
		if len(b) != n || cap(b) < 2*n {
			t.Fatalf("%d of %d bytes, want %d of %d", len(b), cap(b), n, 2*n)
		}
		for len(b) < 2*n {
			b = append(b, byte(bits.Len(uint(len(b)))))
		}
		most = max(most, p.Mapped())
	}
	for i := range b {
		if b[i] != byte(bits.Len(uint(i))) {
			t.Fatalf("byte %d is %d", i, b[i])
		}
	}
	t.Logf("%d bytes mapped for %d", most, len(b))
	if most > 32<<20+8*slabBytes {
		t.Errorf("%d bytes mapped for %d", most, len(b))
	}
	if p.Lent() != int64(cap(b)) {
		t.Errorf("%d bytes are lent", p.Lent())
	}
	p.Put(b)
	small := p.Get(1 << 16)
	if b = p.Grow(small[:10], 32<<20); p.Mapped() > most+1<<16 { // the block that waits is taken
		t.Errorf("%d bytes mapped", p.Mapped())
	}
	p.Put(b)
	if p.Lent() != 0 || p.Waiting() != 2 {
		t.Errorf("%d bytes lent, %d blocks wait", p.Lent(), p.Waiting())
	}
	p.Trim()
	p.Trim()
	if p.Waiting() != 0 {
		t.Errorf("%d blocks wait", p.Waiting())
	}
}

// Where there is no memory, nothing is lent and nothing is lost.
func TestNoMemory(t *testing.T) {
	if b := Map(1 << 60); b != nil {
		t.Error("an exbibyte was mapped")
	}
	p := Pool{Most: 1 << 20}
	defer p.Close()
	large := p.Get(1 << 19)
	large = append(large, "kept"...)
	lent, mapped := p.Lent(), p.Mapped()
	for name, b := range map[string][]byte{"block": p.Get(1 << 20), "longer block": p.Grow(large, 1<<21), "beyond any": p.Get(1 << 50)} {
		if b != nil {
			t.Error(name)
		}
	}
	if p.Lent() != lent || p.Mapped() != mapped || string(large) != "kept" {
		t.Errorf("%d lent, %d mapped", p.Lent(), p.Mapped())
	}
	var small [][]byte
	for b := p.Get(1000); b != nil; b = p.Get(1000) {
		small = append(small, b)
	}
	if len(small) != 512 || p.Grow(small[0], 5000) != nil || p.Mapped() != 1<<20 {
		t.Errorf("%d small blocks, %d mapped", len(small), p.Mapped())
	}
	for _, b := range append(small, large) {
		p.Put(b)
	}
	if p.Lent() != 0 || p.Get(1000) == nil {
		t.Errorf("%d lent", p.Lent())
	}
}

func TestPoolAllocatesNothing(t *testing.T) {
	var p Pool
	defer p.Close()
	p.Put(p.Get(1000))
	if n := testing.AllocsPerRun(1000, func() { p.Put(p.Get(1000)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMapIsZeroed(t *testing.T) {
	b := Map(5000)
	defer Unmap(b)
	if len(b) != 5000 || !bytes.Equal(b, make([]byte, 5000)) {
		t.Error("mapped memory is not zeroed")
	}
	Unmap(nil)
}

func BenchmarkPool(b *testing.B) {
	var p Pool
	defer p.Close()
	for b.Loop() {
		p.Put(p.Get(512))
	}
}
