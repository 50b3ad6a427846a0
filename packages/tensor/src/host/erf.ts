/**
 * The error function, `erf x = 2/√π ∫₀ˣ exp(−t²) dt`, within 1 ulp in double precision.
 *
 * Rational approximations on four intervals, with the coefficients of Sun's fdlibm (s_erf.c, 1993). Unlike there, `x²` is
 * not split before the exponential: `erfc` would need it, but here the exponential's term is below 0.08 and is subtracted
 * from 1, so that a few ulp of it do not show.
 */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 0.84375) return x + x * ratio(x * x, P, Q);
  if (!(a < 6)) return Number.isNaN(x) ? x : Math.sign(x);
  return x < 0 ? -positive(a) : positive(a);
}

/** For 0.84375 ≤ a < 6. */
function positive(a: number): number {
  if (a < 1.25) return ERF_1 + ratio(a - 1, PA, QA);
  const s = 1 / (a * a);
  const tail = a < 1 / 0.35 ? ratio(s, RA, SA) : ratio(s, RB, SB);
  return 1 - Math.exp(-a * a - 0.5625 + tail) / a;
}

const ratio = (x: number, p: readonly number[], q: readonly number[]) =>
  polynomial(x, p) / polynomial(x, q);

/** Coefficients from the highest power down. */
function polynomial(x: number, coefficients: readonly number[]): number {
  let y = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) y = y * x + coefficients[i];
  return y;
}

/** erf(1) to 24 bits. */
const ERF_1 = 0.8450629115104675;

// erf(x)/x − 1 in x², for |x| < 0.84375.
const P = [
  -2.3763016656650163e-5, -0.005770270296489442, -0.02848174957559851, -0.3250421072470015,
  0.12837916709551256,
];
const Q = [
  -3.960228278775368e-6, 0.00013249473800432164, 0.005081306281875766, 0.0650222499887673,
  0.39791722395915535, 1,
];

// erf(x) − ERF_1 in |x| − 1, up to 1.25.
const PA = [
  -0.002166375594868791, 0.035478304325618236, -0.11089469428239668, 0.31834661990116175,
  -0.3722078760357013, 0.41485611868374833, -0.0023621185607526594,
];
const QA = [
  0.011984499846799107, 0.01363708391202905, 0.12617121980876164, 0.07182865441419627,
  0.540397917702171, 0.10642088040084423, 1,
];

// log(x erfc(x)) + x² + 0.5625 in 1/x², up to 1/0.35.
const RA = [
  -9.814329344169145, -81.2874355063066, -184.60509290671104, -162.39666946257347,
  -62.375332450326006, -10.558626225323291, -0.6938585727071818, -0.009864944034847148,
];
const SA = [
  -0.0604244152148581, 6.570249770319282, 108.63500554177944, 429.00814002756783, 645.3872717332679,
  434.56587747522923, 137.65775414351904, 19.651271667439257, 1,
];

// The same, beyond 1/0.35.
const RB = [
  -483.5191916086514, -1025.0951316110772, -637.5664433683896, -160.63638485582192,
  -17.757954917754752, -0.799283237680523, -0.0098649429247001,
];
const SB = [
  -22.44095244658582, 474.52854120695537, 2553.0504064331644, 3199.8582195085955, 1536.729586084437,
  325.7925129965739, 30.33806074348246, 1,
];
