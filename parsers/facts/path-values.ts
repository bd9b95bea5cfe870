import { textLines } from './text-lines.ts';

/** One setting as `grep . FILE…` prints it: `/sys/block/nvme0n1/queue/io_poll:1`. */
export interface PathValue {
  readonly line: number;
  readonly path: string;
  readonly value: string;
}

/** A folder or file name; PCI addresses and buses (`0000:21:00.0`, `pci0000:20`) hold colons themselves. */
const NAME = String.raw`(?:[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]|pci[0-9a-f]{4,8}:[0-9a-f]{2}|[\w.@+-]+)`;

/** `/sys/…:value`, or a path below a node's folder: `node0/cpulist: 0-1`. */
const PATH_VALUE = new RegExp(String.raw`^((?:/sys|/proc/sys|node\d+)(?:/${NAME})+):\s*(\S.*)?$`);

/** True when every non-empty line is a `path:value`. */
export function sniffPathValues(text: string): boolean {
  const lines = textLines(text);
  return lines.length > 0 && lines.every((entry) => PATH_VALUE.test(entry.text));
}

/** The settings of such a text; lines of another form are left out (sniffPathValues says there are none). */
export function parsePathValues(text: string): readonly PathValue[] {
  return textLines(text).flatMap((entry) => {
    const match = PATH_VALUE.exec(entry.text);
    return match === null ? [] : [{ line: entry.line, path: match[1]!, value: match[2] ?? '' }];
  });
}
