/**
 * Records with bpftrace: a flight recorder. Events are stored in maps while it runs and printed when it ends, so nothing
 * is written to any disk meanwhile, and memory is bounded by what the maps may hold. It stores from when it is
 * attached; what came before `on` is in no request.
 */
import { stat, writeFile } from 'node:fs/promises';
import { cpus, freemem } from 'node:os';
import { join } from 'node:path';
import { bpftraceJson } from '../../../parsers/bpftrace-json.ts';
import type { PassEnd, Recorded, RecordedStream, Setting, Tracer, TracerPlan } from '../tracer.ts';
import { pointMissing, pointName } from '../wanted-point.ts';
import { askBpftrace, type BpftraceHost } from './bpftrace-host.ts';
import { type ChosenBlock, chooseBlocks, composeScript } from './compose-script.ts';
import { RunningScript } from './running-script.ts';
import { scriptLibrary } from './script-library.ts';

/** Bytes of kernel memory that one element of a map takes: key, up to six values, and the hash table's own. */
const ELEMENT_BYTES = 160;
/** It prints some 100,000 elements a second. */
const PRINT_MS = 120_000;
/** How often a probe that cannot be attached after all is left out. */
const MOST_TRIES = 8;

/** A tracer that has touched nothing yet. */
export function bpftraceTracer(plan: TracerPlan): Tracer {
  return new BpftraceTracer(plan);
}

class BpftraceTracer implements Tracer {
  readonly #plan: TracerPlan;
  readonly #file: string;
  readonly #script: RunningScript;
  readonly #notes: string[] = [];

  constructor(plan: TracerPlan) {
    this.#plan = plan;
    this.#file = join(plan.folder, `${plan.machine}-bpftrace.json`);
    this.#script = new RunningScript({
      output: this.#file,
      name: plan.name,
      printMs: PRINT_MS,
      hints: {
        refused: 'It needs root, BPF in the kernel, and no lockdown. Without it: --tracer tracefs.',
        stuck: 'Record for a shorter time, or with --tracer tracefs.',
      },
    });
  }

  async prepare(setting: Setting): Promise<readonly string[]> {
    const { points, files } = this.#plan;
    const library = await scriptLibrary();
    const host = await askBpftrace(
      files,
      library.map(({ probe }) => probe),
    );
    let { chosen, missing } = chooseBlocks(points, library, host);
    const required = missing.find((point) => point.required === true);
    if (required !== undefined) throw pointMissing(required);
    const refused: string[] = [];
    for (let attempt = 0; ; attempt++) {
      const wrong = await this.#start(chosen, setting, host);
      if (wrong === undefined) break;
      if (wrong.point.required === true || attempt === MOST_TRIES) throw this.#script.refused();
      chosen = chosen.filter((each) => each !== wrong);
      refused.push(pointName(wrong.point));
    }
    this.#notes.push(
      `recorded by ${host.version.replace(/^bpftrace v?/, 'bpftrace ')}: ${scriptsOf(chosen)}`,
    );
    return [...missing.map(pointName), ...refused];
  }

  async on(): Promise<void> {
    await this.#script.check();
  }

  async pass(): Promise<PassEnd> {
    return this.#script.pass();
  }

  async lostSoFar(): Promise<number | undefined> {
    // What a full map refused shows only at the end.
    return this.#script.missedSoFar();
  }

  async off(): Promise<void> {
    await this.#script.end();
  }

  async collect(): Promise<Recorded> {
    const { size } = await stat(this.#file);
    const stream: RecordedStream = {
      name: `${this.#plan.machine}-bpftrace.json`,
      machine: this.#plan.machine,
      format: bpftraceJson.name,
      file: this.#file,
      bytes: size,
      // What the programs that ran have counted is in the stream.
      counts: { delivered: undefined, lost: this.#script.missed ?? 0 },
    };
    return {
      streams: [stream],
      lostElsewhere: 0,
      readings: [],
      notes: [...this.#notes, ...this.#missedNote()],
    };
  }

  #missedNote(): string[] {
    const { missed } = this.#script;
    if (missed === 0) return [];
    if (missed === undefined)
      return ['bpftrace: this kernel does not tell how many hits nested programs missed'];
    return [`bpftrace: ${missed} hits came while another BPF program ran on their CPU, and were missed`];
  }

  async undo(): Promise<void> {
    await this.#script.kill();
  }

  /** Runs the script until it is attached; the block that keeps it from that, if it is one. */
  async #start(
    chosen: readonly ChosenBlock[],
    { tasks, watchdog }: Setting,
    host: BpftraceHost,
  ): Promise<ChosenBlock | undefined> {
    const script = composeScript(chosen, tasks, host);
    const path = join(this.#plan.folder, `${this.#plan.machine}-bpftrace.bt`);
    await writeFile(path, script, { mode: 0o600 });
    const keys = keysFor(new Set(chosen.map(({ block }) => block.map)).size, this.#plan.bufferKib);
    if (await this.#script.start([path], host, keys, watchdog)) return undefined;
    const wrong = culprit(this.#script.complaints, script, chosen);
    if (wrong === undefined) throw this.#script.refused();
    return wrong;
  }
}

/** Elements a map may hold, so that all maps together take what the buffers of the other tracers would, at least 64 MiB. */
function keysFor(maps: number, bufferKib: number): number {
  const asked = Math.max(bufferKib * 1024 * cpus().length * 2, 64 * 1024 ** 2);
  return Math.floor(Math.min(asked, freemem() / 8) / maps / ELEMENT_BYTES);
}

/**
 * The block an error is about. bpftrace says where:
 *   host.bt:12-14: ERROR: tracepoint not found: nvme:nvme_sq        host.bt:7:20-31: ERROR: …
 *   ERROR: Error attaching probe: kprobe:nvme_irq
 */
function culprit(said: string, script: string, chosen: readonly ChosenBlock[]): ChosenBlock | undefined {
  const attaching = /attaching probe: '?([^'\s]+)/.exec(said)?.[1];
  if (attaching !== undefined) return chosen.find(({ probe }) => probe === attaching);
  const line = /\.bt:(\d+)[-:][\d-:]*: ERROR/.exec(said)?.[1];
  if (line === undefined) return undefined;
  const lines = script.split('\n');
  return chosen.find(({ probe }) => {
    const at = lines.findIndex((each) => each === probe || each.startsWith(`${probe} /`)) + 1;
    return at === Number(line) || at + 1 === Number(line);
  });
}

function scriptsOf(chosen: readonly ChosenBlock[]): string {
  return [...new Set(chosen.map(({ block }) => block.script))].sort().join(', ');
}
