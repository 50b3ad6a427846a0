/**
 * Bessel functions of the first and the second kind, of the orders 0 and 1.
 *
 * Below 8: polynomials in x², plus (2/π) log(x) J for the second kind. From 8 on, with χ = x − π/4 − nπ/2,
 *
 *     Jₙ(x) = √(2/(πx)) (P cos χ − Q sin χ),   Yₙ(x) = √(2/(πx)) (P sin χ + Q cos χ)
 *
 * and P and xQ polynomials in 1/x². cos χ and sin χ are written with cos x and sin x, since χ would be rounded. The
 * coefficients are Chebyshev interpolants computed with 50 digits; errors are absolute, of a few units in the last place
 * of 1.
 */
import { defineMap } from "../../define.ts";
import * as E from "../../expr.ts";
import type { Tensor } from "../../tensor.ts";
import { polynomial } from "./polynomial.ts";

/** In x²/32 − 1. */
const J0_SMALL = [
  0.04582966485981377, 0.9303012472958572, -0.6484692830871837, -0.808088807669687,
  1.0383794611437211, -0.507468045847102, 0.14598884856759264, -0.028472718610869575,
  0.004058078989140991, -0.00044354592247271616, 3.8473197855944406e-5, -2.7177491450348606e-6,
  1.595610910454382e-7, -7.91540772613074e-9, 3.363447579149498e-10, -1.238464418210802e-11,
  4.003763198544757e-13, -1.1380595432215676e-14,
];
/** Of J₁(x) / x. */
const J1_SMALL = [
  -0.05814382795599107, 0.08105866038589796, 0.15151665143806634, -0.2595948652859303,
  0.15858376432721938, -0.05474581821284722, 0.012456814392255438, -0.0020290394945705996,
  0.00024949458139090494, -2.4045748659686983e-5, 1.8684525372057272e-6, -1.1967081867872172e-7,
  6.431268785753088e-9, -2.943013798390916e-10, 1.1610597914042965e-11, -4.004572738786147e-13,
  1.2093613396338289e-14,
];
/** Of Y₀ without its logarithm. */
const Y0_SMALL = [
  -0.382250654459425, -0.8284358903604587, 1.6470964788745466, 0.14412632369302442,
  -1.0775477338215995, 0.6721770783431723, -0.21895747096171628, 0.046367047681347105,
  -0.0070257410572709695, 0.0008061586060550506, -7.279541882454126e-5, 5.321318633761208e-6,
  -3.218507844592323e-7, 1.6391065240160875e-8, -7.130461466149226e-10, 2.6818237435502344e-11,
  -8.840111900737966e-13, 2.5576616218907466e-14,
];
/** Of Y₁ without logarithm and pole, divided by x. */
const Y1_SMALL = [
  0.07075985882118005, -0.24337743079193114, 0.023367571720993584, 0.23507209206669755,
  -0.19639839859930425, 0.07854786922242532, -0.019628756833099427, 0.0034224907399188495,
  -0.00044381734351148726, 4.4674330126463756e-5, -3.6009998743823114e-6, 2.3804930420500538e-7,
  -1.3153322522176987e-8, 6.169688029976363e-10, -2.4887527719058385e-11, 8.760000901470383e-13,
  -2.6946935633741497e-14,
];
/** In 128/x² − 1. */
const P0 = [
  0.9994572757882519, -0.0005363673192130033, 6.137416080111143e-6, -2.052744816021978e-7,
  1.2803761421389911e-8, -1.2121178913027262e-9, 1.5500573849457377e-10, -2.4883792349430343e-11,
  4.786833648457065e-12, -1.061860361827791e-12, 2.454626647456918e-13, -6.563491590174781e-14,
  3.334599531685773e-14, -1.1346926815291663e-14,
];
const Q0 = [
  -0.12444091103610816, 0.0005466519279475136, -1.1817110660731776e-5, 5.684971885449538e-7,
  -4.534973594868882e-8, 5.146228618919075e-9, -7.575872758461843e-10, 1.362452803693964e-10,
  -2.88387465828897e-11, 6.934511868227323e-12, -1.6798068504524111e-12, 4.743918565467509e-13,
  -2.729058891731019e-13, 9.756113507128432e-14,
];
const P1 = [
  1.0009070262780821, 0.0008988049416705564, -7.95969469844003e-6, 2.453676622679369e-7,
  -1.4708512970871809e-8, 1.3603054724512454e-9, -1.713108363257052e-10, 2.7205216071451606e-11,
  -5.190987549128526e-12, 1.1443000350441976e-12, -2.635099411586755e-13, 7.019004954768849e-14,
  -3.5404613525657416e-14, 1.2012721775449965e-14,
];
const Q1 = [
  0.3742149922195918, -0.0007697167057643569, 1.456961480935691e-5, -6.633568564937367e-7,
  5.1361067953963376e-8, -5.720887751116045e-9, 8.315594957016384e-10, -1.481767246888408e-10,
  3.114226481045957e-11, -7.446940085047187e-12, 1.798464167692092e-12, -5.061753256584603e-13,
  2.8910711721761855e-13, -1.0308138671963011e-13,
];

const LIMIT = 8;
type Pair = readonly [j: E.Expr, y: E.Expr];

/** The phases of order 0 and 1 differ by π/2, which makes (cos χ, sin χ) · √2 of these two. */
function large(order: 0 | 1, x: E.Expr): Pair {
  const t = E.sub(E.div(128, E.mul(x, x)), 1);
  const p = polynomial(t, order ? P1 : P0);
  const q = E.div(polynomial(t, order ? Q1 : Q0), x);
  const scale = E.sqrt(E.div(1 / Math.PI, x));
  const sum = E.add(E.cos(x), E.sin(x));
  const difference = E.sub(E.sin(x), E.cos(x));
  const [cosine, sine] = order ? [difference, E.neg(sum)] : [sum, difference];
  return [
    E.mul(scale, E.sub(E.mul(p, cosine), E.mul(q, sine))),
    E.mul(scale, E.add(E.mul(p, sine), E.mul(q, cosine))),
  ];
}
/** Each branch with an argument that is harmless where the other one is chosen. */
function branches(a: E.Expr): { isLarge: E.Expr; near: E.Expr; far: E.Expr; square: E.Expr } {
  const isLarge = E.ge(a, LIMIT);
  const near = E.select(isLarge, 1, a);
  return {
    isLarge,
    near,
    far: E.select(isLarge, a, LIMIT),
    square: E.sub(E.div(E.mul(near, near), 32), 1),
  };
}
function j0Expr(x: E.Expr): E.Expr {
  const a = E.abs(x);
  const { isLarge, far, square } = branches(a);
  return E.select(isLarge, large(0, far)[0], polynomial(square, J0_SMALL));
}
/** J₁(x) / x: even, and ½ at 0. */
function j1Ratio(x: E.Expr): E.Expr {
  const a = E.abs(x);
  const { isLarge, far, square } = branches(a);
  return E.select(isLarge, E.div(large(1, far)[0], far), polynomial(square, J1_SMALL));
}
const j1Expr = (x: E.Expr): E.Expr => E.mul(x, j1Ratio(x));
function y0Expr(x: E.Expr): E.Expr {
  const { isLarge, near, far, square } = branches(x);
  const log = E.mul(2 / Math.PI, E.log(near));
  const small = E.add(E.mul(log, polynomial(square, J0_SMALL)), polynomial(square, Y0_SMALL));
  return E.select(isLarge, large(0, far)[1], small);
}
function y1Expr(x: E.Expr): E.Expr {
  const { isLarge, near, far, square } = branches(x);
  const j1 = E.mul(near, polynomial(square, J1_SMALL));
  const singular = E.mul(2 / Math.PI, E.sub(E.mul(E.log(near), j1), E.div(1, near)));
  const small = E.add(singular, E.mul(near, polynomial(square, Y1_SMALL)));
  const value = E.select(isLarge, large(1, far)[1], small);
  return E.select(E.eq(x, 0), -Infinity, value);
}

/**
 * The Bessel function of the first kind of order 0. NaN at ±∞, as PyTorch has it.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_j0
 *
 * @example
 * special.besselJ0(tensor([0, 1, 10])) // => [1, 0.765198, -0.245936]
 */
export const besselJ0 = defineMap<[Tensor]>("besselJ0", j0Expr, {
  result: "float",
  gradient: (g, [x]) => [E.neg(E.mul(g, j1Expr(x)))],
});
/**
 * The Bessel function of the first kind of order 1. NaN at ±∞, as PyTorch has it.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_j1
 *
 * @example
 * special.besselJ1(tensor([0, 1, 10])) // => [0, 0.440051, 0.0434727]
 */
export const besselJ1 = defineMap<[Tensor]>("besselJ1", j1Expr, {
  result: "float",
  gradient: (g, [x]) => [E.mul(g, E.sub(j0Expr(x), j1Ratio(x)))],
});
/**
 * The Bessel function of the second kind of order 0. −∞ at 0, NaN below.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_y0
 *
 * @example
 * special.besselY0(tensor([0, 1, 10])) // => [-Infinity, 0.0882570, 0.0556712]
 */
export const besselY0 = defineMap<[Tensor]>("besselY0", y0Expr, {
  result: "float",
  gradient: (g, [x]) => [E.neg(E.mul(g, y1Expr(x)))],
});
/**
 * The Bessel function of the second kind of order 1. −∞ at 0, NaN below.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.bessel_y1
 *
 * @example
 * special.besselY1(tensor([0, 1, 10])) // => [-Infinity, -0.781213, 0.249015]
 */
export const besselY1 = defineMap<[Tensor]>("besselY1", y1Expr, {
  result: "float",
  gradient: (g, [x]) => [E.mul(g, E.sub(y0Expr(x), E.div(y1Expr(x), x)))],
});

/** sin(x) / x in powers of x². */
const SINC = Array.from({ length: 9 }, (_, k) => {
  let c = k % 2 ? -1 : 1;
  for (let i = 2; i <= 2 * k + 1; i++) c /= i;
  return c;
});
/** (cos x − sin(x) / x) / x, divided by x. */
const SINC_SLOPE = SINC.slice(1).map((c, i) => 2 * (i + 1) * c);
const nearZero = (x: E.Expr): E.Expr => E.lt(E.abs(x), 1);

/**
 * The spherical Bessel function of the first kind of order 0: sin(x) / x, and 1 at 0.
 *
 * @param x any shape; integers become float32.
 * @see https://docs.pytorch.org/docs/stable/special.html#torch.special.spherical_bessel_j0
 *
 * @example
 * special.sphericalBesselJ0(tensor([0, 1, 10])) // => [1, 0.841471, -0.0544021]
 */
export const sphericalBesselJ0 = defineMap<[Tensor]>(
  "sphericalBesselJ0",
  (x) => {
    const near = E.select(nearZero(x), x, 0);
    const far = E.select(E.or(nearZero(x), E.eq(E.abs(x), Infinity)), 1, x);
    const value = E.select(
      nearZero(x),
      polynomial(E.mul(near, near), SINC),
      E.div(E.sin(far), far),
    );
    return E.select(E.eq(E.abs(x), Infinity), 0, value);
  },
  {
    result: "float",
    gradient: (g, [x]) => {
      const near = E.select(nearZero(x), x, 0);
      const far = E.select(nearZero(x), 1, x);
      const slope = E.div(E.sub(E.cos(far), E.div(E.sin(far), far)), far);
      const series = E.mul(near, polynomial(E.mul(near, near), SINC_SLOPE));
      return [E.mul(g, E.select(nearZero(x), series, slope))];
    },
  },
);
