/** A block of the result: all of its tiles, panel of the left operand by panel, so that one panel stays in the first cache. */
import { Fn, I32 } from "../assembler.ts";
import {
  leftBytes,
  type Machine,
  MOST_ROWS,
  type TileShape,
  type Tiles,
  tileColumns,
} from "./tile.ts";

/** Bytes of memory in which a tile that overlaps the result's edge is computed. */
export const edgeBytes = (machine: Machine): number =>
  MOST_ROWS * 4 * Math.max(tileColumns(machine), 32);

const COMMON = ["m", "n", "k", "a", "b", "c", "rowBytes", "accumulate", "edge"] as const;
const IN_PLACE = ["aRowBytes", "aColumnBytes"] as const;
const PANELS = ["bPanelBytes"] as const;
const ROWS = ["bRowBytes"] as const;
const TABLE = ["table"] as const;

/**
 * block(m, n, k, a, b, c, rowBytes, accumulate, edge, [aRowBytes, aColumnBytes], [bPanelBytes], [bRowBytes or table]):
 * c[m×n] = or += left · right. `bPanelBytes`, from one whole tile's columns to the next, is a parameter where the right
 * operand lies in rows, whether packed or in place.
 */
export function block(kind: Pick<TileShape, "left" | "right">, tiles: Tiles, machine: Machine): Fn {
  const names: readonly string[] = [
    ...COMMON,
    ...(kind.left === "inPlace" ? IN_PLACE : []),
    ...(kind.right === "table" ? TABLE : PANELS),
    ...(kind.right === "rows" ? ROWS : []),
  ];
  const f = new Fn(new Array<number>(names.length).fill(I32));
  const p = (name: string) => names.indexOf(name);
  const [m, n, k, a, b, c] = [p("m"), p("n"), p("k"), p("a"), p("b"), p("c")];
  const [rowBytes, accumulate, edge] = [p("rowBytes"), p("accumulate"), p("edge")];
  const columns = 4 * tiles.widths[0];
  const [left, panel, to, rows, i, j, at] = Array.from({ length: 7 }, () => f.local());
  const callTile = (vectors: number, target: () => unknown) =>
    tiles.call(f, rows, vectors, () => {
      f.get(k).get(a).get(panel);
      target();
      if (kind.left === "inPlace") f.get(p("aRowBytes")).get(p("aColumnBytes"));
      if (kind.right === "rows") f.get(p("bRowBytes"));
      if (kind.right === "table") f.get(p("table"));
    });
  const toResult = () => f.get(to).get(rowBytes).get(accumulate);
  /** Through memory of its own: only what lies inside the result is copied. */
  const overEdge = (vectors: number) => {
    callTile(vectors, () =>
      f
        .get(edge)
        .i32(4 * columns)
        .i32(0),
    );
    const scratch = f.local();
    f.get(edge).set(scratch).get(rows).set(i).get(to).set(at);
    f.countdown(i, 1, () => {
      f.i32(0).set(j);
      f.while(
        () => f.get(j).get(left).op("i32.lt_s"),
        () => {
          const place = (base: number) => f.get(base).get(j).i32(2).op("i32.shl").op("i32.add");
          place(at);
          place(scratch).loadF32();
          f.get(accumulate).if(
            () => place(at).loadF32(),
            () => f.bytes(0x43, 0, 0, 0, 0),
            0x7d,
          );
          f.op("f32.add").storeF32().bump(j, 1);
        },
      );
      f.bumpBy(at, rowBytes).bump(scratch, 4 * columns);
    });
  };
  /** What is left of the columns: the narrowest tile that holds it. */
  const atEdge = (widths: readonly number[]): void => {
    const [width, ...narrower] = widths;
    const whole = () =>
      f
        .get(left)
        .i32(4 * width)
        .op("i32.eq")
        .if(
          () => callTile(width, toResult),
          () => overEdge(width),
        );
    if (narrower.length === 0) {
      whole();
      return;
    }
    f.get(left)
      .i32(4 * narrower[0])
      .op("i32.gt_s")
      .if(whole, () => atEdge(narrower));
  };
  f.while(
    () => f.get(m).i32(0).op("i32.gt_s"),
    () => {
      f.get(m).i32(tiles.rows).get(m).i32(tiles.rows).op("i32.lt_s").op("select").set(rows);
      f.get(n).set(left).get(b).set(panel).get(c).set(to);
      f.countdown(left, columns, () => {
        callTile(tiles.widths[0], toResult);
        if (kind.right === "table") f.bump(panel, 4 * columns);
        else f.bumpBy(panel, p("bPanelBytes"));
        f.bump(to, 4 * columns);
      });
      f.get(left).if(() => atEdge(tiles.widths));
      if (kind.left === "inPlace")
        f.get(p("aRowBytes")).i32(tiles.rows).op("i32.mul").get(a).op("i32.add").set(a);
      else
        f.get(k)
          .i32(tiles.rows * leftBytes(machine))
          .op("i32.mul")
          .get(a)
          .op("i32.add")
          .set(a);
      f.get(rowBytes).i32(tiles.rows).op("i32.mul").get(c).op("i32.add").set(c);
      f.bump(m, -tiles.rows);
    },
  );
  return f;
}
