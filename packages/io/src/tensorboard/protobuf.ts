/** Protocol buffers, as far as event files need them: a field is its number and kind, then its value. */
type Bytes = Uint8Array;

/** Fields one behind the other. */
export const message = (...fields: Bytes[]): Bytes => concat(fields);

/** What a reader takes where there is nothing; it is not written. */
const NOTHING = new Uint8Array(0);

/** int64 and enumerations. */
export const integer = (field: number, value: number): Bytes =>
  value === 0 ? NOTHING : concat([varint((field << 3) | 0), varint(value)]);

export function double(field: number, value: number): Bytes {
  if (Object.is(value, 0)) return NOTHING;
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return concat([varint((field << 3) | 1), bytes]);
}

/** Written even if it is 0: one of several fields, of which one has to be there. */
export function float(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concat([varint((field << 3) | 5), bytes]);
}

/** Bytes, and messages within messages. */
export const bytes = (field: number, value: Bytes): Bytes =>
  concat([varint((field << 3) | 2), varint(value.length), value]);

export const text = (field: number, value: string): Bytes =>
  bytes(field, new TextEncoder().encode(value));

export function doubles(field: number, values: ArrayLike<number>): Bytes {
  const data = new DataView(new ArrayBuffer(8 * values.length));
  for (let i = 0; i < values.length; i++) data.setFloat64(8 * i, values[i], true);
  return bytes(field, new Uint8Array(data.buffer));
}

/** Seven bits a byte, the low ones first. Negative numbers are their two's complement of 64 bits. */
function varint(value: number): Bytes {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...out, Number(rest)]);
}

export function concat(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
