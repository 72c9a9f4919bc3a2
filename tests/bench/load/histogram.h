/* Latencies in nanoseconds, counted in buckets 3% wide, so that recording one costs a few instructions. */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

struct histogram {
    uint64_t buckets[64 * 32], count;
    int64_t largest;
};

static inline void histogram_add(struct histogram *h, int64_t ns) {
    uint64_t value = ns < 0 ? 0 : (uint64_t)ns;
    int shift = value < 32 ? 0 : 58 - __builtin_clzll(value); /* keeps the 6 leading bits: 32 buckets to each power of two */
    h->buckets[(unsigned)shift * 32 + (unsigned)(value >> shift)]++;
    h->count++;
    if (ns > h->largest) h->largest = ns;
}

/* Microseconds at or under which a share of the latencies lies: the upper edge of its bucket. */
static inline double histogram_us(const struct histogram *h, double share) {
    uint64_t wanted = (uint64_t)(share * (double)h->count), seen = 0;
    for (unsigned i = 0; i < 64 * 32; i++) {
        seen += h->buckets[i];
        if (seen > wanted) {
            unsigned shift = i < 64 ? 0 : i / 32 - 1;
            double edge = (double)(((uint64_t)(i - shift * 32) + 1) << shift);
            return (edge < (double)h->largest ? edge : (double)h->largest) / 1e3;
        }
    }
    return (double)h->largest / 1e3;
}

#endif
