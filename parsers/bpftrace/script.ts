/**
 * Learns from a bpftrace script what the map elements of its recording mean. Only this form is understood, one probe
 * to each block; blocks of any other form are skipped:
 *   tracepoint:kvm:kvm_exit /pid==$1/ { @e[nsecs(monotonic), (uint64)cpu] = ((uint64)1, (uint64)tid, (uint64)args.exit_reason); }
 *   probe                    filter     map  time            CPU               id          thread       values
 * Values are called after the last name in their expression (`args->ctx->id` is `id`). No part of it is ever run.
 */
import { kindByName } from '../event-kinds.ts';
import type { ClockId } from '../format.ts';
import { type KnownEvent, type KnownEvents, kindByScriptName, NO_EVENTS } from './known-events.ts';

/** Scripts and blocks longer than this are not of the form. */
const MAX_SCRIPT = 256 * 1024;
const MAX_BLOCK = 1024;

const CAST = String.raw`(?:\(\s*u?int\d+\s*\)\s*)?`;
const PROBE = String.raw`^[ \t]*((?:tracepoint|rawtracepoint|kprobe|kretprobe|kfunc|kretfunc|fentry|fexit|uprobe|usdt):[\w./:+-]+)`;
const BLOCK = new RegExp(String.raw`${PROBE}[ \t]*(?:/[^\n{]*/)?\s*\{([^{}]*)\}`, 'gm');
const STORE = new RegExp(
  String.raw`@\w+\[\s*nsecs(?:\((\w+)\))?\s*,\s*${CAST}cpu\s*\]\s*=\s*\(\s*${CAST}(\d{1,9})\s*,\s*${CAST}tid\b([^;]*)\)\s*;`,
);

const CLOCKS: ReadonlyMap<string, ClockId> = new Map([
  ['monotonic', 'mono'],
  ['boot', 'boot'],
  ['tai', 'tai'],
]);

/** The clock that bpftrace reads for nsecs(name); without a name it is CLOCK_BOOTTIME, in all versions. */
export function nsecsClock(name: string | undefined): ClockId | undefined {
  return name === undefined ? 'boot' : CLOCKS.get(name);
}

/** What the script says; nothing where it has no block of the form above, or where its probes use several clocks. */
export function readScript(script: string): KnownEvents {
  if (script.length > MAX_SCRIPT) return NO_EVENTS;
  const byId = new Map<number, KnownEvent>();
  const clocks = new Set<ClockId | undefined>();
  for (const [, probe, body] of withoutComments(script).matchAll(BLOCK)) {
    const store = body!.length > MAX_BLOCK ? null : STORE.exec(body!);
    if (store === null) continue;
    const [, clock, id, values] = store;
    clocks.add(nsecsClock(clock));
    const event = { kind: probeKind(probe!), fields: splitValues(values!).map(fieldName) };
    const earlier = byId.get(Number(id));
    // one id for two events could be either: known, and of no use
    byId.set(
      Number(id),
      earlier === undefined || earlier.kind === event.kind ? event : { kind: undefined, fields: [] },
    );
  }
  if (clocks.size > 1) return NO_EVENTS;
  return { clock: [...clocks][0], byId, byName: new Map() };
}

/** Line and block comments out; a script of this form has no strings that could hold one. */
function withoutComments(script: string): string {
  let code = '';
  for (let at = 0; ; ) {
    const open = script.slice(at).search(/\/[*/]/);
    if (open < 0) return code + script.slice(at);
    code += script.slice(at, at + open);
    const isBlock = script[at + open + 1] === '*';
    const close = script.indexOf(isBlock ? '*/' : '\n', at + open + 2);
    if (close < 0) return code;
    at = isBlock ? close + 2 : close;
  }
}

/** `tracepoint:kvm:kvm_exit` → kvm_exit; a return probe → the kind whose name ends with _ret, if there is one. */
function probeKind(probe: string) {
  const parts = probe.split(':');
  const name = parts.at(-1)!.replace(/\+.*$/, '');
  if (/^(?:kretprobe|kretfunc|fexit)$/.test(parts[0]!)) return kindByName(`${name}_ret`);
  return kindByScriptName(name);
}

/** `, (uint64)args.a, f(b, c)` → ['(uint64)args.a', 'f(b, c)'] */
function splitValues(text: string): readonly string[] {
  const values: string[] = [];
  let depth = 0;
  let value = '';
  for (const char of text.replace(/^\s*,/, '')) {
    if (char === '(' || char === '[') depth++;
    if (char === ')' || char === ']') depth--;
    if (char === ',' && depth === 0) {
      values.push(value);
      value = '';
    } else value += char;
  }
  return text.trim() === '' ? [] : [...values, value];
}

/** The last name of an expression: `((struct x *)args.iocb->private_data)->id` → id; '' for a number. */
function fieldName(expression: string): string {
  return /([A-Za-z_]\w*)(?:\s*\[\s*0\s*\])?\s*\)*\s*$/.exec(expression)?.[1] ?? '';
}
