/** Sine, cosine and tangent. */
import { F64, Fn, I32, I64 } from "../assembler.ts";
import { TWO_OVER_PI_END } from "../constants.ts";
import { bits, type Doubles, type Vec, type Vectors } from "../vectors.ts";

/** Beyond this, an argument's multiple of π/2 is found with all the digits of π that it needs. */
const LARGE = 2 ** 26;
/** Added to a double below 2⁵¹, it leaves the nearest integer in the low bits. */
const ROUNDING = 1.5 * 2 ** 52;

/** x = n · π/2 + r with |r| ≤ π/4: r in double precision, n in the low bits of integers. */
function reduce(v: Vectors, x: Vec): { r: Vec; quadrant: Vec } {
  const d = v.doubles;
  const wide = d.from(x);
  const sum = d.add(d.mul(wide, 2 / Math.PI), ROUNDING);
  const n = d.sub(sum, ROUNDING);
  // π/2 in two parts, the first of 25 bits, so that its product with n is exact.
  const close = d.sub(wide, d.mul(n, 1.5707963109016418));
  const r = d.variable(d.sub(close, d.mul(n, 1.5893254773528196e-8)));
  const quadrant = v.variable(d.join(sum, [0, 2, 4, 6]));
  const isLarge = v.lt(LARGE, v.abs(x));
  v.ifAny(isLarge, () => {
    // Rare, and so done lane by lane.
    const { remainder, quadrant: turns } = helpers(v);
    const { f } = v;
    const lanes = [0, 1, 2, 3];
    const whole = v.each([quadrant], (u) => {
      for (const l of lanes) f.get(x[u]).extractI32(l).call(turns).replaceI32(l);
    });
    v.assign(quadrant, v.select(isLarge, whole, quadrant));
    const exact = d.each([r], (i) => {
      for (const l of [0, 1])
        f.get(x[i >> 1])
          .extractI32(2 * (i & 1) + l)
          .call(remainder)
          .replaceF64(l);
    });
    // Of an infinite argument, NaN.
    const orNaN = d.add(exact, d.sub(wide, wide));
    d.assign(r, d.select(d.widen(isLarge), orNaN, r));
  });
  return { r, quadrant };
}

/** Functions of the bits of a float beyond LARGE: the remainder, and the quadrant. */
function helpers(v: Vectors): { remainder: number; quadrant: number } {
  const turns = v.helper("turns", turnsOf);
  const HALF_QUADRANT = 1n << 61n;
  const quadrant = v.helper("quadrant", () =>
    new Fn([I32], [I32])
      .get(0)
      .call(turns)
      .i64(HALF_QUADRANT)
      .op("i64.add")
      .i64(62n)
      .op("i64.shr_u")
      .op("i32.wrap_i64"),
  );
  const remainder = v.helper("remainder", () => {
    const f = new Fn([I32], [F64]);
    const p = f.local(I64);
    f.get(0).call(turns).set(p);
    // Without its two highest bits, rounded: a quarter of a turn is 2⁶².
    f.get(p).get(p).i64(HALF_QUADRANT).op("i64.add").i64(62n).op("i64.shr_u");
    f.i64(62n).op("i64.shl").op("i64.sub").op("f64.convert_i64_s");
    return f.f64((Math.PI / 2) * 2 ** -62).op("f64.mul");
  });
  return { remainder, quadrant };
}

/**
 * The fraction of a turn, in 2⁻⁶⁴ (Payne and Hanek, 1983): x = m · 2ᵉ, and of 1 / 2π only the digits matter that lie
 * behind 2⁻ᵉ, of which 96 bits are multiplied by the 24 of m.
 */
function turnsOf(): Fn {
  const f = new Fn([I32], [I64]);
  const [e, at, shift] = [f.local(), f.local(), f.local(I64)];
  const [m, high, low, p] = [f.local(I64), f.local(I64), f.local(I64), f.local(I64)];
  f.get(0).i32(0x7fffff).op("i32.and").i32(0x800000).op("i32.or").op("i64.extend_i32_u").set(m);
  // 1 / 2π is 2/π two bits further down.
  f.get(0).i32(23).op("i32.shr_u").i32(255).op("i32.and").i32(152).op("i32.sub").set(e);
  f.i32(TWO_OVER_PI_END).get(e).i32(5).op("i32.shr_s").i32(2).op("i32.shl").op("i32.sub").set(at);
  f.get(e).i32(31).op("i32.and").op("i64.extend_i32_u").set(shift);
  f.get(at).i32(8).op("i32.sub").loadI64().set(high);
  f.get(at).i32(16).op("i32.sub").loadI64().set(low);
  f.get(high).get(shift).op("i64.shl");
  f.get(low).i64(1n).op("i64.shr_u").i64(63n).get(shift).op("i64.sub").op("i64.shr_u");
  f.op("i64.or").get(m).op("i64.mul");
  f.get(low).get(shift).op("i64.shl").i64(32n).op("i64.shr_u").get(m).op("i64.mul");
  f.i64(32n).op("i64.shr_u").op("i64.add").set(p);
  f.i64(0n).get(p).op("i64.sub").get(p).get(0).i32(0).op("i32.lt_s").op("select");
  return f;
}

/** The sine `quarters` quarter turns later: of r or its cosine, by quadrant (polynomials of Cephes). */
function wave(v: Vectors, x: Vec, quarters: number): Vec {
  const { r: wide, quadrant: counted } = reduce(v, x);
  const r = v.doubles.toFloats(wide);
  const quadrant = quarters ? v.addInt(counted, bits(quarters)) : counted;
  const z = v.mul(r, r);
  const p = v.polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
  let sine = v.madd(v.mul(p, z), r, r);
  // The sine of minus zero is minus zero.
  if (!quarters) sine = v.select(v.eq(x, 0), x, sine);
  const q = v.polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
  const cosine = v.add(v.mul(v.mul(q, z), z), v.sub(1, v.mul(z, 0.5)));
  // Odd quadrants take the cosine, the second half of the turn the opposite sign.
  const isOdd = v.op("i32x4.eq", v.and(quadrant, bits(1)), bits(1));
  const sign = v.shift("i32x4.shl", v.and(quadrant, bits(2)), 30);
  return v.xor(v.select(isOdd, cosine, sine), sign);
}

export const sin = (v: Vectors, x: Vec): Vec => wave(v, x, 0);
export const cos = (v: Vectors, x: Vec): Vec => wave(v, x, 1);

/** The series of sine and cosine on [−π/4, π/4], in double precision. */
const sine = (v: Doubles, r: Vec, z: Vec): Vec =>
  v.mul(v.polynomial(z, [1 / 362880, -1 / 5040, 1 / 120, -1 / 6, 1]), r);
const cosine = (v: Doubles, z: Vec): Vec =>
  v.polynomial(z, [-1 / 3628800, 1 / 40320, -1 / 720, 1 / 24, -1 / 2, 1]);

/** sin r / cos r, in odd quadrants −cos r / sin r */
export function tan(v: Vectors, x: Vec): Vec {
  const d = v.doubles;
  const { r, quadrant } = reduce(v, x);
  const z = d.mul(r, r);
  const [s, c] = [sine(d, r, z), cosine(d, z)];
  const isOdd = d.widen(v.op("i32x4.eq", v.and(quadrant, bits(1)), bits(1)));
  return d.toFloats(d.div(d.select(isOdd, d.neg(c), s), d.select(isOdd, s, c)));
}
