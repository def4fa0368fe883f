import { describe, expect, it } from "vitest";
import { andThen, done, err, moltbotError, ok } from "./index.ts";
import type { Result } from "./index.ts";

describe("a result", () => {
  it("hands a success on to the next step", async () => {
    expect(await andThen(ok(2), (value) => ok(value + 1))).toEqual(ok(3));
    expect(await andThen(ok(2), async (value) => Promise.resolve(ok(value * 2)))).toEqual(ok(4));
  });

  it("passes a failure on untouched and never runs the next step", async () => {
    const failure: Result<number> = err(moltbotError("TURN_STOPPED"));
    let ran = false;
    const passed = await andThen(failure, () => {
      ran = true;
      return ok(1);
    });
    expect(passed).toBe(failure);
    expect(ran).toBe(false);
  });

  it("gives the next step's own failure", async () => {
    const next: Result<number> = err(moltbotError("CONFLICT", { kind: "agent" }));
    expect(await andThen(ok(1), () => next)).toBe(next);
  });

  it("that carries nothing cannot be changed", () => {
    expect(done).toEqual({ ok: true, value: undefined });
    expect(Object.isFrozen(done)).toBe(true);
  });
});
