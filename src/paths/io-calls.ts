/**
 * System calls that carry an application's I/O, by their names in the kernel's syscalls events: a request begins with
 * one and ends with its return. A kernel or an architecture may lack some.
 */
export const IO_CALLS: readonly string[] = [
  'read',
  'write',
  'pread64',
  'pwrite64',
  'preadv',
  'pwritev',
  'preadv2',
  'pwritev2',
  'io_submit',
  'io_getevents',
  'io_pgetevents',
  'io_uring_enter',
];
