/** Uniform random numbers from counters: Threefry-2x32-20 (Salmon et al., 2011). */
import type { RandomKey, View } from "@dl/tensor/core";
import type { Engine } from "./engine.ts";
import type { Source } from "./kernel.ts";

const WORKGROUP = 64;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/** A thread makes the two numbers of one counter. */
function source(): Source {
  const rounds = Array.from({ length: 5 }, (_, g) => {
    const mix = ROTATIONS[g % 2].map((r) => `x += y; y = ((y << ${r}u) | (y >> ${32 - r}u)) ^ x;`);
    return `${mix.join("\n  ")}\n  x += k[${(g + 1) % 3}]; y += k[${(g + 2) % 3}] + ${g + 1}u;`;
  });
  const body = `
  let pair = group * ${WORKGROUP}u + lane;
  let count = u32(P[0].x);
  if (2u * pair >= count) { return; }
  let seed = vec2u(u32(P[0].z), u32(P[0].w));
  let k = array<u32, 3>(seed.x, seed.y, 0x1bd11bdau ^ seed.x ^ seed.y);
  let low = u32(P[1].x) + pair;
  let high = u32(P[1].y) + select(0u, 1u, low < pair);
  var x = low + k[0];
  var y = high + k[1];
  ${rounds.join("\n  ")}
  let to = u32(P[0].y) + 2u * pair;
  b0[to] = bitcast<u32>(f32(x >> 8u) * 0x1p-24f);
  if (2u * pair + 1u < count) { b0[to + 1u] = bitcast<u32>(f32(y >> 8u) * 0x1p-24f); }`;
  return { name: "random", access: ["w"], workgroup: WORKGROUP, body };
}

export function random(engine: Engine, output: View, { seed, counter }: RandomKey): void {
  if (output.numel === 0) return;
  const kernel = engine.kernel("random", source);
  engine.queue.dispatch(
    kernel,
    [engine.memory.blockOf(output.buffer)],
    [output.numel, output.offset, ...seed, ...counter],
    engine.spread(Math.ceil(output.numel / 2 / WORKGROUP)),
  );
}
