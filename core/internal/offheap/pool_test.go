package offheap

import (
	"bytes"
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
