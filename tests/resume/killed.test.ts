/** A program that is killed at random moments, and started again, ends with the bits of one that was not. */
import { loadCheckpoint } from "@dl/io/node";
import { describe, expect, test } from "vitest";
import { fitted } from "./fitting.ts";
import { killAgainAndAgain } from "./killing.ts";
import { Training } from "./training.ts";

const KILLS = 20;
/** Some twenty seconds, unless the machine has much else to do. */
const TIMEOUT = 600_000;

describe.concurrent(`a program that is killed ${KILLS} times while it trains and writes checkpoints`, () => {
  test(
    "with a loop written by hand",
    async () => {
      const STEPS = 60;
      let last = -1;
      const { kills, bits } = await killAgainAndAgain("program.ts", STEPS, {
        kills: KILLS,
        seed: 11,
        // Whatever happened, the file is whole, and no older than before.
        async afterKill(path) {
          const { done } = (await loadCheckpoint(path)).extra;
          expect(done).toBeGreaterThanOrEqual(last);
          last = done;
        },
      });
      const run = new Training();
      for (let i = 0; i < STEPS; i++) await run.step();
      expect({ kills, bits }).toEqual({ kills: KILLS, bits: await run.bits() });
    },
    TIMEOUT,
  );

  test(
    "with fit and ModelCheckpoint",
    async () => {
      const EPOCHS = 60;
      const names = [
        "loader",
        "generator",
        "model",
        "optimizer",
        "run",
        "scheduler.0",
        "scheduler.1",
      ];
      const { kills, bits } = await killAgainAndAgain("fitProgram.ts", EPOCHS, {
        kills: KILLS,
        seed: 12,
        afterKill: async (path) =>
          expect((await loadCheckpoint(path)).parts.toSorted()).toEqual(names.toSorted()),
      });
      expect({ kills, bits }).toEqual({ kills: KILLS, bits: await fitted({ epochs: EPOCHS }) });
    },
    TIMEOUT,
  );
});
