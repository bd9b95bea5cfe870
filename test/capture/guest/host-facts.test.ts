import { describe, expect, it } from 'vitest';
import { readFactsFolder } from '../../../parsers/facts/facts-folder.ts';
import { cpuFeatures, driveNode } from '../../../src/capture/guest/host-facts.ts';

describe('what is read off the host about a guest', () => {
  it('tells interrupts without exits by the flags of /proc/cpuinfo', () => {
    const intel =
      'flags\t\t: fpu vmx x2apic\nvmx flags\t: vnmi preemption_timer posted_intr invvpid apicv\nbugs\t\t:\n';
    expect(cpuFeatures(intel)).toEqual(['posted_intr']);
    expect(cpuFeatures('flags\t\t: fpu svm avic v_vmsave_vmload\nvmx flags\t:\n')).toEqual(['avic']);
    expect(cpuFeatures('flags\t\t: fpu x2avic\n')).toEqual([]);
    expect(cpuFeatures('')).toEqual([]);
  });

  it('gives the node of a drive that VFIO has, and of no other', () => {
    const drive = {
      ...{ name: '', number: '', partition: '', pciAddress: '0000:21:00.0', driver: 'vfio-pci' },
      ...{ node: 1, interrupts: [] },
    };
    const factOf = (change: object) =>
      readFactsFolder(driveNode({ drive: { ...drive, ...change } })).facts.driveNode;
    expect(factOf({})).toBe(1);
    // the firmware does not say
    expect(factOf({ node: -1 })).toBe(-1);
    expect(factOf({ node: null })).toBeUndefined();
    // a block device of the host says so by its own settings
    expect(driveNode({ drive: { ...drive, name: 'nvme0n1' } })).toEqual([]);
    expect(driveNode({ drive: null })).toEqual([]);
  });
});
