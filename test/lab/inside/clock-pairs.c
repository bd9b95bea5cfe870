// clock-pairs: readings of CLOCK_MONOTONIC between two readings of the TSC, the narrowest of 2,000.
// Prints "ns TSC-before TSC-after": at some tick between the two the clock stood at ns.
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

int main(void) {
  uint64_t best = 0, from = 0, to = UINT64_MAX;
  for (int attempt = 0; attempt < 2000; attempt++) {
    struct timespec now;
    uint64_t before = __rdtsc();
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t after = __rdtsc();
    if (after - before >= to - from) continue;
    best = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    from = before;
    to = after;
  }
  printf("%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", best, from, to);
  return 0;
}
