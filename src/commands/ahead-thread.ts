/** What a thread of `ahead-feed.ts` runs: it reads one file, as far ahead as there is room for. */
import { createReadStream } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Format, ParseReport } from '../../parsers/format.ts';
import { AheadTable } from '../trace/ahead-table.ts';
import { sharedColumns } from '../trace/columns.ts';
import { RoundSink } from '../trace/round-sink.ts';
import type { FileAhead, ReadAhead } from './ahead-feed.ts';
import { withFileSource } from './file-source.ts';
import { chooseFormat } from './stream-format.ts';

/** Text is read so much at once. */
const CHUNK_BYTES = 1 << 20;

const { name, file, head, script, rooms, rows, free } = workerData as FileAhead;
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

function readFile(format: Format): ParseReport {
  return withFileSource(file, (source) => {
    const sink = new RoundSink(table);
    const steps = format.parseFile!(source, sink);
    for (let step = steps.next(); ; step = steps.next()) {
      bytes = source.reached;
      if (step.done !== true) continue;
      sink.finish();
      return step.value;
    }
  });
}

function readText(format: Format): Promise<ParseReport> {
  return format.parse(chunks(), table);
}

async function* chunks() {
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    bytes += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
}

const table = new AheadTable(nextRoom, (block) => say({ room, bytes, ...block }));
const format = chooseFormat(name, head, script);
const report = format.parseFile === undefined ? await readText(format) : readFile(format);
table.finish();
say({ report });
