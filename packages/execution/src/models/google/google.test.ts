import { describe, expect, it } from "vitest";
import { startVendor, testVendor } from "../testing/ask-vendor.ts";
import { ask, request } from "../testing/model-harness.ts";
import { promptBlocked } from "../testing/speaks-google.ts";
import type { Act } from "../testing/vendor-server.ts";

const GOOGLE = testVendor("google");
const sends = (body: string): Act => ({
  does: "send",
  status: 200,
  body,
  headers: { "content-type": "text/event-stream" },
});
const chunk = (candidate: object): string =>
  `data: ${JSON.stringify({ candidates: [{ index: 0, ...candidate }] })}\n\n`;

describe("Google's own ways", () => {
  it("a prompt that it will not read is blocked, not an empty answer", async () => {
    const { model } = await startVendor(GOOGLE, {}, sends(promptBlocked()));
    expect(await ask(model, request("hello"))).toMatchObject({ text: "", finish: null, error: "MODEL_BLOCKED" });
  });

  it("a call that it could not write is no answer, and runs nothing", async () => {
    const { model } = await startVendor(GOOGLE, {}, sends(chunk({ finishReason: "MALFORMED_FUNCTION_CALL" })));
    expect(await ask(model, request("hello"))).toMatchObject({ calls: [], error: "MODEL_ANSWER_INVALID" });
  });

  it("a call beside its last reason is handed on", async () => {
    const parts = [{ functionCall: { name: "clock_now", args: {} }, thoughtSignature: "c2lnbmF0dXJl" }];
    const { model } = await startVendor(
      GOOGLE,
      {},
      sends(chunk({ content: { role: "model", parts }, finishReason: "STOP" })),
    );
    expect(await ask(model, request("hello"))).toMatchObject({
      calls: [{ tool: "clock.now", arguments: "{}" }],
      finish: "calls",
      error: null,
    });
  });
});
