import { blkparse } from './blkparse.ts';
import { blktrace } from './blktrace.ts';
import { bpftraceJson } from './bpftrace-json.ts';
import { bpftraceText } from './bpftrace-text.ts';
import type { Format } from './format.ts';
import { ftraceText } from './ftrace-text.ts';
import { iotraceEvents } from './iotrace-events.ts';
import { perfData } from './perf-data.ts';
import { perfScript } from './perf-script.ts';
import { qemuSimpleTrace } from './qemu-simple-trace.ts';
import { qemuTraceLog } from './qemu-trace-log.ts';
import { spdkTrace } from './spdk-trace.ts';

/** The readable formats, in the order in which they are tried on the beginning of a stream. */
export const FORMATS: readonly Format[] = [
  perfData,
  qemuSimpleTrace,
  blktrace,
  iotraceEvents,
  ftraceText,
  perfScript,
  blkparse,
  qemuTraceLog,
  bpftraceJson,
  bpftraceText,
  spdkTrace,
];
