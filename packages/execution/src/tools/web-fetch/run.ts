import { label, ok } from "@moltbot/contracts";
import type { ResolvedResource, Result } from "@moltbot/contracts";
import { parseTarget } from "../../egress/index.ts";
import { quote } from "../quote.ts";
import { hostResource, toolAuthority } from "../tool-authority.ts";
import { defineTool } from "../tool.ts";
import { input, manifest } from "./manifest.ts";
import { pageText } from "./page-text.ts";

const HEADERS = {
  accept: "text/html, text/*;q=0.9, application/json;q=0.9, application/xml;q=0.8",
  "user-agent": "Moltbot",
};

const hostOf = (url: string): Result<readonly ResolvedResource[]> => {
  const target = parseTarget(url);
  if (!target.ok) return target;
  return ok([hostResource("url", target.value)]);
};

/** Reads a public page. It reaches the one host that the permitted call names, and its words are untrusted. */
export const webFetch = defineTool({
  manifest,
  input,
  seconds: 30,
  describe: ({ url }) => `Opens the web page ${quote(url)}.`,
  resolve: async ({ url }) => hostOf(url),
  run: async ({ url }, run) => {
    const { signal, ports } = run;
    const target = parseTarget(url);
    if (!target.ok) return target;
    const { authority } = target.value;
    const answer = await ports.egress.send(
      toolAuthority(run, [authority]),
      { method: "GET", url, headers: HEADERS },
      signal,
    );
    if (!answer.ok) return answer;
    const text = await pageText(answer.value, authority, signal);
    if (!text.ok) return text;
    return ok({
      text: text.value,
      summary: `Read ${quote(answer.value.url)} (${answer.value.body.byteLength} bytes).`,
      label: label("untrusted", "public", [{ kind: "host", ref: authority }]),
    });
  },
});
