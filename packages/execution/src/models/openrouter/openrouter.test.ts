import { describe, expect, it } from "vitest";
import { startVendor, testVendor } from "../testing/ask-vendor.ts";
import { ask, request } from "../testing/model-harness.ts";
import { brokenOff } from "../testing/speaks-chat-completions.ts";
import type { Act } from "../testing/vendor-server.ts";

const sends = (body: string): Act => ({
  does: "send",
  status: 200,
  body,
  headers: { "content-type": "text/event-stream" },
});

describe("OpenRouter's own ways", () => {
  it("an answer that ends with the reason `error` is not whole", async () => {
    const { model } = await startVendor(testVendor("openrouter"), {}, sends(brokenOff("half a sen")));
    expect(await ask(model, request("hello"))).toMatchObject({ text: "half a sen", error: "MODEL_ANSWER_INVALID" });
  });

  it("a vendor behind it that breaks down before a word is asked again", async () => {
    const error = `data: ${JSON.stringify({ id: "1", choices: [{ index: 0, delta: {}, finish_reason: "error" }], error: { code: 502, message: "x" } })}\n\n`;
    const { server, model } = await startVendor(testVendor("openrouter"), {}, sends(error));
    expect((await ask(model, request("hello"))).error).toBe("MODEL_UNAVAILABLE");
    expect(server.seen).toHaveLength(3);
  });

  it("hears nothing of us but the request: no site, no title, no cookie", async () => {
    const { server, model } = await startVendor(testVendor("openrouter"), {}, sends(brokenOff("x")));
    await ask(model, request("hello"));
    const headers = server.seen[0]?.headers ?? {};
    for (const name of ["http-referer", "referer", "x-title", "cookie", "origin"])
      expect(headers[name]).toBeUndefined();
  });
});
