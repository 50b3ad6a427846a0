/**
 * Seeds for samples that are made in no certain order, on one thread or on another: each a function of the epoch's
 * seed and of the sample's place, so that neither order nor threads change what is drawn.
 *
 * @internal Both are whole numbers from 0 below 2⁵³, and so is the result; all bits of both count.
 */
export function mixSeed(seed: number, place: number): number {
  const low = stir((seed >>> 0) ^ stir((place >>> 0) + 0x9e3779b9));
  const high = stir(
    low ^ Math.floor(seed / 2 ** 32) ^ Math.imul(Math.floor(place / 2 ** 32), 0x85ebca6b),
  );
  return (high & 0x1fffff) * 2 ** 32 + stir(low + high);
}

/** Every bit of the result depends on every bit of x: MurmurHash3's last step. */
function stir(x: number): number {
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
