/**
 * The scripts in bpf/, taken apart. A script is a header in a comment, a BEGIN block that prints what the events are, and
 * blocks of two lines, a probe and what it stores:
 *
 *     printf("# iotrace events clock=boot 11=block_rq_issue:dev,sector,nr_sector,rwbs\n");
 *
 *     tracepoint:block:block_rq_issue
 *     { @fired[11] = count(); @rq[nsecs, (uint64)cpu] = ((uint64)11, (uint64)tid, (uint64)args->dev, …); }
 *
 * They are ours and part of the package; that they have this form is tested.
 */

/** One probe of a script. */
export interface ScriptBlock {
  /** Name of the script, without .bt. */
  readonly script: string;
  /** Number of the event in the map, and what its values are called. */
  readonly id: number;
  readonly event: string;
  readonly fields: readonly string[];
  /** `tracepoint:block:block_rq_issue`, `kfunc:aio_complete_rw`, `uprobe:/usr/bin/qemu-system-x86_64:virtqueue_pop` */
  readonly probe: string;
  readonly body: string;
  /** Map it stores into: `@rq`. */
  readonly map: string;
}

const EVENT = /(\d+)=(\w+)(?::([\w,]*))?/g;
const BLOCK = /^((?:tracepoint|kprobe|kfunc|uprobe):\S+)\n(\{ @fired\[(\d+)\] = count\(\); (@\w+)\[.*\})$/gm;

/** The blocks of a script, in its order. */
export function readBlocks(script: string, text: string): ScriptBlock[] {
  const events = new Map<number, { event: string; fields: readonly string[] }>();
  for (const [, words] of text.matchAll(/# iotrace events clock=\w+ (.*)\\n"/g))
    for (const [, id, event, fields] of words!.matchAll(EVENT))
      events.set(Number(id), { event: event!, fields: fields === undefined ? [] : fields.split(',') });
  return [...text.matchAll(BLOCK)].flatMap(([, probe, body, id, map]) => {
    const named = events.get(Number(id));
    return named === undefined
      ? []
      : [{ script, id: Number(id), ...named, probe: probe!, body: body!, map: map! }];
  });
}
