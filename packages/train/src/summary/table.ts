/** torchinfo's table. */
import { type LayerSummary, leftover } from "./layers.ts";
import type { Summary } from "./summary.ts";

export type SummaryColumn =
  | "kernelSize"
  | "inputSize"
  | "outputSize"
  | "numParams"
  | "paramsPercent"
  | "multAdds"
  | "trainable";

export interface TableOptions {
  /** How deep rows go; what is deeper counts in the rows above. Default 3. */
  depth?: number;
  /** Default `["outputSize", "numParams"]`. */
  columns?: readonly SummaryColumn[];
  /** Show the names of fields. Default false. */
  varNames?: boolean;
  /** Default 25. */
  colWidth?: number;
}

const count = (n: number): string => n.toLocaleString("en");
const size = (x: number | readonly number[] | null): string =>
  x === null ? "--" : typeof x === "number" ? String(x) : `[${x.join(", ")}]`;

interface Context {
  /** Whether rows inside this one are not shown. */
  readonly isDeepest: boolean;
  readonly total: number;
}
const ownParams = (row: LayerSummary, { isDeepest }: Context): number =>
  isDeepest || row.isLeaf ? row.numParams : leftover(row, "numParams");

const COLUMNS = {
  kernelSize: { title: "Kernel Shape", cell: (row) => size(row.kernelSize) },
  inputSize: { title: "Input Shape", cell: (row) => size(row.inputSize) },
  outputSize: { title: "Output Shape", cell: (row) => size(row.outputSize) },
  numParams: {
    title: "Param #",
    cell(row, context) {
      if (row.numParams === 0) return "--";
      if (row.isRecursive) return "(recursive)";
      const own = ownParams(row, context);
      if (context.isDeepest || row.isLeaf)
        return row.trainableParams > 0 ? count(own) : `(${count(own)})`;
      return own > 0 ? count(own) : "--";
    },
  },
  paramsPercent: {
    title: "Param %",
    cell(row, context) {
      const own = ownParams(row, context);
      if (context.total === 0 || (own === 0 && !row.isRecursive)) return "     --";
      return row.isRecursive
        ? "(recursive)"
        : `${((100 * own) / context.total).toFixed(2)}%`.padStart(7);
    },
  },
  multAdds: {
    title: "Mult-Adds",
    cell(row, { isDeepest }) {
      const leaves = row.isLeaf ? [row] : isDeepest ? row.children.filter((c) => c.isLeaf) : [];
      if (row.multAdds <= 0 || leaves.length === 0) return "--";
      return count(leaves.reduce((sum, leaf) => sum + leaf.multAdds, 0));
    },
  },
  trainable: {
    title: "Trainable",
    cell({ numParams, trainableParams }) {
      if (numParams === 0) return "--";
      if (trainableParams === 0) return "False";
      return numParams === trainableParams ? "True" : "Partial";
    },
  },
} satisfies Record<
  SummaryColumn,
  { title: string; cell: (row: LayerSummary, context: Context) => string }
>;
export const SUMMARY_COLUMNS = Object.keys(COLUMNS) as SummaryColumn[];

export function table(summary: Summary, options: TableOptions): string {
  const { depth = 3, columns = ["outputSize", "numParams"], varNames = false } = options;
  const { colWidth = 25 } = options;
  const label = ({ type, name, depth, index }: LayerSummary): string =>
    `${type}${varNames ? ` (${name})` : ""}${depth > 0 ? `: ${depth}-${index}` : ""}`;
  const longest = Math.max(...summary.layers.map((row) => label(row).length + 5 * row.depth + 1));
  const nameWidth = longest >= 40 ? Math.ceil(longest / 5) * 5 : 40;
  const divider = "=".repeat(columns.length * colWidth + nameWidth);
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(nameWidth), ...cells.map((cell) => cell.padEnd(colWidth))].join(" ").trimEnd();
  const branch = (d: number): string =>
    d === 0 ? "" : d === 1 ? "├─" : `${"│    ".repeat(d - 1)}└─`;

  const rows = summary.layers
    .filter((row) => row.depth <= depth)
    .map((row) => {
      const context = { isDeepest: row.depth === depth, total: summary.totalParams };
      const cells = columns.map((column) => COLUMNS[column].cell(row, context));
      return line(branch(row.depth) + label(row), cells);
    });
  const titles = columns.map((column) => COLUMNS[column].title);
  const { inputBytes, outputBytes, paramBytes } = summary;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
  return [
    divider,
    line(`Layer (type${varNames ? " (var_name)" : ""}:depth-idx)`, titles),
    divider,
    ...rows,
    divider,
    `Total params: ${count(summary.totalParams)}`,
    `Trainable params: ${count(summary.trainableParams)}`,
    `Non-trainable params: ${count(summary.nonTrainableParams)}`,
    `Total mult-adds ${readable(summary.totalMultAdds)}`,
    divider,
    `Input size (MB): ${megabytes(inputBytes)}`,
    `Forward/backward pass size (MB): ${megabytes(outputBytes)}`,
    `Params size (MB): ${megabytes(paramBytes)}`,
    `Estimated Total Size (MB): ${megabytes(inputBytes + outputBytes + paramBytes)}`,
    divider,
  ].join("\n");
}

/** `(M): 1.27` */
function readable(n: number): string {
  const [unit, size] = n >= 1e12 ? ["T", 1e12] : n >= 1e9 ? ["G", 1e9] : ["M", 1e6];
  const x = n / size;
  const text = Number.isInteger(x)
    ? count(x)
    : x.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  return `(${unit}): ${text}`;
}
