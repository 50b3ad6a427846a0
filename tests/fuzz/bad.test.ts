/** Files that are not what they claim: each is refused, and the error names the file, the place and what is wrong. */
import { DlError } from "@dl/tensor";
import { describe, expect, test } from "vitest";
import { READERS } from "./readers.ts";

const count = Object.values(READERS).reduce((sum, { bad }) => sum + bad.length, 0);

test("there are at least 200 bad files", () => {
  console.log(`${count} bad files, each with its own message`);
  expect(count).toBeGreaterThanOrEqual(200);
});

for (const [title, { file, read, readBad = read, bad }] of Object.entries(READERS)) {
  if (bad.length === 0) continue;
  describe(`of ${title}:`, () => {
    test.each(bad)("%s", async (_, input, message) => {
      let error: unknown;
      const start = performance.now();
      try {
        await readBad(typeof input === "function" ? await input() : input);
      } catch (e) {
        error = e;
      }
      expect(error).toBeInstanceOf(DlError);
      const found = error as DlError;
      expect(found.code).toBe("data");
      expect(found.message.startsWith(file)).toBe(true);
      if (typeof message === "string") expect(found.message).toContain(message);
      else expect(found.message).toMatch(message);
      expect(found.message.length).toBeLessThan(500);
      expect(performance.now() - start).toBeLessThan(5000);
    });
  });
}
