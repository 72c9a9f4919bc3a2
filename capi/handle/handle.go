// Package handle gives Go objects numbers that C can hold, and finds them again: O(1), without a lock, checked every time. A
// number is never given out twice, so a stale one is known as stale for ever and never finds another object.
package handle

// Kind says what an object is. It is part of the number, so that a number of one kind is foreign to the others.
type Kind uint8

// A number is 0 | kind (4 bits) | generation (35 bits) | slot (24 bits): always > 0, and never a small number, since kinds
// start at 1.
const (
	slotBits       = 24
	generationBits = 35
	kindBits       = 4

	maxSlots      = 1 << slotBits
	maxGeneration = 1<<generationBits - 1
	maxKind       = 1<<kindBits - 1
)

func pack(kind Kind, generation uint64, slot uint32) int64 {
	return int64(uint64(kind)<<(slotBits+generationBits) | generation<<slotBits | uint64(slot))
}

// KindOf returns the kind in a number, which may be an invented one.
func KindOf(number int64) Kind {
	if number < 0 {
		return 0
	}
	return Kind(number >> (slotBits + generationBits))
}

// SlotOf returns the slot in a number: small, and unlike that of any other live number of the table.
func SlotOf(number int64) uint32 { return uint32(number) & (maxSlots - 1) }

func generationOf(number int64) uint64 { return uint64(number) >> slotBits & maxGeneration }
