/** A view for reading numbers out of bytes. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** An unsigned little-endian 64-bit number; exact below 2^53, and above it still larger than any real size or id. */
export function readU64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

/** Text up to the first zero byte in bytes[start, end). */
export function readText(bytes: Uint8Array, start: number, end: number): string {
  const zero = bytes.subarray(start, end).indexOf(0);
  return Buffer.from(bytes.subarray(start, zero < 0 ? end : start + zero)).toString('utf8');
}
