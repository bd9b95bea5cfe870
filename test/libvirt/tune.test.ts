import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { describeDomain } from '../../src/libvirt/describe.ts';
import { type Domain, readDomain } from '../../src/libvirt/domain.ts';
import { applyEdits, unifiedDiff } from '../../src/libvirt/edits.ts';
import { normalised, readXml } from '../../src/libvirt/read-xml.ts';
import { cpuset, cpusOf, tuneDomain, type Wanted } from '../../src/libvirt/tune-domain.ts';
import { applyUnifiedDiff } from '../support/apply-diff.ts';

const read = (text: string): Domain => readDomain(readXml(text));

/** The tuned text; that the diff makes it of the original is checked on the way. */
function tuned(text: string, wanted: Wanted, target: string): string {
  const domain = read(text);
  const disk = domain.disks.find((each) => each.target === target)!;
  const edits = tuneDomain(text, domain, disk, wanted);
  const out = applyEdits(text, edits);
  expect(applyUnifiedDiff(text, unifiedDiff(text, edits, ['a', 'b']))).toBe(out);
  return out;
}

const talk = (name: string) =>
  normalised(readFileSync(new URL(`../fixtures/talk-configs/${name}.xml`, import.meta.url), 'utf8'));

/** Drawn: nothing is asked for, and no line ends where an element does. */
const BARE =
  '<domain><name>vm</name><vcpu>2</vcpu><devices><disk><target dev="vda" bus="virtio"/></disk></devices></domain>';

const EVERYTHING: Wanted = {
  node: { node: 1, cpus: [8, 9, 10, 11, 12] },
  iothread: true,
  queues: 2,
  io: 'io_uring',
  eventIdxOff: true,
  pollMaxNs: 65_536,
};

describe('a tuned domain', () => {
  it.each([
    ['drawn without any setting', BARE, 'vda'],
    ['of the talk, main loop', talk('file-noiothread-nopolling-haltpoll'), 'vdb'],
    ['of the talk, several queues', talk('file-iothread-nopolling-haltpoll-multiqueue'), 'vdb'],
  ])('%s asks for what was wanted, and a second time changes nothing', (_, text, target) => {
    const out = tuned(text, EVERYTHING, target);
    const domain = read(out);
    const vcpus = read(text).vcpus!;
    const disk = domain.disks.find((each) => each.target === target)!;
    expect(disk).toMatchObject({ iothread: 1, queues: 2, io: 'io_uring', eventIdx: 'off' });
    expect(domain.memory).toEqual({ mode: 'strict', nodeset: '1' });
    expect(domain.pollMaxNs).toEqual([{ iothread: 1, max: 65_536 }]);
    expect(domain.iothreads).toBeGreaterThanOrEqual(1);
    const pinned = [...domain.vcpupin, ...domain.iothreadpin].map((pin) => pin.cpuset);
    expect(domain.vcpupin).toHaveLength(vcpus);
    expect(domain.iothreadpin).toHaveLength(1);
    for (const set of [...pinned, domain.emulatorpin!])
      for (const cpu of cpusOf(set)) expect(EVERYTHING.node!.cpus).toContain(cpu);
    expect(tuned(out, EVERYTHING, target)).toBe(out);
  });

  it('gives every thread a CPU of its own where the node has enough', () => {
    const { vcpupin, iothreadpin, emulatorpin } = read(tuned(BARE, EVERYTHING, 'vda'));
    expect([...vcpupin, ...iothreadpin].map((pin) => pin.cpuset)).toEqual(['8', '9', '10']);
    expect(emulatorpin).toBe('12');
    const few = { node: { node: 1, cpus: [2, 3] } };
    expect(read(tuned(BARE, few, 'vda')).vcpupin.map((pin) => pin.cpuset)).toEqual(['2-3', '2-3']);
  });

  it('leaves pins alone that already keep everything on the node, and the rest of the text byte for byte', () => {
    const text = talk('file-iothread-nopolling-haltpoll');
    const node = { node: 0, cpus: [0, 2, 4, 6, 8, 10] };
    expect(tuned(text, { node }, 'vdb')).toBe(text);
    const out = tuned(text, { eventIdxOff: true }, 'vdb');
    expect(out.replace(" event_idx='off'", '')).toBe(text);
  });

  it('takes numad’s hand off the memory, and moves what is bound by itself', () => {
    const auto = BARE.replace(
      '<devices>',
      "<numatune><memory mode='preferred' placement='auto'/></numatune><devices>",
    );
    expect(describeDomain(read(auto))).toContain('memory: preferred, nodes left to numad');
    const out = tuned(auto, { node: { node: 1, cpus: [8, 9] } }, 'vda');
    expect(out).toContain("<memory mode='strict' placement='static' nodeset='1'/>");
    const one = BARE.replace(
      '<devices>',
      "<numatune><memory mode='strict' nodeset='0'/><memnode cellid='0' mode='strict' nodeset='0'/></numatune><cpu><numa><cell id='0' cpus='0-1'/></numa></cpu><devices>",
    );
    expect(tuned(one, { node: { node: 1, cpus: [8, 9] } }, 'vda')).toContain(
      "<memnode cellid='0' mode='strict' nodeset='1'/>",
    );
  });

  it('leaves a guest with nodes of its own where it is, and says what they are', () => {
    const two = BARE.replace(
      '<devices>',
      "<numatune><memnode cellid='1' mode='preferred' nodeset='3'/></numatune><cpu><numa><cell id='0' cpus='0'/><cell id='1' cpus='1'/></numa></cpu><devices>",
    );
    expect(tuned(two, { node: { node: 1, cpus: [8, 9] } }, 'vda')).toBe(two);
    expect(describeDomain(read(two))).toEqual(
      expect.arrayContaining([
        'the guest’s node 0: vCPUs 0, memory as all of it',
        'the guest’s node 1: vCPUs 1, memory preferred on node 3',
      ]),
    );
  });

  it('reads and writes CPU sets as libvirt does', () => {
    expect(cpusOf('0-3,^2,8')).toEqual([0, 1, 3, 8]);
    expect(cpusOf('0-999999999,x')).toEqual([]);
    expect(cpuset([0, 1, 3, 8])).toBe('0-1,3,8');
  });
});

describe('a hostile domain', () => {
  const deep = `${'<a>'.repeat(70)}${'</a>'.repeat(70)}`;
  it.each([
    ['a DTD', '<!DOCTYPE d [<!ENTITY a "b">]><domain><name>&a;</name></domain>', /DTD/],
    ['a DTD in small letters', '<!doctype d><domain/>', /DTD/],
    ['deep nesting', `<domain>${deep}</domain>`, /deeper than 64/],
    ['many elements', `<domain>${'<a/>'.repeat(10_001)}</domain>`, /more than 10000/],
    ['length', `<domain>${' '.repeat(1 << 20)}</domain>`, /longer than/],
    ['no end', '<domain><name>', /not well-formed/],
    ['no XML', 'vcpupin', /not/],
    ['two roots', '<domain/><domain/>', /not|root/],
  ])('is refused for %s', (_, text, why) => {
    expect(() => readXml(text)).toThrow(why);
  });

  it('keeps prototypes and undeclared entities as text', () => {
    const text =
      '<domain><name>&bomb;&lt;b&gt;</name><vcpu>1e9</vcpu><devices><disk><target dev="__proto__" bus="virtio"/></disk></devices></domain>';
    const domain = read(text);
    expect(domain.name).toBe('&bomb;<b>');
    expect(domain.vcpus).toBeUndefined();
    expect(domain.disks[0]!.target).toBe('__proto__');
    expect(describeDomain(domain)[0]).toContain('unknown vCPUs');
  });
});
