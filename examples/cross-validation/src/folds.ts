import { DataLoader, type Fold, StandardScaler, StratifiedKFold, TensorDataset } from "@dl/data";
import { type Tensor, tensor } from "@dl/tensor";
import type { Wines } from "./wine.ts";

/** Five parts with as many good wines in each. */
export const foldsOf = ({ y }: Wines, nSplits = 5): Fold[] => [
  ...new StratifiedKFold({ nSplits, shuffle: true, seed: 0 }).split(y.numel, y),
];

type Batches = DataLoader<[x: Tensor, y: Tensor]>;

/** Batches of some of the wines. Those to train on come first: they say how all of the fold is standardised. */
export function batchesOf({
  x,
  y,
}: Wines): (rows: ArrayLike<number>, part: "train" | "test") => Batches {
  let scaler: StandardScaler;
  return (rows, part) => {
    const at = tensor(Int32Array.from(rows));
    const some = x.indexSelect(0, at);
    if (part === "train") scaler = new StandardScaler().fit(some);
    const labels = y.indexSelect(0, at).to("float32");
    const data = new TensorDataset(scaler.transform(some), labels);
    return new DataLoader(data, { batchSize: 64, shuffle: part === "train" });
  };
}
