// reader: random 4 KiB direct reads, and when each began and ended: the truth a recording is held against.
//
//   reader ENGINE DEPTH REQUESTS SEED DEVICE LOG
//
// ENGINE is sync (preadv2), wander (the same, each on the next CPU, so that every queue of the disk is used), uring
// (io_uring) or iopoll (io_uring with IORING_SETUP_IOPOLL; since Linux 6.1 the only way to poll for completions). Sync and
// wander have depth 1. LOG gets a line for each request, in the order they were begun: "index sector start_ns end_ns
// start_tsc end_tsc", CLOCK_MONOTONIC. No two requests read the same page, so that none is merged and a sector names one
// request.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

enum { PAGE = 4096, SECTORS = PAGE / 512, MAX_DEPTH = 128 };

struct request {
  uint64_t page, start_ns, end_ns, start_tsc, end_tsc;
};

static void die(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// The nanoseconds are read outside the ticks on both sides: the ticks' span lies inside.
static void begin(struct request *request) {
  request->start_ns = now_ns();
  request->start_tsc = __rdtsc();
}

static void end(struct request *request) {
  request->end_tsc = __rdtsc();
  request->end_ns = now_ns();
}

// REQUESTS different pages, at least two pages apart, in random order: each gets a slice of the device to itself.
static struct request *choose(uint64_t bytes, unsigned count, unsigned seed) {
  struct request *requests = calloc(count, sizeof *requests);
  uint64_t slice = bytes / PAGE / count;
  if (requests == NULL || slice < 4) {
    fprintf(stderr, "reader: the device is too small for %u requests\n", count);
    exit(1);
  }
  srandom(seed);
  for (unsigned i = 0; i < count; i++) requests[i].page = i * slice + (uint64_t)random() % (slice - 2);
  for (unsigned i = count - 1; i > 0; i--) {
    unsigned other = (unsigned)random() % (i + 1);
    uint64_t page = requests[i].page;
    requests[i].page = requests[other].page;
    requests[other].page = page;
  }
  return requests;
}

static void move_to(unsigned cpu) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(cpu, &only);
  if (sched_setaffinity(0, sizeof only, &only) < 0) die("sched_setaffinity");
}

// Over so many CPUs, one after the other; 0: wherever the kernel puts it.
static void read_sync(int file, struct request *requests, unsigned count, char *buffer, unsigned cpus) {
  struct iovec vector = {buffer, PAGE};
  for (unsigned i = 0; i < count; i++) {
    if (cpus > 0) move_to(i % cpus);
    begin(&requests[i]);
    ssize_t got = preadv2(file, &vector, 1, (off_t)(requests[i].page * PAGE), 0);
    end(&requests[i]);
    if (got != PAGE) die("preadv2");
  }
}

struct ring {
  int file;
  unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
  struct io_uring_sqe *sqes;
  struct io_uring_cqe *cqes;
};

static char *map(int file, size_t bytes, off_t what) {
  char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, file, what);
  if (at == MAP_FAILED) die("mmap of the ring");
  return at;
}

static struct ring open_ring(unsigned depth, unsigned flags) {
  struct io_uring_params params = {.flags = flags};
  int file = (int)syscall(SYS_io_uring_setup, depth, &params);
  if (file < 0) die("io_uring_setup");
  char *sq = map(file, params.sq_off.array + params.sq_entries * sizeof(unsigned), IORING_OFF_SQ_RING);
  char *cq = map(file, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
  return (struct ring){
      .file = file,
      .sq_tail = (unsigned *)(sq + params.sq_off.tail),
      .sq_mask = (unsigned *)(sq + params.sq_off.ring_mask),
      .sq_array = (unsigned *)(sq + params.sq_off.array),
      .cq_head = (unsigned *)(cq + params.cq_off.head),
      .cq_tail = (unsigned *)(cq + params.cq_off.tail),
      .cq_mask = (unsigned *)(cq + params.cq_off.ring_mask),
      .sqes = (struct io_uring_sqe *)map(file, params.sq_entries * sizeof(struct io_uring_sqe), IORING_OFF_SQES),
      .cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes),
  };
}

static void queue(struct ring *ring, int file, struct request *request, unsigned index, char *buffer) {
  unsigned tail = *ring->sq_tail, slot = tail & *ring->sq_mask;
  ring->sqes[slot] = (struct io_uring_sqe){
      .opcode = IORING_OP_READ,
      .fd = file,
      .addr = (uint64_t)(uintptr_t)buffer,
      .len = PAGE,
      .off = request->page * PAGE,
      .user_data = index,
  };
  ring->sq_array[slot] = slot;
  begin(request);
  __atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
}

// Keeps DEPTH requests in flight; one system call submits what is free again and waits for the next.
static void read_ring(int file, struct request *requests, unsigned count, char *buffers, unsigned depth, unsigned flags) {
  struct ring ring = open_ring(depth, flags);
  unsigned free_slots[MAX_DEPTH], slot_of[count], begun = 0, ended = 0, free_count = depth;
  for (unsigned i = 0; i < depth; i++) free_slots[i] = i;
  while (ended < count) {
    unsigned submit = 0;
    for (; free_count > 0 && begun < count; begun++, submit++) {
      unsigned slot = slot_of[begun] = free_slots[--free_count];
      queue(&ring, file, &requests[begun], begun, buffers + (size_t)slot * PAGE);
    }
    if (syscall(SYS_io_uring_enter, ring.file, submit, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0 && errno != EINTR)
      die("io_uring_enter");
    unsigned head = *ring.cq_head;
    for (; head != __atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE); head++, ended++) {
      struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];
      end(&requests[cqe->user_data]);
      if (cqe->res != PAGE) {
        errno = cqe->res < 0 ? -cqe->res : EIO;
        die("read through the ring");
      }
      free_slots[free_count++] = slot_of[cqe->user_data];
    }
    __atomic_store_n(ring.cq_head, head, __ATOMIC_RELEASE);
  }
}

static void write_log(const char *path, const struct request *requests, unsigned count) {
  FILE *log = fopen(path, "w");
  if (log == NULL) die(path);
  for (unsigned i = 0; i < count; i++)
    fprintf(log, "%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", i, requests[i].page * SECTORS,
            requests[i].start_ns, requests[i].end_ns, requests[i].start_tsc, requests[i].end_tsc);
  if (fclose(log) != 0) die(path);
}

int main(int argc, char **argv) {
  if (argc != 7) {
    fputs("usage: reader sync|wander|uring|iopoll DEPTH REQUESTS SEED DEVICE LOG\n", stderr);
    return 2;
  }
  const char *engine = argv[1], *device = argv[5];
  unsigned depth = (unsigned)atoi(argv[2]), count = (unsigned)atoi(argv[3]);
  unsigned cpus = strcmp(engine, "wander") == 0 ? (unsigned)sysconf(_SC_NPROCESSORS_ONLN) : 0;
  int is_sync = cpus > 0 || strcmp(engine, "sync") == 0;
  if (depth < 1 || depth > MAX_DEPTH || count < 1 || (is_sync && depth > 1)) {
    fputs("reader: depth 1 to 128 (sync, wander: 1), at least one request\n", stderr);
    return 2;
  }
  int file = open(device, O_RDONLY | O_DIRECT);
  if (file < 0) die(device);
  uint64_t bytes;
  if (ioctl(file, BLKGETSIZE64, &bytes) < 0) die(device);
  struct request *requests = choose(bytes, count, (unsigned)atoi(argv[4]));
  char *buffers = aligned_alloc(PAGE, (size_t)depth * PAGE);
  if (buffers == NULL) die("aligned_alloc");
  memset(buffers, 0, (size_t)depth * PAGE);
  if (is_sync) read_sync(file, requests, count, buffers, cpus);
  else read_ring(file, requests, count, buffers, depth, strcmp(engine, "iopoll") == 0 ? IORING_SETUP_IOPOLL : 0);
  write_log(argv[6], requests, count);
  return 0;
}
