/**
 * Every parser over what once made one fail (test/fixtures/fuzz, written by `npm run fuzz`), and over some damaged fixtures, the same in
 * every run: no exception, no row that breaks the contract, nothing that depends on how the stream is cut into chunks.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Mutator } from '../fuzz/mutate.ts';
import { FUZZ_TARGETS } from '../support/fuzz-targets.ts';

const FIXTURES = new URL('../fixtures/', import.meta.url);
const MOST_BYTES = 1 << 14;
const INPUTS = 40;

function filesOf(folder: string): Uint8Array[] {
  const place = new URL(`${folder}/`, FIXTURES);
  if (!existsSync(place)) return [];
  return readdirSync(place, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'README.md')
    .map(({ name }) => {
      const bytes = readFileSync(new URL(name, place));
      return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
    });
}

describe.each(FUZZ_TARGETS)('$name', { timeout: 60_000 }, ({ fixtures, seeds: drawn, run }) => {
  it('survives what made a parser fail before', async () => {
    for (const bytes of filesOf('fuzz')) {
      expect(await run(bytes, 7)).toEqual(await run(bytes, Math.max(1, bytes.length)));
    }
  });

  it('survives damaged fixtures, whole and in pieces', async () => {
    const mutator = new Mutator(1);
    const seeds = [...drawn, ...fixtures.flatMap(filesOf)].map((bytes) => bytes.subarray(0, MOST_BYTES));
    expect(seeds.length).toBeGreaterThan(0);
    for (let n = 0; n < INPUTS; n++) {
      const pick = () => seeds[mutator.below(seeds.length)]!;
      const bytes = mutator.mutate(pick(), pick());
      expect(await run(bytes, 113)).toEqual(await run(bytes, Math.max(1, bytes.length)));
    }
  });
});
