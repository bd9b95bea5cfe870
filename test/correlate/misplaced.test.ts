import { describe, expect, it } from 'vitest';
import { followDiagram } from '../support/follow-diagram.ts';
import { traceFromDiagram } from '../support/trace-diagram.ts';

const DRAWN = traceFromDiagram(`
disk guest 254:0 host 259:0
request A read 800+8
lane app  guest cpu0 fio-142
lane vcpu host  cpu2 "CPU 0/KVM"-912/900 vcpu0

 µs | app                | vcpu
  0 | sys_enter_preadv2 3 | kvm_entry
  2 | block_rq_issue A   |
  3 | vp_notify          |
  5 |                    | kvm_exit mmio
 60 | block_rq_complete A |
 66 | sys_exit_preadv2 4096 |
 70 |                    | kvm_entry
`);

describe('streams given for the wrong machine, drawn', () => {
  it('names a guest trace that was given as the host’s', () => {
    expect(() => followDiagram({ ...DRAWN, host: DRAWN.guest })).toThrow('it seems to be the guest’s');
  });

  it('names streams that were swapped', () => {
    expect(() =>
      followDiagram({
        ...DRAWN,
        guest: DRAWN.host,
        host: DRAWN.guest,
        disk: { guest: DRAWN.disk.host, host: DRAWN.disk.guest },
      }),
    ).toThrow();
  });
});
