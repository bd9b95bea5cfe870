/**
 * Cuts a perf.data file (file mode, not compressed) down to the first records of its data section, keeping header,
 * attributes, ids and features as they are. The result is a valid, shorter recording of the same run.
 */
export function trimPerfData(file: Buffer, records: number): Buffer {
  const offset = Number(file.readBigUInt64LE(40));
  const size = Number(file.readBigUInt64LE(48));
  let end = offset;
  for (let i = 0; i < records && end < offset + size; i++) end += file.readUInt16LE(end + 6);
  const head = Buffer.from(file.subarray(0, end));
  head.writeBigUInt64LE(BigInt(end - offset), 48);
  const features = Buffer.from(file.subarray(offset + size));
  let count = 0;
  for (let byte = 72; byte < 104; byte++)
    for (let bits = file[byte]!; bits > 0; bits >>= 1) count += bits & 1;
  for (let i = 0; i < count; i++) {
    features.writeBigUInt64LE(features.readBigUInt64LE(16 * i) - BigInt(offset + size - end), 16 * i);
  }
  return Buffer.concat([head, features]);
}
