/** Tuned domains against libvirt's own schema, where this machine has it and xmllint; says why it is skipped where it has not. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDomain } from '../../src/libvirt/domain.ts';
import { applyEdits } from '../../src/libvirt/edits.ts';
import { normalised, readXml } from '../../src/libvirt/read-xml.ts';
import { tuneDomain } from '../../src/libvirt/tune-domain.ts';
import { inFolder } from '../bundle/in-folder.ts';

const SCHEMA = '/usr/share/libvirt/schemas/domain.rng';
const FOLDER = fileURLToPath(new URL('../fixtures/talk-configs/', import.meta.url));

function whyNot(): string | undefined {
  if (!existsSync(SCHEMA)) return `there is no ${SCHEMA} (libvirt)`;
  try {
    execFileSync('xmllint', ['--version'], { stdio: 'ignore' });
  } catch {
    return 'there is no xmllint';
  }
  return undefined;
}

const missing = whyNot();

describe.skipIf(missing !== undefined)(
  `libvirt’s schema${missing === undefined ? '' : `: skipped, ${missing}`}`,
  () => {
    const domains = readdirSync(FOLDER)
      .filter((name) => name.endsWith('.xml'))
      .map((name) => normalised(readFileSync(join(FOLDER, name), 'utf8')))
      .filter((text) => readDomain(readXml(text)).disks.some(({ bus }) => bus === 'virtio'));

    it('takes each domain of the talk with everything tuned', () =>
      inFolder(async (folder) => {
        expect(domains).toHaveLength(4);
        const file = join(folder, 'domain.xml');
        for (const text of domains) {
          const domain = readDomain(readXml(text));
          const disk = domain.disks.find(({ bus }) => bus === 'virtio')!;
          const node = { node: 1, cpus: [8, 9, 10, 11, 12, 13] };
          const wanted = { node, iothread: true, queues: 2, io: 'io_uring', eventIdxOff: true } as const;
          writeFileSync(file, applyEdits(text, tuneDomain(text, domain, disk, wanted)));
          execFileSync('xmllint', ['--noout', '--relaxng', SCHEMA, file], { stdio: 'pipe' });
        }
      }));
  },
);
