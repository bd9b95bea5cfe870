/** The findings of a drawn trace: what is drawn, and facts that are given to it. */
import type { Finding, FindingInput, Found } from '../../src/findings/finding.ts';
import { findAll } from '../../src/findings/index.ts';
import { numaStats } from '../../src/stats/numa.ts';
import type { FioFacts, RecordingFacts } from '../../src/trace/recording.ts';
import { followDiagram } from './follow-diagram.ts';

/** Everything found in a diagram. Throws when it has no request that could be followed. */
export function findInDiagram(
  diagram: string,
  facts: RecordingFacts = {},
  path = 'virtio-blk-iothread',
  fio?: FioFacts,
): (Pick<Finding, 'id' | 'severity' | 'title'> & Found)[] {
  const { correlated, breakdown, counts } = followDiagram(diagram, { path, facts });
  if (breakdown.matched.length === 0) throw new Error(`no request is matched: ${JSON.stringify(counts)}`);
  const numa = numaStats(correlated, breakdown.matched, facts);
  const input: FindingInput = { correlated, breakdown, numa, facts, fio, emulated: false };
  return findAll(input);
}
