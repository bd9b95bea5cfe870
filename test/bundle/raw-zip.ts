import { crc32, deflateRawSync } from 'node:zlib';

/** A member of a hand-made zip; every field may lie. */
export interface RawMember {
  readonly name: string;
  readonly data: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly mode?: number;
  /** What the directory claims, where it is to lie. */
  readonly unpacked?: number;
  readonly packed?: number;
  readonly crc?: number;
  readonly localName?: string;
  /** Position of the local header of the member of this index, instead of its own. */
  readonly at?: number;
}

/** A zip made by hand, with a directory that says what the members say. `count`: entries it claims to have. */
export function rawZip(members: readonly RawMember[], count = members.length): Buffer {
  const locals: Buffer[] = [];
  const offsets: number[] = [];
  const central: Buffer[] = [];
  let position = 0;
  for (const member of members) {
    const method = member.method ?? 8;
    const packed = method === 8 ? deflateRawSync(member.data) : Buffer.from(member.data);
    const fields = [member.flags ?? 0, method, 0, 0x21, member.crc ?? crc32(member.data)];
    const sizes = [member.packed ?? packed.length, member.unpacked ?? member.data.length];
    const localName = Buffer.from(member.localName ?? member.name);
    const local = Buffer.concat([
      words('42222244422', [0x04034b50, 20, ...fields, ...sizes, localName.length, 0]),
      localName,
      packed,
    ]);
    offsets.push(position);
    const offset = member.at === undefined ? position : offsets[member.at]!;
    const name = Buffer.from(member.name);
    const mode = ((member.mode ?? 0o100644) << 16) >>> 0;
    const values = [0x02014b50, 0x033f, 20, ...fields, ...sizes, name.length, 0, 0, 0, 0, mode, offset];
    central.push(words('42222224442222244', values), name);
    locals.push(local);
    position += local.length;
  }
  const directory = Buffer.concat(central);
  const short = Math.min(count, 0xffff);
  const end = words('42222442', [0x06054b50, 0, 0, short, short, directory.length, position, 0]);
  return Buffer.concat([...locals, directory, end]);
}

/** Little-endian integers of the widths given, '2' or '4' bytes each. */
function words(widths: string, values: readonly number[]): Buffer {
  return Buffer.concat(
    [...widths].map((width, index) => {
      const bytes = Buffer.alloc(Number(width));
      bytes.writeUIntLE(values[index]!, 0, bytes.length);
      return bytes;
    }),
  );
}
