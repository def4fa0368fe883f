import { done, err, moltbotError } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { OWNER } from "./operations/testing/fake-house.ts";
import { stepUpWith } from "./step-up.ts";

/** An identity that knows one code, once. */
const withCode = (code: string) => {
  let left = 1;
  return stepUpWith({
    prove: async (by, given) => {
      if (by.id !== OWNER.id || given !== code || left === 0) return err(moltbotError("SIGN_IN_LINK_INVALID"));
      left -= 1;
      return done;
    },
  });
};

describe("a fresh proof of who answers", () => {
  it("is the terminal of the machine itself", async () => {
    expect(await withCode("c")(OWNER, "local", undefined)).toMatchObject({ ok: true });
  });

  it.each(["token", "session", "none"] as const)(
    "is asked for from everywhere else (%s), and counts once",
    async (surface) => {
      const stepUp = withCode("c");
      for (const wrong of [undefined, "", "d"])
        expect(await stepUp(OWNER, surface, wrong)).toMatchObject({ ok: false, error: { code: "STEP_UP_REQUIRED" } });
      expect(await stepUp(OWNER, surface, "c")).toMatchObject({ ok: true });
      expect(await stepUp(OWNER, surface, "c")).toMatchObject({ ok: false, error: { code: "STEP_UP_REQUIRED" } });
    },
  );

  it("unplug: with an identity that proves anybody, any word would do", async () => {
    const stepUp = stepUpWith({ prove: async () => done });
    expect(await stepUp(OWNER, "session", "anything")).toMatchObject({ ok: true });
  });
});
