import { parseCsv } from "@dl/data";
import { cat, cos, linspace, ones, randn, sin, stack, type Tensor, zeros } from "@dl/tensor";
import { dataText, missing } from "../../shared/src/files.ts";
import { prepare, type Samples, type Split, samplesOf } from "../../shared/src/tabular.ts";

export interface Problem extends Split {
  readonly name: string;
  readonly classes: readonly string[];
  readonly axes: readonly [string, string];
}

const PENGUINS = "tabular/penguins.csv";

/**
 * Is this penguin a male? From the length of its bill and its weight. Males are bigger in both, in each of the three
 * species; but the species differ by more, so no single line does it well.
 */
export function penguins(): Samples | null {
  const text = dataText(PENGUINS);
  return text === null ? null : samplesOf(parseCsv(text), ["bill_length_mm", "body_mass_g"], "sex");
}

/** Two half circles that hook into each other, with noise. */
export function moons(count = 150): Problem {
  const half = (): [Tensor, Tensor] => {
    const angle = linspace(0, Math.PI, count);
    const upper = stack([cos(angle), sin(angle)], 1);
    const lower = stack([cos(angle).neg().add(1), sin(angle).neg().add(0.5)], 1);
    const x = cat([upper, lower], 0);
    const noisy = x.add(randn(x.shape).mul(0.2));
    return [noisy, cat([zeros(count), ones(count)], 0).to("int32")];
  };
  const [[xTrain, yTrain], [xTest, yTest]] = [half(), half()];
  return {
    name: "two moons",
    classes: ["upper", "lower"],
    axes: ["x", "y"],
    xTrain,
    yTrain,
    xTest,
    yTest,
  };
}

export function load(): Problem {
  const samples = penguins();
  if (samples)
    return {
      name: "penguins",
      classes: samples.classes,
      axes: ["bill length (standardised)", "body mass (standardised)"],
      ...prepare(samples, 0.3),
    };
  missing(PENGUINS, "two moons, generated, take its place");
  return moons();
}
