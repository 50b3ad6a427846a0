/**
 * Functions of four float32 numbers at once: polynomials and exponent arithmetic after the Cephes library (S. Moshier),
 * whose constants these are. Errors are measured in math.test.ts.
 */
import { bitsOf, type Fn, V128, type VectorOp } from "./assembler.ts";

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
    const x = this.temporary(0);
    const n = this.temporary(1);
    const half = this.temporary(2);
    // pmin(a, b) is b < a ? b : a: a NaN in a stays.
    this.number(89).v("f32x4.pmin").number(-104).v("f32x4.pmax").set(x);
    this.get(x).number(Math.LOG2E).v("f32x4.mul").v("f32x4.nearest").set(n);
    // ln 2 in two parts, the first exact in few bits.
    this.get(x).get(n).number(0.693359375).v("f32x4.mul").v("f32x4.sub");
    this.get(n).number(-2.1219444e-4).v("f32x4.mul").v("f32x4.sub").set(x);
    this.polynomial(
      x,
      [
        1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
        5.0000001201e-1,
      ],
    );
    this.get(x).v("f32x4.mul").get(x).v("f32x4.mul").get(x).v("f32x4.add").number(1).v("f32x4.add");
    this.get(n).v("i32x4.trunc_sat_f32x4_s").set(n);
    this.get(n);
    this.f.i32(1);
    this.v("i32x4.shr_s").set(half);
    this.powerOfTwo(() => this.get(half)).v("f32x4.mul");
    return this.powerOfTwo(() => this.get(n).get(half).v("i32x4.sub")).v("f32x4.mul");
  }
  private powerOfTwo(exponent: () => unknown): this {
    exponent();
    this.integer(127).v("i32x4.add");
    this.f.i32(23);
    return this.v("i32x4.shl");
  }

  /** log m + n · ln 2 with m on [√½, √2). Subnormal arguments are scaled up first. */
  log(): this {
    const x = this.temporary(0);
    const n = this.temporary(1);
    const m = this.temporary(2);
    const mask = this.temporary(3);
    const z = this.temporary(4);
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
    this.get(x).integer(0x007fffff).v("v128.and").integer(0x3f000000).v("v128.or").set(m);
    this.get(m).number(Math.SQRT1_2).v("f32x4.lt").set(mask);
    this.get(n).get(mask).number(1).v("v128.and").v("f32x4.sub").set(n);
    this.get(m).number(1).v("f32x4.sub").get(m).get(mask).v("v128.and").v("f32x4.add").set(m);
    this.get(m).get(m).v("f32x4.mul").set(z);
    this.polynomial(
      m,
      [
        7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1,
        -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
      ],
    );
    this.get(m).v("f32x4.mul").get(z).v("f32x4.mul");
    this.get(n).number(-2.1219444e-4).v("f32x4.mul").v("f32x4.add");
    this.get(z).number(0.5).v("f32x4.mul").v("f32x4.sub");
    this.get(m).v("f32x4.add").get(n).number(0.693359375).v("f32x4.mul").v("f32x4.add").set(m);
    // log 0 = −∞, log ∞ = ∞, anything else that is not positive gives NaN.
    this.number(Number.NEGATIVE_INFINITY)
      .get(m)
      .get(argument)
      .number(0)
      .v("f32x4.eq")
      .v("v128.bitselect")
      .set(m);
    this.number(Number.POSITIVE_INFINITY)
      .get(m)
      .get(argument)
      .number(Number.POSITIVE_INFINITY)
      .v("f32x4.eq")
      .v("v128.bitselect")
      .set(m);
    return this.get(m).number(Number.NaN).get(argument).number(0).v("f32x4.ge").v("v128.bitselect");
  }

  /** 1 / (1 + e^(−x)) */
  sigmoid(): this {
    const one = this.temporary(6);
    this.v("f32x4.neg").exp().number(1).v("f32x4.add").set(one);
    return this.number(1).get(one).v("f32x4.div");
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
    this.get(x).v("f32x4.abs").number(2).v("f32x4.mul").exp().number(1).v("f32x4.add").set(large);
    this.number(1)
      .number(2)
      .get(large)
      .v("f32x4.div")
      .v("f32x4.sub")
      .get(x)
      .integer(-2147483648)
      .v("v128.and")
      .v("v128.or")
      .set(large);
    return this.get(small)
      .get(large)
      .get(x)
      .v("f32x4.abs")
      .number(0.625)
      .v("f32x4.lt")
      .v("v128.bitselect");
  }
}
