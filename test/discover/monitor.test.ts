import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseQemuOptions } from '../../parsers/facts/qemu-options.ts';
import { discoverGuests } from '../../src/discover/discover.ts';
import { thisMachine } from '../../src/discover/machine-files.ts';
import { askMonitor, monitorSockets } from '../../src/discover/monitor.ts';
import { ROOT } from '../cli/run-cli.ts';
import { machinePicture } from '../support/machine-picture.ts';

/** What a real QEMU 7.2 said: its greeting, then questions with their answers. */
const [GREETING, ...TALK] = readFileSync(`${ROOT}test/fixtures/discover/vm1-qmp.ndjson`, 'utf8')
  .trim()
  .split('\n') as [string, ...string[]];

/** Enough for an answer from the same process, little for one that never comes. */
const PATIENCE = { greetingMs: 300, answerMs: 300 };
const MUCH_PATIENCE = { greetingMs: 30_000, answerMs: 30_000 };

let folder: string;
const servers: Server[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'iotrace-qmp-'));
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});
afterAll(() => rm(folder, { recursive: true }));

/** Listens as this very process, so that the socket is really its own. */
async function listen(serve: (socket: Socket) => void): Promise<string> {
  const path = join(folder, `${servers.length}-${Math.random()}.sock`);
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(path, done));
  return path;
}

/** Answers as the recorded QEMU did. */
function speak(socket: Socket, before = ''): void {
  socket.write(`${GREETING}\n`);
  socket.on('data', (part) => {
    for (const line of part.toString().trim().split('\n')) {
      const asked = JSON.parse(line);
      const found = TALK.map((each) => JSON.parse(each)).find(
        (each) => JSON.stringify(each.asked) === JSON.stringify(asked),
      );
      const answer = found?.answer ?? { error: { class: 'CommandNotFound', desc: '' } };
      socket.write(`${before}${JSON.stringify(answer)}\r\n`);
    }
  });
}

const ask = (path: string, patience = PATIENCE) =>
  askMonitor(
    thisMachine,
    process.pid,
    parseQemuOptions(['qemu', '-qmp', `unix:${path},server=on,wait=off`]),
    patience,
  );

describe('QEMU’s monitor', () => {
  it('names threads and disks, one that was plugged in later as well', async () => {
    const { state, answers } = await ask(await listen(speak));
    expect(state).toBe('answered');
    expect(answers.vcpus).toEqual([
      { index: 0, tid: 26582 },
      { index: 1, tid: 26583 },
    ]);
    expect(answers.iothreads).toContainEqual({ id: 'io0', tid: 26576, pollMaxNs: 0 });
    expect(
      answers.blocks.map(({ id, device, iothread, queues }) => [id, device, iothread, queues]),
    ).toContainEqual(['late', 'virtio-blk-pci', 'io0', 2]);
  });

  it('completes what /proc shows of a guest', async () => {
    const path = await listen(speak);
    const [guest] = await discoverGuests(machinePicture('tcg-guests.json'), () => ask(path));
    expect(guest!.iothreads).toContainEqual({ id: 'iothread-of-vdb', tid: 26577, pollMaxNs: 32768 });
    expect(guest!.notes).toEqual([]);
    expect(guest!.disks.map(({ id, queues }) => [id, queues])).toEqual([
      ['vda', 2],
      ['vdb', 2],
      ['vdc', 2],
      ['late', 2],
    ]);
    expect(guest!.disks.at(-1)).toMatchObject({
      iothreads: ['io0'],
      backend: { kind: 'file', filename: '/srv/vm/c2.raw', direct: true },
      completed: { reads: 0, writes: 0 },
    });
  });

  it('is understood between its events', async () => {
    const event = `${JSON.stringify({ event: 'RTC_CHANGE', data: {}, timestamp: {} })}\n`;
    expect((await ask(await listen((socket) => speak(socket, event)))).state).toBe('answered');
  });

  it('that is found on either form of the command line', () => {
    const words = [
      'qemu',
      '-chardev',
      'socket,id=m,path=/run/a,,b.qmp,server=on',
      '-mon',
      'chardev=m,mode=control',
    ];
    expect(monitorSockets(parseQemuOptions(words))).toEqual(['/run/a,b.qmp']);
    expect(
      monitorSockets(parseQemuOptions(['qemu', '-mon', 'chardev=m', '-qmp', 'tcp:127.0.0.1:4444'])),
    ).toEqual([]);
  });

  it.each<[string, string, (socket: Socket) => void]>([
    ['says nothing: another is connected', 'busy', () => undefined],
    ['greets, then says nothing', 'silent', (socket) => void socket.write(`${GREETING}\n`)],
    ['hangs up', 'refused', (socket) => void socket.end()],
    ['hangs up in the middle of a line', 'refused', (socket) => void socket.end('{"QMP": {"ver')],
    ['speaks another language', 'nonsense', (socket) => void socket.write('220 mail ESMTP\r\n')],
    ['is some other JSON', 'nonsense', (socket) => void socket.write('{"hello": 1}\n')],
    ['nests without an end', 'nonsense', (socket) => void socket.write(`${'['.repeat(1_000_000)}\n`)],
    [
      'answers with something that is no answer',
      'nonsense',
      (socket) => void socket.write(`${GREETING}\n{"x":1}\n`),
    ],
    [
      'floods with events',
      'silent',
      (socket) => flood(socket, `${JSON.stringify({ event: 'X' })}\n`, `${GREETING}\n`),
    ],
    ['writes a line without an end', 'nonsense', (socket) => flood(socket, 'x'.repeat(65536), '')],
  ])('that %s: %s, and nothing hangs', async (_, state, serve) => {
    const reading = await ask(await listen(serve), state === 'nonsense' ? MUCH_PATIENCE : PATIENCE);
    expect(reading).toMatchObject({ state, answers: { vcpus: [], blocks: [] } });
    expect(reading.note).not.toBe('');
  });

  it('with answers of another shape is an empty answer', async () => {
    const path = await listen((socket) => {
      socket.write(`${GREETING}\n`);
      socket.on('data', () =>
        socket.write('{"return": [{"id": {"$": 1}, "thread-id": -1, "cpu-index": "a"}]}\n'),
      );
    });
    expect((await ask(path)).answers).toEqual({ iothreads: [], vcpus: [], blocks: [], stats: [] });
  });

  it('is not spoken to when QEMU does not hold the socket its command line names', async () => {
    let connections = 0;
    const path = await listen(() => connections++);
    const foreign = await askMonitor(
      thisMachine,
      process.ppid,
      parseQemuOptions(['q', '-qmp', `unix:${path}`]),
      PATIENCE,
    );
    expect(foreign.state).toBe('refused');
    expect(connections).toBe(0);
  });
});

function flood(socket: Socket, text: string, first: string): void {
  socket.write(first);
  const more = () => {
    while (!socket.destroyed && socket.write(text)) {}
  };
  socket.on('drain', more);
  more();
}
