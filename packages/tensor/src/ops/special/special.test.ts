/** Exact digits, gradients against difference quotients, and gradients of gradients, in float64. */
import { grad, gradcheck } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { scope, setBackend, special, type Tensor, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => setBackend(cpu()));
const doubles = (...values: number[]) => tensor(values, { dtype: "float64" });

type Fn = (...inputs: Tensor[]) => Tensor;
/** Values worked out with 40 digits. */
const VALUES: Record<string, readonly [Fn, number[][], number[]]> = {
  besselJ0: [
    special.besselJ0,
    [[0.5, 5, 8, 100]],
    [0.9384698072408129, -0.1775967713143383, 0.1716508071375539, 0.019985850304223122],
  ],
  besselJ1: [
    special.besselJ1,
    [[-0.5, 5, 8, 100]],
    [-0.2422684576748739, -0.32757913759146523, 0.23463634685391463, -0.07714535201411216],
  ],
  besselY0: [
    special.besselY0,
    [[0.001, 5, 8, 100]],
    [-4.471416611375923, -0.30851762524903376, 0.22352148938756622, -0.07724431336508315],
  ],
  besselY1: [
    special.besselY1,
    [[0.001, 5, 8, 100]],
    [-636.6221672311394, 0.14786314339122683, -0.1580604617312475, -0.020372312002759792],
  ],
  sphericalBesselJ0: [
    special.sphericalBesselJ0,
    [[0.001, 0.75, -20]],
    [0.9999998333333416, 0.9088516800311123, 0.045647262536381385],
  ],
  i0: [
    special.i0,
    [[0.5, -19, 20, 600]],
    [1.0634833707413236, 16446190.44061171, 43558282.559553534, 6.1463054039368444e258],
  ],
  i1: [
    special.i1,
    [[0.5, -19, 20, 600]],
    [0.2578943053908963, -16007373.785836995, 42454973.38512777, 6.141181345066892e258],
  ],
  i0e: [
    special.i0e,
    [[0.5, 19, 20, 1000]],
    [0.6450352704491501, 0.09214465721171876, 0.08978031188482602, 0.012617240455891257],
  ],
  i1e: [
    special.i1e,
    [[0.5, 19, 20, 1000]],
    [0.1564208031848717, 0.08968605682161496, 0.08750622218328867, 0.012610930256928629],
  ],
  modifiedBesselK0: [
    special.modifiedBesselK0,
    [[0.001, 1.75, 2.5, 50]],
    [7.023688800562382, 0.1553798123866036, 0.06234755320036619, 3.4101677497894956e-23],
  ],
  modifiedBesselK1: [
    special.modifiedBesselK1,
    [[0.001, 1.75, 2.5, 50]],
    [999.9962381560856, 0.19547745347439302, 0.07389081634774707, 3.4441022267175555e-23],
  ],
  scaledModifiedBesselK0: [
    special.scaledModifiedBesselK0,
    [[1.75, 2.5, 1000]],
    [0.8941490841572174, 0.7595486903280996, 0.03962832160075422],
  ],
  scaledModifiedBesselK1: [
    special.scaledModifiedBesselK1,
    [[1.75, 2.5, 1000]],
    [1.1248950768625277, 0.900174423907878, 0.03964813081296021],
  ],
  airyAi: [
    special.airyAi,
    [[-10, -1, 0, 1.5, 3, 15]],
    [
      0.04024123848644319, 0.5355608832923521, 0.3550280538878172, 0.07174949700810541,
      0.006591139357460719, 2.1649625207379925e-18,
    ],
  ],
  erfcx: [
    special.erfcx,
    [[-5, 0.25, 3, 100000.0]],
    [144009798674.66104, 0.7703465477309968, 0.17900115118138996, 5.6418958351954685e-6],
  ],
  ndtr: [
    special.ndtr,
    [[-8, 0.5, 3]],
    [6.220960574271784e-16, 0.6914624612740131, 0.9986501019683699],
  ],
  logNdtr: [
    special.logNdtr,
    [[-30, -0.5, 2]],
    [-454.3212439563432, -1.1759117615936185, -0.02301290932896349],
  ],
  ndtri: [
    special.ndtri,
    [[1e-18, 0.01, 0.75]],
    [-8.757290348782314, -2.326347874040841, 0.6744897501960817],
  ],
  gammainc: [
    special.gammainc,
    [
      [0.5, 3, 99, 150, 1000, 50],
      [0.25, 5, 90, 160, 700, 90],
    ],
    [
      0.5204998778130465, 0.8753479805169189, 0.18413301743658772, 0.7956261882343224,
      1.0158583345333217e-26, 0.9999983505014983,
    ],
  ],
  gammaincc: [
    special.gammaincc,
    [
      [0.5, 3, 99, 150, 1000, 50],
      [0.25, 5, 90, 160, 1350, 90],
    ],
    [
      0.4795001221869535, 0.12465201948308115, 0.8158669825634123, 0.20437381176567754,
      7.635408516228592e-24, 1.6494985017178249e-6,
    ],
  ],
  zeta: [
    special.zeta,
    [
      [1.1, 2, 3.5],
      [0.25, 1, 40],
    ],
    [14.819499896788237, 1.6449340668482264, 4.0781745099202635e-5],
  ],
};

describe("values in float64", () => {
  for (const [name, [fn, inputs, wanted]] of Object.entries(VALUES))
    test(name, () => {
      const got = fn(...inputs.map((x) => doubles(...x))).dataSync();
      wanted.forEach((w, i) => {
        expect(Math.abs(got[i] - w) / Math.max(Math.abs(w), 1e-300)).toBeLessThan(1e-12);
      });
    });
});

const near = () => doubles(0.3, 1.7, 5.5, 9.25).requiresGrad_();
const both = () => doubles(-6.5, -0.4, 0.2, 1.6, 8.75).requiresGrad_();
const inside = () => doubles(0.02, 0.3, 0.65, 0.97).requiresGrad_();
const GRADIENTS: Record<string, readonly [Fn, () => Tensor]> = {
  besselJ0: [special.besselJ0, both],
  besselJ1: [special.besselJ1, both],
  besselY0: [special.besselY0, near],
  besselY1: [special.besselY1, near],
  sphericalBesselJ0: [special.sphericalBesselJ0, both],
  i0: [special.i0, both],
  i0e: [special.i0e, both],
  i1: [special.i1, both],
  i1e: [special.i1e, both],
  modifiedBesselK0: [special.modifiedBesselK0, near],
  modifiedBesselK1: [special.modifiedBesselK1, near],
  scaledModifiedBesselK0: [special.scaledModifiedBesselK0, near],
  scaledModifiedBesselK1: [special.scaledModifiedBesselK1, near],
  airyAi: [special.airyAi, both],
  erfcx: [special.erfcx, () => doubles(-1.5, -0.4, 0.2, 1.6).requiresGrad_()],
  ndtr: [special.ndtr, both],
  logNdtr: [special.logNdtr, both],
  ndtri: [special.ndtri, inside],
  multigammaln: [(x) => special.multigammaln(x, 3), () => doubles(1.5, 4).requiresGrad_()],
  gammainc: [(x) => special.gammainc(doubles(0.5, 2, 9, 120), x), near],
  gammaincc: [(x) => special.gammaincc(doubles(0.5, 2, 9, 120), x), near],
  zeta: [(q) => special.zeta(doubles(1.5, 2, 3, 7), q), near],
  chebyshevPolynomialT: [(x) => special.chebyshevPolynomialT(x, 4), inside],
  shiftedChebyshevPolynomialW: [(x) => special.shiftedChebyshevPolynomialW(x, 3), inside],
  hermitePolynomialHe: [(x) => special.hermitePolynomialHe(x, 5), inside],
  laguerrePolynomialL: [(x) => special.laguerrePolynomialL(x, 4), inside],
  legendrePolynomialP: [(x) => special.legendrePolynomialP(x, 4), inside],
  "frexp, mantissa": [(x) => T.frexp(x).mantissa, near],
  "fmax and fmin": [(x) => T.fmax(x, 2).add(T.fmin(x.square(), 7)), near],
  gradient: [(x) => T.gradient(x.exp(), { spacing: 0.5, edgeOrder: 2 })[0], inside],
  "dist, p = 3": [(x) => T.dist(x, doubles(1), { p: 3 }), near],
  sumToSize: [(x) => x.square().reshape(2, 2).sumToSize(1, 2), near],
};

describe("gradients in float64", () => {
  for (const [name, [fn, start]] of Object.entries(GRADIENTS))
    test(name, () =>
      scope(() => {
        const x = start();
        gradcheck(fn, [x]);
        const slope = (t: Tensor) => grad(fn(t).square().sum(), [t], { createGraph: true })[0];
        gradcheck(slope, [x], { atol: 1e-4 });
      }),
    );
  test("there is none with respect to the shape of a gamma distribution, and to zeta's exponent", () => {
    const a = near();
    expect(() => special.gammainc(a, near())).toThrow(/detach/);
    expect(() => special.zeta(a, near())).toThrow(/detach/);
    expect(special.gammainc(a.detach(), near()).requiresGrad).toBe(true);
  });
});

test("what is wrong is named", () => {
  expect(() => special.legendrePolynomialP(doubles(1), 1.5)).toThrow(/degree/);
  expect(() => special.multigammaln(doubles(3), 0)).toThrow(/dimension/);
  expect(() =>
    T.nextafter(tensor([1], { dtype: "int32" }), tensor([2], { dtype: "int32" })),
  ).toThrow(/nextafter/);
  expect(() => T.frexp(tensor([1], { dtype: "int32" }))).toThrow(/frexp/);
  expect(() => T.histogram(tensor([1]), 0)).toThrow(/bins/);
  expect(() => T.histogramdd(tensor([[1, 2]]), [3])).toThrow(T.ShapeError);
  expect(() => T.gradient(tensor([1]))).toThrow(/edgeOrder/);
  expect(() => tensor([[1, 2]]).sumToSize(3)).toThrow(/sumToSize/);
  expect(() => T.isNonzero(tensor([1, 2]))).toThrow(/one element/);
});
