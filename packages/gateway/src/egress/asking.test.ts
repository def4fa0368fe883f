import { ok, PrincipalId } from "@moltbot/contracts";
import type { ModelEvent, ModelPort, Result } from "@moltbot/contracts";
import type { OnBehalf } from "@moltbot/execution/egress";
import { describe, expect, it } from "vitest";
import { createAsking } from "./asking.ts";

const behalfOf = (n: number): OnBehalf => ({
  person: PrincipalId.parse(`01930000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`),
  agentId: null,
  conversationId: null,
  turnId: null,
  callId: null,
  data: "own",
});
const REQUEST = { system: "", messages: [], tools: [], maxOutputTokens: 16 };

describe("for whom a model is asked", () => {
  it("is known wherever its request is made, also of two at once, and forgotten afterwards", async () => {
    const asking = createAsking();
    const seen: (OnBehalf | null)[] = [];
    let closed = 0;
    const model: ModelPort = {
      describe: () => ({ name: "m", says: "", demonstration: false, local: false, tools: true }),
      async *stream(): AsyncGenerator<Result<ModelEvent>> {
        try {
          for (let n = 0; n < 2; n += 1) {
            await new Promise((resolve) => setTimeout(resolve, 1));
            seen.push(asking.current());
            yield ok({ type: "text", text: "x" });
          }
        } finally {
          closed += 1;
        }
      },
    };
    const read = async (behalf: OnBehalf, most: number): Promise<void> => {
      let count = 0;
      for await (const _event of asking.askedFor(behalf, model).stream(REQUEST, new AbortController().signal)) {
        count += 1;
        expect(asking.current()).toBeNull();
        if (count === most) break;
      }
    };
    await Promise.all([read(behalfOf(1), 9), read(behalfOf(2), 9), read(behalfOf(3), 1)]);
    expect(new Set(seen.map((one) => one?.person.at(-1)))).toEqual(new Set(["1", "2", "3"]));
    expect(seen).toHaveLength(5);
    expect([closed, asking.current()]).toEqual([3, null]);
  });
});
