/** perf c2c beside a recording. No PMU was here: a perf that has one is a script that prints what perf's source prints. */
import { chmodSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFactsFolder } from '../../parsers/facts/facts-folder.ts';
import { startMemorySamples } from '../../src/capture/memory-samples.ts';
import { inFolder } from '../bundle/in-folder.ts';

const TABLE = `
=================================================
            Trace Event Information
=================================================
  Total records                     :     293248
  Load Operations                   :      52087
  Load Remote HITM                  :       4183
  Load Remote HIT                   :          0
  Load Local DRAM                   :        580
  Load Remote DRAM                  :       5893
`;

/** A perf by a shell script; `$1 $2` are `c2c record` or `c2c report`. */
function perfIn(folder: string, script: string): string {
  const file = join(folder, 'perf');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

describe('loads sampled beside a recording', () => {
  it('end with it and leave perf’s summary, which is a fact', () =>
    inFolder(async (folder) => {
      const said: string[] = [];
      const perf = perfIn(
        folder,
        `case "$2" in record) while [ "$1" != -o ]; do shift; done; : > "$2"; cat;; report) [ -f "$4" ] && cat <<'END'\n${TABLE}END\n;; esac`,
      );
      const samples = startMemorySamples({ folder, mark: 'test', perf }, (line) => said.push(line));
      const { texts, notes } = await samples.stop();
      expect(said).toEqual([]);
      expect(notes).toEqual([]);
      expect(readFactsFolder(texts).facts.memorySamples).toEqual({
        tool: 'perf c2c',
        loads: 52_087,
        localMemory: 580,
        remoteMemory: 5893,
        remoteCache: 4183,
        unknown: 0,
      });
      expect(await samples.stop()).toEqual({ texts, notes });
      expect(readdirSync(folder)).toEqual(['perf']);
    }));

  it('that perf cannot take are said to be missing, with perf’s reason', () =>
    inFolder(async (folder) => {
      const said: string[] = [];
      const perf = perfIn(folder, 'echo "failed: memory events not supported" >&2; exit 255');
      const samples = startMemorySamples({ folder, mark: 'test', perf }, (line) => said.push(line));
      const { texts, notes } = await samples.stop();
      expect(texts).toEqual([]);
      expect(notes).toEqual(['loads were not sampled (perf c2c): memory events not supported']);
      const none = startMemorySamples(
        { folder, mark: 'test', perf: join(folder, 'absent') },
        () => undefined,
      );
      expect((await none.stop()).notes[0]).toMatch(/^loads were not sampled \(perf c2c\): .*ENOENT/);
      expect(existsSync(join(folder, 'perf-c2c.data'))).toBe(false);
    }));
});
