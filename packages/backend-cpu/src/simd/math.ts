/**
 * Functions of four float32 numbers at once: polynomials and exponent arithmetic, with constants of the Cephes library
 * (S. Moshier) unless another source is named. Each is within 2 ulp of the true value, with NaN, infinities, subnormal
 * numbers and minus zero as IEEE 754 has them; math.test.ts measures it.
 */
import { bitsOf, type Fn, V128, type VectorOp } from "./assembler.ts";

/** Beyond this, sine and cosine lose digits here; their arguments are then reduced by the engine's own functions. */
export const TRIGONOMETRIC_LIMIT = 2 ** 26;

const SIGN = -2147483648;
/** (e^r − 1 − r) / r² for |r| ≤ ½ ln 2. */
const EXPM1 = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
];
/** Added to a number below 2²², it leaves the nearest integer in the low bits. */
const ROUNDING = 1.5 * 2 ** 23;

/** Writes vector code into a function: the argument is on the stack, the result is left there. */
export class VectorMath {
  private readonly temporaries: number[] = [];

  private readonly f: Fn;
  /** Pushes a vector constant. */
  private readonly constant: (bits: number) => void;
  private readonly hasMadd: boolean;

  constructor(f: Fn, constant: (bits: number) => void, hasMadd: boolean) {
    this.f = f;
    this.constant = constant;
    this.hasMadd = hasMadd;
  }

  private temporary(i: number): number {
    this.temporaries[i] ??= this.f.local(V128);
    return this.temporaries[i];
  }
  private number(x: number): this {
    this.constant(bitsOf(x));
    return this;
  }
  private integer(n: number): this {
    this.constant(n | 0);
    return this;
  }
  private get(local: number): this {
    this.f.get(local);
    return this;
  }
  private set(local: number): this {
    this.f.set(local);
    return this;
  }
  private v(op: VectorOp): this {
    this.f.v(op);
    return this;
  }
  /** [a, b, c] → a · b + c, rounded once where the machine can. */
  private madd(): this {
    if (this.hasMadd) return this.v("f32x4.relaxed_madd");
    const c = this.temporary(7);
    return this.set(c).v("f32x4.mul").get(c).v("f32x4.add");
  }
  /** Horner's scheme, highest coefficient first. */
  private polynomial(x: number, coefficients: readonly number[]): this {
    this.number(coefficients[0]);
    for (const c of coefficients.slice(1)) this.get(x).number(c).madd();
    return this;
  }

  /** 2ⁿ · e^r with n = round(x / ln 2). 2ⁿ is applied in two halves, so that overflow and subnormals come out right; NaN passes. */
  exp(): this {
    const r = this.temporary(0);
    const n = this.temporary(1);
    const half = this.temporary(2);
    this.reduceByLn2(r, n, half);
    this.expNear0(r);
    this.powerOfTwo(() => this.get(half)).v("f32x4.mul");
    return this.powerOfTwo(() => this.get(n).get(half).v("i32x4.sub")).v("f32x4.mul");
  }

  /** The same for arguments on −87 … 88: neither end needs care, and 2ⁿ has an exponent of its own. */
  private expInside(): this {
    const r = this.temporary(0);
    const n = this.temporary(1);
    this.set(r).nearestMultiple(r, n);
    this.expNear0(r).get(n);
    this.f.i32(23);
    return this.v("i32x4.shl").integer(bitsOf(1)).v("i32x4.add").v("f32x4.mul");
  }

  /** 2ⁿ · (e^r − 1) + (2ⁿ − 1), as ((e^r − 1) · 2ᵇ + (2ᵇ − 2⁻ᵃ)) · 2ᵃ with a + b = n. */
  expm1(): this {
    const r = this.temporary(0);
    const n = this.temporary(1);
    const half = this.temporary(2);
    const x = this.temporary(3);
    const power = this.temporary(4);
    this.f.tee(x);
    this.reduceByLn2(r, n, half);
    this.powerOfTwo(() => this.get(n).get(half).v("i32x4.sub")).set(power);
    this.expm1Near0(r).get(power).get(power);
    this.powerOfTwo(() => this.integer(0).get(half).v("i32x4.sub"))
      .v("f32x4.sub")
      .madd();
    this.powerOfTwo(() => this.get(half)).v("f32x4.mul");
    return this.withSignOf(x);
  }

  /** From x on the stack: r = x − n · ln 2 with |r| ≤ ½ ln 2, the integers n and half = ⌊n / 2⌋. Beyond −104 … 89 nothing changes. */
  private reduceByLn2(r: number, n: number, half: number): void {
    // pmin(a, b) is b < a ? b : a: a NaN in a stays.
    this.number(89).v("f32x4.pmin").number(-104).v("f32x4.pmax").set(r);
    this.nearestMultiple(r, n);
    this.get(n).integer(bitsOf(ROUNDING)).v("i32x4.sub").set(n);
    this.get(n);
    this.f.i32(1);
    this.v("i32x4.shr_s").set(half);
  }
  /**
   * r −= n · ln 2 for the nearest n. Adding 1.5 · 2²³ rounds to an integer, which then stands in the low bits: `n` is
   * left as that sum, so that shifted by 23 it is the exponent.
   */
  private nearestMultiple(r: number, n: number): void {
    this.get(r).number(Math.LOG2E).number(ROUNDING).madd().set(n);
    const whole = this.temporary(8);
    this.get(n).number(ROUNDING).v("f32x4.sub").set(whole);
    // ln 2 in two parts, the first exact in few bits.
    this.get(whole).number(-0.693359375).get(r).madd().set(r);
    this.get(whole).number(2.1219444e-4).get(r).madd().set(r);
  }
  /** e^r for |r| ≤ ½ ln 2: 1 + r + r² · p(r), p a minimax polynomial (relative error 3·10⁻⁹). */
  private expNear0(r: number): this {
    return this.polynomial(
      r,
      [
        1.3814540579915047e-3, 8.36874544620514e-3, 4.166838899254799e-2, 0.1666652113199234,
        0.4999999403953552, 1, 1,
      ],
    );
  }
  /** e^r − 1 for |r| ≤ ½ ln 2. */
  private expm1Near0(r: number): this {
    this.polynomial(r, EXPM1);
    return this.get(r).v("f32x4.mul").get(r).v("f32x4.mul").get(r).v("f32x4.add");
  }
  private powerOfTwo(exponent: () => unknown): this {
    exponent();
    this.integer(127).v("i32x4.add");
    this.f.i32(23);
    return this.v("i32x4.shl");
  }

  /** log(1 + f) + n · ln 2 with 1 + f on [√½, √2). Subnormal arguments are scaled up first. */
  log(): this {
    const x = this.temporary(0);
    const n = this.temporary(1);
    const f = this.temporary(2);
    const mask = this.temporary(3);
    const argument = this.temporary(5);
    this.f.tee(argument).set(x);
    this.get(x).number(1.17549435e-38).v("f32x4.lt").set(mask);
    this.get(x)
      .number(2 ** 23)
      .v("f32x4.mul")
      .get(x)
      .get(mask)
      .v("v128.bitselect")
      .set(x);
    this.get(x);
    this.f.i32(23);
    this.v("i32x4.shr_u").integer(126).v("i32x4.sub").v("f32x4.convert_i32x4_s");
    this.get(mask).number(23).v("v128.and").v("f32x4.sub").set(n);
    this.get(x).integer(0x007fffff).v("v128.and").integer(0x3f000000).v("v128.or").set(f);
    this.get(f).number(Math.SQRT1_2).v("f32x4.lt").set(mask);
    this.get(n).get(mask).number(1).v("v128.and").v("f32x4.sub").set(n);
    this.get(f).number(1).v("f32x4.sub").get(f).get(mask).v("v128.and").v("f32x4.add").set(f);
    return this.log1pNear0(f, n).withLogarithmsEnds(argument, 0);
  }

  /**
   * As above: 1 + x is only rounded to find n, and f = x · 2⁻ⁿ + (2⁻ⁿ − 1) has all the digits of x. 2⁻ⁿ is applied in two
   * halves, since 2⁻¹²⁸ has no exponent of its own.
   */
  log1p(): this {
    const x = this.temporary(5);
    const n = this.temporary(1);
    const f = this.temporary(2);
    const half = this.temporary(3);
    const [one, two] = [this.temporary(0), this.temporary(4)];
    this.f.tee(x);
    this.number(1).v("f32x4.add").integer(bitsOf(Math.SQRT1_2)).v("i32x4.sub");
    this.f.i32(23);
    this.v("i32x4.shr_s").set(n);
    this.get(n);
    this.f.i32(1);
    this.v("i32x4.shr_s").set(half);
    this.powerOfTwo(() => this.integer(0).get(half).v("i32x4.sub")).set(one);
    this.powerOfTwo(() => this.get(half).get(n).v("i32x4.sub")).set(two);
    this.get(x).get(one).v("f32x4.mul").get(two).v("f32x4.mul");
    this.get(one).get(two).v("f32x4.mul").number(1).v("f32x4.sub").v("f32x4.add").set(f);
    this.get(n).v("f32x4.convert_i32x4_s").set(n);
    return this.log1pNear0(f, n).withLogarithmsEnds(x, -1).withSignOf(x);
  }

  /** log(1 + f) + n · ln 2, for 1 + f on [√½, √2). */
  private log1pNear0(f: number, n: number): this {
    const z = this.temporary(4);
    this.get(f).get(f).v("f32x4.mul").set(z);
    this.polynomial(
      f,
      [
        7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
      ],
    );
    this.get(f).v("f32x4.mul").get(z).v("f32x4.mul");
    this.get(n).number(-2.1219444e-4).v("f32x4.mul").v("f32x4.add");
    this.get(z).number(0.5).v("f32x4.mul").v("f32x4.sub");
    return this.get(f).v("f32x4.add").get(n).number(0.693359375).v("f32x4.mul").v("f32x4.add");
  }

  /** −∞ where the argument is `pole`, ∞ where it is ∞, NaN where it is neither and not beyond the pole. */
  private withLogarithmsEnds(argument: number, pole: number): this {
    const value = this.temporary(6);
    this.set(value);
    this.number(-Infinity).get(value).get(argument).number(pole).v("f32x4.eq");
    this.v("v128.bitselect").set(value);
    this.number(Infinity).get(value).get(argument).number(Infinity).v("f32x4.eq");
    this.v("v128.bitselect").number(NaN).get(argument).number(pole).v("f32x4.ge");
    return this.v("v128.bitselect");
  }

  /** With p = e^(−|x|) and q = p / (1 + p): 1 − q, and p − p · q for negative x, so that small results keep their digits. */
  sigmoid(): this {
    const x = this.temporary(3);
    const p = this.temporary(4);
    const base = this.temporary(5);
    this.set(x).get(x).v("f32x4.abs").v("f32x4.neg").exp().set(p);
    this.get(p).number(1).get(x).number(0).v("f32x4.lt").v("v128.bitselect").set(base);
    this.get(p).v("f32x4.neg").number(1).get(p).v("f32x4.add").v("f32x4.div");
    return this.get(base).get(base).madd();
  }

  /** An odd polynomial near 0, 1 − 2 / (e^(2|x|) + 1) with the argument's sign elsewhere. */
  tanh(): this {
    const x = this.temporary(4);
    const z = this.temporary(5);
    const small = this.temporary(6);
    const large = this.temporary(3);
    this.set(x).get(x).get(x).v("f32x4.mul").set(z);
    this.polynomial(
      z,
      [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1],
    );
    this.get(z).v("f32x4.mul").get(x).v("f32x4.mul").get(x).v("f32x4.add").set(small);
    // From 10 on the result is 1.
    this.get(x).v("f32x4.abs").number(10).v("f32x4.pmin").set(large);
    this.get(large).get(large).v("f32x4.add").expInside().number(1).v("f32x4.add").set(large);
    this.number(1).number(2).get(large).v("f32x4.div").v("f32x4.sub").set(large);
    this.get(small).get(large).get(x).v("f32x4.abs").number(0.625).v("f32x4.lt");
    return this.v("v128.bitselect").withSignOf(x);
  }

  /**
   * The error function as 1 − e^(−u) = −expm1(−u) with u = −log(1 − erf |x|) = |x| · q(|x|), which keeps its digits near 0.
   * q is a minimax polynomial on [0, 3.92] (error 4·10⁻⁹, weighted by what becomes of it); its constant term stands in
   * two parts, of which only the second is rounded on the way.
   */
  erf(): this {
    const x = this.temporary(3);
    const t = this.temporary(4);
    const r = this.temporary(0);
    const n = this.temporary(1);
    // Beyond 3.92 the result is 1.
    this.set(x).get(x).v("f32x4.abs").number(3.92).v("f32x4.pmin").set(t);
    this.polynomial(
      t,
      [
        9.255711120204069e-6, -1.1763611109927297e-4, 6.328175659291446e-4, -1.6669902252033353e-3,
        1.603562996024266e-4, 1.9153086468577385e-2, -0.10277783870697021, -0.6366193890571594,
        5.4084800193976434e-8,
      ],
    );
    this.get(t).v("f32x4.mul").set(r);
    this.get(t).number(-1.128379225730896).get(r).madd().set(r);
    this.nearestMultiple(r, n);
    this.get(n);
    this.f.i32(23);
    // −2ⁿ
    this.v("i32x4.shl").integer(bitsOf(-1)).v("i32x4.add").set(n);
    this.polynomial(r, EXPM1).get(r).get(r).v("f32x4.mul").get(r).madd();
    this.get(n).number(1).get(n).v("f32x4.add").madd();
    return this.withSignOf(x);
  }

  sin(): this {
    return this.trigonometric(0);
  }

  /** The sine a quarter turn later. */
  cos(): this {
    return this.trigonometric(1);
  }

  /**
   * sin(x + quarters · π/2), up to TRIGONOMETRIC_LIMIT. x − n · π/2 is computed in double precision with π/2 in two
   * parts, the first of 25 bits, so that its product with n is exact; the rest r on [−π/4, π/4] goes into the polynomial
   * of the sine or of the cosine.
   */
  private trigonometric(quarters: number): this {
    const { f } = this;
    const x = this.temporary(0);
    const low = this.temporary(1);
    const high = this.temporary(2);
    const quadrant = this.temporary(3);
    const r = this.temporary(4);
    const z = this.temporary(5);
    const sine = this.temporary(6);
    this.set(x);
    /** Leaves r, in the first two lanes, on the stack; `turns` gets n, in the low words. */
    const reduce = (turns: number) => {
      const half = r;
      this.v("f64x2.promote_low_f32x4").set(half);
      // Adding 1.5 · 2⁵² rounds to an integer, which then stands in the low bits.
      this.get(half);
      f.constantF64(2 / Math.PI);
      this.v("f64x2.mul");
      f.constantF64(1.5 * 2 ** 52);
      this.v("f64x2.add").set(turns);
      this.get(turns);
      f.constantF64(1.5 * 2 ** 52);
      this.v("f64x2.sub").set(z);
      this.get(half).get(z);
      f.constantF64(1.5707963109016418);
      this.v("f64x2.mul").v("f64x2.sub").get(z);
      f.constantF64(1.5893254773528196e-8);
      this.v("f64x2.mul").v("f64x2.sub").v("f32x4.demote_f64x2_zero");
    };
    this.get(x);
    reduce(low);
    this.set(sine);
    this.get(x).get(x);
    f.shuffle([2, 3, 2, 3]);
    reduce(high);
    this.set(r).get(sine).get(r);
    f.shuffle([0, 1, 4, 5]);
    this.set(r).get(low).get(high);
    f.shuffle([0, 2, 4, 6]);
    if (quarters) this.integer(quarters).v("i32x4.add");
    this.set(quadrant);
    this.get(r).get(r).v("f32x4.mul").set(z);
    this.polynomial(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]);
    this.get(z).v("f32x4.mul").get(r).get(r).madd().set(sine);
    if (!quarters) {
      // The sine of minus zero is minus zero.
      this.get(x).get(sine).get(x).number(0).v("f32x4.eq").v("v128.bitselect").set(sine);
    }
    this.polynomial(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]);
    this.get(z).v("f32x4.mul").get(z).v("f32x4.mul");
    this.number(1).get(z).number(0.5).v("f32x4.mul").v("f32x4.sub").v("f32x4.add");
    // Odd quadrants take the cosine, the second half of the turn the opposite sign.
    this.get(sine).get(quadrant).integer(1).v("v128.and").integer(1).v("i32x4.eq");
    this.v("v128.bitselect").get(quadrant).integer(2).v("v128.and");
    f.i32(30);
    return this.v("i32x4.shl").v("v128.xor");
  }

  private withSignOf(x: number): this {
    return this.get(x).integer(SIGN).v("v128.and").v("v128.or");
  }
}
