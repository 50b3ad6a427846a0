/** Floating point numbers of 16 bits, as their bits. */

/** float16 → float32, exactly; for engines and backends without float16. */
export function halfToFloat(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const exponent = (bits[i] >> 10) & 31;
    const fraction = bits[i] & 1023;
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent < 31
          ? (1024 + fraction) * 2 ** (exponent - 25)
          : fraction === 0
            ? Infinity
            : NaN;
    out[i] = bits[i] & 0x8000 ? -size : size;
  }
  return out;
}

/** bfloat16 → float32, exactly: it is the upper half of one. */
export function bfloatToFloat(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}

/** float32 → bfloat16: the nearest, of two equally near the even one. */
export function floatToBfloat(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    // Rounding may carry a NaN's bits away into an infinity: it becomes PyTorch's NaN.
    out[i] = Number.isNaN(values[i])
      ? 0x7fc0
      : (words[i] + 0x7fff + ((words[i] >>> 16) & 1)) >>> 16;
  }
  return out;
}
