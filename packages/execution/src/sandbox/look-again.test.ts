import { describe, expect, it } from "vitest";
import { lookAgain } from "./look-again.ts";

const pause = (milliseconds: number) => new Promise<void>((resolve) => void setTimeout(resolve, milliseconds));

describe("looking again", () => {
  it("is one look after the other, and less often where a look takes long", async () => {
    let [looks, atOnce, most] = [0, 0, 0];
    const end = lookAgain(1, async () => {
      looks += 1;
      atOnce += 1;
      most = Math.max(most, atOnce);
      await pause(20);
      atOnce -= 1;
    });
    await pause(350);
    end();
    // Without a wait between them it would be seventeen, and on every millisecond hundreds.
    expect([looks >= 1, looks <= 5, most]).toEqual([true, true, 1]);
  });

  it("ends at once, also during a look", async () => {
    let looks = 0;
    const end = lookAgain(1, async () => {
      looks += 1;
      await pause(20);
    });
    while (looks === 0) await pause(1);
    end();
    await pause(150);
    expect(looks).toBe(1);
  });
});
