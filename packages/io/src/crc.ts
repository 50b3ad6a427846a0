/** Cyclic redundancy checks of 32 bits, bit-reversed, a byte at a time. */
function crcOf(polynomial: number): (...parts: Uint8Array[]) => number {
  let table: Uint32Array | undefined;
  return (...parts) => {
    table ??= Uint32Array.from({ length: 256 }, (_, byte) => {
      for (let bit = 0; bit < 8; bit++) byte = (byte >>> 1) ^ (byte & 1 ? polynomial : 0);
      return byte;
    });
    let crc = 0xffffffff;
    for (const bytes of parts) {
      for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 0xff];
    }
    return ~crc >>> 0;
  };
}

/** Of several arrays as if they were one: what PNG and zip have. */
export const crc32 = /* @__PURE__ */ crcOf(0xedb88320);
/** Castagnoli's polynomial: what TensorFlow's records have. */
export const crc32c = /* @__PURE__ */ crcOf(0x82f63b78);
