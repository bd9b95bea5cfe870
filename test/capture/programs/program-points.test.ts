import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ElfFile } from '../../../src/capture/programs/elf-file.ts';
import { findProgramPoints } from '../../../src/capture/programs/find-program-points.ts';
import { usdtMarks } from '../../../src/capture/programs/usdt-marks.ts';
import { definition } from '../../../src/capture/tracefs/probe-group.ts';
import { drawElf } from './draw-elf.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-test-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function drawn(bytes: Uint8Array): Promise<string> {
  const file = join(folder, 'program');
  await writeFile(file, bytes);
  return file;
}

/** Programs whose authors left marks, as distributions build them. */
const WITH_MARKS = [
  '/usr/bin/python3',
  '/usr/lib/x86_64-linux-gnu/libstdc++.so.6',
  '/usr/lib64/libstdc++.so.6',
];

const PUSH = {
  function: { symbol: 'virtqueue_push', values: [{ name: 'elem', of: 1, type: 'u64' }] },
} as const;
const KICK = { mark: { provider: 'qemu', name: 'nvme_kick', values: [{ name: 'q', of: 1 }] } } as const;

describe('findProgramPoints', () => {
  it('finds where in the file a function begins, not what only has its name', async () => {
    const file = await drawn(drawElf({ functions: { virtqueue_push: 0x401230 } }));
    const { places } = await findProgramPoints(file, [
      PUSH,
      { function: { symbol: 'elsewhere', values: [] } },
    ]);
    // The one segment lies at 0x401000 and comes from 0x1000 of the file.
    expect(places).toEqual([
      { file, symbol: 'virtqueue_push', offset: 0x1230, fetch: PUSH.function.values },
      undefined,
    ]);
  });

  it('finds a mark with its counter and arguments, and prefers it to a function', async () => {
    const operands = '8@%rdi -4@-24(%rbp)';
    const mark = { provider: 'qemu', name: 'nvme_kick', address: 0x401100, counter: 0x401800, operands };
    const file = await drawn(drawElf({ functions: { nvme_kick: 0x401230 }, marks: [mark] }));
    const both = { ...KICK, function: { symbol: 'nvme_kick', values: [] } };
    const { places } = await findProgramPoints(file, [both]);
    expect(definition('g/nvme_kick', places[0]!)).toBe(`p:g/nvme_kick ${file}:0x1100(0x1800) q=-24(%bp):s32`);
  });

  it('takes no mark that stands in two places: one probe would see half of the requests', async () => {
    const mark = { provider: 'qemu', name: 'nvme_kick', address: 0x401100, counter: 0, operands: '' };
    const file = await drawn(drawElf({ marks: [mark, { ...mark, address: 0x401180 }] }));
    const { places, marks } = await findProgramPoints(file, [KICK]);
    expect({ places, marks }).toEqual({ places: [undefined], marks: 2 });
  });

  it.each([
    ['8@%r9d', '%r9'],
    ['4@%eax', '%ax'],
    ['1@%sil', '%si'],
    ['8@(%rsp)', '+0(%sp)'],
    ['4@$7', '\\7'],
  ])('reads %s as %s', async (operands, text) => {
    const mark = {
      provider: 'qemu',
      name: 'nvme_kick',
      address: 0x401100,
      counter: 0,
      operands: `8@%rdi ${operands}`,
    };
    const file = await drawn(drawElf({ marks: [mark] }));
    const { places } = await findProgramPoints(file, [KICK]);
    expect(definition('g/nvme_kick', places[0]!)).toContain(`:0x1100 q=${text}:`);
  });

  it('leaves out an argument that the kernel has no words for', async () => {
    const mark = {
      provider: 'qemu',
      name: 'nvme_kick',
      address: 0x401100,
      counter: 0,
      operands: '8@%rdi 8@(%rax,%rbx,8)',
    };
    const { places } = await findProgramPoints(await drawn(drawElf({ marks: [mark] })), [KICK]);
    expect(places[0]?.fetch).toEqual([]);
  });

  it('gives nothing for a file that is no program, or is cut or damaged anywhere', async () => {
    const whole = drawElf({ functions: { virtqueue_push: 0x401230 }, marks: [] });
    expect((await findProgramPoints(await drawn(Buffer.from('#!/bin/sh\n')), [PUSH])).isReadable).toBe(false);
    for (let at = 0; at < whole.length; at += 61) {
      const file = await drawn(whole.subarray(0, at));
      expect((await findProgramPoints(file, [PUSH])).places).toEqual([undefined]);
      const wrong = Buffer.from(whole);
      wrong.fill(0xff, at, at + 8);
      // A number out of range is no error, and reads nothing that is not there.
      expect((await findProgramPoints(await drawn(wrong), [PUSH])).places).toHaveLength(1);
    }
  });

  for (const path of WITH_MARKS)
    it(`finds a no-operation at every mark of ${path}`, async (context) => {
      const elf = await ElfFile.open(path);
      if (elf === undefined) return context.skip(`there is no ${path}`);
      const handle = await open(path, 'r');
      try {
        const marks = await usdtMarks(elf);
        if (marks.length === 0 || process.arch !== 'x64')
          return context.skip(`${path} has no marks, or is not of x86-64`);
        // sys/sdt.h puts it there for the probe to replace.
        for (const { place } of marks)
          expect((await handle.read(Buffer.alloc(1), 0, 1, place)).buffer[0]).toBe(0x90);
      } finally {
        await handle.close();
        await elf.close();
      }
    });
});
