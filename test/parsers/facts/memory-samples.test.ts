/** Summaries of perf mem and perf c2c, after what their authors posted and what their source prints. */
import { describe, expect, it } from 'vitest';
import { parseMemorySamples, sniffMemorySamples } from '../../../parsers/facts/memory-samples.ts';

/** AMD Zen 4, perf mem report -F mem,sample,snoop. */
const AMD = `# To display the perf.data header info, please use --header/--header-only options.
#
# Samples: 836K of event 'ibs_op//'
#
# Memory access                  Samples  Snoop
# ........................  ............  ............
#
  N/A                             700620  N/A
  L1 hit                          126675  N/A
  L2 hit                             424  N/A
  L3 hit                             664  HitM
  L3 hit                              10  N/A
  Local RAM hit                        2  N/A
  Remote RAM (1 hop) hit            8558  N/A
  Remote Cache (1 hop) hit             3  N/A
  Remote Cache (1 hop) hit             2  HitM
  Remote Cache (2 hops) hit           10  HitM
  Uncached hit                         4  N/A
`;

/** Intel, perf mem report --sort=mem. */
const INTEL = `# Samples: 1K of event 'cpu/mem-loads,ldlat=30/P'
#
# Overhead       Samples  Memory access
# ........  ............  ........................
#
    51.26%           500  L1 or L1 hit
    20.10%           200  LFB or LFB hit
    18.64%            60  Local RAM or RAM hit
     6.00%            30  Remote RAM (1 hop) hit
     3.00%             8  Remote Any cache hit
     1.00%             2  Remote core, same node Any cache hit
`;

describe('sampled loads', () => {
  it('of AMD are told apart by what served them; what the processor did not say is kept', () => {
    expect(sniffMemorySamples(AMD)).toBe(true);
    expect(parseMemorySamples(AMD).data).toEqual({
      tool: 'perf mem',
      loads: 836_972,
      localMemory: 2,
      remoteMemory: 8558,
      remoteCache: 15,
      unknown: 700_620,
    });
  });

  it('of Intel with shares before them; another core of the node is not remote', () => {
    expect(sniffMemorySamples(INTEL)).toBe(true);
    expect(parseMemorySamples(INTEL).data).toEqual({
      tool: 'perf mem',
      loads: 800,
      localMemory: 60,
      remoteMemory: 30,
      remoteCache: 8,
      unknown: 0,
    });
  });

  it('are none where perf has none, and nothing else is taken for them', () => {
    const empty = AMD.split('\n')
      .filter((line) => line.startsWith('#'))
      .join('\n');
    expect(parseMemorySamples(empty).data).toBeUndefined();
    expect(parseMemorySamples(empty).problems[0]!.reason).toContain('no load');
    for (const text of ['', 'tid 1 a\n', '{"iotraceFacts": 1}', 'Memory accesses are slow\n'])
      expect(sniffMemorySamples(text)).toBe(false);
  });
});
