/**
 * Kernels that work on rows: lanes along one axis of which everything depends on totals, like softmax. A thread takes a
 * row where rows are short or many; else a workgroup does, whose threads take every n-th element and join their totals.
 * Where rows lie densely, elements are read and written four at a time.
 */
import type { View } from "@dl/tensor/core";
import type { Engine } from "../engine.ts";
import type { Access } from "../kernel.ts";
import { ENOUGH_FOR_VECTORS } from "../map.ts";
import { address, allDimensions, bind, coordinates, Words, walkOver } from "../operands.ts";
import { combine, trees } from "../trees.ts";
import { bitsOf } from "../wgsl/expr.ts";

const THREADS = 64;

/** An operand: with an element per element of the row, one per row, or (the same for all rows) one per place in a row. */
export interface RowOperand {
  readonly view: View;
  readonly per: "element" | "row" | "place";
  readonly access: Access;
}

/** What the text of a kernel is made of. Elements are float32 (`f`) or int32 (`n`) at place `i` of the row. */
export interface RowText {
  /** An element of an operand, as f32: that at `i` within a loop over the row, or another one. */
  f(operand: number, at?: string): string;
  /** What a row has one of, an integer. */
  n(operand: number): string;
  /** Stores into an operand: at `i`, or the row's own. */
  store(operand: number, value: string): string;
  /** Declares a total over the row. */
  total(name: string, op: "sum" | "max", value: string): string;
  /** Statements for every place of the row. */
  each(statements: string): string;
  /** Statements that run once for a row. */
  once(statements: string): string;
  /** The row's length, and a run-time scalar. */
  readonly length: string;
  readonly scalar: string;
}

/** Runs over all rows along `axis` of the first operand. False where an operand is not what the kernels can read. */
export function runRows(
  engine: Engine,
  name: string,
  operands: readonly RowOperand[],
  axis: number,
  write: (text: RowText) => string,
  scalar = 0,
): boolean {
  const { shape, numel } = operands[0].view;
  if (!operands.every(({ view }) => view.dtype === "float32" || view.dtype === "int32"))
    return false;
  if (numel === 0) return true;
  const length = shape[axis];
  const others = allDimensions(shape).filter((d) => d !== axis);
  // Of what has one element per row, the dimensions are those that are not the row's own.
  const rowStrides = operands.map(({ view, per }) => {
    if (per === "place") return shape.map(() => 0);
    if (per === "element") return view.strides;
    const strides = shape.map(() => 0);
    others.forEach((d, i) => {
      strides[d] = view.strides[view.shape.length === shape.length ? d : i];
    });
    return strides;
  });
  const steps = operands.map(({ view, per }) =>
    per === "element" ? view.strides[axis] : per === "place" ? view.strides[0] : 0,
  );
  const walk = walkOver(shape, others, rowStrides, 0);
  const byThread = length <= 32 || walk.count >= 4096;
  const bound = bind(
    engine.memory,
    operands.map((o) => o.view),
    operands.map((o) => o.access),
  );
  const byFour =
    numel >= ENOUGH_FOR_VECTORS &&
    length % 4 === 0 &&
    operands.every(({ view, per }, k) => {
      // In one buffer with what has an element per row: pieces of a page, or a gradient that takes the place of an input.
      const { name: binding } = bound.slots[k];
      const isMixed = bound.slots.some((s, j) => s.name === binding && operands[j].per === "row");
      const distances = [view.offset, ...walk.strides[k]];
      return per === "row" || (steps[k] === 1 && !isMixed && distances.every((d) => d % 4 === 0));
    });
  const rank = walk.sizes.length;
  const key = `${name} ${bound.key} ${rank} ${byThread} ${byFour}`;
  const kernel = engine.kernel(key, () => {
    const words = new Words();
    const [count, length, given] = words.several(3);
    const sizes = words.several(rank);
    const starts: string[] = [];
    const places = operands.map(({ per }, k): Place => {
      const step = words.next();
      starts.push(`let start${k} = ${address(words.next(), "c", words.several(rank))};`);
      const { name: binding } = bound.slots[k];
      return { binding, start: `start${k}`, step, isAlong: per !== "row" };
    });
    const body = `
  let row = i32(${byThread ? `group * ${THREADS}u + lane` : "group"});
  if (row >= ${count}) { return; }
  ${coordinates("c", "row", sizes)}
  ${starts.join("\n  ")}
  ${write(rowText(places, length, `bitcast<f32>(${given})`, byThread, byFour))}`;
    const isVector = bound.access.map(
      (_, b) => byFour && places.some((p) => p.isAlong && p.binding === `b${b}`),
    );
    const joining = byThread ? {} : trees(engine, ["sum", "max"], "f32", THREADS);
    return { name, access: bound.access, workgroup: THREADS, body, isVector, ...joining };
  });
  const words = [walk.count, length, bitsOf(scalar), ...walk.sizes];
  operands.forEach(({ view }, k) => words.push(steps[k], view.offset, ...walk.strides[k]));
  const groups = byThread ? Math.ceil(walk.count / THREADS) : walk.count;
  engine.queue.dispatch(kernel, bound.blocks, words, engine.spread(groups));
  return true;
}

/** Where an operand is, as a kernel's text names it. */
interface Place {
  readonly binding: string;
  readonly start: string;
  readonly step: string;
  /** It has an element for every place of the row. */
  readonly isAlong: boolean;
}

function rowText(
  places: readonly Place[],
  length: string,
  scalar: string,
  byThread: boolean,
  byFour: boolean,
): RowText {
  const at = ({ binding, start, step, isAlong }: Place, i: string) => {
    const place = `${start} + (${i}) * ${step}`;
    return `${binding}[${isAlong && byFour ? `(${place}) >> 2u][(${place}) & 3` : place}]`;
  };
  const each = byFour ? loopByFour : loop;
  const loopOver = (statements: string) => each(places, statements, length, byThread, at);
  return {
    f: (k, i) =>
      places[k].isAlong && i === undefined ? `x${k}` : `bitcast<f32>(${at(places[k], i ?? "0")})`,
    n: (k) => `bitcast<i32>(${at(places[k], "0")})`,
    store: (k, value) =>
      `${places[k].isAlong ? `y${k}` : at(places[k], "0")} = bitcast<u32>(${value});`,
    total(name, op, value) {
      const own = byThread ? name : `${name}Own`;
      return `var ${own} = ${op === "sum" ? "0.0f" : "(-inf())"};
  ${loopOver(`${own} = ${combine(op, "f32", own, value)};`)}
  ${byThread ? "" : `let ${name} = ${op}Of(${own}, lane);`}`;
    },
    each: loopOver,
    once: (statements) => (byThread ? statements : `if (lane == 0u) { ${statements} }`),
    length,
    scalar,
  };
}

/** Statements for every place `i` of the row: they find elements in `x0` … and leave results in `y0` …, by operand. */
function loop(
  places: readonly Place[],
  statements: string,
  length: string,
  byThread: boolean,
  at: (place: Place, i: string) => string,
): string {
  const { reads, results } = named(places, statements);
  return `for (var i = ${byThread ? "0" : "i32(lane)"}; i < ${length}; i += ${byThread ? 1 : THREADS}) {
    ${reads.map((k) => `let x${k} = bitcast<f32>(${at(places[k], "i")});`).join(" ")}
    ${results.map((k) => `var y${k}: u32;`).join(" ")}
    ${statements}
    ${results.map((k) => `${at(places[k], "i")} = y${k};`).join(" ")}
  }`;
}

function loopByFour(
  places: readonly Place[],
  statements: string,
  length: string,
  byThread: boolean,
): string {
  const { reads, results } = named(places, statements);
  const vector = (k: number) => `${places[k].binding}[(${places[k].start} + j) >> 2u]`;
  const one = (component: string, i: number) => `{
      let i = j + ${i};
      ${reads.map((k) => `let x${k} = bitcast<f32>(q${k}.${component});`).join(" ")}
      ${results.map((k) => `var y${k}: u32;`).join(" ")}
      ${statements}
      ${results.map((k) => `r${k}.${component} = y${k};`).join(" ")}
    }`;
  return `for (var j = ${byThread ? "0" : "4 * i32(lane)"}; j < ${length}; j += ${byThread ? 4 : 4 * THREADS}) {
    ${reads.map((k) => `let q${k} = ${vector(k)};`).join(" ")}
    ${results.map((k) => `var r${k}: vec4<u32>;`).join(" ")}
    ${[..."xyzw"].map(one).join("\n    ")}
    ${results.map((k) => `${vector(k)} = r${k};`).join(" ")}
  }`;
}

/** Operands that statements read, and that they store into. */
function named(places: readonly Place[], statements: string) {
  const along = places.map((_, k) => k).filter((k) => places[k].isAlong);
  return {
    reads: along.filter((k) => new RegExp(`\\bx${k}\\b`).test(statements)),
    results: along.filter((k) => statements.includes(`y${k} =`)),
  };
}
