import { parseCsv } from "@dl/data";
import { arange, cat, normal, stack } from "@dl/tensor";
import { dataText, missing } from "../../shared/src/files.ts";
import { type Samples, samplesOf } from "../../shared/src/tabular.ts";

const IRIS = "tabular/iris.csv";
export const FEATURES = ["sepal_length", "sepal_width", "petal_length", "petal_width"];

/** Fisher's 150 irises: four lengths in centimetres, and one of three species. */
export function iris(): Samples | null {
  const text = dataText(IRIS);
  return text === null ? null : samplesOf(parseCsv(text), FEATURES, "species");
}

/** Flowers that resemble them: of each species 50, with its means and standard deviations, each length by itself. */
export function drawnIris(): Samples {
  const species: Record<string, readonly (readonly [mean: number, std: number])[]> = {
    // biome-ignore format: a table
    setosa: [[5.0, 0.35], [3.4, 0.38], [1.5, 0.17], [0.2, 0.1]],
    // biome-ignore format: a table
    versicolor: [[5.9, 0.52], [2.8, 0.31], [4.3, 0.47], [1.3, 0.2]],
    // biome-ignore format: a table
    virginica: [[6.6, 0.64], [3.0, 0.32], [5.6, 0.55], [2.0, 0.27]],
  };
  const flowers = Object.values(species).map((columns) =>
    stack(
      columns.map(([mean, std]) => normal(mean, std, [50])),
      1,
    ),
  );
  return {
    features: FEATURES,
    classes: Object.keys(species),
    x: cat(flowers),
    y: arange(3).repeatInterleave(50),
  };
}

export function load(): Samples {
  const samples = iris();
  if (samples) return samples;
  missing(IRIS, "flowers drawn with the means and deviations of the three species take its place");
  return drawnIris();
}
