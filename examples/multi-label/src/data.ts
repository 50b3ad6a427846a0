import { multilabel, parseArff, parseMulanLabels, StandardScaler } from "@dl/data";
import { randn, type Tensor } from "@dl/tensor";
import { dataText, missing } from "../../shared/src/files.ts";

export interface Problem {
  readonly name: string;
  readonly labels: readonly string[];
  readonly xTrain: Tensor;
  /** 0 and 1, `[N, labels]`. */
  readonly yTrain: Tensor;
  readonly xTest: Tensor;
  readonly yTest: Tensor;
}

/** Mulan's data sets, split as they are published. */
export function mulan(name: "emotions" | "yeast"): Problem | null {
  const texts = [`${name}.xml`, `${name}-train.arff.gz`, `${name}-test.arff.gz`].map((file) =>
    dataText(`multilabel/${file}`),
  );
  if (texts.includes(null)) return null;
  const [xml, train, test] = texts as string[];
  const labels = parseMulanLabels(xml);
  const [seen, unseen] = [train, test].map((text) => multilabel(parseArff(text), labels));
  const scaler = new StandardScaler().fit(seen.x);
  return {
    name,
    labels,
    xTrain: scaler.transform(seen.x),
    yTrain: seen.y,
    xTest: scaler.transform(unseen.x),
    yTest: unseen.y,
  };
}

/** Five labels in a space of 20 dimensions: each is what lies on one side of a plane, with noise. */
export function planes(count = 400): Problem {
  const directions = randn(20, 5);
  const part = (): [Tensor, Tensor] => {
    const x = randn(count, 20);
    const y = x.matmul(directions).add(randn(count, 5)).gt(1).to("float32");
    return [x, y];
  };
  const [[xTrain, yTrain], [xTest, yTest]] = [part(), part()];
  return { name: "planes", labels: ["a", "b", "c", "d", "e"], xTrain, yTrain, xTest, yTest };
}

export function load(): Problem[] {
  const found = (["emotions", "yeast"] as const)
    .map((name) => mulan(name))
    .filter((p) => p !== null);
  if (found.length > 0) return found;
  missing("multilabel/emotions.xml", "five labels, generated, take their place");
  return [planes()];
}
