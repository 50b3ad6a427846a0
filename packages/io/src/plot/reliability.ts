import {
  COLORS,
  finite,
  type Picture,
  type PictureOptions,
  picture,
  quantitative,
  requireSameLength,
  SEQUENTIAL,
  share,
} from "./picture.ts";

/** What `ReliabilityCurve` of `@dl/metrics` computes: probabilities by bin. */
export interface ReliabilityBins {
  /** One more than there are bins. */
  readonly edges: ArrayLike<number>;
  readonly counts: ArrayLike<number>;
  /** The mean probability in each bin. */
  readonly predicted: ArrayLike<number>;
  /** How often it came true. */
  readonly observed: ArrayLike<number>;
}
export type ReliabilityChartOptions = PictureOptions;

/**
 * Do events of probability p happen in a share p of cases? Bars at what happened, dashes at what was predicted: where a
 * bar ends below its dash, the model is too sure. Bars with more samples are darker.
 *
 * @see https://scikit-learn.org/stable/modules/calibration.html
 *
 * @example
 * const chart = reliabilityChart({ edges: [0, 0.5, 1], counts: [4, 6], predicted: [0.25, 0.75], observed: [0, 0.5] });
 * (chart.datasets as Record<string, object[]>).bins[1] // => { from: 0.5, to: 1, count: 6, share: 0.6, predicted: 0.75, observed: 0.5 }
 */
export function reliabilityChart(
  bins: ReliabilityBins,
  options: ReliabilityChartOptions = {},
): Picture {
  const { edges, counts, predicted, observed } = bins;
  requireSameLength("reliabilityChart", {
    "edges without the last": Array.from(edges).slice(1),
    counts,
    predicted,
    observed,
  });
  const total = Array.from(counts).reduce((a, b) => a + b, 0);
  const all = Array.from(counts, (count, i) => ({
    ...{ from: edges[i], to: edges[i + 1], count, share: finite(count / total) },
    ...{ predicted: finite(predicted[i]), observed: finite(observed[i]) },
  }));
  const x = share("from", "predicted probability");
  return picture(
    { width: 280, height: 280, ...options },
    {
      datasets: {
        bins: all.filter((b) => b.count > 0),
        diagonal: [
          { from: 0, observed: 0 },
          { from: 1, observed: 1 },
        ],
      },
      layer: [
        {
          data: { name: "bins" },
          mark: { type: "bar", stroke: COLORS[0] },
          encoding: {
            x: { ...x, bin: "binned" },
            x2: { field: "to" },
            y: share("observed", "how often it came true"),
            color: quantitative("share", "share of samples", {
              scale: { scheme: SEQUENTIAL, domainMin: 0 },
            }),
          },
        },
        {
          data: { name: "bins" },
          mark: { type: "rule", color: COLORS[1], strokeWidth: 2 },
          encoding: { x, x2: { field: "to" }, y: share("predicted", "how often it came true") },
        },
        {
          data: { name: "diagonal" },
          mark: { type: "line", color: "gray", strokeDash: [4, 4] },
          encoding: { x, y: share("observed", "how often it came true") },
        },
      ],
    },
  );
}
