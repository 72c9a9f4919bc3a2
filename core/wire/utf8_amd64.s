//go:build !purego && !race

// UTF-8 validation with AVX2 (RFC 3629 §4): the vector twin of nextPlain, called by utf8Vector only; utf8_amd64.go explains the tables.

#include "textflag.h"

// A code point is unfinished at the end of 32 bytes when one of the last three is above these.
DATA utf8Last<>+0(SB)/8, $0xFFFFFFFFFFFFFFFF
DATA utf8Last<>+8(SB)/8, $0xFFFFFFFFFFFFFFFF
DATA utf8Last<>+16(SB)/8, $0xFFFFFFFFFFFFFFFF
DATA utf8Last<>+24(SB)/8, $0xBFDFEFFFFFFFFFFF
GLOBL utf8Last<>(SB), RODATA|NOPTR, $32

// What every byte is compared with: low nibbles, E0-80, F0-80, the bit of the second and third tail.
DATA utf8Bytes<>+0(SB)/4, $0x8070600F
GLOBL utf8Bytes<>(SB), RODATA|NOPTR, $4

// CHECK adds the errors in the 32 bytes of IN, which follow those of PREV, to Y7. It uses Y2, Y3 and Y4.
//
// Y4: the bits of the rules that are broken by each byte and the one before it: those that the high nibble of the first,
// its low nibble and the high nibble of the second have in common.
// Y3: bit 7 where the byte two before is E0 or more, or the byte three before F0 or more, so where the rule of bit 7, no tail
// after a tail, must be broken. Where only one of both holds, there is an error.
#define CHECK(IN, PREV) \
	VPERM2I128 $0x21, IN, PREV, Y2 \
	VPALIGNR   $15, Y2, IN, Y3     \
	VPSRLW     $4, Y3, Y4          \
	VPAND      Y12, Y4, Y4         \
	VPAND      Y12, Y3, Y3         \
	VPSHUFB    Y4, Y15, Y4         \
	VPSHUFB    Y3, Y14, Y3         \
	VPAND      Y3, Y4, Y4          \
	VPSRLW     $4, IN, Y3          \
	VPAND      Y12, Y3, Y3         \
	VPSHUFB    Y3, Y13, Y3         \
	VPAND      Y3, Y4, Y4          \
	VPALIGNR   $14, Y2, IN, Y3     \
	VPALIGNR   $13, Y2, IN, Y2     \
	VPSUBUSB   Y11, Y3, Y3         \
	VPSUBUSB   Y10, Y2, Y2         \
	VPOR       Y2, Y3, Y3          \
	VPAND      Y9, Y3, Y3          \
	VPXOR      Y4, Y3, Y3          \
	VPOR       Y3, Y7, Y7

// func utf8AVX2(p *byte, n int, rules *[3][16]uint8) int
//
// It looks at 64 bytes at a time, from a code point's start on, and returns how many bytes of p come before the first 64
// that show an error, or before the last n modulo 64.
TEXT ·utf8AVX2(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	MOVQ rules+16(FP), AX

	VBROADCASTI128 (AX), Y15
	VBROADCASTI128 16(AX), Y14
	VBROADCASTI128 32(AX), Y13
	VPBROADCASTB   utf8Bytes<>+0(SB), Y12
	VPBROADCASTB   utf8Bytes<>+1(SB), Y11
	VPBROADCASTB   utf8Bytes<>+2(SB), Y10
	VPBROADCASTB   utf8Bytes<>+3(SB), Y9
	VMOVDQU        utf8Last<>(SB), Y8
	VPXOR          Y7, Y7, Y7           // Y7: errors
	VPXOR          Y6, Y6, Y6           // Y6: the 32 bytes before
	VPXOR          Y5, Y5, Y5           // Y5: not zero when they end inside a code point
	XORQ           DX, DX               // DX: the bytes looked at

	SUBQ $64, CX
	JB   done

	PCALIGN $32
loop:
	VMOVDQU   (SI)(DX*1), Y0
	VMOVDQU   32(SI)(DX*1), Y1
	VPOR      Y0, Y1, Y2
	VPMOVMSKB Y2, BX
	TESTL     BX, BX
	JZ        ascii

	CHECK(Y0, Y6)
	CHECK(Y1, Y0)
	VPTEST   Y7, Y7
	JNZ      done
	VPSUBUSB Y8, Y1, Y5
	VMOVDQA  Y1, Y6
	ADDQ     $64, DX
	CMPQ     DX, CX
	JBE      loop
	JMP      done

ascii:
	VPTEST  Y5, Y5
	JNZ     done
	VMOVDQA Y1, Y6
	ADDQ    $64, DX
	CMPQ    DX, CX
	JBE     loop

done:
	MOVQ DX, ret+24(FP)
	VZEROUPPER
	RET
