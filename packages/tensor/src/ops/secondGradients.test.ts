/** Indexing, shapes and linear algebra: gradients against difference quotients, and gradients of gradients, in float64. */
import { grad, gradcheck } from "@dl/autograd";
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { linalg, scope, setBackend, type Tensor, tensor } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(() => setBackend(cpu()));

/** Numbers in −1.5 … 1.5 that are far from each other and make no matrix of low rank. */
function numbers(...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const values = Float64Array.from({ length: size }, (_, i) => 1.5 * Math.sin(i * i + 2 * i + 1));
  return tensor(values, { shape, requiresGrad: true });
}
const whole = (...values: number[]) => tensor(Int32Array.from(values));
const unit = (n: number) => T.eye(n, n, { dtype: "float64" });
/** Regular, with different eigenvalues. */
const regular = (x: Tensor) => x.add(unit(x.shape.at(-1)!).mul(3));
const symmetric = (x: Tensor) => x.matmul(x.mT).add(unit(x.shape.at(-1)!));

type Fn = (...inputs: Tensor[]) => Tensor | Tensor[];
const total = (out: Tensor | Tensor[]): Tensor =>
  [out]
    .flat()
    .map((t, i) =>
      t
        .square()
        .mul(1 + 0.3 * i)
        .sum(),
    )
    .reduce((a, b) => a.add(b));

function check(fn: Fn, inputs: Tensor[]): void {
  scope(() => {
    gradcheck(fn, inputs);
    const gradients = (...x: Tensor[]): Tensor[] => grad(total(fn(...x)), x, { createGraph: true });
    expect(gradients(...inputs).every((g) => g.requiresGrad)).toBe(true);
    gradcheck(gradients, inputs, { atol: 1e-4 });
  });
}

const REDUCTIONS = ["sum", "prod", "mean", "amax", "amin"] as const;
const cases: Record<string, () => [Fn, Tensor[]]> = {
  gather: () => [(x) => x.gather(1, whole(0, 2, 2, 1).reshape([2, 2])), [numbers(2, 3)]],
  scatter: () => [
    (x, s) => x.scatter(1, whole(0, 2).reshape([2, 1]), s),
    [numbers(2, 3), numbers(2, 1)],
  ],
  indexSelect: () => [(x) => x.indexSelect(0, whole(2, 0, 2)), [numbers(3, 2)]],
  indexAdd: () => [
    (x, s) => x.indexAdd(0, whole(1, 1), s, { alpha: -2 }),
    [numbers(3, 2), numbers(2, 2)],
  ],
  indexCopy: () => [(x, s) => x.indexCopy(0, whole(2, 0), s), [numbers(3, 2), numbers(2, 2)]],
  indexFill: () => [(x, v) => x.indexFill(0, whole(1, 1), v), [numbers(3, 2), numbers()]],
  index: () => [(x) => x.index([whole(0, 1), null, whole(1, 1)]), [numbers(2, 2, 3)]],
  indexPut: () => [
    (x, s) => x.indexPut([whole(0, 0), whole(1, 1)], s, { accumulate: true }),
    [numbers(2, 3), numbers(2)],
  ],
  take: () => [(x) => x.take(whole(-1, 0, 0)), [numbers(2, 2)]],
  takeAlongDim: () => [
    (x) => x.takeAlongDim(whole(1, 0).reshape([1, 2]), { dim: 1 }),
    [numbers(3, 2)],
  ],
  maskedSelect: () => [(x) => x.maskedSelect(tensor([true, false, true])), [numbers(2, 3)]],
  maskedScatter: () => [
    (x, s) => x.maskedScatter(tensor([true, false, true]), s),
    [numbers(3), numbers(4)],
  ],
  selectScatter: () => [(x, s) => x.selectScatter(s, 1, 0), [numbers(2, 3), numbers(2)]],
  sliceScatter: () => [
    (x, s) => x.sliceScatter(s, { dim: 1, step: 2 }),
    [numbers(2, 3), numbers(2, 2)],
  ],
  diagonalScatter: () => [
    (x, s) => x.diagonalScatter(s, { offset: 1 }),
    [numbers(2, 3), numbers(2)],
  ],
  diagonal: () => [(x) => x.diagonal({ dim1: 0, dim2: -1, offset: -1 }), [numbers(3, 2, 3)]],
  diagEmbed: () => [(x) => x.diagEmbed({ dim1: 0, dim2: 2, offset: 1 }), [numbers(2, 2)]],
  roll: () => [(x) => x.roll([1, -1], { dims: [0, 1] }), [numbers(3, 3)]],
  repeatInterleave: () => [(x) => x.repeatInterleave(whole(1, 0, 2), { dim: 0 }), [numbers(3, 2)]],
  repeat: () => [(x) => x.repeat(2, 1, 2), [numbers(2, 2)]],
  unfold: () => [(x) => x.unfold(0, 3, 1), [numbers(5)]],
  blockDiag: () => [(a, b) => T.blockDiag(a, b), [numbers(2, 1), numbers(1, 2)]],
  vander: () => [(x) => T.vander(x, { N: 4 }), [numbers(3)]],
  addbmm: () => [
    (c, a, b) => c.addbmm(a, b, { beta: 0.5, alpha: 2 }),
    [numbers(2, 2), numbers(2, 2, 3), numbers(2, 3, 2)],
  ],
  inner: () => [(a, b) => a.inner(b), [numbers(2, 3), numbers(2, 3)]],
  tensordot: () => [
    (a, b) => T.tensordot(a, b, { dims: [[0], [1]] }),
    [numbers(2, 2), numbers(3, 2)],
  ],
  "einsum of a diagonal": () => [
    (a, b) => T.einsum("...ii,ij->j...", a, b),
    [numbers(2, 2, 2), numbers(2, 2)],
  ],
  "einsum of three": () => [
    (a, b, c) => T.einsum("bi,bij,bj->b", a, b, c),
    [numbers(2, 2), numbers(2, 2, 2), numbers(2, 2)],
  ],
  cross: () => [(a, b) => a.cross(b, { dim: 1 }), [numbers(2, 3), numbers(1, 3)]],
  kron: () => [(a, b) => a.kron(b), [numbers(2, 2), numbers(1, 2)]],
  multiDot: () => [
    (a, b, c) => linalg.multiDot([a, b, c]),
    [numbers(2), numbers(2, 3), numbers(3, 2)],
  ],
  luFactor: () => [(x) => linalg.luFactor(regular(x)).LU, [numbers(3, 3)]],
  "luFactor of tall matrices": () => [(x) => linalg.luFactor(x).LU, [numbers(4, 2)]],
  "luFactor of wide matrices": () => [(x) => linalg.luFactor(x).LU, [numbers(2, 4)]],
  luSolve: () => [
    (x, b) => linalg.luSolve(regular(x), whole(1, 3, 3), b, { adjoint: true }),
    [numbers(3, 3), numbers(3, 2)],
  ],
  ldlSolve: () => [
    (b) => linalg.ldlSolve(regular(numbers(3, 3)).detach(), whole(1, -3, -3), b),
    [numbers(3, 2)],
  ],
  householderProduct: () => [
    (a, tau) => linalg.householderProduct(a, tau),
    [numbers(3, 2), numbers(2)],
  ],
  matrixExp: () => [(x) => linalg.matrixExp(x), [numbers(2, 2)]],
  cond: () => [(x) => linalg.cond(regular(x), { p: "fro" }), [numbers(2, 2)]],
  inv: () => [(a) => linalg.inv(regular(a)), [numbers(2, 3, 3)]],
  "solve for matrices": () => [
    (a, b) => linalg.solve(regular(a), b),
    [numbers(3, 3), numbers(3, 2)],
  ],
  "solve from the right": () => [
    (a, b) => linalg.solve(regular(a), b, { left: false }),
    [numbers(2, 2, 2), numbers(3, 2)],
  ],
  "solve for vectors": () => [(a, b) => linalg.solve(regular(a), b), [numbers(3, 3), numbers(3)]],
  "solveTriangular, upper": () => [
    (a, b) => linalg.solveTriangular(regular(a), b, { upper: true }),
    [numbers(3, 3), numbers(3, 2)],
  ],
  "solveTriangular, unit and lower": () => [
    (a, b) => linalg.solveTriangular(a, b, { upper: false, unitriangular: true }),
    [numbers(3, 3), numbers(3, 1)],
  ],
  cholesky: () => [(a) => linalg.cholesky(symmetric(a)), [numbers(3, 3)]],
  "cholesky, upper": () => [(a) => linalg.cholesky(symmetric(a), { upper: true }), [numbers(2, 2)]],
  det: () => [(a) => linalg.det(a), [numbers(2, 3, 3)]],
  slogdet: () => [(a) => linalg.slogdet(regular(a)).logabsdet, [numbers(3, 3)]],
  "qr of a tall matrix": () => [(a) => Object.values(linalg.qr(a)), [numbers(4, 3)]],
  "qr of a square": () => [(a) => Object.values(linalg.qr(a)), [numbers(3, 3)]],
  "qr of a wide matrix": () => [(a) => Object.values(linalg.qr(a)), [numbers(2, 4)]],
  "R alone": () => [(a) => linalg.qr(a).R, [numbers(3, 2)]],
  "Q alone": () => [(a) => linalg.qr(a).Q, [numbers(3, 2)]],
  eigh: () => [(a) => Object.values(linalg.eigh(symmetric(a))), [numbers(3, 3)]],
  eigvalsh: () => [(a) => linalg.eigvalsh(symmetric(a)), [numbers(3, 3)]],
  "svd of a tall matrix": () => [
    (a) => Object.values(linalg.svd(a, { fullMatrices: false })),
    [numbers(4, 3)],
  ],
  "svd of a wide matrix": () => [
    (a) => Object.values(linalg.svd(a, { fullMatrices: false })),
    [numbers(2, 3)],
  ],
  svdvals: () => [(a) => linalg.svdvals(a), [numbers(2, 3, 2)]],
  pinv: () => [(a) => linalg.pinv(a), [numbers(3, 2)]],
  "pinv of a wide matrix": () => [(a) => linalg.pinv(a), [numbers(2, 3)]],
  lstsq: () => [(a, b) => linalg.lstsq(a, b).solution, [numbers(4, 2), numbers(4, 1)]],
  "matrixPower, negative": () => [(a) => linalg.matrixPower(regular(a), -2), [numbers(2, 2)]],
  "nuclear norm": () => [(a) => linalg.matrixNorm(a, { ord: "nuc" }), [numbers(3, 2)]],
  "vectorNorm of order 3": () => [(a) => linalg.vectorNorm(a, { ord: 3, dim: 1 }), [numbers(2, 3)]],
  ...Object.fromEntries(
    REDUCTIONS.map((reduce) => [
      `scatterReduce, ${reduce}`,
      (): [Fn, Tensor[]] => [
        (x, s) => x.scatterReduce(0, whole(0, 0, 2, 0), s, reduce),
        [numbers(3), numbers(4).mul(0.7)],
      ],
    ]),
  ),
  ...Object.fromEntries(
    [1, 1.5, 2, 3, Infinity].map((p) => [
      `cdist, p = ${p}`,
      (): [Fn, Tensor[]] => [
        (a, b) => T.cdist(a, b, { p }),
        [numbers(2, 3), numbers(3, 3).mul(0.7)],
      ],
    ]),
  ),
};

describe("gradients and gradients of gradients", () => {
  for (const [name, make] of Object.entries(cases))
    test(name, () => {
      const [fn, inputs] = make();
      check(
        fn,
        inputs.map((x) => x.detach().requiresGrad_()),
      );
    });
});

describe("vectors, whose sign is arbitrary", () => {
  const near = (a: Tensor, b: Tensor) =>
    expect(linalg.vectorNorm(a.sub(b), { ord: Infinity }).itemSync()).toBeLessThan(1e-10);
  const matrices = () => [numbers(3, 3), numbers(5, 2), numbers(2, 4), numbers(2, 3, 4)];

  test("svd multiplies back, of orthonormal vectors, full or not", () => {
    for (const a of [...matrices(), a0(), T.ones(4, 3, { dtype: "float64" })])
      for (const fullMatrices of [true, false]) {
        const { U, S, Vh } = linalg.svd(a, { fullMatrices });
        const k = S.shape.at(-1)!;
        near(
          U.narrow(-1, 0, k)
            .mul(S.unsqueeze(-2))
            .matmul(Vh.narrow(-2, 0, k)),
          a,
        );
        near(U.mT.matmul(U), unit(U.shape.at(-1)!));
        near(Vh.matmul(Vh.mT), unit(Vh.shape.at(-2)!));
      }
  });
  test("eigh multiplies back", () => {
    for (const a of [symmetric(numbers(4, 4)), symmetric(numbers(2, 3, 3)), a0()]) {
      const { eigenvalues, eigenvectors: v } = linalg.eigh(a);
      near(v.mul(eigenvalues.unsqueeze(-2)).matmul(v.mT), a);
      near(v.mT.matmul(v), unit(a.shape.at(-1)!));
    }
  });
  const a0 = () => T.zeros(3, 3, { dtype: "float64" });
});
