import { Conv2d, Flatten, Linear, MaxPool2d, Sequential } from "@dl/nn";
import { arange, cat, cos, manualSeed, rand, randn, sin, type Tensor } from "@dl/tensor";
import { Lion } from "./lion.ts";
import { LogCoshLoss } from "./logCosh.ts";
import { Snake } from "./snake.ts";
import { SqueezeExcitation } from "./squeezeExcitation.ts";
import { WarmupInverseSqrt } from "./warmupInverseSqrt.ts";

const SIZE = 12;

/** Pictures of waves that run in some direction, with noise; and the direction, as cosine and sine of twice its angle. */
function waves(count: number): [pictures: Tensor, directions: Tensor] {
  const angle = rand(count, 1, 1, 1).mul(Math.PI);
  const [down, across] = [arange(SIZE).reshape(SIZE, 1), arange(SIZE)];
  const way = cos(angle).mul(across).add(sin(angle).mul(down));
  const phase = rand(count, 1, 1, 1).mul(2 * Math.PI);
  const pictures = sin(way.mul(0.9).add(phase)).add(randn(count, 1, SIZE, SIZE).mul(0.2));
  const twice = angle.reshape(count, 1).mul(2);
  return [pictures, cat([cos(twice), sin(twice)], 1)];
}

export interface Progress {
  step: number;
  loss: number;
  lr: number;
}

/** Learns to see the direction of waves. Calls `report` now and then. */
export async function train(steps: number, report: (p: Progress) => void): Promise<void> {
  manualSeed(0);
  const model = new Sequential(
    new Conv2d(1, 8, 3),
    new Snake({ numParameters: 8 }),
    new SqueezeExcitation(8, 4),
    new MaxPool2d(2),
    new Conv2d(8, 16, 3),
    new Snake({ numParameters: 16 }),
    new Flatten(),
    new Linear(144, 2),
  );
  const criterion = new LogCoshLoss();
  const optimizer = new Lion(model.parameters(), { lr: 1e-3, weightDecay: 0.01 });
  const scheduler = new WarmupInverseSqrt(optimizer, { warmupSteps: 30 });

  for (let step = 1; step <= steps; step++) {
    const [pictures, directions] = waves(32);
    optimizer.zeroGrad();
    const loss = criterion(model(pictures), directions);
    loss.backward();
    const [lr] = scheduler.getLastLr();
    optimizer.step();
    scheduler.step();
    if (step === 1 || step % 50 === 0) report({ step, loss: await loss.item(), lr });
  }
}
