import {
  DlError,
  type DType,
  isTensor,
  type Shape,
  scope,
  type Tensor,
  zeros,
} from "@dl/tensor/core";
import { savedModes, unrecorded } from "../modes.ts";
import { type InspectedModule, type LayerSummary, layersOf, leftover } from "./layers.ts";
import { SUMMARY_COLUMNS, type TableOptions, table } from "./table.ts";

export interface SummaryOptions extends TableOptions {
  /** Of the inputs, where shapes are given; one for all or one each. Default float32. */
  dtypes?: DType | readonly DType[];
  /** The mode that the model runs in; it is then in that which it was in. Default `"eval"`. */
  mode?: "train" | "eval";
}

/** A model's layers, and what they add up to. Prints as torchinfo does. */
export class Summary {
  readonly layers: readonly LayerSummary[];
  readonly totalParams: number;
  readonly trainableParams: number;
  readonly nonTrainableParams: number;
  /** For the given inputs. */
  readonly totalMultAdds: number;
  readonly inputBytes: number;
  /** Twice the outputs of layers with parameters: for the way back as well. */
  readonly outputBytes: number;
  /** Of the parameters of layers; torchinfo leaves out those that a module with others inside has of its own. */
  readonly paramBytes: number;
  readonly #options: TableOptions;

  constructor(layers: readonly LayerSummary[], inputBytes: number, options: TableOptions = {}) {
    const total = (value: (row: LayerSummary) => number): number =>
      layers.reduce((sum, row) => sum + value(row), 0);
    const once =
      (key: "numParams" | "trainableParams") =>
      (row: LayerSummary): number =>
        row.isRecursive ? 0 : row.isLeaf ? row[key] : Math.max(leftover(row, key), 0);
    this.layers = layers;
    this.totalParams = total(once("numParams"));
    this.trainableParams = total(once("trainableParams"));
    this.nonTrainableParams = this.totalParams - this.trainableParams;
    this.totalMultAdds = total((row) => (row.isLeaf ? row.multAdds : 0));
    this.inputBytes = inputBytes;
    this.outputBytes = total((row) => (row.isLeaf && row.numParams > 0 ? 2 * row.outputBytes : 0));
    this.paramBytes = total((row) => (row.isLeaf && !row.isRecursive ? row.paramBytes : 0));
    this.#options = options;
  }
  toString(): string {
    return table(this, this.#options);
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}

/**
 * Runs a model once and tells of every layer that is called: shapes, parameters, multiplications. `String(summary)` is
 * torchinfo's table; its fields are the same as data. Inputs are zeros, unless tensors are given.
 *
 * @param input the shape of the input, batch included, or a list of shapes; or a tensor or a list of tensors
 * @throws DlError "value" for a model whose modules cannot be listed or hooked.
 * @see https://github.com/TylerYep/torchinfo
 */
export function summary(
  model: InspectedModule,
  input: Shape | readonly Shape[] | Tensor | readonly Tensor[],
  options: SummaryOptions = {},
): Summary {
  const { mode = "eval", columns = [] } = options;
  const unknown = columns.find((column) => !SUMMARY_COLUMNS.includes(column));
  if (unknown !== undefined)
    throw new DlError(
      "value",
      `summary: there is no column "${unknown}"; there are ${SUMMARY_COLUMNS.join(", ")}`,
    );
  if (typeof model?.namedParameters !== "function")
    throw new DlError("value", "summary: a module is wanted, with namedParameters()");
  const restore = savedModes(model);
  try {
    model.train?.(mode === "train");
    return unrecorded(() =>
      scope(() => {
        const inputs = inputsOf(model, input, options);
        const bytes = inputs.reduce((sum, t) => sum + t.numel * t.elementSize(), 0);
        const layers = layersOf(model, () => {
          if (model(...inputs) instanceof Promise)
            throw new DlError(
              "value",
              "summary: the model is async: its layers cannot be followed",
            );
        });
        return new Summary(layers, bytes, options);
      }),
    );
  } finally {
    restore();
  }
}

function inputsOf(
  model: InspectedModule,
  input: Shape | readonly Shape[] | Tensor | readonly Tensor[],
  { dtypes = "float32" }: SummaryOptions,
): Tensor[] {
  if (isTensor(input)) return [input];
  if (!Array.isArray(input) || (input.length > 0 && input.some((x) => x === undefined)))
    throw new DlError(
      "value",
      "summary: the input is missing: give its shape, for example [1, 3, 224, 224], or a tensor",
    );
  if (input.length > 0 && input.every(isTensor)) return input as Tensor[];
  const shapes = (input.some(Array.isArray) ? input : [input]) as Shape[];
  const [parameter] = [...model.namedParameters()];
  const device = parameter?.[1].device;
  return shapes.map((shape, i) =>
    zeros(shape, { dtype: typeof dtypes === "string" ? dtypes : dtypes[i], device }),
  );
}
