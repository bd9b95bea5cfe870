/** What a thread of `ahead-feed.ts` runs: it reads one stream, as far ahead as there is room for. */
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Format, ParseReport } from '../../parsers/format.ts';
import { readPacked } from '../bundle/read-member.ts';
import { AheadTable } from '../trace/ahead-table.ts';
import { sharedColumns } from '../trace/columns.ts';
import { RoundSink } from '../trace/round-sink.ts';
import type { ReadAhead, StreamAhead } from './ahead-worker.ts';
import { FileSource, type SteppedSource } from './file-source.ts';
import { giveWay } from './give-way.ts';
import { PassedSource } from './passed-source.ts';
import { chooseFormat } from './stream-format.ts';

/** Text is read so much at once. */
const CHUNK_BYTES = 1 << 20;

const { name, from, head, script, ends, rooms, rows, free } = workerData as StreamAhead;
const freeRooms = new Int32Array(free);
const say = (message: ReadAhead) => parentPort!.postMessage(message);
let bytes = 0;
let room = -1;

/** Waits until the other thread has let go of the next room. */
function nextRoom() {
  while (Atomics.load(freeRooms, 0) === 0) Atomics.wait(freeRooms, 0, 0);
  Atomics.sub(freeRooms, 0, 1);
  room = (room + 1) % rooms.length;
  return sharedColumns(rooms[room]!, rows);
}

function chunks(): AsyncIterable<Uint8Array> {
  return typeof from === 'string'
    ? (createReadStream(from, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>)
    : readPacked(from);
}

async function* countedChunks(): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks()) {
    bytes += chunk.length;
    yield chunk;
  }
}

/** Reads at any place. */
async function readSource(format: Format, source: SteppedSource): Promise<ParseReport> {
  const sink = new RoundSink(table);
  const steps = format.parseFile!(source, sink);
  for (;;) {
    await source.ready();
    const { done, value } = steps.next();
    bytes = source.reached;
    if (done !== true) continue;
    sink.finish();
    await source.close();
    return value;
  }
}

giveWay();
const table = new AheadTable(nextRoom, (block) => say({ room, bytes, ...block }));
const format = chooseFormat(name, head, script);
const report = await (format.parseFile === undefined
  ? format.parse(countedChunks(), table)
  : readSource(format, typeof from === 'string' ? new FileSource(from) : new PassedSource(ends!, chunks())));
table.finish();
say({ report });
