/** From a table to tensors that can be learnt from. */
import { LabelEncoder, StandardScaler, type Table, trainTestSplit } from "@dl/data";
import { type Tensor, tensor } from "@dl/tensor";

/** Features as numbers, and the class of each sample. */
export interface Samples {
  readonly features: readonly string[];
  readonly classes: readonly string[];
  /** `[N, features]` */
  readonly x: Tensor;
  /** `[N]`, int32: the number of a class. */
  readonly y: Tensor;
}

/** Some columns as features and one as classes. Rows in which one of them is missing are left out. */
export function samplesOf(table: Table, features: readonly string[], target: string): Samples {
  const columns = [...features, target].map((name) => table.texts(name));
  const rows = Array.from({ length: table.length }, (_, i) => i);
  const complete = table.take(rows.filter((i) => columns.every((column) => column[i] !== null)));
  const encoder = new LabelEncoder();
  const y = encoder.fitTransform(complete.texts(target) as string[]);
  const x = complete.toTensor({ columns: features });
  return { features, classes: encoder.classes.map(String), x, y };
}

export interface Split {
  readonly xTrain: Tensor;
  readonly yTrain: Tensor;
  readonly xTest: Tensor;
  readonly yTest: Tensor;
}

/**
 * In two parts, with each class in both alike, and standardised by the training part: the test part must not have a say
 * in how the data look to the model.
 */
export function prepare({ x, y }: Pick<Samples, "x" | "y">, testSize = 0.25): Split {
  const fold = trainTestSplit(y.numel, { testSize, stratify: y });
  return divide({ x, y }, fold.train, fold.test);
}

/** The rows of each part, standardised by the first. */
export function divide(
  { x, y }: Pick<Samples, "x" | "y">,
  trainRows: Int32Array,
  testRows: Int32Array,
): Split {
  const [train, test] = [tensor(trainRows), tensor(testRows)];
  const xTrain = x.indexSelect(0, train);
  const scaler = new StandardScaler().fit(xTrain);
  return {
    xTrain: scaler.transform(xTrain),
    yTrain: y.indexSelect(0, train),
    xTest: scaler.transform(x.indexSelect(0, test)),
    yTest: y.indexSelect(0, test),
  };
}
