/** What indexing, shapes and linear algebra refuse, and how they say it. */
import { cpu } from "@dl/backend-cpu";
import * as T from "@dl/tensor";
import { linalg, ones, setBackend, type Tensor, tensor, zeros } from "@dl/tensor";
import { beforeAll, describe, expect, test } from "vitest";

const whole = (...values: number[]) => tensor(Int32Array.from(values));
const matrix = () => zeros(2, 3);
const singular = () =>
  tensor([
    [1, 2],
    [2, 4],
  ]);

/** [what is called, the error's code, what the message says] */
type Refusal = [call: () => unknown, code: string, message: RegExp];
const REFUSALS: Record<string, Refusal[]> = {
  "an index that is not there": [
    [() => matrix().gather(1, whole(0, 3).reshape([2, 1])), "index", /^gather: index 3 at/],
    [() => matrix().gather(1, whole(0, -1).reshape([2, 1])), "index", /^gather: index -1 at/],
    [() => matrix().scatter(1, whole(0, 3).reshape([2, 1]), 1), "index", /^scatter: index 3/],
    [() => zeros(2).scatterAdd(0, whole(2), ones(1)), "index", /^scatterAdd: index 2/],
    [
      () => zeros(2).scatterReduce(0, whole(2), ones(1), "amax"),
      "index",
      /^scatterReduce: index 2/,
    ],
    [() => matrix().indexSelect(0, whole(2)), "index", /^indexSelect: index 2 .* size 2/],
    [() => matrix().indexSelect(0, whole(-1)), "index", /^indexSelect: index -1/],
    [() => matrix().indexAdd(1, whole(3), ones(2, 1)), "index", /^indexAdd: index 3/],
    [() => matrix().indexCopy(1, whole(3), ones(2, 1)), "index", /^indexCopy: index 3/],
    [() => matrix().indexFill(1, whole(3), 1), "index", /^indexFill: index 3/],
    [() => matrix().indexFill(1, whole(-4), 1), "index", /^indexFill: index -4/],
    [() => matrix().indexReduce(0, whole(2), ones(1, 3), "prod"), "index", /^indexReduce: index 2/],
    [() => matrix().take(whole(6)), "index", /^take: index 6/],
    [() => matrix().take(whole(-7)), "index", /^take: index -7/],
    [() => matrix().put(whole(6), ones(1)), "index", /^put: index 6/],
    [
      () => matrix().takeAlongDim(whole(3).reshape([1, 1]), { dim: 1 }),
      "index",
      /^takeAlongDim: index 3/,
    ],
    [
      () => matrix().index([whole(0), whole(3)]),
      "index",
      /^index: index 3 is out of range for dimension 1/,
    ],
    [
      () => matrix().indexPut([whole(-3)], 1),
      "index",
      /^indexPut: index -3 is out of range for dimension 0/,
    ],
    [() => matrix().selectScatter(ones(2), 1, 3), "index", /^selectScatter: index 3/],
    [() => matrix().narrow(1, 2, 2), "index", /^narrow/],
    [() => matrix().select(0, 2), "index", /^select: index 2/],
  ],
  "an index of the wrong kind": [
    [() => matrix().gather(1, zeros(2, 1)), "dtype", /^gather: the index is float32/],
    [() => matrix().take(zeros(1)), "dtype", /^take: the index is float32/],
    [() => matrix().indexSelect(0, zeros(1)), "dtype", /^indexSelect: the index is float32/],
    [() => matrix().index([zeros(1)]), "dtype", /^index: the index is float32/],
    [() => matrix().maskedSelect(zeros(3)), "dtype", /^maskedSelect: the mask is float32/],
    [() => matrix().maskedScatter(zeros(3), zeros(6)), "dtype", /^maskedScatter: the mask is/],
    [() => zeros(2).scatterAdd(0, whole(0), whole(1)), "dtype", /^scatterAdd: the source is int32/],
    [
      () => zeros(2).scatterReduce(0, whole(0), whole(1), "prod"),
      "dtype",
      /^scatterReduce: the source/,
    ],
    [
      () => zeros(2).scatterReduce(0, whole(0), ones(1), "max" as "amax"),
      "value",
      /"max" is not one of/,
    ],
  ],
  "shapes that do not fit": [
    [() => matrix().gather(1, whole(0)), "shape", /^gather: the index \[1\] needs as many dim/],
    [() => matrix().gather(1, zeros(3, 1).int()), "shape", /^gather: the index \[3, 1\] is larger/],
    [() => zeros(2).scatterAdd(0, whole(0, 1), ones(1)), "shape", /larger than the source \[1\]/],
    [
      () => matrix().indexSelect(0, zeros(1, 1).int()),
      "shape",
      /^indexSelect: the index is to be a vector/,
    ],
    [() => matrix().indexAdd(0, whole(0), ones(2, 3)), "shape", /^indexAdd: .* should be \[1, 3\]/],
    [() => matrix().put(whole(0), ones(2)), "shape", /^put/],
    [() => matrix().index([null, null, whole(0)]), "shape", /^index: 3 indices are too many/],
    [
      () => matrix().index([tensor([true, false, true])]),
      "shape",
      /^index: the mask \[3\] does not fit/,
    ],
    [
      () => zeros(3).maskedScatter(tensor([true, true, true]), ones(2)),
      "shape",
      /holds at 3 places.* 2 elements/,
    ],
    [() => matrix().sliceScatter(ones(2, 2)), "shape", /^sliceScatter/],
    [() => matrix().diagonalScatter(ones(3)), "shape", /^diagonalScatter/],
    [() => ones(3).tril(), "shape", /^tril: at least 2 dimensions/],
    [() => ones(3).diagonal(), "shape", /^diagonal: at least 2 dimensions/],
    [() => ones(2, 2, 2).diag(), "shape", /^diag: a vector or a matrix/],
    [() => ones(2, 2, 2).trace(), "shape", /^trace: a matrix/],
    [() => matrix().diagonal({ dim1: 1, dim2: -1 }), "value", /^diagonal: .* same dimension/],
    [() => T.cat([ones(2, 3), ones(2, 2)]), "shape", /^cat: tensor 1 has shape \[2, 2\]/],
    [() => T.stack([ones(2), ones(3)]), "shape", /^stack: tensor 1/],
    [() => T.hstack([]), "value", /^hstack: an empty list/],
    [() => ones(5).split([2, 2]), "shape", /^split: sizes \[2, 2\] add up to 4/],
    [() => ones(5).hsplit(2), "shape", /^hsplit: 5 positions/],
    [() => ones(5).vsplit(1), "shape", /^vsplit: at least 2 dimensions/],
    [() => tensor(1).unbind(), "shape", /^unbind/],
    [() => ones(2, 2).repeat(2), "shape", /^repeat: .* fewer numbers/],
    [() => ones(3).repeatInterleave(whole(1, 2)), "shape", /^repeatInterleave: the repeats \[2\]/],
    [() => ones(3).repeatInterleave(whole(1, -1, 0)), "value", /^repeatInterleave: -1/],
    [() => ones(3).roll([1, 2]), "value", /^roll: 2 shifts/],
    [() => ones(3).fliplr(), "shape", /^fliplr/],
    [() => ones(3).rot90(), "shape", /^rot90/],
    [() => ones(2, 3).movedim([0, 0], [0, 1]), "value", /^movedim/],
    [() => T.meshgrid(ones(2, 2)), "shape", /^meshgrid/],
    [() => T.combinations(ones(2, 2)), "shape", /^combinations/],
    [() => ones(3).unfold(0, 4, 1), "shape", /^unfold: a window of 4/],
    [() => ones(3).expand(2, 4), "shape", /^expand/],
  ],
  products: [
    [() => ones(2, 3).mv(ones(2)), "shape", /^matmul: \[2, 3\] times \[2\]/],
    [() => ones(2).outer(ones(2, 2)), "shape", /^outer: two vectors/],
    [() => ones(2, 3).inner(ones(2)), "shape", /^inner/],
    [() => ones(3).addmm(ones(2, 3), ones(3, 4)), "shape", /^addmm: \[3\] does not broadcast/],
    [() => T.tensordot(ones(2, 3), ones(4, 2), { dims: 1 }), "shape", /^tensordot/],
    [() => T.cdist(ones(2, 3), ones(2, 2)), "shape", /^cdist/],
    [() => T.cdist(ones(2, 3), ones(2, 3), { p: -1 }), "value", /^cdist: p = -1/],
    [() => T.cross(ones(2), ones(2)), "shape", /^cross: .* no dimension of size 3/],
    [() => T.einsum("ij,jk", ones(2, 3)), "value", /2 terms for 1 operand/],
    [() => T.einsum("ij", ones(2)), "shape", /"ij" has 2 letters for operand 0.*\[2\]/],
    [() => T.einsum("i", ones(2, 2)), "shape", /"i" has 1 letter for operand 0/],
    [() => T.einsum("ij,jk", ones(2, 3), ones(4, 2)), "shape", /"j" has size 3 and, in operand 1/],
    [
      () => T.einsum("ii", ones(2, 3)),
      "shape",
      /"i" has size 2 and, in operand 0 of shape \[2, 3\], 3/,
    ],
    [() => T.einsum("i->j", ones(2)), "value", /the output has "j", which no operand has/],
    [() => T.einsum("i->ii", ones(2)), "value", /the output has a letter twice/],
    [() => T.einsum("i.->i", ones(2)), "value", /"\." in "i\." is neither/],
    [() => T.einsum("i->i->i", ones(2)), "value", /more than one ->/],
    [() => linalg.multiDot([ones(2)]), "shape", /^multiDot: at least 2/],
  ],
  "linear algebra": [
    [() => linalg.inv(ones(2, 3)), "shape", /^linalg.inv: square matrices/],
    [() => linalg.inv(ones(2, 2).int()), "dtype", /^linalg.inv: floating point/],
    [
      () => linalg.inv(singular()),
      "value",
      /^linalg.inv: the matrix is singular \(pivot 2 of 2 is 0\)/,
    ],
    [
      () => linalg.inv(T.stack([T.eye(2), singular()])),
      "value",
      /matrix 1 of the batch is singular/,
    ],
    [() => linalg.solve(singular(), ones(2)), "value", /^linalg.solve: the matrix is singular/],
    [() => linalg.solve(ones(2, 2), ones(3, 1)), "shape", /^linalg.solve/],
    [
      () =>
        linalg.cholesky(
          tensor([
            [1, 2],
            [2, 1],
          ]),
        ),
      "value",
      /not positive definite.* order 2/,
    ],
    [() => linalg.qr(ones(3)), "shape", /^linalg.qr: matrices/],
    [() => linalg.matrixPower(ones(2, 3), 2), "shape", /^linalg.matrixPower/],
    [() => linalg.matrixNorm(ones(2, 2), { ord: 3 }), "value", /ord 3 is not one of/],
    [() => linalg.norm(ones(3), { ord: "fro" }), "value", /is a norm of matrices/],
    [() => linalg.lstsq(ones(3, 2), ones(2, 1)), "shape", /both need 3 rows/],
  ],
};

beforeAll(() => setBackend(cpu()));

for (const [title, refusals] of Object.entries(REFUSALS))
  describe(`${title} is refused`, () => {
    for (const [call, code, message] of refusals)
      test(message.source, () => {
        let thrown: unknown;
        try {
          T.scope(() => call() as Tensor);
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBeInstanceOf(T.DlError);
        expect((thrown as T.DlError).message).toMatch(message);
        expect((thrown as T.DlError).code).toBe(code);
      });
  });
