import { label } from "@moltbot/contracts";
import type { Signal } from "@moltbot/contracts";
import { describe, expect, it } from "vitest";
import { runTurn } from "./index.ts";
import { MAIL, planWorld } from "./testing/plans.ts";
import { OWNER, resultOf } from "./testing/turn.ts";
import type { Doing } from "./testing/turn.ts";

const signal = (kind: Signal["kind"]): Signal => ({ kind, says: "noticed", count: 1 });

/** A mail search whose result was marked with these signals, and what else is called. */
const reading =
  (signals: readonly Signal[], from = MAIL): Doing =>
  (call) => {
    const result = resultOf(call, "a letter", call.tool === "mail.search" ? from : call.label);
    if (call.tool !== "mail.search" || !result.ok || result.value.kind !== "result") return result;
    return { ok: true, value: { ...result.value, part: { ...result.value.part, signals } } };
  };

const alarmsOf = async (doing: Doing) => {
  const one = planWorld(
    [{ calls: [["mail.search", "{}"]] }, { calls: [["mail.send", '{"to":"bob"}']] }, { text: "ok" }],
    doing,
    { reading: "open" },
  );
  await runTurn(one.run());
  return one.calls.map(({ call }) => [call.tool, call.alarmed ?? false]);
};

describe("an alarm", () => {
  it.each(["injection-phrase", "hidden-text", "canary"] as const)(
    "by %s goes with what is called after it, not with what was called before",
    async (kind) => {
      expect(await alarmsOf(reading([signal(kind)]))).toEqual([
        ["mail.search", false],
        ["mail.send", true],
      ]);
    },
  );

  it("is none where secrets were kept back, or nothing was noticed", async () => {
    for (const signals of [[signal("secret")], []]) {
      expect((await alarmsOf(reading(signals))).at(-1)).toEqual(["mail.send", false]);
    }
  });

  it("is none where the call was chosen from the owner's own alone", async () => {
    const own = label("authority", [OWNER]);
    expect((await alarmsOf(reading([signal("injection-phrase")], own))).at(-1)).toEqual(["mail.send", false]);
  });
});
