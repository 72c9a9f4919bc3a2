// Ids lead to their loop, and to none once it is gone.

package core

import (
	"testing"

	"golang.org/x/sys/unix"
)

// adoptHalf adopts one end of a fresh pair of sockets.
func adoptHalf(t *testing.T, l *Loop, role Role) ConnID {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fds[1]) })
	id, err := l.Adopt(fds[0], role, nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func freshLoop(t *testing.T) *Loop {
	t.Helper()
	l, err := NewLoop(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A loop that gets the number of an earlier one does not take the earlier one's ids for its own.
func TestIDsOfAnEarlierLoopStayStale(t *testing.T) {
	earlier := freshLoop(t)
	number := earlier.Number()
	stale := adoptHalf(t, earlier, RoleServer)
	if err := earlier.Close(); err != nil {
		t.Fatal(err)
	}
	loopNumbers.Lock()
	loopNumbers.last = (number - 1) & loopMask
	loopNumbers.Unlock()
	later := freshLoop(t)
	if later.Number() != number {
		t.Skipf("a loop of another test took number %d", number)
	}
	fresh := adoptHalf(t, later, RoleServer)
	if fresh == stale {
		t.Fatal("the same id names two connections")
	}
	_, err := later.Send(stale, OpText, []byte("x"))
	wantCode(t, err, CodeClosed)
	if state, err := later.ConnState(stale); state != StateClosed || err != nil {
		t.Errorf("a stale id is %v, %v", state, err)
	}
	if state, err := later.ConnState(fresh); state != StateOpen || err != nil {
		t.Errorf("a fresh id is %v, %v", state, err)
	}
	_, err = later.ConnState(fresh + 1<<genShift)
	wantCode(t, err, CodeHandle)
}

func TestLoopNumbersAreNotShared(t *testing.T) {
	a, b := freshLoop(t), freshLoop(t)
	if a.Number() == b.Number() {
		t.Fatalf("both loops have number %d", a.Number())
	}
	id := adoptHalf(t, a, RoleClient)
	if number, ok := id.LoopNumber(); !ok || number != a.Number() {
		t.Errorf("the id says loop %d, %v; it is %d's", number, ok, a.Number())
	}
	_, err := b.Send(id, OpText, []byte("x"))
	wantCode(t, err, CodeHandle)
	for _, foreign := range []ConnID{0, 1, -1, 1 << 62} {
		if _, ok := foreign.LoopNumber(); ok {
			t.Errorf("%d is taken for an id", foreign)
		}
	}
}

func TestRolesAndOptionsOfConnections(t *testing.T) {
	l := freshLoop(t)
	server, client := adoptHalf(t, l, RoleServer), adoptHalf(t, l, RoleClient)
	if role, err := l.Role(server); role != RoleServer || err != nil {
		t.Errorf("%v, %v", role, err)
	}
	if role, err := l.Role(client); role != RoleClient || err != nil {
		t.Errorf("%v, %v", role, err)
	}
	if err := l.SetConnOption(server, OptQueueBytes, 2048); err != nil {
		t.Fatal(err)
	}
	if err := l.SetConnOption(server, OptQueuePolicy, int64(QueueConflate)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct {
		id    ConnID
		o     Option
		value int64
	}{{server, OptQueueBytes, 2048}, {server, OptQueuePolicy, int64(QueueConflate)}, {client, OptQueueBytes, 1 << 20}, {client, OptQueuePolicy, 0}} {
		if got, err := l.ConnOption(want.id, want.o); got != want.value || err != nil {
			t.Errorf("option %d: %d, %v; want %d", want.o, got, err, want.value)
		}
	}
	for _, bad := range []struct {
		o Option
		v int64
	}{{OptQueueBytes, 0}, {OptQueueBytes, -1}, {OptQueuePolicy, int64(queuePolicies)}, {OptMaxFrameBytes, 1}, {999, 1}} {
		wantCode(t, l.SetConnOption(server, bad.o, bad.v), CodeOption)
	}
}

// A batch is handed over as it lies in memory, so a length may be invented.
func TestInventedLengthsInABatch(t *testing.T) {
	l := freshLoop(t)
	id := adoptHalf(t, l, RoleServer)
	batch := []LoopSend{
		{Conn: id, Op: int64(OpBinary), Data: 1, Size: 1 << 62},
		{Conn: id, Op: int64(OpBinary), Data: 1, Size: -1},
		{Conn: id, Op: int64(OpBinary), Size: 1},
		{Conn: id, Op: int64(OpPing)},
		{Conn: id, Op: int64(OpBinary)},
	}
	failed, err := l.SendBatch(batch)
	if failed != 4 || err != nil {
		t.Fatalf("%d failed, %v", failed, err)
	}
	for i, want := range []ErrorCode{CodeTooLarge, CodeArgument, CodeArgument, CodeArgument, 0} {
		if batch[i].Error != want || (want != 0) != (batch[i].Result == -1) {
			t.Errorf("entry %d: %d, %d; want %d", i, batch[i].Error, batch[i].Result, want)
		}
	}
}

// Two threads that change different options of a connection do not undo each other's.
func TestLoopConnOptionsFromTwoThreads(t *testing.T) {
	l := newTestLoop(t, LoopOptions{})
	id, _ := l.open()
	const rounds = 500_000
	other := async(func() error {
		for i := range int64(rounds) {
			if err := l.SetConnOption(id, OptQueuePolicy, i%int64(queuePolicies)); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range int64(rounds) {
		want := (1 + i%100) << 10
		if err := l.SetConnOption(id, OptQueueBytes, want); err != nil {
			t.Fatal(err)
		}
		if got, err := l.ConnOption(id, OptQueueBytes); got != want || err != nil {
			t.Fatalf("round %d: %d bytes, want %d, %v", i, got, want, err)
		}
	}
	if err := await(t, other, "the other thread"); err != nil {
		t.Fatal(err)
	}
}
