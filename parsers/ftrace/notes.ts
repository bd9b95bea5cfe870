/**
 * Lines that are not events: the header, losses, and remarks.
 *
 *   # entries-in-buffer/entries-written: 49430/49430   #P:4         (kernel/trace/trace.c)
 *   CPU:3 [LOST 12 EVENTS]          CPU:3 [LOST EVENTS]             (kernel/trace/trace.c)
 *   CPU:1 [12 EVENTS DROPPED]       CPU:1 [EVENTS DROPPED]          (trace-cmd)
 *   cpus=4                                                          (trace-cmd, first line)
 */
import { ascii, type ByteCursor } from '../byte-cursor.ts';
import type { EventSink } from '../event-sink.ts';

const ENTRIES = ascii('# entries-in-buffer/entries-written: ');
const PROCESSORS = ascii('#P:');
const LATENCY = ascii('# latency: ');
const CPUS = ascii('cpus=');
const CPU_LOSS = ascii('CPU:');
const LOST = ascii('LOST ');
const EVENTS = ascii('EVENTS');
const DROPPED = ascii(' DROPPED');
/** CONFIG_NR_CPUS can be 8192 at most. */
const MAX_CPUS = 8192;
const SLASH = 0x2f;
const SPACE = 0x20;
const TAB = 0x09;
const BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** `##### CPU 2 buffer started ####`, `CPU 2 is empty`, `CPU:2 [SUBBUFFER START]`, and lines of a kernel stack trace. */
const REMARKS = ['#', 'version = ', ' => ', '=> '].map(ascii);
const CPU_REMARK = ascii('CPU ');
const IS_EMPTY = ascii(' is empty');
const SUBBUFFER = ascii('SUBBUFFER START]');

/** Reads those lines, and keeps what they say of the whole stream. */
export class Notes {
  /** Events the stream claims to hold, and to have lost to overwriting; sums, should several traces be in one stream. */
  claimed: number | undefined;
  overwritten: number | undefined;
  cpus: number | undefined;
  /** The header says that the events are printed in the latency format, without a time. */
  latencyFormat = false;
  private readonly sink: EventSink;

  constructor(sink: EventSink) {
    this.sink = sink;
  }

  /** Takes note of the rest of a line. False if it is none of these; the cursor may have moved. */
  read(line: ByteCursor): boolean {
    if (line.skipText(ENTRIES)) this.readEntries(line);
    else if (line.skipText(LATENCY)) this.latencyFormat = true;
    else if (line.skipText(CPUS)) return this.readCpus(line) && line.at === line.end;
    else if (line.skipText(CPU_LOSS)) return this.readLoss(line);
    else if (line.skipText(CPU_REMARK)) return line.decimal() >= 0 && line.skipText(IS_EMPTY);
    else return isBlank(line) || REMARKS.some((text) => line.skipText(text));
    return true;
  }

  private readEntries(line: ByteCursor): void {
    const held = line.decimal();
    if (held < 0 || !line.skip(SLASH)) return;
    const written = line.decimal();
    if (written < held || !Number.isSafeInteger(written)) return;
    this.claimed = (this.claimed ?? 0) + held;
    this.overwritten = (this.overwritten ?? 0) + written - held;
    if (line.skipPastText(PROCESSORS)) this.readCpus(line);
  }

  private readCpus(line: ByteCursor): boolean {
    const count = line.decimal();
    if (count < 0 || count > MAX_CPUS) return false;
    this.cpus = Math.max(this.cpus ?? 0, count);
    return true;
  }

  private readLoss(line: ByteCursor): boolean {
    const cpu = line.decimal();
    if (cpu < 0 || cpu > MAX_CPUS || !line.skip(SPACE) || !line.skip(BRACKET)) return false;
    if (line.skipText(SUBBUFFER)) return true;
    const lost = line.skipText(LOST);
    const count = line.decimal();
    if ((count >= 0 && !line.skip(SPACE)) || count > Number.MAX_SAFE_INTEGER || !line.skipText(EVENTS))
      return false;
    if ((!lost && !line.skipText(DROPPED)) || !line.skip(CLOSE_BRACKET) || line.at !== line.end) return false;
    this.sink.lost(cpu, count < 0 ? undefined : count);
    return true;
  }
}

function isBlank({ bytes, at, end }: ByteCursor): boolean {
  for (let i = at; i < end; i += 1) if (bytes[i] !== SPACE && bytes[i] !== TAB) return false;
  return true;
}
