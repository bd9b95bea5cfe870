import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { inPackage } from '../../src/package-root.ts';

/** What a thread's nice value is before and after. Of what was built: Node itself loads it. */
const THREAD = `
  const { readlinkSync } = require('node:fs');
  const { getPriority } = require('node:os');
  const { parentPort, workerData } = require('node:worker_threads');
  const own = () => getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));
  const before = own();
  import(workerData).then(({ giveWay }) => {
    giveWay();
    parentPort.postMessage([before, own()]);
  });
`;

it.skipIf(process.platform !== 'linux')(
  'a thread gives way, and no other with it (nice values of threads are Linux’s alone)',
  async () => {
    const main = getPriority(process.pid);
    const workerData = inPackage('dist/src/commands/give-way.js').href;
    const worker = new Worker(THREAD, { eval: true, workerData });
    const said = new Promise<[number, number]>((done, failed) => {
      worker.once('message', done);
      worker.once('error', failed);
    });
    const [before, after] = await said;
    await worker.terminate();
    expect(after).toBe(Math.min(19, before + 5));
    expect(getPriority(process.pid)).toBe(main);
  },
);
