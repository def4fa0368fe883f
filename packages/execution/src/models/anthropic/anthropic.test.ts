import { describe, expect, it } from "vitest";
import { startVendor, testVendor } from "../testing/ask-vendor.ts";
import { ask, request } from "../testing/model-harness.ts";
import type { WholeAnswer } from "../testing/vendor-server.ts";

const ANTHROPIC = testVendor("anthropic");
const HELLO: WholeAnswer = { text: ["Good day."], finish: "stop", usage: [3, 2] };

describe("Anthropic's own ways", () => {
  it("an overload told inside a good status, before a word, is asked again", async () => {
    const { server, model } = await startVendor(
      ANTHROPIC,
      {},
      { does: "begin", answer: HELLO, events: 0, next: "error" },
      { does: "answer", answer: HELLO },
    );
    expect(await ask(model, request("hello"))).toMatchObject({ text: "Good day.", error: null });
    expect(server.seen).toHaveLength(2);
  });

  it("an answer whose end is missing after its last word is not whole", async () => {
    for (const events of [4, 5]) {
      const { model } = await startVendor(ANTHROPIC, {}, { does: "begin", answer: HELLO, events, next: "end" });
      expect(await ask(model, request("hello"))).toMatchObject({ text: "Good day.", error: "MODEL_ANSWER_INVALID" });
    }
  });
});
