/**
 * Text of the kernel's own tracer: the tracefs files `trace` and `trace_pipe`, and what `trace-cmd report` prints.
 *
 *   # entries-in-buffer/entries-written: 49430/49430   #P:4
 *          CPU 0/KVM-8109    (   8098) [003]  3000483527813: kvm_inj_virq: IRQ 0xec
 *             qd1-151     [000] d.h1.    38.875870: vring_interrupt: (vring_interrupt+0x0/0xd0 [virtio_ring]) irq=25
 *   CPU:3 [LOST 12 EVENTS]
 *
 * Written by kernel/trace/trace.c and trace_output.c, and trace-cmd's tracecmd/trace-read.c. Times of a clock are
 * rounded to the nearest microsecond (trace.c `ns2usecs`) unless trace-cmd printed nine digits; a counter is exact.
 */
import type { BlockNotes, BlockReader, StreamReader, StreamState } from './block-format.ts';
import type { EventSink } from './event-sink.ts';
import type { Format, ParseReport } from './format.ts';
import { FtraceReader, type FtraceState } from './ftrace/line-reader.ts';
import { looksLikeFtrace } from './ftrace/sniff.ts';
import { LineScanner } from './line-scanner.ts';

export { FTRACE_REJECTS } from './ftrace/line-reader.ts';

/** Reads tracefs and trace-cmd text. */
export const ftraceText: Format = {
  name: 'tracefs text',
  sniff: looksLikeFtrace,
  async parse(chunks, sink) {
    const reader = new FtraceStream(sink);
    for await (const chunk of chunks) reader.push(chunk);
    return reader.finish();
  },
  blocks: {
    name: 'tracefs text',
    streamReader: (sink) => new FtraceStream(sink),
    blockReader: (sink, state) => new FtraceBlocks(sink, state),
  },
};

class FtraceStream implements StreamReader {
  private readonly reader: FtraceReader;
  private readonly scanner: LineScanner;

  constructor(sink: EventSink) {
    this.reader = new FtraceReader(sink);
    this.scanner = new LineScanner(this.reader);
  }

  get line(): number {
    return this.scanner.number;
  }

  push(bytes: Uint8Array): void {
    this.scanner.push(bytes);
  }

  state(): StreamState | undefined {
    return this.reader.digits < 0 ? undefined : { ...this.reader.state() };
  }

  takeRest(): Uint8Array | undefined {
    return this.scanner.takeHeld();
  }

  join({ lines, events, unused, lastTicks }: BlockNotes, bytes: number): void {
    this.scanner.number += lines;
    this.scanner.offset += bytes;
    this.reader.events += events;
    this.reader.unused += unused;
    if (lastTicks >= 0) this.reader.lastTicks = lastTicks;
  }

  task(tid: number, comm: string, tgid: number | undefined): void {
    this.reader.tasks.tell(tid, comm, tgid);
  }

  finish(): ParseReport {
    this.scanner.finish();
    return this.reader.report();
  }
}

class FtraceBlocks implements BlockReader {
  private readonly reader: FtraceReader;
  private readonly scanner: LineScanner;
  /** The state, as text to compare. */
  private readonly from: string;

  constructor(sink: EventSink, state: StreamState) {
    this.reader = new FtraceReader(sink);
    this.reader.resume(state as unknown as FtraceState);
    this.scanner = new LineScanner(this.reader);
    this.from = JSON.stringify(this.reader.state());
  }

  read(lines: readonly Uint8Array[], offset: number): BlockNotes {
    const { reader, scanner } = this;
    scanner.offset = offset;
    scanner.number = 1;
    reader.events = 0;
    reader.unused = 0;
    reader.lastTicks = -1;
    for (const part of lines) scanner.push(part);
    const { events, unused, lastTicks } = reader;
    const holds = JSON.stringify(reader.state()) === this.from;
    return { holds, lines: scanner.number - 1, events, unused, lastTicks };
  }
}
